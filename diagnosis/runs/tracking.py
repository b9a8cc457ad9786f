"""Where runs are recorded: MLflow, on SQLite in the user's data folder or on the server that is named.

MLflow takes seconds to import, so it is imported where runs are asked for, by no page that only reads.
"""

import logging
import os
from functools import cache
from pathlib import Path
from typing import Any

from filelock import FileLock

from diagnosis.errors import InputError
from diagnosis.places import home

EXPERIMENT = "scanline"
# Nothing leaves this machine, and what MLflow says of its own work is not for whoever trains.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")


def runs_folder() -> Path:
    """Where checkpoints, locks, logs and the database are."""
    return home() / "runs"


def store_uri() -> str:
    """Address of the store: ``$MLFLOW_TRACKING_URI``, else a file in the user's data folder."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{runs_folder() / 'mlflow.db'}"


def client() -> Any:
    """The ``MlflowClient`` of the store. Shared; safe to use from several threads.

    Raises:
        InputError: the store cannot be reached.
    """
    return _client(store_uri())


def experiment() -> str:
    """Id of the experiment that all runs belong to; made when it is first asked for."""
    return _experiment(store_uri())


@cache
def _client(uri: str) -> Any:
    folder = runs_folder()
    folder.mkdir(parents=True, exist_ok=True)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    import mlflow

    mlflow.set_tracking_uri(uri)  # what downloads artifacts through a server asks for it
    made = mlflow.MlflowClient(uri, uri)
    try:
        with FileLock(folder / "mlflow.lock"):  # two who make the tables at once would fail
            made.search_experiments(max_results=1)
    except mlflow.MlflowException as error:
        raise InputError(
            f"The record of runs, {uri.rsplit('@', 1)[-1]}, cannot be opened: start the server that "
            f"MLFLOW_TRACKING_URI names, or correct the address ({str(error)[:200]})."
        ) from error
    return made


@cache
def _experiment(uri: str) -> str:
    found = client().get_experiment_by_name(EXPERIMENT)
    if found is not None:
        return found.experiment_id
    local = (runs_folder() / "artifacts").as_uri() if uri.startswith("sqlite:") else None
    with FileLock(runs_folder() / "mlflow.lock"):
        found = client().get_experiment_by_name(EXPERIMENT)
        return (
            found.experiment_id
            if found is not None
            else client().create_experiment(EXPERIMENT, artifact_location=local)
        )
