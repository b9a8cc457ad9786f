"""Runs: what MLflow holds of a training, corrected where a process died.

MLflow knows scheduled, running, finished, failed and killed; the rest stands in tags.
"""

import json
import platform
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from diagnosis.core import inert
from diagnosis.core.access import require_write
from diagnosis.core.errors import InputError
from diagnosis.jobs import local_plan, locks
from diagnosis.jobs.plan import Plan
from diagnosis.jobs.tracking import answering, artifacts, client, experiment
from diagnosis.models.store import Version

State = Literal["waiting", "running", "finished", "stopped", "failed", "killed", "interrupted"]
Request = Literal[
    "stop",  # train no more, and measure the best epoch
    "cancel",  # do not measure it now; it can be measured later
    "kill",  # keep nothing
]
# of a run that is worked on; one that has stopped is still being measured
Phase = Literal["loading", "compiling", "training", "measuring"]

STATUS: Mapping[State, str] = {  # MLflow's word for each state
    "waiting": "SCHEDULED",
    "running": "RUNNING",
    "finished": "FINISHED",
    "stopped": "FINISHED",
    "failed": "FAILED",
    "killed": "KILLED",
    "interrupted": "FAILED",
}
STARTS_WITHIN = timedelta(seconds=120)  # a process that was started and has not taken its lock yet
TAG_LIMIT = 7_900  # characters; MLflow takes at most 8,000
PLAN, MODEL, STATE, SINCE, PHASE, SENTENCE, REQUEST, VERSION, LOG, HOST, STARTED = (
    f"scanline.{name}"
    for name in (
        *(
            "plan",
            "model",
            "state",
            "since",
            "phase",
            "sentence",
            "request",
            "version",
            "log",
            "host",
        ),
        "started",
    )
)
INTERRUPTED = (
    "Interrupted: its process ended without a word, as it does when the machine is switched off or runs out "
    "of memory or disk. Resume it; it goes on after the last whole epoch."
)
UNMEASURED = "Stopped. Its best epoch is kept and not measured: measure it, or resume the training."


class UnknownRunError(InputError):
    """No run, or not one alone, has the id that was asked for."""


@dataclass(frozen=True)
class Run:
    """One training, as it stands."""

    id: str
    model: str  # "data set/variant"; the version's own, once there is one
    plan: Plan
    state: State
    sentence: str  # what it is doing; or how it ended, and what to do
    created: datetime
    since: datetime  # in this state, or in this phase of it
    phase: Phase | None  # of its work; None before it has begun
    started: datetime | None  # when it no longer waited
    ended: datetime | None
    epoch: int  # done
    epochs: int  # at most
    seconds_left: float | None  # at most, from the mean of the epochs done
    figures: Mapping[str, float]  # of the last epoch: loss, val_loss and so on
    log: str  # its last lines
    version: str | None  # once it is saved
    requested: Request | None  # and not done yet
    host: str

    @property
    def alive(self) -> bool:
        """Whether it waits, or is worked on."""
        return self.state in ("waiting", "running") or self.measuring

    @property
    def measuring(self) -> bool:
        """Whether the training itself is over and its best epoch is being measured."""
        return self.phase == "measuring"

    @property
    def resumable(self) -> bool:
        """Whether it ended early with a checkpoint, or never began."""
        if self.alive:
            return False
        if self.state == "interrupted":
            return True
        unfinished = self.state in ("stopped", "failed") and self.epoch < self.epochs
        return unfinished and any(locks.checkpoint(self.id).glob("*"))

    @property
    def measurable(self) -> bool:
        """Whether its training is over, and kept until somebody measures it."""
        return not self.alive and locks.fitted(self.id).is_file()


@answering()
def create(plan: Plan) -> str:
    """Record a run that waits for its process; its id."""
    require_write("train")
    from mlflow.entities import Param, RunTag

    made = client().create_run(
        experiment(),
        run_name=plan.model,
        tags={
            PLAN: json.dumps(plan.to_json()),
            STATE: "waiting",
            SENTENCE: "Waiting for its process to start.",
            HOST: platform.node(),
            "mlflow.user": plan.by or "unknown",
        },
    )
    client().log_batch(
        made.info.run_id,
        params=[Param(key, str(value)) for key, value in _flat(plan.to_json()).items()],
        tags=[RunTag("mlflow.note.content", inert.markdown(plan.why))] if plan.why else [],
    )
    client().update_run(made.info.run_id, status=STATUS["waiting"])
    local_plan.save_plan(made.info.run_id, plan)
    return str(made.info.run_id)


def find(run_id: str) -> Run:
    """A run by its id, or by the beginning of it.

    Raises:
        UnknownRunError: there is none, or several begin so.
    """
    if len(run_id) == 32:
        from mlflow.exceptions import MlflowException

        with answering():
            try:
                if (run := _read(client().get_run(run_id))) is not None:
                    return _put_right(run)
                raise KeyError(PLAN)
            except (MlflowException, KeyError) as error:
                code = getattr(error, "error_code", None)
                if code not in (None, "RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                    raise
                raise UnknownRunError(f"There is no run {run_id!r}: see `runs list`.") from error
    found = [run for run in runs(limit=1000) if run.id.startswith(run_id)] if run_id else []
    if len(found) != 1:
        many = "Several runs begin" if found else "No run begins"
        raise UnknownRunError(f"{many} with {run_id[:40]!r}: see `runs list`.")
    return found[0]


@answering()
def runs(limit: int = 50) -> list[Run]:
    """The latest runs, newest first. One whose process died is recorded as interrupted."""
    found = client().search_runs(
        [experiment()], max_results=limit, order_by=["attributes.start_time DESC"]
    )
    read = (_read(each) for each in found if PLAN in each.data.tags)
    return [_put_right(run) for run in read if run is not None]


@answering()
def request(run_id: str, what: Request) -> None:
    """Request that a run stop or be killed; its own process obeys, on any machine.

    Raises:
        InputError: it has ended already, or there is nothing to cancel.
    """
    require_write("stop trainings")
    run = find(run_id)
    if not run.alive:
        raise InputError(f"The run {run.id[:8]} has ended: {run.sentence}")
    if what == "cancel" and not run.measuring:
        raise InputError(f"The run {run.id[:8]} is not being measured: stop or kill it instead.")
    weakest_first = get_args(Request)
    if run.requested is None or weakest_first.index(what) > weakest_first.index(run.requested):
        client().set_tag(run.id, REQUEST, what)


@answering()
def requested(run_id: str) -> Request | None:
    """The open request to a run."""
    return client().get_run(run_id).data.tags.get(REQUEST) or None


@answering()
def drop_request(run_id: str) -> None:
    """Forget what an ended run was requested."""
    client().set_tag(run_id, REQUEST, "")


@answering()
def set_phase(run_id: str, phase: Phase, *, stopped: bool = False) -> None:
    """Record what a run does now, and that it has stopped if it was requested to."""
    from mlflow.entities import RunTag

    tags = {PHASE: phase, SINCE: datetime.now(UTC).isoformat()}
    if stopped:
        tags |= {STATE: "stopped", SENTENCE: "Stopped. Its best epoch is being measured."}
    client().log_batch(run_id, tags=[RunTag(key, value) for key, value in tags.items()])


@answering()
def set_state(run_id: str, state: State, sentence: str, *, version: Version | None = None) -> None:
    """Record that a run is in a state, and what it left; MLflow's own clock follows the state."""
    from mlflow.entities import RunTag

    now = datetime.now(UTC).isoformat()
    tags = {
        STATE: state,
        SINCE: now,
        SENTENCE: sentence[:TAG_LIMIT],
        HOST: platform.node(),
        PHASE: "",
    }
    if state == "running":
        tags[STARTED] = now
    if version is not None:
        tags |= {MODEL: version.name, VERSION: version.version}
    if state not in ("waiting", "running"):
        tags[REQUEST] = ""
    client().log_batch(run_id, tags=[RunTag(key, value) for key, value in tags.items()])
    if state in ("waiting", "running"):
        client().update_run(run_id, status=STATUS[state])
    else:
        client().set_terminated(run_id, STATUS[state])


@answering()
def curves(run_id: str) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """What was measured after each epoch.

    Returns:
        By name (``loss``, ``val_loss``, ``accuracy``, ``auc``, ``gradient_norm``, ``learning_rate``,
        ``epoch_seconds`` and so on): epochs, int ``(n,)`` from 1, and values, float64 ``(n,)``. An epoch that
        was done again after an interruption counts once.
    """
    measured = {}
    for name in client().get_run(run_id).data.metrics:
        by_epoch = {each.step: each.value for each in client().get_metric_history(run_id, name)}
        epochs = sorted(by_epoch)
        measured[name] = (np.array(epochs, int), np.array([by_epoch[epoch] for epoch in epochs]))
    return measured


@answering()
def gate_epochs(run_id: str) -> list[int]:
    """Epochs of which there is a reading of the run's fixed scan; 0 is before the first."""
    found = [Path(file.path).stem for file in artifacts(run_id).list_artifacts(run_id, "gates")]
    return sorted(int(name.partition("-")[2]) for name in found)


@answering()
def gates(run_id: str, epoch: int) -> dict[str, np.ndarray]:
    """States and gates of the run's fixed scan after an epoch.

    Returns:
        ``image`` uint8 as in the data set, ``encoder`` the JSON of the model's, ``probabilities`` float32
        ``(classes,)``, and by ``layer[/direction]/signal`` float32 ``(timesteps, units)``.
    """
    with tempfile.TemporaryDirectory() as scratch:
        path = artifacts(run_id).download_artifacts(run_id, f"gates/epoch-{epoch:04}.npz", scratch)
        with np.load(path, allow_pickle=False) as arrays:
            return {
                name: arrays[name]
                if name in ("image", "encoder")
                else arrays[name].astype(np.float32)
                for name in arrays.files
            }


def _read(found: Any) -> Run | None:
    """A run as it is recorded; None if what is there is none, which must not hide the others."""
    try:
        return _parsed(found)
    except (KeyError, ValueError, TypeError):
        return None


def _parsed(found: Any) -> Run:
    tags, metrics = found.data.tags, found.data.metrics
    plan = Plan.from_json(json.loads(tags[PLAN]))
    state: State = tags[STATE]
    phase = tags[PHASE] if tags.get(PHASE) in get_args(Phase) else None
    epoch = int(metrics.get("epoch", 0))
    left = None
    if state == "running" and epoch and "mean_epoch_seconds" in metrics:
        left = (plan.training.epochs - epoch) * metrics["mean_epoch_seconds"]
    started = tags.get(STARTED)
    created = datetime.fromtimestamp(found.info.start_time / 1000, UTC)
    return Run(
        id=found.info.run_id,
        model=tags.get(MODEL, plan.model),
        plan=plan,
        state=state,
        sentence=tags.get(SENTENCE, ""),
        created=created,
        since=datetime.fromisoformat(tags[SINCE]) if SINCE in tags else created,
        phase=phase,
        started=None if started is None else datetime.fromisoformat(started),
        ended=datetime.fromtimestamp(found.info.end_time / 1000, UTC)
        if found.info.end_time and state not in ("waiting", "running") and phase is None
        else None,
        epoch=epoch,
        epochs=plan.training.epochs,
        seconds_left=left,
        figures=dict(metrics),
        log=tags.get(LOG, ""),
        version=tags.get(VERSION),
        requested=tags.get(REQUEST) or None,
        host=tags.get(HOST, ""),
    )


def _put_right(run: Run) -> Run:
    """A run that says it is alive and whose process, on this machine, is gone was interrupted.

    If it had stopped before, and what it trained is kept, it is only not measured.
    """
    if not run.alive or run.host != platform.node() or locks.is_alive(run.id):
        return run
    if run.state == "waiting" and datetime.now(UTC) - run.since < STARTS_WITHIN:
        return run
    now = _parsed(client().get_run(run.id))  # it may have ended meanwhile
    if not now.alive:
        return now
    if now.state == "stopped" and locks.fitted(run.id).is_file():
        set_state(run.id, "stopped", UNMEASURED)
    else:
        set_state(run.id, "interrupted", INTERRUPTED)
    return _parsed(client().get_run(run.id))


def _flat(document: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested fields by their dotted names, as MLflow's tables show them."""
    flat: dict[str, Any] = {}
    for key, value in document.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{key}.")
        elif key not in ("by", "why") and value is not None:
            flat[f"{prefix}{key}"] = value
    return flat
