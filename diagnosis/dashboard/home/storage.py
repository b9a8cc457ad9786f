"""Where on this machine things are kept, how much that is, and how to delete them."""

import os
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st

from diagnosis.audit import log
from diagnosis.core.paths import cache_folder, home
from diagnosis.dashboard.widgets.tables import table
from diagnosis.datasets.imported import imports_folder
from diagnosis.models.store import own_models

SERVERS = {  # of one's own, by variable: what goes there
    "MLFLOW_TRACKING_URI": "runs, versions and decisions",
    "SCANLINE_STUDIES": "searches",
    "DASK_SCHEDULER_ADDRESS": "trainings, trials and folders that are read",
    "SCANLINE_MIRROR": "requests for data sets",
}


def storage() -> None:
    """Draw it; nothing is counted before somebody looks."""
    with st.expander("Where things are kept", key="storage-open", on_change="rerun") as section:
        if section.open:
            _storage()


def _storage() -> None:
    kept = {
        "Models trained here": (own_models(), "discard a version: page Models"),
        "Sets of one's own": (imports_folder(), "remove the set: page Data sets"),
        "Runs and searches": (home() / "runs", "delete the folder"),
        "Audit trail": (log.path().parent, "delete the folder"),
        "Downloads, indexes": (cache_folder(), "delete the folder; it is made again"),
    }
    table(
        ["", "where", "how much", "to delete it"],
        [(name, str(where), _size(where), how) for name, (where, how) in kept.items()],
        monospace={"where"},
    )
    st.caption(
        "Scans that are opened are kept in memory, for one visit, and stored nowhere. " + _sent()
    )


def _sent() -> str:
    named = [(name, what) for name, what in SERVERS.items() if os.environ.get(name)]
    if not named:
        return "Nothing leaves this machine but requests for data sets that somebody fetches."
    places = "; ".join(f"{what}: {_host(os.environ[name])}" for name, what in named)
    return f"What goes to servers that were named here: {places}."


def _host(address: str) -> str:
    """Of an address, which may hold a password."""
    return urlsplit(address).hostname or "a file"


def _size(folder: Path) -> str:
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):  # it may be gone meanwhile
                total += (Path(place) / name).lstat().st_size
    return "nothing" if not total else f"{max(total / 2**20, 0.1):,.1f} MB"
