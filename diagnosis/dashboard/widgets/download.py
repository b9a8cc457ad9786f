"""A data set that is not on this machine: a button that gets it, with its size, progress and a way to cancel.

The download runs beside the page, for all sessions (`datasets.background`). Nothing is asked of the network
without a press.
"""

from urllib.parse import urlsplit

import streamlit as st

from diagnosis.core import access
from diagnosis.core.errors import InputError
from diagnosis.dashboard.shell.escape import plain, show_error
from diagnosis.dashboard.widgets.tables import details
from diagnosis.datasets import DatasetFacts, background, cache_folder, catalogue
from diagnosis.datasets.background import Download
from diagnosis.datasets.download import address, data_folder

POLL_S = 0.4  # between two looks at a running download
FAILED = "download-failed"  # in the session: why a press began nothing, until it is shown


def download(name: str, size: int = 28, *, place: str = "") -> None:
    """Draw it in the place of what needs the set. When the set is here, the whole page runs again.

    Args:
        name: of a data set, published or not.
        size: pixels along each side.
        place: of it on a page that draws it twice.
    """
    facts = catalogue().get(name)
    with st.container(key=f"download{place}-{name}-{size}"):
        if facts is None or size not in facts.files:
            way = f": {facts.get}" if facts and facts.get else ", and no publisher has it"
            st.info(plain(f"The data set {name} is not on this machine{way}."))
            return
        running = _running(background.latest(name, size))
        part = st.fragment(_part, run_every=POLL_S if running else None)
        part(facts, size, place, was_running=running)


def megabytes(count: int) -> str:
    """``4.6 MB``."""
    return f"{max(count / 1e6, 0.1):,.1f} MB"


def _running(found: Download | None) -> bool:
    return found is not None and found.state == "running"


def _part(facts: DatasetFacts, size: int, place: str, *, was_running: bool) -> None:
    found = background.latest(facts.name, size)
    if _running(found) != was_running:
        st.rerun()  # of the whole page: polling begins or ends, and what needs the set is drawn
    if found is not None and found.state == "running":
        _progress(facts, size, place, found)
    else:
        _offer(facts, size, place, found)


def _progress(facts: DatasetFacts, size: int, place: str, running: Download) -> None:
    came, total = running.came, running.total
    of = f"{megabytes(came)} of {megabytes(total)}" if total else f"{megabytes(came)} so far"
    share = min(came / (total or facts.most_bytes(size)), 1.0)
    st.progress(share, text=f"Downloading {_title(facts, size)}: {of}")
    st.button("Cancel", key=f"download-cancel{place}-{facts.name}-{size}", on_click=running.cancel)


def _offer(facts: DatasetFacts, size: int, place: str, last: Download | None) -> None:
    title, failed = _title(facts, size), last is not None and last.state == "failed"
    if problem := st.session_state.pop(FAILED, None):
        show_error(problem)
    if access.read_only():
        st.info(f"{title} is not on this machine, and a read-only Scanline fetches no data sets.")
    elif last is not None and failed:
        st.warning(
            f"{title} {plain(last.reason)}. Try again, or put the file in place yourself: see Details."
        )
    else:
        st.info(f"{title} is not on this machine.")
    if not access.read_only():
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                f"{'Try again' if failed else 'Download'} (up to {megabytes(facts.most_bytes(size))})",
                key=f"download-start{place}-{facts.name}-{size}", type="primary",
                on_click=_start, args=(facts.name, size),
            )  # fmt: skip
            host = urlsplit(address(facts.files[size])).hostname
            st.caption(f"From {host}, {plain(facts.licence)}", width="content")
    with st.expander("Details"):
        _details(facts, size)


def _title(facts: DatasetFacts, size: int) -> str:
    """With the size, unless it is the usual one."""
    return plain(facts.title) + ("" if size == min(facts.files) else f" at size {size}")


def _start(name: str, size: int) -> None:
    try:
        background.start(name, size)
    except InputError as error:
        st.session_state[FAILED] = str(error)


def _details(facts: DatasetFacts, size: int) -> None:
    """How to get the file without this button."""
    file = facts.files[size]
    rows = {"File": file.filename, "Address": address(file), "MD5": file.md5}
    if access.shows_paths():
        rows["Folder"] = str(data_folder() or cache_folder())
    details(rows, monospace=rows)
    st.code(f"python -m diagnosis data fetch {facts.name} --size {size}", language=None)
