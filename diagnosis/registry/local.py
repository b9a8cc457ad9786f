"""What is decided on this machine: the one truth for which version is active and which are archived.

Each decision is one atomic step of the file system: the file ``active`` is replaced, or a version's folder
is moved away. The decision is stored with it, so a process that is killed afterwards leaves no doubt, and the
next one copies the decision to MLflow's registry.
"""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

from diagnosis.core.private_files import private, to_disk
from diagnosis.models import store
from diagnosis.models.store import Version
from diagnosis.registry.decision import Decision

ARCHIVED, DECISION, FOLDER = ".archived-", "decision", "version"


def versions(name: str) -> dict[str, Version]:
    """The versions of a model on this machine, shipped ones among them."""
    return {version.version: version for version in store.versions(name)}


def active(name: str) -> str | None:
    """The active version of a model."""
    version = store.active(name)
    return None if version is None else version.version


def shipped(version: Version) -> bool:
    """Whether it came with Scanline."""
    return version.folder.is_relative_to(store.SHIPPED)


def promote(version: Version, decision: Decision) -> None:
    """Make a version the active one."""
    store.activate(version, note=json.dumps(decision.tag))


def archive(version: Version, decision: Decision) -> None:
    """Take a version away; `clear` deletes its files."""
    place = private(_folder(version.name) / f"{ARCHIVED}{decision.number}")
    store.write_small(place / DECISION, json.dumps(decision.tag))
    version.folder.rename(place / FOLDER)
    to_disk(place)
    to_disk(place.parent)


def decisions(name: str) -> list[Decision]:
    """Those of this machine that the registry may not have yet, in order."""
    notes = [store.active_note(name), *map(_note, _archived(name))]
    found = filter(None, map(Decision.from_text, notes))
    return sorted(found, key=lambda decision: decision.number)


def clear(name: str) -> None:
    """Delete the files of what was archived; the registry has the decisions."""
    for place in _archived(name):
        shutil.rmtree(place, ignore_errors=True)


def is_clear(name: str) -> bool:
    """Whether nothing is left to delete."""
    return not any(True for _ in _archived(name))


def _note(place: Path) -> str:
    """Why a folder was moved away; empty if it was not, for want of time, or is being deleted."""
    try:
        return (place / DECISION).read_text(encoding="utf-8") if (place / FOLDER).exists() else ""
    except FileNotFoundError:
        return ""


def _archived(name: str) -> Iterator[Path]:
    return _folder(name).glob(f"{ARCHIVED}*")


def _folder(name: str) -> Path:
    return store.own_models() / name
