"""Copies what the registry lacks: versions on this machine, and decisions taken here.

In that direction only: which version is active is never taken from the registry, where every client of the
server can write. A decision taken elsewhere is a question to a person.
"""

from collections.abc import Mapping
from types import MappingProxyType

from diagnosis.core.access import read_only
from diagnosis.core.dates import day
from diagnosis.core.errors import InputError
from diagnosis.models import store
from diagnosis.models.store import Version
from diagnosis.registry import local, registered
from diagnosis.registry.registered import Registered, changing


def synchronised() -> dict[str, Registered]:
    """All models of the registry by name, once it has everything of this machine.

    Raises:
        InputError: the registry does not answer.
    """
    models = registered.registered()
    if read_only():  # it looks, and leaves writing to others
        return models
    own = {version.name for version in store.versions() if not local.shipped(version)}
    for name in own | set(models):
        if not _is_complete(name, models.get(name)):
            with changing():
                models[name] = synchronise(name)
    return models


def synchronise(name: str, made_by: Mapping[str, str] = MappingProxyType({})) -> Registered:
    """Copy to the registry what it lacks of one model; the caller holds the lock.

    Every step checks what is there first, so a process may be killed anywhere and another begin again.

    Args:
        name: ``data set/variant``.
        made_by: the runs that made versions, by version, as far as they are known.
    """
    registered.enrol(name)
    model = _read(name)
    for decision in local.decisions(name):
        record = model.records.get(decision.version)
        if record is not None and decision not in model.decisions:
            registered.add_decision(name, record, decision)
            model = _read(name)
    local.clear(name)
    store.sweep(store.own_models() / name)
    if missing := [version for version in local.versions(name).values() if _is_new(model, version)]:
        for version in missing:
            registered.add(version, made_by.get(version.version))
        return synchronise(name)  # a decision may have waited for its version
    return model


def question(model: Registered) -> str | None:
    """What was decided about a model elsewhere, for a person to decide here."""
    latest = next((each for each in model.decisions if each.promotes), None)
    active = local.active(model.model)
    if (
        latest is None
        or latest.version == active
        or latest.version not in local.versions(model.model)
    ):
        return None
    return (
        f"The registry says that {latest.version} of {model.model} was promoted (by {latest.by}, "
        f"{day(latest.when)}: {latest.why}). That was not decided on this machine, where "
        f"{active or 'no version'} is active: if it is right, promote {latest.version} here."
    )


def _is_complete(name: str, model: Registered | None) -> bool:
    """Whether the registry lacks nothing, as is usual; then no lock is taken."""
    return (
        model is not None
        and local.is_clear(name)
        and set(local.decisions(name)) <= set(model.decisions)
        and not any(_is_new(model, version) for version in local.versions(name).values())
    )


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
    model = registered.read(name)
    assert model is not None  # it was enrolled
    return model
