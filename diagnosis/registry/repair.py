"""Decisions carried out step by step, and what a killed process left half done put right.

MLflow's alias ``active`` is the truth; the small file ``active`` beside the versions follows it, so that who
only reads scans need not import MLflow. A decision is noted, carried out and struck off: who is killed in
between is finished by whoever looks next.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from diagnosis.core.access import read_only
from diagnosis.core.errors import InputError
from diagnosis.jobs import noted
from diagnosis.jobs.tracking import database
from diagnosis.models import store
from diagnosis.models.store import Version
from diagnosis.registry import registered
from diagnosis.registry.decision import Decision
from diagnosis.registry.registered import Record, Registered, changing


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
    return {name: _as_here(model) for name, model in found.items()}


def put_right(name: str, made_by: Mapping[str, str] = MappingProxyType({})) -> Registered:
    """One model, new to the registry or not, with all its versions that are here; under the lock.

    Every step looks at what is there, so that it may be ended anywhere and begun again.

    Args:
        name: ``data set/variant``.
        made_by: the runs that made versions, by version, as far as they are known.
    """
    registered.enrol(name)
    model = _read(name)
    if (ours := noted.noted(name)) is not None:
        _finish(model, ours)
        model = _read(name)
    if missing := [version for version in here(name).values() if _is_new(model, version)]:
        for version in missing:
            registered.add(version, made_by.get(version.version))
        model = _read(name)
    current = store.active(name)
    if model.active is None and current is not None and current.version in model.records:
        registered.point(name, model.records[current.version])
        model = _read(name)
    active = here(name).get(model.active or "") if database() is not None else None
    if active is not None and (current is None or current.version != active.version):
        store.activate(active)
    store.sweep(store.own_models() / name)
    return _as_here(model)


def question(model: Registered) -> str | None:
    """What the registry has about a model that was not decided on this machine, for a person to decide."""
    found, told = here(model.model), model.unfinished
    if told is not None and told != noted.noted(model.model) and told.version in found:
        what = "made the active version" if told.promotes else "discarded"
        return (
            f"The registry says that {told.version} of {model.model} is to be {what} (by {told.by}, "
            f"{told.when:%Y-%m-%d}: {told.why}). That was not decided on this machine, so nothing was done: "
            "if it is right, decide it here. Any decision about this model takes its place."
        )
    current = store.active(model.model)
    if model.alias in found and model.alias != (current.version if current else None):
        return (
            f"The registry says that {model.alias} is the active version of {model.model}; on this machine "
            f"it is {current.version if current else 'none'}, and no decision was taken here that changes "
            f"it: if it is right, make {model.alias} the active version here."
        )
    return None


def take(model: Registered, record: Record, decision: Decision) -> Decision:
    """Carry out a decision, under the lock."""
    noted.note(model.model, decision)
    registered.begin(model.model, decision)
    _carry_out(model, record, decision)
    return decision


def here(name: str) -> dict[str, Version]:
    """The versions of a model on this machine."""
    return {version.version: version for version in store.versions(name)}


def shipped(version: Version) -> bool:
    """Whether it came with Scanline."""
    return version.folder.is_relative_to(store.SHIPPED)


def _finish(model: Registered, ours: Decision) -> None:
    """End what a killed process began here, if nobody has decided anything since and it still may be done."""
    if ours == model.unfinished:
        record = model.records.get(ours.version)
        if record is not None and _may(model, ours):
            _carry_out(model, record, ours)
        else:
            registered.end(model.model)
    noted.forget(model.model)


def _may(model: Registered, decision: Decision) -> bool:
    """Whether a decision keeps to the rules: no active and no shipped version is deleted."""
    version = here(model.model).get(decision.version)
    if version is None or decision.promotes:
        return True
    return not (shipped(version) or decision.version == model.active or _is_active(version))


def _is_active(version: Version) -> bool:
    current = store.active(version.name)
    return current is not None and current.version == version.version


def _as_here(model: Registered) -> Registered:
    """With the version as the active one that is read with here, where the alias names another one."""
    current = store.active(model.model)
    if model.alias not in here(model.model):
        return model
    return replace(model, active=None if current is None else current.version)


def _carry_out(model: Registered, record: Record, decision: Decision) -> None:
    """All steps of a decision that was noted. Each may have been done before."""
    if decision.promotes:
        registered.point(model.model, record)
    registered.enter(model.model, record, decision)
    version = here(model.model).get(record.version)
    if version is not None and decision.promotes:
        store.activate(version)
    elif version is not None and _may(model, decision):
        store.remove(version)
    registered.end(model.model)
    noted.forget(model.model)


def _right(model: Registered | None, versions: dict[str, Version]) -> bool:
    """Whether nothing is to be put right; mostly so, and then nobody waits for the lock."""
    if model is None or noted.noted(model.model) is not None:
        return False
    if any(_is_new(model, version) for version in versions.values()):
        return False
    current = store.active(model.model)
    if model.active is None:
        return current is None or current.version not in model.records
    if model.active not in versions or database() is None:  # a server's word is asked about
        return True
    return current is not None and current.version == model.active


def _is_new(model: Registered, version: Version) -> bool:
    """Whether a version that is here is to be registered, or again; damaged ones stay out."""
    record = model.records.get(version.version)
    if record is not None and not record.archived:
        return False
    try:
        return bool(version.card)
    except InputError:
        return False


def _read(name: str) -> Registered:
    found = registered.read(name)
    assert found is not None  # it was enrolled
    return found
