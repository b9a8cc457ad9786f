"""Where runs are recorded: MLflow, on SQLite in the user's data folder or on the server that is named.

MLflow takes seconds to import, so it is imported where runs are needed, by no page that only reads.
"""

import errno
import logging
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from filelock import FileLock, Timeout

from diagnosis.core.errors import InputError
from diagnosis.core.paths import home
from diagnosis.core.private_files import FILE, private

EXPERIMENT = "scanline"
ADDRESS = "MLFLOW_TRACKING_URI"
WAITS_S = 30  # for what another process does at the same time
# Nothing leaves this machine, and MLflow's messages about its own work are none of the user's.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")

FULL = "The disk is full: make room in the data folder, and resume it."
ROOM = 1 << 20  # bytes; with fewer left a disk counts as full
# What systems, SQLite and HDF5 write of a full disk where the number of the error is lost on the way.
FULL_NUMBERS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
FULL_WORDS = (
    *("database or disk is full", "No space left on device", "Disk quota exceeded"),
    *("File too large", *(f"errno = {number}," for number in FULL_NUMBERS)),
)


def runs_folder() -> Path:
    """Where checkpoints, locks, logs and the database are."""
    return home() / "runs"


def database() -> Path | None:
    """The file that runs are recorded in; None if a server has them."""
    return None if os.environ.get(ADDRESS) else runs_folder() / "mlflow.db"


def store_uri() -> str:
    """Address of the store: ``$MLFLOW_TRACKING_URI``, else a file in the user's data folder."""
    path = database()
    return os.environ[ADDRESS] if path is None else sqlite_address(path)


def sqlite_address(path: Path) -> str:
    """The address of a database in a file, whatever letters its path has."""
    import sqlalchemy

    # with the driver's name: of "sqlite:///…" MLflow takes the escaped path for that of a folder to make
    return sqlalchemy.URL.create("sqlite+pysqlite", database=str(path)).render_as_string()


def client() -> Any:
    """The ``MlflowClient`` of the store. Shared; safe to use from several threads.

    Raises:
        InputError: the store cannot be reached.
    """
    return _client(store_uri(), database())


def experiment() -> str:
    """Id of the experiment that all runs belong to; made when it is first asked for.

    Raises:
        InputError: the store cannot be reached.
    """
    return _experiment(store_uri(), database())


def artifacts(run_id: str) -> Any:
    """The client, for the files of a run: on a server, or in the folder of runs.

    Raises:
        InputError: the record names another folder of this machine, from which nothing is read and to which
            nothing is written.
    """
    address = client().get_run(run_id).info.artifact_uri
    parts = urlsplit(address)
    path = Path(url2pathname(parts.path)).resolve() if parts.scheme in ("", "file") else None
    local = database()
    server = local is None and store_uri().startswith("http")
    if (path is not None and server) or (
        local is not None and (path is None or not path.is_relative_to(local.parent.resolve()))
    ):
        raise InputError(
            f"The record of run {run_id[:8]} says that its files are in {address[:200]}, where none of "
            "Scanline's are: put its artifact address right in MLflow, or train again."
        )
    return client()


def page_of(run_id: str) -> str | None:
    """The page of a run in MLflow's own interface, which a tracking server has; None without a server."""
    parts = urlsplit(store_uri())
    if parts.scheme not in ("http", "https"):
        return None
    base = (
        parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl().rstrip("/")
    )  # no password
    return f"{base}/#/experiments/{experiment()}/runs/{run_id}"


def page_command() -> str:
    """The command that serves MLflow's own interface for the store."""
    path = database()
    shown = "$MLFLOW_TRACKING_URI" if path is None else f"sqlite:///{_from_home(path)}"
    return f'MLFLOW_DISABLE_TELEMETRY=true mlflow ui --backend-store-uri "{shown}"'


def _from_home(path: Path) -> str:
    """A path for a shell; a page need not tell the name of the account that it runs under."""
    own = Path.home()
    return f"$HOME/{path.relative_to(own)}" if path.is_relative_to(own) else str(path)


@contextmanager
def answering() -> Iterator[None]:
    """Say in a sentence that runs and versions cannot be read or recorded.

    Raises:
        InputError: instead of MLflow's, the database's or the system's own error.
    """
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (MlflowException, SQLAlchemyError, sqlite3.Error, OSError) as error:
        raise InputError(_sentence(error)) from error


def disk_is_full(error: BaseException) -> bool:
    """Whether an error, or one that it came from, is that no room is left."""
    seen: BaseException | None = error
    while seen is not None:
        if getattr(seen, "errno", None) in FULL_NUMBERS or any(
            words in str(seen) for words in FULL_WORDS
        ):
            return True
        if (
            "disk I/O error" in str(seen) and _no_room()
        ):  # SQLite's word where its index cannot grow
            return True
        seen = seen.__cause__ or seen.__context__
    return False


def _no_room() -> bool:
    try:
        return shutil.disk_usage(home()).free < ROOM
    except (OSError, InputError):
        return False


def _sentence(error: Exception) -> str:
    if disk_is_full(error):
        return FULL
    reason = str(error).strip().splitlines() or [type(error).__name__]
    if isinstance(error, Timeout) or "database is locked" in str(error):
        return (
            "The record of runs and versions is held by another process: let it end, or end it, and try "
            f"again ({reason[0][:200]})."
        )
    if (path := database()) is not None:
        return (
            f"The record of runs and versions, {path}, cannot be used: see that Scanline may write to it and "
            f"to its folder ({reason[0][:200]})."
        )
    return (
        f"The record of runs and versions, {store_uri().rsplit('@', 1)[-1]}, does not answer: start the "
        f"server that {ADDRESS} names, or correct the address ({reason[0][:200]})."
    )


@cache
def _client(uri: str, path: Path | None) -> Any:
    logging.getLogger("alembic").setLevel(logging.WARNING)
    import mlflow

    # it writes each error of the database with its traceback, of which we say a sentence
    logging.getLogger("mlflow.store.db.utils").setLevel(logging.CRITICAL)

    with answering(), _alone():  # two who make the tables at once would fail
        if path is not None:
            _prepare(path)
        else:  # what downloads artifacts through a server asks for it; it is put in the environment, too
            mlflow.set_tracking_uri(uri)
        made = mlflow.MlflowClient(uri, uri)
        made.search_experiments(max_results=1)
    return made


@cache
def _experiment(uri: str, path: Path | None) -> str:
    local = None if path is None else (path.parent / "artifacts").as_uri()
    with answering():
        found = client().get_experiment_by_name(EXPERIMENT)
        if found is not None:
            return str(found.experiment_id)
        with _alone():
            found = client().get_experiment_by_name(EXPERIMENT)
            if found is not None:
                return str(found.experiment_id)
            return str(client().create_experiment(EXPERIMENT, artifact_location=local))


def _alone() -> FileLock:
    return FileLock(private(runs_folder()) / "mlflow.lock", timeout=WAITS_S, mode=FILE)


def _prepare(path: Path) -> None:
    """See that the database can be written, which MLflow would try for minutes; readers block no writer."""
    path.touch(FILE)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")  # it stays so
