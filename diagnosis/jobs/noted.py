"""What was decided and asked for on this machine, in files of its own.

Whoever reaches MLflow can write tags there. So a decision that a killed process left is carried out, and a
path that a run names is used, only if it was noted here, too.
"""

import json
from pathlib import Path

from diagnosis.core.errors import InputError
from diagnosis.datasets import catalogue
from diagnosis.datasets.loading import own_files
from diagnosis.jobs import locks
from diagnosis.jobs.plan import Plan
from diagnosis.models import store
from diagnosis.registry.decision import Decision

DECISION, PLAN = "unfinished", "plan.json"


def note(model: str, decision: Decision) -> None:
    """Note a decision that is about to be carried out.

    Raises:
        OSError: it cannot be written.
    """
    store.write_small(_path(model), json.dumps(decision.tag))


def noted(model: str) -> Decision | None:
    """The decision that is being carried out, or was when its process was killed."""
    try:
        return Decision.from_text(_path(model).read_text(encoding="utf-8"))
    except (FileNotFoundError, UnicodeDecodeError):
        return None


def forget(model: str) -> None:
    """It is done."""
    _path(model).unlink(missing_ok=True)


def note_plan(run_id: str, plan: Plan) -> None:
    """Note what a run that was asked for here is to do.

    Raises:
        OSError: it cannot be written.
    """
    store.write_small(locks.folder(run_id) / PLAN, json.dumps(plan.to_json()))


def check_plan(run_id: str, plan: Plan) -> None:
    """See that a run uses no file or folder but those of Scanline, unless it was asked for here.

    Raises:
        InputError: it does.
    """
    elsewhere = plan.out is not None and not _is_within(Path(plan.out), store.own_models())
    if not elsewhere and plan.dataset.lower() in catalogue().keys() | own_files().keys():
        return
    try:
        same = json.loads((locks.folder(run_id) / PLAN).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        same = None
    if same != json.loads(json.dumps(plan.to_json())):
        raise InputError(
            f"The run {run_id[:8]} names {(plan.out if elsewhere else plan.dataset)!r:.200}, and it was not "
            "asked for on this machine: give the command `train` here, with the file or folder that is meant."
        )


def _path(model: str) -> Path:
    return store.own_models() / model / DECISION


def _is_within(path: Path, folder: Path) -> bool:
    return path.is_absolute() and path.resolve().is_relative_to(folder)
