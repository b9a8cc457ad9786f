"""Importing labelled images: upload, check, report, and then store them as a data set.

Everything stays in the session until it is stored. The check runs in the page's own script, so Cancel, a
closed browser or any other press ends it; it has written nothing by then.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from diagnosis.core import access
from diagnosis.core.errors import InputError
from diagnosis.core.settings import parameter
from diagnosis.dashboard.data.card import train_link
from diagnosis.dashboard.data.import_report import CHECKED, DONE, FAILED, FORM, Checked, report
from diagnosis.dashboard.shell.escape import plain, show_error
from diagnosis.datasets.import_options import Options
from diagnosis.scans import Limits
from diagnosis.scans.apart.caller import all_apart

if TYPE_CHECKING:  # reading lists of labels brings pandas, for which no page waits at its top
    from diagnosis.datasets.importing import Given

SHOWS_EVERY_S = 0.2  # between two looks at progress, and at a press on Cancel


def import_form() -> None:
    """Draw the section: the form, or the report on the images."""
    with st.container(key="import-done"):
        if done := st.session_state.pop(DONE, None):
            _done(*done)
    with st.expander("Import your own images", key="import-open", on_change="rerun") as section:
        if section.open:
            _form_or_report()
    if failed := st.session_state.pop(FAILED, None):
        show_error(failed)


def _done(said: str, stored: str | None) -> None:
    """What was done; of a stored set the way to train on it."""
    st.toast(plain(said), duration="long")  # in sight on a scrolled page
    if stored is not None:
        st.success(plain(said))
        train_link(stored)


def _form_or_report() -> None:
    checked: Checked | None = st.session_state.get(CHECKED)
    if checked is None:
        _form()
        return
    report(checked)


def _form() -> None:
    from diagnosis.datasets.importing import import_roots

    st.markdown(
        "A ZIP with one folder per class or with a list of labels, or an NPZ in MedMNIST's layout. Images: "
        "PNG, JPEG, TIFF, BMP, WebP, GIF, DICOM or NIfTI. They are checked; nothing is stored until you "
        "confirm."
    )
    st.caption(
        "Stored: reduced images, labels, class names, patients as numbers. Not stored: files, their names, "
        "patients' identities. Text burned into an image is not removed."
    )
    most = Limits.from_environment().megabytes
    upload: Given | None = None
    path = ""
    form = st.session_state.get(FORM, 0)
    sources = ["Upload", "Path on the server"] if (roots := import_roots()) else ["Upload"]
    if len(sources) > 1:
        st.session_state.setdefault("import-from", "Upload")
        chosen = st.segmented_control("Images from", sources, key="import-from", required=True)
    else:
        chosen = "Upload"
    left, right = st.columns(2, gap="large")
    with left:
        if chosen == "Upload":
            upload = st.file_uploader(
                f"ZIP or NPZ, up to {most} MB",
                type=None,  # recognised by content, not by name
                max_upload_size=most,
                help="For larger files: `python -m diagnosis data import`, or a path on the server.",
                key=f"import-file-{form}",
            )
        else:
            path = st.text_input(
                "Folder or file on the server",
                help=f"Below {', '.join(plain(str(root)) for root in roots)}"
                if access.shows_paths()
                else None,
                key="import-path",
            )
    with right:
        manifest = st.file_uploader(
            "List of labels (optional): CSV or Excel",
            type=None,
            help="Columns: file, label and, if known, patient and split (train, val, test). Patients are "
            "never divided between splits.",
            key=f"import-list-{form}",
        )
    options = _options()
    if st.button("Check the images", type="primary", disabled=upload is None and not path.strip()):
        _check(lambda: upload if upload is not None else _allowed(path), manifest, options)


def _options() -> dict[str, object]:
    chosen: dict[str, object] = {}
    with st.popover("Size, colour and splits"):
        for name in ("size", "val", "test", "seed"):
            field = parameter(Options, name)
            chosen[name] = st.number_input(**field.number(), value=field.default)
        colour = st.selectbox("Colour", ["as most images", "grey", "colour"])
        chosen["channels"] = {"grey": 1, "colour": 3}.get(colour)
        chosen["skip_unreadable"] = st.checkbox("Skip files that cannot be read")
    return chosen


def _allowed(path: str) -> Path:
    from diagnosis.datasets.importing import within_roots

    return within_roots(path)


def _check(
    source: "Callable[[], Given]", manifest: "Given | None", options: dict[str, object]
) -> None:
    """Read and check, with a progress bar and a button that cancels."""
    from diagnosis.datasets.importing import open_source, prepare

    bar = st.progress(0.0, text="Opening")
    st.button("Cancel", key="import-cancel")  # any press ends this run at the next look
    shown, read = 0.0, (0, 1)

    def progress(done: int, total: int) -> None:
        nonlocal shown, read
        read = (done, total)
        if time.monotonic() - shown >= SHOWS_EVERY_S:
            bar.progress(done / max(total, 1), text=f"{done:,} of {total:,} images read")
            shown = time.monotonic()

    def wait() -> None:  # drawing ends this run if Cancel was pressed or the browser is gone
        progress(*read)

    try:
        chosen = Options.from_json(options)
        with all_apart(while_waiting=wait), open_source(source(), manifest) as opened:
            prepared = prepare(opened, chosen, progress=progress)
    except InputError as error:
        st.session_state[FAILED] = str(error)
    else:
        st.session_state[CHECKED] = Checked(prepared, chosen)
    st.rerun()
