"""Which versions there are, which one a name stands for, and which one a person means."""

from collections.abc import Iterator
from pathlib import Path

from diagnosis.core.errors import nearest
from diagnosis.core.paths import home
from diagnosis.models.store.disk import write_small
from diagnosis.models.store.version import CONFIG, SHIPPED, ModelError, Version

ACTIVE = "active"  # the file that holds the version in use and, below, why


def own_models() -> Path:
    """Where versions trained on this machine are kept."""
    return home() / "models"


def versions(name: str | None = None) -> list[Version]:
    """All versions in order of name and version, a version being named by its date; of one name if given."""
    found = {(version.name, version.version): version for version in _all()}
    return [found[key] for key in sorted(found) if name in (None, key[0])]


def active(name: str) -> Version | None:
    """The version that ``data set/variant`` stands for, or None if there is none."""
    for root in (own_models(), SHIPPED):
        pointer = root / name / ACTIVE
        if pointer.is_file():
            wanted = pointer.read_text(encoding="utf-8").partition("\n")[0].strip()
            for place in (own_models(), SHIPPED):  # one's own may point to a shipped one
                if wanted and _is_version(place / name / wanted):
                    return Version(place / name / wanted)
    return None


def shipped(name: str) -> Version | None:
    """The version that ``data set/variant`` stands for among the shipped ones; None if there is none."""
    try:
        wanted = (SHIPPED / name / ACTIVE).read_text(encoding="utf-8").partition("\n")[0].strip()
    except FileNotFoundError:
        return None
    folder = SHIPPED / name / wanted
    return Version(folder) if wanted and _is_version(folder) else None


def find(model: str) -> Version:
    """Resolve what a person wrote: ``data set/variant``, the same with ``/version``, or a folder.

    Raises:
        ModelError: there is no such model; the message has the nearest names.
    """
    path = Path(model)
    if _is_version(path):
        return Version(path.resolve())
    known = versions()
    for version in known:
        if model == f"{version.name}/{version.version}":
            return version
    names = sorted({version.name for version in known})
    if model in names:
        chosen = active(model)
        if chosen is None:
            raise ModelError(
                f"No version of {model} is active: name one, such as {model}/{versions(model)[-1].version}."
            )
        return chosen
    if not known:
        raise ModelError(f"There is no model {model[:100]!r}, and no other: train one first.")
    if model.count("/") > 1:
        names = [f"{version.name}/{version.version}" for version in known]
    raise ModelError(f"There is no model {model[:100]!r}.{nearest(model, names)}")


def activate(version: Version, *, root: Path | None = None, note: str = "") -> None:
    """Make a version the one that its name stands for; ``note`` is a line that says why."""
    lines = [version.version, note] if note else [version.version]
    write_small((root or own_models()) / version.name / ACTIVE, "\n".join(lines) + "\n")


def active_note(name: str) -> str:
    """What `activate` was told of the user's own active version; empty if nothing."""
    try:
        text = (own_models() / name / ACTIVE).read_text(encoding="utf-8")
    except (FileNotFoundError, UnicodeDecodeError):
        return ""
    return text.partition("\n")[2].strip()


def _all() -> Iterator[Version]:
    for root in (SHIPPED, own_models()):
        for config in root.glob(f"*/*/*/{CONFIG}"):
            if not config.parent.name.startswith("."):
                yield Version(config.parent)


def _is_version(path: Path) -> bool:
    try:
        return (path / CONFIG).is_file()
    except OSError:  # no name that a file could have
        return False


def is_name(model: str) -> bool:
    """Whether it can be ``data set/variant``: two names of folders."""
    parts = model.split("/")
    return len(parts) == 2 and all(
        part and part.isprintable() and not part.startswith(".") and "\\" not in part
        for part in parts
    )
