"""A model as MLflow's registry holds it: its versions and the decisions about them.

A registered model is named as ``pneumoniamnist.lstm``; ``/`` is not allowed there. Everything about a version
that must outlive its folder is in tags of its record.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from filelock import FileLock

from diagnosis.core.private_files import FILE, private
from diagnosis.jobs.tracking import WAITS_S, answering, client, runs_folder
from diagnosis.models import store
from diagnosis.models.store import Version
from diagnosis.registry.decision import TAG, Decision

MODEL, VERSION, CREATED, RUN, SHA256, FOLDER = (
    f"scanline.{name}"
    for name in ("model", "version", "created", "run", "weights_sha256", "folder")
)
SUM = "scanline.sha256."  # of a file of the version; its name follows
PAGE = 200  # results at once


@dataclass(frozen=True)
class Record:
    """One version, as it was registered."""

    number: int  # MLflow's
    version: str
    run_id: str | None
    created: datetime
    folder: Path  # where it was then
    decisions: tuple[Decision, ...]  # newest first
    sums: Mapping[str, str]  # SHA-256 of its files, by name, as far as they were registered

    @property
    def archived(self) -> bool:
        """Whether that is the latest decision about it."""
        return bool(self.decisions) and self.decisions[0].action == "archived"


@dataclass(frozen=True)
class Registered:
    """One model."""

    model: str  # "data set/variant"
    every: tuple[
        Record, ...
    ]  # newest first; a version that was archived and made again is there twice

    @cached_property
    def records(self) -> dict[str, Record]:
        """By version, of each the newest."""
        return {record.version: record for record in reversed(self.every)}

    @cached_property
    def decisions(self) -> tuple[Decision, ...]:
        """All, newest first."""
        return _newest_first(each for record in self.every for each in record.decisions)

    @property
    def next_number(self) -> int:
        """Of the decision that will be taken next."""
        return 1 + max((decision.number for decision in self.decisions), default=0)

    def was_active(self, version: str) -> bool:
        """Whether a version has been the active one before."""
        return any(
            version == decision.before or (decision.promotes and version == decision.version)
            for decision in self.decisions
        )


def registered() -> dict[str, Registered]:
    """All models of Scanline that the registry has, by name; a server may hold others besides."""
    with answering():
        found = _all(client().search_registered_models, f"tags.`{MODEL}` LIKE '%'")
        models = [each for each in found if _is_ours(each)]
        versions: dict[str, list[Any]] = {each.name: [] for each in models}
        for each in _all(client().search_model_versions, f"tags.`{VERSION}` LIKE '%'"):
            versions.setdefault(each.name, []).append(each)
        return {each.tags[MODEL]: _read(each, versions[each.name]) for each in models}


def read(model: str) -> Registered | None:
    """One model, if the registry has it."""
    from mlflow.exceptions import MlflowException

    with answering():
        try:
            found = client().get_registered_model(_name(model))
            versions = _all(client().search_model_versions, f"name='{found.name}'")
            return _read(found, versions) if _is_ours(found) else None
        except MlflowException as error:
            if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                return None
            raise


def enrol(model: str) -> None:
    """Make the registry know a model, which it may do already."""
    from mlflow.exceptions import MlflowException

    with answering():
        try:
            client().create_registered_model(_name(model), tags={MODEL: model})
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise


def add(version: Version, run_id: str | None) -> None:
    """Record a version of a model that is enrolled.

    Its source is an address of our own: a server takes no paths of files, and nothing is fetched by it.

    Raises:
        ModelError: its card cannot be read.
    """
    card = version.card
    tags = {
        VERSION: version.version,
        CREATED: card.created.isoformat(),
        SHA256: card.weights_sha256,
        FOLDER: str(version.folder),
        **{SUM + name: digest for name, digest in (version.sums or {}).items()},
    }
    with answering():
        client().create_model_version(
            _name(version.name),
            f"scanline:/{version.name}/{version.version}",
            run_id=run_id,
            tags=tags,
        )


def set_run(model: str, record: Record, run_id: str) -> None:
    """Say which run made a version that was recorded without it."""
    with answering():
        client().set_model_version_tag(_name(model), str(record.number), RUN, run_id)


def add_decision(model: str, record: Record, decision: Decision) -> None:
    """Add a decision to a version's history; a second time changes nothing."""
    with answering():
        client().set_model_version_tag(_name(model), str(record.number), *decision.tag)


@contextmanager
def changing() -> Iterator[None]:
    """The lock of the registry and of what is decided here: one process at a time.

    Raises:
        InputError: another one holds it for too long, or what is to be changed cannot be written.
    """
    with (
        answering(),
        FileLock(private(runs_folder()) / "registry.lock", timeout=WAITS_S, mode=FILE),
    ):
        yield


def _read(found: Any, versions: list[Any]) -> Registered:
    records = [_record(each) for each in versions if VERSION in each.tags]  # others are not ours
    records.sort(key=lambda record: record.number, reverse=True)
    return Registered(found.tags[MODEL], tuple(records))


def _is_ours(found: Any) -> bool:
    """Whether a registered model is one of Scanline's; any client can write tags."""
    model = found.tags.get(MODEL, "")
    return store.is_name(model) and _name(model) == found.name


def _record(found: Any) -> Record:
    tags = found.tags
    read = (Decision.from_tag(key, tags[key]) for key in tags if key.startswith(TAG))
    decisions = [each for each in read if each is not None and each.version == tags[VERSION]]
    return Record(
        int(found.version),
        tags[VERSION],
        tags.get(RUN) or found.run_id or None,
        _created(found),
        Path(tags.get(FOLDER, "")),
        _newest_first(decisions),
        {key.removeprefix(SUM): tags[key] for key in tags if key.startswith(SUM)},
    )


def _newest_first(decisions: Iterable[Decision]) -> tuple[Decision, ...]:
    return tuple(sorted(decisions, key=lambda each: (each.number, each.when), reverse=True))


def _created(found: Any) -> datetime:
    """When a version was made, as its card said; else when it was registered."""
    try:
        created = datetime.fromisoformat(found.tags[CREATED])
    except (KeyError, ValueError):  # one damaged card must not hide the other versions
        return datetime.fromtimestamp(found.creation_timestamp / 1000, UTC)
    return created if created.tzinfo else created.replace(tzinfo=UTC)


def _all(search: Any, condition: str) -> list[Any]:
    """All results of a search, page by page."""
    page = search(condition, max_results=PAGE)
    found = list(page)
    while page.token:
        page = search(condition, max_results=PAGE, page_token=page.token)
        found += page
    return found


def _name(model: str) -> str:
    return model.replace("/", ".")
