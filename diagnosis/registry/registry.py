"""Which version of a model is active, which wait for a decision, and who decided what, when and why.

This machine holds which version is active (``local``); MLflow's registry has versions and decisions
(``registered``), and gets what it lacks whenever it is read (``sync``).
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from diagnosis.core.access import require_write
from diagnosis.core.dates import day
from diagnosis.core.errors import InputError, nearest
from diagnosis.jobs.tracking import database
from diagnosis.models import store
from diagnosis.models.store import Version
from diagnosis.registry import local, registered, waiting
from diagnosis.registry.decision import Action, Decision, decide
from diagnosis.registry.registered import Record, Registered, changing
from diagnosis.registry.sync import question, synchronise, synchronised

Status = Literal["active", "candidate", "former", "archived", "shipped"]


@dataclass(frozen=True)
class Entry:
    """A version as the registry sees it."""

    model: str  # "data set/variant"
    version: str
    number: int | None  # MLflow's; None of a model that has only what was shipped
    status: Status  # "shipped": it came with Scanline and is not active; "former": it was active
    run_id: str | None
    created: datetime  # UTC, aware
    decision: Decision | None  # the latest
    here: bool  # whether its folder is on this machine


def known() -> bool:
    """Whether there is anything to tell, asked without MLflow: versions of the user's own, or a registry."""
    path = database()
    own = any(not local.shipped(version) for version in store.versions())
    return own or path is None or path.exists()


def register(version: Version, run_id: str | None) -> Entry:
    """Make a version a candidate, unless it is registered already; called when it was saved.

    With it all other versions of its model that are here are registered, so that one can roll back to them.

    Raises:
        InputError: its card cannot be read, or the registry does not answer.
    """
    require_write("register versions")
    _ = version.card
    with changing():
        model = synchronise(version.name, {version.version: run_id} if run_id else {})
        record = model.records[version.version]
        if run_id is not None and record.run_id is None:  # another process looked first
            registered.set_run(model.model, record, run_id)
    return next(
        each for each in entries() if (each.model, each.version) == (version.name, version.version)
    )


def entries(model: str | None = None) -> list[Entry]:
    """All versions of all models, or of one, newest first; what is shipped is among them.

    Raises:
        InputError: the registry does not answer.
    """
    found = synchronised()
    names = sorted({version.name for version in store.versions()} | set(found))
    listed = [
        entry
        for name in names
        for entry in (_entries(found[name]) if name in found else _only_shipped(name))
    ]
    waiting.note([f"{each.model}/{each.version}" for each in listed if each.status == "candidate"])
    listed.sort(key=lambda entry: entry.created, reverse=True)
    return [entry for entry in listed if model in (None, entry.model)]


def history(model: str) -> list[Decision]:
    """All decisions about the versions of a model, newest first.

    Raises:
        InputError: the registry does not answer.
    """
    found = synchronised().get(model)
    return [] if found is None else list(found.decisions)


def promote(model: str, version: str, *, by: str, why: str, against: str | None = None) -> Decision:
    """Make a version the active one of its model.

    Args:
        model: ``data set/variant``.
        version: its name.
        by: who decides: a name or initials.
        why: the reason.
        against: the version that it was compared with; an error if another one is active by now.

    Raises:
        InputError: there is no such version here, it cannot be read, or is active already; another was
            compared with it than is active now; or ``by`` or ``why`` is empty or too long.
    """
    require_write("decide on versions")
    with changing():
        found, record = _find(model, version)
        active = local.active(model)
        if active == version:
            raise InputError(f"{version} is the active version of {model} already.")
        if against is not None and active != against:
            raise InputError(
                f"The active version of {model} is {active} by now, not {against}, with which "
                f"{version} was compared: look at the comparison again."
            )
        folder = local.versions(model)[version]
        _check(record, folder)  # what cannot be read is not made active
        action: Action = "rolled back" if found.was_active(version) else "promoted"
        decision = decide(action, version, active, by=by, why=why, number=found.next_number)
        local.promote(folder, decision)
        synchronise(model)
    entries()  # a version that was active before is no candidate
    return decision


def archive(model: str, version: str, *, by: str, why: str) -> Decision:
    """Delete a version's files. Its record stays, and a process that has it in memory goes on using it.

    Raises:
        InputError: there is no such version, it is the active one, or it came with Scanline; or ``by`` or
            ``why`` is empty or too long.
    """
    require_write("decide on versions")
    with changing():
        found, _ = _find(model, version)
        active, folder = local.active(model), local.versions(model)[version]
        if active == version:
            raise InputError(
                f"{version} is the active version of {model} and cannot be archived: promote another one "
                "first."
            )
        if local.shipped(folder):
            raise InputError(f"{version} of {model} came with Scanline and cannot be archived.")
        decision = decide("archived", version, active, by=by, why=why, number=found.next_number)
        local.archive(folder, decision)
        synchronise(model)
    return decision


def questions(model: str | None = None) -> list[str]:
    """What was decided elsewhere, and waits for a decision on this machine.

    Raises:
        InputError: the registry does not answer.
    """
    asked = (question(each) for name, each in synchronised().items() if model in (None, name))
    return [sentence for sentence in asked if sentence is not None]


def _entries(model: Registered) -> list[Entry]:
    """Of a model that is registered; not what is gone and was never decided on."""
    found, active = local.versions(model.model), local.active(model.model)
    return [
        Entry(
            model=model.model,
            version=record.version,
            number=record.number,
            status=_status(model, record, found, active),
            run_id=record.run_id,
            created=record.created,
            decision=record.decisions[0] if record.decisions else None,
            here=record.version in found,
        )
        for record in model.records.values()
        if record.version in found or record.decisions or model.was_active(record.version)
    ]


def _status(
    model: Registered, record: Record, found: dict[str, Version], active: str | None
) -> Status:
    if record.version == active:
        return "active"
    if record.archived:
        return "archived"
    if record.version in found and local.shipped(found[record.version]):
        return "shipped"
    return "former" if model.was_active(record.version) else "candidate"


def _only_shipped(name: str) -> list[Entry]:
    """Of a model that has shipped versions only, and is not registered."""
    current = store.active(name)
    return [
        Entry(
            model=name,
            version=version.version,
            number=None,
            status="active" if current == version else "shipped",
            run_id=None,
            created=_created(version),
            decision=None,
            here=True,
        )
        for version in local.versions(name).values()
        if local.shipped(version)
    ]


def _created(version: Version) -> datetime:
    try:
        return version.card.created
    except InputError:  # a damaged one; its card says so
        return datetime.fromtimestamp(version.folder.stat().st_mtime, UTC)


def _check(record: Record, version: Version) -> None:
    """See that a version is whole, and the one that was registered.

    Raises:
        ModelError: it is not.
    """
    version.weights()
    _ = version.config
    for name, digest in record.sums.items():
        if version.sums is None or version.sums.get(name) != digest:
            raise store.ModelError(
                f"The {name} of {version.name}, version {version.version}, is not the one that was "
                "registered: restore the folder or train the model again."
            )


def _find(name: str, version: str) -> tuple[Registered, Record]:
    """A model and a version of it that can be decided on, under the lock.

    Raises:
        InputError: there is none, it is damaged, it was archived, or its folder is not here.
    """
    found = local.versions(name)
    if not found and (not store.is_name(name) or registered.read(name) is None):
        names = sorted({version.name for version in store.versions()})
        raise InputError(f"There is no model {name[:100]!r}.{nearest(name, names)}")
    model = synchronise(name)
    record = model.records.get(version)
    if record is None:
        if version in found:
            _ = found[version].card  # it is damaged: a sentence says so
        raise InputError(f"{name} has no version {version[:100]!r}.{nearest(version, list(found))}")
    if record.archived:
        by = record.decisions[0]
        raise InputError(
            f"{version} of {name} was archived by {by.by} on {day(by.when)}: its files are deleted."
        )
    if version not in found:
        raise InputError(
            f"The folder of {version} of {name} is not on this machine; it was {record.folder}."
        )
    return model, record
