"""The case from a file: it never leaves the session, and stays open on every page until it is closed."""

import time

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from diagnosis.cases import Case, select
from diagnosis.dashboard.shell import address
from diagnosis.dashboard.shell.escape import plain
from diagnosis.dashboard.widgets.fitting_task import fitting_task
from diagnosis.dashboard.widgets.persistent import persistent
from diagnosis.models.config import ModelConfig
from diagnosis.models.store import Version
from diagnosis.scans import Limits, Scan, ScanError
from diagnosis.scans.apart.caller import read_scan_apart
from diagnosis.scans.apart.held import hold

TAB, FILE = (
    "upload",
    "file",
)  # the address' ``source``: nothing is open yet; a file is, which stays here
OPENED = "scan-opened"  # in the session: a file was


def uploaded_case(version: Version, config: ModelConfig) -> Case | None:
    """The uploaded case. An unreadable file shows an error, and the case before it stays open.

    Args:
        version: of the model that will read it.
        config: the version's.
    """
    scan = _scan()
    address.show(source=TAB if scan is None else FILE)
    if scan is None:
        return None
    st.session_state[OPENED] = True
    with st.container():
        fitting_task(scan, version)
    with st.container():
        whole = config.encoder.whole
        number = None if whole or scan.frames == 1 else _frame(scan)
    return Case.of(scan, number, whole=whole)


def _scan() -> Scan | None:
    """The open scan: the one in the uploader, or the one that was opened before."""
    limit = Limits.from_environment().bytes // 2**20
    file = st.file_uploader(
        "Scan: PNG, JPEG, TIFF, BMP, WebP, GIF, DICOM or NIfTI",
        key="upload",
        type=None,  # decided by content, not by name
        help=f"Up to {limit} MB. The file stays in memory on this machine and is not stored; its SHA-256 and "
        "the prediction are recorded in the audit log. Names, identifiers and dates in the file are dropped.",
        on_change=_set_aside,
    )
    message = st.container()
    with st.container():
        scan = (
            _still_open() if file is None else _decoded_once(file.file_id, file.getvalue(), message)
        )
    if scan is None and st.query_params.get("source") == FILE and OPENED not in st.session_state:
        message.info(
            "The file of this address is not here: it stays in its session. Open it again."
        )
    st.caption("Text burned into the image, such as a name, is not removed.")
    return scan


def _set_aside() -> None:
    """Set the open scan aside while another file replaces it, which may turn out to be unreadable.

    After an unreadable file the scan before it is open again.
    """
    if "scan" in st.session_state and "frame" in st.query_params:  # it is of the scan before
        address.write(frame=None)
    if st.session_state["upload"] is None and not st.session_state.pop("unreadable", False):
        st.session_state["scan-aside"] = st.session_state.pop("scan", None)
        st.session_state["just-emptied"] = True


def _still_open() -> Scan | None:
    """The scan that was opened on another page, with a way to close it."""
    if not st.session_state.pop("just-emptied", False):
        st.session_state.pop("scan-aside", None)  # no other file followed: it was removed
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


def _decoded_once(file_id: str, data: bytes, message: DeltaGenerator) -> Scan | None:
    """Decode once per upload; kept in the session only. The scan before it if this one is not readable."""
    current: tuple[str, Scan] | None = st.session_state.get("scan")
    if current is not None and current[0] == file_id:
        return current[1]
    before = current or st.session_state.get("scan-aside")
    try:
        current = (file_id, hold(_decoded(data)))
    except ScanError as error:
        st.session_state["unreadable"] = True
        message.error(plain(str(error)))
        if before is None:
            return None
        message.caption("The scan before it is still open below.")
        current = before
    else:
        st.session_state.pop("unreadable", None)
    st.session_state["scan"] = current
    st.session_state.pop("scan-aside", None)
    return current[1]


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
