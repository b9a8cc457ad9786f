"""The case from a file: it never leaves the session, and stays open on every page until it is closed."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from diagnosis.batch.uploads import Item, Upload, is_zip
from diagnosis.cases import Case, select
from diagnosis.core.errors import InputError
from diagnosis.dashboard.shell import address
from diagnosis.dashboard.shell.escape import plain
from diagnosis.dashboard.widgets.fitting_task import fitting_task
from diagnosis.dashboard.widgets.persistent import persistent
from diagnosis.models.config import ModelConfig
from diagnosis.models.store import Version
from diagnosis.scans import Limits, Scan
from diagnosis.scans.apart.caller import read_scan_apart
from diagnosis.scans.apart.held import hold
from diagnosis.scans.limits import MEGABYTE

TAB, FILE = (
    "upload",
    "file",
)  # the address' ``source``: nothing is open yet; a file is, which stays here
# In the session: whether a file was ever open; files that were just given; how often any were.
OPENED, GIVEN, TAKEN = "scan-opened", "files-given", "uploads-taken"
Several = Callable[
    [Sequence[Upload]], Item | None
]  # gets what was just given; gives the file to open


def uploaded_case(
    version: Version, config: ModelConfig, several: Several | None = None
) -> Case | None:
    """The uploaded case. An unreadable file shows an error, and the case before it stays open.

    Args:
        version: of the model that will read it.
        config: the version's.
        several: draws the list of the files that were given at once, if the page has one.
    """
    scan = _scan(several)
    address.show(source=TAB if scan is None else FILE)
    if scan is None:
        return None
    st.session_state[OPENED] = True
    with st.container():
        fitting_task(scan, version)
    with st.container():
        whole = config.encoder.whole
        number = None if whole or scan.frames == 1 else _frame(scan)
        if number is None:
            address.number("frame", 1, scan.frames)  # says so where there is no such frame
    return Case.of(scan, number, whole=whole)


def _scan(several: Several | None) -> Scan | None:
    """The open scan: the one that was just given, the one that a list opens, or the one before."""
    _uploader(bool(several))
    given: list[Any] = st.session_state.get(GIVEN, [])
    message = st.container()
    item = several(given) if several else None
    with message:
        if len(given) == 1 and not (several and is_zip(given[0])):
            _open(given[0].file_id, given[0].getvalue)
        elif item is not None:
            _open(item.id, item.read)
    st.session_state.pop(GIVEN, None)
    with st.container():
        scan = _still_open()
    if scan is None and st.query_params.get("source") == FILE and OPENED not in st.session_state:
        message.info(
            "The file of this address is not here: it stays in its session. Open it again."
        )
    st.caption("Text burned into the image, such as a name, is not removed.")
    return scan


def _uploader(several: bool) -> None:
    """A box for files, empty again once they are taken: what is open is said below."""
    limits = Limits.from_environment()
    key = f"upload-{'several-' if several else ''}{st.session_state.get(TAKEN, 0)}"

    def take() -> None:
        files = st.session_state[key]
        if files:
            st.session_state[GIVEN] = files if isinstance(files, list) else [files]
            st.session_state[TAKEN] = st.session_state.get(TAKEN, 0) + 1
            if "scan" in st.session_state and "frame" in st.query_params:  # of the scan before
                address.write(frame=None)

    many = (
        f" Several at once, a folder or a ZIP become a list: up to {limits.files:,} files of "
        f"{limits.total // MEGABYTE:,} MB together, one case a file."
    )
    st.file_uploader(
        "Scans, a folder or a ZIP" if several else "Scan",
        key=key,
        type=None,  # decided by content, not by name
        accept_multiple_files=several,
        help="PNG, JPEG, TIFF, BMP, WebP, GIF, DICOM or NIfTI, up to "
        f"{limits.bytes // MEGABYTE} MB a file.{many if several else ''} Files stay in memory on this "
        "machine and are not stored; their SHA-256 and predictions are recorded in the audit log. Names, "
        "identifiers and dates in the files are dropped.",
        on_change=take,
    )  # fmt: skip


def _still_open() -> Scan | None:
    """The open scan, with a way to close it."""
    current: tuple[str, Scan] | None = st.session_state.get("scan")
    if current is None:
        return None
    scan = current[1]
    with st.container(key="open-scan", horizontal=True, vertical_alignment="center"):
        frames = f", {scan.frames} frames" if scan.frames > 1 else ""
        st.markdown(f"Your file: {plain(scan.format)}{frames}", width="content")
        st.button("Close", key="close-scan", on_click=_close)
    return scan


def _close() -> None:
    st.session_state.pop("scan", None)
    address.write_case(source=TAB)


def _open(file_id: str, read: Callable[[], bytes]) -> None:
    """Make a file the scan of the session, unless it cannot be read: the one before it stays open."""
    before: tuple[str, Scan] | None = st.session_state.get("scan")
    if before is not None and before[0] == file_id:
        return
    try:
        st.session_state["scan"] = file_id, hold(_decoded(read()))
    except InputError as error:
        st.error(plain(str(error)))
        if before is not None:
            st.caption("The scan before it is still open below.")


def _decoded(data: bytes) -> Scan:
    """Decode apart from the server. Says so if it takes a while; leaving the page or the tab ends it.

    Raises:
        ScanError: it cannot be read.
    """
    line = st.empty()
    begun = time.monotonic()

    def wait() -> None:  # drawing ends this run if another one begins or the browser is gone
        if (seconds := int(time.monotonic() - begun)) > 0:
            line.caption(f"Decoding the file: {seconds} s")

    try:
        return read_scan_apart(data, while_waiting=wait)
    finally:
        line.empty()


def _frame(scan: Scan) -> int:
    """The chosen frame, from 1, for a model of single images; also in the address."""
    key = f"frame-{scan.sha256[:12]}"
    if asked := address.number("frame", 1, scan.frames):
        st.session_state[key] = asked
    what = "Slice" if scan.kind == "volume" else "Frame"
    frame = st.slider(
        what, 1, scan.frames, **persistent(key, select(scan).number),
        on_change=lambda: address.write(frame=str(st.session_state[key])),
    )  # fmt: skip
    address.show(frame=str(frame))
    return frame
