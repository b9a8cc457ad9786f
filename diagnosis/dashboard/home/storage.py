"""Where files are stored on this machine, their size, and how to delete them."""

import os
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st

from diagnosis.audit import log
from diagnosis.core import access
from diagnosis.core.paths import cache_folder, home
from diagnosis.dashboard.widgets.tables import table
from diagnosis.datasets.imported import imports_folder
from diagnosis.models.store import own_models

SERVERS = {  # environment variable that names a server -> what is sent there
    "MLFLOW_TRACKING_URI": "runs, versions and decisions",
    "SCANLINE_STUDIES": "searches",
    "DASK_SCHEDULER_ADDRESS": "trainings, trials and batches of scans",
    "SCANLINE_MIRROR": "requests for data sets",
}


def storage() -> None:
    """Draw it; the folders are named to those alone who sit at this machine."""
    places = {
        "Models trained here": (own_models(), "archive a version on the Models page"),
        "Imported data sets": (imports_folder(), "remove the set on the Data sets page"),
        "Runs and searches": (home() / "runs", "delete the folder"),
        "Audit log": (log.path().parent, "delete the folder"),
        "Downloads, indexes": (cache_folder(), "delete the folder; it is made again"),
    }
    header = ["", "folder", "size", "to delete"]
    rows = [[name, str(folder), _size(folder), how] for name, (folder, how) in places.items()]
    if not access.shows_paths():
        for row in (header, *rows):
            del row[1]
    table(header, rows, monospace={"folder"}, key="storage")
    st.caption("Opened scans stay in memory for the session and are not stored. " + _sent())


def _sent() -> str:
    configured = [(name, what) for name, what in SERVERS.items() if os.environ.get(name)]
    if not configured:
        return "Nothing leaves this machine except requests for data sets that you fetch."
    hosts = "; ".join(f"{what}: {_host(os.environ[name])}" for name, what in configured)
    return f"Sent to configured servers: {hosts}."


def _host(address: str) -> str:
    """The host alone: an address may hold a password."""
    return urlsplit(address).hostname or "a file"


def _size(folder: Path) -> str:
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):  # it may be gone meanwhile
                total += (Path(place) / name).lstat().st_size
    return "nothing" if not total else f"{max(total / 2**20, 0.1):,.1f} MB"
