"""The case from files: they never leave the session, and stay open on every page until they are closed."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from diagnosis.batch.given_case import WHOLE, Choice, GivenCase
from diagnosis.batch.uploads import items
from diagnosis.cases import Case, key_of, select
from diagnosis.core.errors import InputError
from diagnosis.dashboard.shell import address
from diagnosis.dashboard.shell.escape import plain
from diagnosis.dashboard.widgets import series_panel
from diagnosis.dashboard.widgets.fitting_task import fitting_task
from diagnosis.dashboard.widgets.opened import CHOSEN, OPENED, STOPPED, Opened, Stopped
from diagnosis.dashboard.widgets.persistent import persistent
from diagnosis.dashboard.widgets.reading_axis import choose_axis
from diagnosis.models.config import ModelConfig
from diagnosis.models.store import Version
from diagnosis.scans import Limits, Scan
from diagnosis.scans.apart.caller import Decoder
from diagnosis.scans.apart.held import hold
from diagnosis.scans.geometry import Axis
from diagnosis.scans.limits import MEGABYTE

if TYPE_CHECKING:
    from diagnosis.batch.grouping import GivenCases

TAB, FILE = (
    "upload",
    "file",
)  # the address' ``source``: nothing is open yet; a file is, which stays here
# In the session: whether a file was ever open; files that were just given; how often any were.
EVER, GIVEN, TAKEN = "scan-opened", "files-given", "uploads-taken"
DRAWN_S = 0.2  # seconds between two looks at how far a series is
Several = Callable[
    ["GivenCases | None"], GivenCase | None
]  # gets what was just given; gives what to open


def uploaded_case(
    version: Version, config: ModelConfig, several: Several | None = None
) -> Case | None:
    """The uploaded case. What cannot be read shows an error, and the case before it stays open.

    Args:
        version: of the model that will read it.
        config: the version's.
        several: draws the list of the cases that were given at once, if the page has one.
    """
    case = opened_case(version, config, several)
    address.show(source=TAB if case is None else FILE)
    return case


def opened_case(
    version: Version, config: ModelConfig, several: Several | None = None
) -> Case | None:
    """The same, and the address is left as it is."""
    opened = _opened(several)
    if opened is None:
        return None
    st.session_state[EVER] = True
    with st.container():
        fitting_task(opened.scan, version)
    with st.container():
        axis = choose_axis(opened, config)
        scan = opened.along(axis)
        whole = config.encoder.whole
        number = None if whole or scan.frames == 1 else _frame(scan, axis)
        if number is None:
            address.number("frame", 1, scan.frames)  # says so where there is no such frame
    return opened.read(axis, number, whole=whole)


def _opened(several: Several | None) -> Opened | None:
    """The open case: the one that was just given, the one that a list opens, or the one before."""
    _uploader(bool(several))
    message = st.container()
    opening = _opening(several, message)
    if opening is not None:
        with message:
            _open(*opening)
    st.session_state.pop(GIVEN, None)
    st.session_state.pop(CHOSEN, None)
    with st.container():
        series_panel.stopped()
    with st.container():
        opened = _still_open()
    if opened is None and st.query_params.get("source") == FILE and EVER not in st.session_state:
        message.info(
            "The file of this address is not here: it stays in its session. Open it again."
        )
    st.caption("Text burned into the image, such as a name, is not removed.")
    return opened


def _opening(several: Several | None, message: DeltaGenerator) -> tuple[GivenCase, Choice] | None:
    """The case that is to be opened, and what of it."""
    found = None
    if given := st.session_state.get(GIVEN):
        st.session_state.pop(STOPPED, None)
        with message:
            found = _grouped(given)
    listed = several(found) if several else None
    if chosen := st.session_state.get(CHOSEN):
        case, choice = chosen
        return case, choice
    if found is not None and len(found.cases) == 1:
        return found.cases[0], WHOLE
    if found is not None and several is None:
        message.warning(
            f"These are {len(found.cases):,} cases: give them on the page Read, which lists them."
        )
    return None if listed is None else (listed, WHOLE)


def _grouped(given: list[Any]) -> "GivenCases":
    """Files as cases; says so if it takes a while."""
    from diagnosis.batch.grouping import grouped  # what it brings, a page is drawn without

    limits = Limits.from_environment()
    with _decoder() as (decoder, progress):
        found = grouped(items(given, limits), limits, decoder, progress("Headers read"))
    if len(found.cases) < 2:  # else the list says it
        for sentence in found.said:
            st.warning(plain(sentence))
    return found


def _uploader(several: bool) -> None:
    """A box for files, empty again once they are taken: what is open is said below."""
    limits = Limits.from_environment()
    key = f"upload-{'several-' if several else ''}{st.session_state.get(TAKEN, 0)}"

    def take() -> None:
        files = st.session_state[key]
        if files:
            st.session_state[GIVEN] = files if isinstance(files, list) else [files]
            st.session_state[TAKEN] = st.session_state.get(TAKEN, 0) + 1
            of_scan = {"frame", "axis"} & set(st.query_params)
            if OPENED in st.session_state and of_scan:  # of the scan before
                address.write(**dict.fromkeys(of_scan))

    zipped = int(st.get_option("server.maxUploadSize"))
    many = (
        f" Several at once, a folder or a ZIP become a list: up to {limits.files:,} cases of "
        f"{limits.total // MEGABYTE:,} MB together. The slices of a DICOM series are one case; "
        f"hundreds of them arrive sooner as a ZIP, which may have {zipped:,} MB itself."
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


def _still_open() -> Opened | None:
    """The open case, with a way to close it and to what else it holds."""
    now: Opened | None = st.session_state.get(OPENED)
    if now is None:
        return None
    scan = now.scan
    with st.container(key="open-scan", horizontal=True, vertical_alignment="center"):
        what = "slices" if scan.kind == "volume" else "frames"
        frames = f", {scan.frames:,} {what}" if scan.frames > 1 else ""
        files = {row.file for row in now.arrangement.table} if now.arrangement else ()
        kind = "series" if len(files) > 1 else "file"
        st.markdown(f"Your {kind}: {plain(scan.format)}{frames}", width="content")
        st.button("Close", key="close-scan", on_click=_close)
    with st.container(key="open-series", gap="small"):
        series_panel.opened(now)
    return now


def _close() -> None:
    st.session_state.pop(OPENED, None)
    address.write_case(source=TAB)


def _open(case: GivenCase, choice: Choice) -> None:
    """Open a case, unless it cannot be read: the one before it stays open."""
    before: Opened | None = st.session_state.get(OPENED)
    if before is not None and (before.id, before.choice) == (case.id, choice):
        st.session_state.pop(STOPPED, None)
        return
    try:
        arrangement = case.arranged(choice)
        if arrangement is not None and not arrangement.slices:
            st.session_state[STOPPED] = Stopped(case, choice, arrangement)
            return
        scan = hold(_decoded(case, choice))
    except InputError as error:
        st.error(plain(str(error)))
        if before is not None:
            st.caption("The scan before it is still open below.")
        return
    more = scan.times > 1 or (arrangement is not None and len(arrangement.parts) > 1)
    files = case if more else None
    st.session_state[OPENED] = Opened(case.id, scan, choice, files, arrangement, case.owner)
    st.session_state.pop(STOPPED, None)


def _decoded(case: GivenCase, choice: Choice) -> Scan:
    """Decode apart from the server. Leaving the page or the tab ends it.

    Raises:
        InputError: it cannot be read.
    """
    with _decoder() as (decoder, progress):
        return case.read(decoder, choice, progress("Slices read"))


@contextmanager
def _decoder() -> Iterator[tuple[Decoder, Callable[[str], Callable[[int, int], None]]]]:
    """What reads files apart, and what says how far it is. Drawing ends a run that another one follows."""
    line = st.empty()
    begun = drawn = time.monotonic()

    def wait() -> None:
        if (seconds := int(time.monotonic() - begun)) > 0:
            line.caption(f"Decoding the file: {seconds} s")

    def progress(words: str) -> Callable[[int, int], None]:
        def draw(done: int, of: int) -> None:
            nonlocal drawn
            if of > 1 and time.monotonic() - drawn > DRAWN_S:
                drawn = time.monotonic()
                line.progress(done / of, f"{words}: {done:,} of {of:,}")

        return draw

    decoder = Decoder(wait)
    try:
        yield decoder, progress
    finally:
        decoder.close()
        line.empty()


def _frame(scan: Scan, axis: Axis | None) -> int:
    """The chosen frame, from 1, for a model of single images; also in the address."""
    key = f"frame-{key_of(scan, axis)}"
    if asked := address.number("frame", 1, scan.frames):
        st.session_state[key] = asked
    what = "Slice" if scan.kind == "volume" else "Frame"
    frame = st.slider(
        what, 1, scan.frames, **persistent(key, select(scan).number),
        on_change=lambda: address.write(frame=str(st.session_state[key])),
    )  # fmt: skip
    address.show(frame=str(frame))
    return frame
