"""Model versions on disk: a folder each, written whole or not at all, checked before it is used.

    <root>/<data set>/<variant>/<version>/config.json  model.weights.h5  card.json
                                          ood.npz  predictions.npz  files.sha256
    <root>/<data set>/<variant>/active                 the version in use, by name; below, why

There are two roots: the shipped models (read only) and the user's own, which are their owner's alone. A
user's ``active`` file comes before the shipped one. Names that begin with a dot are being written or deleted,
and are no versions.

``files.sha256`` holds the SHA-256 of configuration and card, and the card those of the other files, so that
nothing is read that was changed after it was saved; ``sha256sum --check files.sha256`` says the same.
"""

import hashlib
import io
import itertools
import json
import os
import secrets
import shutil
import threading
import time
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from pydantic import ValidationError

from diagnosis.core import strict_json
from diagnosis.core.errors import InputError, nearest
from diagnosis.core.paths import ASSETS, home
from diagnosis.core.population import Population
from diagnosis.core.private_files import FILE, FOLDER, private
from diagnosis.datasets.facts import catalogue
from diagnosis.models.card import CardContents, ModelCard
from diagnosis.models.config import ModelConfig

SHIPPED = ASSETS / "models"
CONFIG, WEIGHTS, CARD, ACTIVE = "config.json", "model.weights.h5", "card.json", "active"
# What its data looked like, and what it said of validation and test split; older versions have none.
OOD, PREDICTIONS = "ood.npz", "predictions.npz"
SUMS = "files.sha256"  # of configuration and card; versions of one's own from before have none
PARTIAL, SMALL = ".partial-", ".small-"
LEFT_BEHIND_S = 24 * 3600  # nobody takes a day to write a version


def own_models() -> Path:
    """Where versions trained on this machine are kept."""
    return home() / "models"


class ModelError(InputError):
    """A model cannot be found or used."""


@dataclass(frozen=True)
class Version:
    """One immutable model version. ``config`` and ``card`` are read when they are asked for."""

    folder: Path

    @property
    def name(self) -> str:
        """``data set/variant``."""
        return f"{self.dataset}/{self.variant}"

    @property
    def dataset(self) -> str:
        """Name of the data set that it was trained on."""
        return self.folder.parent.parent.name

    @property
    def variant(self) -> str:
        """Name of its variant."""
        return self.folder.parent.name

    @property
    def version(self) -> str:
        """Name of the version: its date and the beginning of its weights' SHA-256."""
        return self.folder.name

    @cached_property
    def config(self) -> ModelConfig:
        """What the model is.

        Raises:
            InputError: the file is missing or not a configuration.
        """
        return ModelConfig.from_json(self._document(CONFIG))

    @cached_property
    def card(self) -> ModelCard:
        """Its data, training, figures and limits.

        Raises:
            ModelError: the file is missing, not JSON, or not a card.
        """
        try:
            return ModelCard.from_json(self._document(CARD))
        except ValidationError as error:
            field = ".".join(map(str, error.errors()[0]["loc"])) or "the document"
            raise ModelError(
                f"The model {self.name}, version {self.version}, has no complete {CARD} ({field} is missing, "
                "unknown or not valid): restore its folder or train it again."
            ) from error

    @cached_property
    def sums(self) -> Mapping[str, str] | None:
        """SHA-256 of configuration and card as they were saved; None of a version from before there were any.

        Raises:
            ModelError: the file is missing or damaged.
        """
        try:
            text = (self.folder / SUMS).read_text(encoding="utf-8")
            pairs = (line.split("  ", 1) for line in text.splitlines())
            return {name: digest for digest, name in pairs}
        except (OSError, ValueError) as error:
            missing = isinstance(error, FileNotFoundError)
            if missing and not self.folder.is_relative_to(SHIPPED):
                return None
            raise ModelError(
                f"The model {self.name}, version {self.version}, has no readable {SUMS}: restore its folder "
                "or train it again."
            ) from error

    @cached_property
    def population(self) -> Population:
        """Whom it is for: as its card says, or of an older version the table of its data set.

        Raises:
            ModelError: the card cannot be read.
        """
        data = self.card.dataset
        if data.population is not None:
            return data.population
        facts = catalogue().get(data.name)
        return Population(modalities=data.modalities) if facts is None else facts.population

    def _document(self, name: str) -> Any:
        try:
            data = (self.folder / name).read_bytes()
            document: dict[str, Any] = json.loads(data)
        except (OSError, ValueError) as error:
            raise ModelError(
                f"The model {self.name} has no readable {name}: restore its folder or train it again."
            ) from error
        if self.sums is not None and self.sums.get(name) != hashlib.sha256(data).hexdigest():
            raise self._not_as_saved(f"The contents of {name}")
        return document

    def weights(self) -> Path:
        """The weights file, after its SHA-256 matched the card's.

        Raises:
            ModelError: the file is missing or not the one that was saved.
        """
        path = self.folder / WEIGHTS
        if not path.is_file() or sha256_of(path) != self.card.weights_sha256:
            raise self._not_as_saved("The weights")
        return path

    def arrays(self, name: str, *wanted: str) -> tuple[np.ndarray, ...] | None:
        """Arrays that were saved with it, after the file's SHA-256 matched the card's.

        Args:
            name: of the file, `OOD` or `PREDICTIONS`.
            wanted: names of arrays in it.

        Returns:
            Those arrays; None if the card knows of no such file.

        Raises:
            ModelError: the file is missing or not the one that was saved, or has no such arrays.
        """
        entry = {OOD: self.card.ood, PREDICTIONS: self.card.predictions}[name]
        if entry is None:
            return None
        try:
            data = (self.folder / name).read_bytes()
        except OSError:
            data = b""
        if hashlib.sha256(data).hexdigest() != entry.sha256:
            raise self._not_as_saved(f"The figures in {name}")
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as found:
                return tuple(found[array] for array in wanted)
        except (KeyError, OSError, EOFError, ValueError, zipfile.BadZipFile) as error:
            raise ModelError(
                f"The {name} of {self.name}, version {self.version}, cannot be read: restore the folder or "
                "train the model again."
            ) from error

    def _not_as_saved(self, what: str) -> ModelError:
        return ModelError(
            f"{what} of {self.name}, version {self.version}, are not the ones that were saved: "
            "restore the folder or train the model again."
        )


def save(
    name: str,
    config: ModelConfig,
    model: Any,
    card: CardContents,
    *,
    arrays: Mapping[str, Mapping[str, np.ndarray]] = MappingProxyType({}),
    root: Path | None = None,
) -> Version:
    """Write a version under a temporary name, then rename it: it is there whole or not at all.

    A version that is there is never touched: somebody may be reading with it. What equals it in weights,
    configuration and figures is that version; what has only the same weights gets a name with a number.

    Args:
        name: ``data set/variant``.
        config: what the model is.
        model: the trained Keras model.
        card: its card; model, version and the SHA-256 of the weights and of each file of arrays are added.
        arrays: by name of the file, `OOD` or `PREDICTIONS`, see ``Version.arrays``.
        root: instead of ``own_models()``.
    """
    place = (root or own_models()) / name
    own = _is_own(place)
    if own:
        private(place)
    place.mkdir(parents=True, exist_ok=True)
    sweep(place)
    partial = place / f"{PARTIAL}{secrets.token_hex(8)}"
    partial.mkdir(FOLDER if own else 0o777)
    try:
        model.save_weights(partial / WEIGHTS)
        digest = sha256_of(partial / WEIGHTS)
        _write_json(partial / CONFIG, config.to_json())
        document = {**card.to_json(), "model": name, "weights_sha256": digest}
        for file, of_file in arrays.items():
            np.savez_compressed(partial / file, **of_file)  # type: ignore[arg-type]
            entry = Path(file).stem
            document[entry] = {**document.get(entry, {}), "sha256": sha256_of(partial / file)}
        usual = f"{card.created:%Y%m%d}-{digest[:8]}"
        for number in itertools.count(1):
            folder = place / (usual if number == 1 else f"{usual}-{number}")
            complete = ModelCard.from_json({**document, "version": folder.name})
            _write_json(partial / CARD, complete.to_json())
            write_sums(partial)
            if own:
                for path in partial.iterdir():
                    path.chmod(FILE)
            if _placed(partial, folder):
                break
            if _equal(Version(folder), config, complete):
                return Version(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return Version(folder)


def write_sums(folder: Path) -> None:
    """Write the SHA-256 of configuration and card of a version beside them, as ``sha256sum`` does."""
    lines = (f"{sha256_of(folder / name)}  {name}\n" for name in (CONFIG, CARD))
    (folder / SUMS).write_text("".join(lines), encoding="utf-8")


def _placed(partial: Path, folder: Path) -> bool:
    """Give a whole version its name, unless there is one of that name; power may fail right after."""
    if folder.exists():
        return False
    for file in partial.iterdir():
        _to_disk(file)
    _to_disk(partial)
    try:
        partial.rename(folder)
    except OSError:  # another process was quicker
        if folder.exists():
            return False
        raise
    _to_disk(folder.parent)
    return True


def _equal(there: Version, config: ModelConfig, card: ModelCard) -> bool:
    """Whether the version that is there is whole and differs from a new one in its times only."""
    try:
        there.weights()
        for name in (OOD, PREDICTIONS):
            there.arrays(name)
        return there.config == config and _figures(there.card) == _figures(card)
    except InputError:
        return False


def _figures(card: ModelCard) -> dict[str, Any]:
    """What a card says but for names and times."""
    document = card.to_json()
    figures = ("weights_sha256", "dataset", "calibration", "threshold", "abstention", "metrics")
    return {name: document.get(name) for name in (*figures, "ood", "predictions")}


def _to_disk(path: Path) -> None:
    """Wait until a file or the entries of a folder are written."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


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


def write_small(path: Path, text: str) -> None:
    """Replace a small file whole, or not at all; it is on the disk when this returns."""
    own = _is_own(path)
    if own:
        private(path.parent)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{SMALL}{path.name}-{os.getpid()}-{threading.get_ident()}")
    try:
        partial.touch(FILE if own else 0o666)
        partial.write_text(text, encoding="utf-8")
        _to_disk(partial)
        partial.replace(path)
        _to_disk(path.parent)
    except OSError:
        partial.unlink(missing_ok=True)
        raise


def sweep(place: Path) -> None:
    """Delete what killed processes left half written in the folder of a name; what is being written stays."""
    for path in place.glob(".*"):
        age = time.time() - path.stat().st_mtime if path.exists() else 0
        if path.name.startswith((PARTIAL, SMALL)) and age > LEFT_BEHIND_S:
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(
                missing_ok=True
            )


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


def _is_own(path: Path) -> bool:
    """Whether it is in the user's data folder, which is its owner's alone."""
    return path.resolve().is_relative_to(home())


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


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _all() -> Iterator[Version]:
    for root in (SHIPPED, own_models()):
        for config in root.glob(f"*/*/*/{CONFIG}"):
            if not config.parent.name.startswith("."):
                yield Version(config.parent)


def _write_json(path: Path, document: dict[str, Any]) -> None:
    path.write_text(strict_json.dumps(document, ensure_ascii=False) + "\n", encoding="utf-8")
