"""The case of a session: an uploaded scan, or a sample from a data set. It never leaves the session.

It stays open when the person goes to another page, until it is closed or replaced.
"""

import time

import streamlit as st

from diagnosis.cases import Case, select
from diagnosis.core.errors import InputError
from diagnosis.dashboard.shell import caches
from diagnosis.dashboard.shell.escape import plain
from diagnosis.dashboard.widgets.persistent import persistent
from diagnosis.models.config import ModelConfig
from diagnosis.scans import Limits, Scan, ScanError
from diagnosis.scans.apart.caller import read_scan_apart
from diagnosis.scans.apart.held import hold

# In the session: a sample that was opened from another page, until a notice says so; and all samples that
# were opened from lists, which show labels.
OPENED = "sample-opened"
LISTED = "samples-listed"


def choose(dataset: str, config: ModelConfig) -> Case | None:
    """Ask for a case, uploaded or a sample of a data set; None while there is none.

    Args:
        dataset: name of the data set that samples come from.
        config: of the model that will read it.
    """
    if opened := st.session_state.pop(OPENED, None):
        st.toast(f"Test image {opened} is open at the top of the page.")
    sources = ["Upload", "Sample"]
    source = st.segmented_control(
        "Scan from", sources, **persistent("source", "Upload"), required=True
    )
    return _uploaded(config) if source == "Upload" else _sample(dataset, config)


def open_sample(dataset: str, number: int) -> None:
    """Make a test image the case of the session, as of the next run of the page; for a button's callback."""
    st.session_state["source"] = "Sample"
    st.session_state[f"sample-{dataset}"] = number
    st.session_state[OPENED] = number
    st.session_state.setdefault(LISTED, set()).add(_sample_name(dataset, number))


def _uploaded(config: ModelConfig) -> Case | None:
    """The uploaded case. An unreadable file shows an error, and the case before it stays open."""
    limit = Limits.from_environment().bytes // 2**20
    file = st.file_uploader(
        "Scan: PNG, JPEG, TIFF, BMP, WebP, GIF, DICOM or NIfTI",
        key="upload",
        type=None,  # decided by content, not by name
        help=f"Up to {limit} MB.",
        on_change=_set_aside,
    )
    scan = _still_open() if file is None else _scan(file.file_id, file.getvalue())
    if scan is None:
        st.caption(
            "The file stays in memory on this machine and is not stored; its SHA-256 and the prediction are "
            "recorded in the audit log. Names, identifiers and dates in the file are dropped. **Text burned "
            "into the image is not removed.**"
        )
        return None
    st.caption("Text burned into the image, such as a name, is not removed.")
    whole = config.encoder.whole
    return Case.of(scan, None if whole else _frame(scan), whole=whole)


def _set_aside() -> None:
    """Set the open scan aside while another file replaces it, which may turn out to be unreadable.

    After an unreadable file the scan before it is open again.
    """
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
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("Open in this session: the scan below.", width="content")
        if st.button("Close it", key="close-scan"):
            del st.session_state["scan"]
            st.rerun()
    return current[1]


def _scan(file_id: str, data: bytes) -> Scan | None:
    """Decode once per upload; kept in the session only. The scan before it if this one is not readable."""
    current: tuple[str, Scan] | None = st.session_state.get("scan")
    if current is not None and current[0] == file_id:
        return current[1]
    before = current or st.session_state.get("scan-aside")
    try:
        current = (file_id, hold(_decoded(data)))
    except ScanError as error:
        st.session_state["unreadable"] = True
        st.error(plain(str(error)))
        if before is None:
            return None
        st.caption("The scan before it is still open below.")
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
    """The chosen frame, from 1, for a model of single images; by default the usual one."""
    if scan.frames == 1:
        return 1
    what = "Slice" if scan.kind == "volume" else "Frame"
    usual = select(scan).number
    return st.slider(what, 1, scan.frames, **persistent(f"frame-{scan.sha256[:12]}", usual))


def _sample(name: str, config: ModelConfig) -> Case | None:
    """The chosen test image; None, with a sentence, if the data set is not on this machine."""
    try:
        dataset = caches.dataset(name, config.encoder.data_size)
    except InputError:
        st.info(
            "No samples: the data set of this task is not on this machine. The Data sets page says how to "
            "get it."
        )
        return None
    cases = len(dataset.labels["test"])
    number = st.number_input(
        f"Image of the test split, 1 to {cases}", 1, cases,
        **persistent(f"sample-{name}", 1, range(1, cases + 1)),
    )  # fmt: skip
    return dataset.case("test", number)


def _sample_name(dataset: str, number: int) -> str:
    return f"{dataset}, test image {number}"
