"""The plan of a run, as it was requested on this machine, in a file beside its log.

Every client of an MLflow server can write there, so a path in a run's plan counts only if it is in this file.
"""

import json
from pathlib import Path

from diagnosis.core.errors import InputError
from diagnosis.datasets import catalogue
from diagnosis.datasets.loading import own_files
from diagnosis.jobs import locks
from diagnosis.jobs.plan import Plan
from diagnosis.models import store

PLAN = "plan.json"


def save_plan(run_id: str, plan: Plan) -> None:
    """Keep the plan of a run that is requested here.

    Raises:
        OSError: it cannot be written.
    """
    store.write_small(locks.folder(run_id) / PLAN, json.dumps(plan.to_json()))


def check_plan(run_id: str, plan: Plan) -> None:
    """See that a run uses no file or folder but those of Scanline, unless it was requested here.

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
            "requested on this machine: give the command `train` here, with the file or folder that is meant."
        )


def _is_within(path: Path, folder: Path) -> bool:
    return path.is_absolute() and path.resolve().is_relative_to(folder)
