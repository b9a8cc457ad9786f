"""Decisions carried out step by step, and what a killed process left half done put right.

MLflow's alias ``active`` is the truth; the small file ``active`` beside the versions follows it, so that who
only reads scans need not import MLflow. A decision is noted, carried out and struck off: who is killed in
between is finished by whoever looks next.
"""

from collections.abc import Mapping
from types import MappingProxyType

from diagnosis.access import read_only
from diagnosis.errors import InputError
from diagnosis.models import store
from diagnosis.models.store import Version
from diagnosis.runs import registered
from diagnosis.runs.decision import Decision
from diagnosis.runs.registered import Record, Registered, changing


def repaired() -> dict[str, Registered]:
    """All models of the registry by name, after what is not right with them was put right.

    Raises:
        InputError: the registry does not answer.
    """
    found = registered.registered()
    if read_only():  # it looks, and leaves putting right to others
        return found
    own = {version.name for version in store.versions() if not shipped(version)}
    wrong = [name for name in own | set(found) if not _right(found.get(name), here(name))]
    for name in wrong:
        with changing():
            found[name] = put_right(name)
    return found


def put_right(name: str, made_by: Mapping[str, str] = MappingProxyType({})) -> Registered:
    """One model, new to the registry or not, with all its versions that are here; under the lock.

    Every step looks at what is there, so that it may be ended anywhere and begun again.

    Args:
        name: ``data set/variant``.
        made_by: the runs that made versions, by version, as far as they are known.
    """
    registered.enrol(name)
    model = _read(name)
    if model.unfinished is not None:
        _carry_out(model, model.records[model.unfinished.version], model.unfinished)
        model = _read(name)
    if missing := [version for version in here(name).values() if _is_new(model, version)]:
        for version in missing:
            registered.add(version, made_by.get(version.version))
        model = _read(name)
    current = store.active(name)
    if model.active is None and current is not None and current.version in model.records:
        registered.point(name, model.records[current.version])
        model = _read(name)
    active = here(name).get(model.active or "")
    if active is not None and (current is None or current.version != active.version):
        store.activate(active)
    store.sweep(store.own_models() / name)
    return model


def take(model: Registered, record: Record, decision: Decision) -> Decision:
    """Carry out a decision, under the lock."""
    registered.begin(model.model, decision)
    _carry_out(model, record, decision)
    return decision


def here(name: str) -> dict[str, Version]:
    """The versions of a model on this machine."""
    return {version.version: version for version in store.versions(name)}


def shipped(version: Version) -> bool:
    """Whether it came with Scanline."""
    return version.folder.is_relative_to(store.SHIPPED)


def _carry_out(model: Registered, record: Record, decision: Decision) -> None:
    """All steps of a decision that was noted. Each may have been done before."""
    if decision.promotes:
        registered.point(model.model, record)
    registered.enter(model.model, record, decision)
    version = here(model.model).get(record.version)
    if version is not None and decision.promotes:
        store.activate(version)
    elif version is not None:
        store.remove(version)
    registered.end(model.model)


def _right(model: Registered | None, versions: dict[str, Version]) -> bool:
    """Whether nothing is to be put right; mostly so, and then nobody waits for the lock."""
    if model is None or model.unfinished is not None:
        return False
    if any(_is_new(model, version) for version in versions.values()):
        return False
    current = store.active(model.model)
    if model.active is None:
        return current is None or current.version not in model.records
    return model.active not in versions or (current is not None and current.version == model.active)


def _is_new(model: Registered, version: Version) -> bool:
    """Whether a version that is here is to be registered, or again; damaged ones stay out."""
    record = model.records.get(version.version)
    if record is not None and not record.discarded:
        return False
    try:
        return bool(version.card)
    except InputError:
        return False


def _read(name: str) -> Registered:
    found = registered.read(name)
    assert found is not None  # it was enrolled
    return found
