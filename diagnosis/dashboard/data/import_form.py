"""Importing labelled images: upload, check, report, and then store them as a data set.

Everything stays in the session until it is stored. The check runs in the page's own script, so Cancel, a
closed browser or any other press ends it; it has written nothing by then.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from diagnosis.core.errors import InputError
from diagnosis.core.settings import parameter
from diagnosis.dashboard.shell import caches
from diagnosis.dashboard.shell.escape import plain, show_error
from diagnosis.dashboard.widgets.tables import details, table
from diagnosis.datasets.import_options import Options
from diagnosis.figures.contact_sheet import contact_sheet
from diagnosis.scans.apart.caller import all_apart

if TYPE_CHECKING:  # reading lists of labels brings pandas, for which no page waits at its top
    from diagnosis.datasets.importing import Given, ImportReport, Prepared

# In the session: the images that were read; a message of success or failure, shown once.
CHECKED, DONE, FAILED = "import-checked", "import-done", "import-failed"
FORM = "import-form"  # in the session: a number; each form has its own fields
SAMPLES, SHOWN_CLASSES = 12, 14  # images of each class; classes
SHOWS_EVERY_S = 0.2  # between two looks at progress, and at a press on Cancel
LEVELS = {"error": "Errors", "warning": "Warnings", "note": "Notes"}


@dataclass(frozen=True, eq=False)
class Checked:
    """The images that this session has read, and the options."""

    prepared: "Prepared"
    options: Options


def import_form() -> None:
    """Draw the section: the form, or the report on the images."""
    if done := st.session_state.pop(DONE, None):
        st.toast(plain(done), duration="long")  # in sight on a scrolled page
    with st.expander("Import your own images", key="import-open", on_change="rerun") as section:
        if section.open:
            _form_or_report()
    if failed := st.session_state.pop(FAILED, None):
        show_error(failed)


def _form_or_report() -> None:
    checked: Checked | None = st.session_state.get(CHECKED)
    if checked is None:
        _form()
        return
    _report(checked.prepared.report)
    _samples(checked.prepared)
    _decide(checked)


def remove_button(name: str, chosen_then: str) -> None:
    """Offer to delete an imported set; the box of sets (key ``set``) then shows ``chosen_then``."""
    with st.popover("Remove this set"):
        st.text(f"Deletes {name} from this machine. Models that were trained on it stay.")
        st.button("Remove for good", on_click=_remove, args=(name, chosen_then))


def _form() -> None:
    from diagnosis.datasets.importing import import_roots

    st.markdown(
        "Import a ZIP with one folder per class, a ZIP with a list of files and labels, or an NPZ in "
        "MedMNIST's layout. Images may be PNG, JPEG, TIFF, BMP, WebP, GIF, DICOM or NIfTI. They are checked "
        "first; nothing is stored until you confirm."
    )
    st.caption(
        "Stored: the reduced images, labels, class names, and patients as numbers. Not stored: the files, "
        "their names, and patient identities. Text burned into an image is not removed."
    )
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
                f"ZIP or NPZ, up to {st.get_option('server.maxUploadSize')} MB",
                type=None,  # recognised by content, not by name
                help="For larger files: `python -m diagnosis data import`, or a path on the server.",
                key=f"import-file-{form}",
            )
        else:
            path = st.text_input(
                "Folder or file on the server",
                help=f"Below {', '.join(plain(str(root)) for root in roots)}",
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


def _report(report: "ImportReport") -> None:
    kind = "colour" if report.channels == 3 else "grey"
    st.markdown(
        f"**{report.found:,} images** in {plain(report.kind)}; {report.usable:,} can be stored, as {kind} "
        f"images of {report.size} × {report.size} pixels, far below diagnostic quality."
    )
    if not report.ok:
        st.error("These images cannot be stored: correct the errors below.")
    left, right = st.columns([3, 2], gap="large")
    with left:
        rows = {
            title: "\n".join(finding.described() for finding in report.of(level))  # type: ignore[arg-type]
            for level, title in LEVELS.items()
        }
        details({title: text for title, text in rows.items() if text} or {"Check": "no problems"})
    with right:
        if report.counts:
            table(["Class", *report.counts], _count_rows(report), key="import-counts")
            st.caption(plain(report.split_rule))
    st.download_button(
        "Report (.json) with all file names",
        json.dumps(report.to_json(), indent=2),
        "import-report.json",
        "application/json",
        type="tertiary",
    )


def _count_rows(report: "ImportReport") -> list[tuple[str, ...]]:
    rows = [
        (name, *(f"{counts[index]:,}" for counts in report.counts.values()))
        for index, name in enumerate(report.classes)
    ]
    if report.patients is not None:
        rows.append(("Patients", *(f"{n:,}" for n in report.patients.values())))
    return rows


def _samples(prepared: "Prepared") -> None:
    if not prepared.images:
        return
    classes = prepared.report.classes[:SHOWN_CLASSES]
    columns = st.columns(2, gap="large")
    for index, name in enumerate(classes):
        chosen = np.flatnonzero(prepared.labels["train"] == index)[:SAMPLES]
        with columns[index % 2]:
            st.text(f"{name}, training split")
            if len(chosen):
                pictures = prepared.images["train"][chosen]
                st.image(contact_sheet(pictures, columns=SAMPLES // 2))
    if len(classes) < len(prepared.report.classes):
        st.caption(f"The first {len(classes)} of {len(prepared.report.classes)} classes.")


def _decide(checked: Checked) -> None:
    report = checked.prepared.report
    if report.ok:
        left, right = st.columns(2, gap="large")
        left.text_input(
            "Name of the set",
            key="import-name",
            placeholder="my-scans",
            help="Lower-case letters, digits, - and _.",
        )
        if report.finding is not None:
            right.selectbox(
                "Finding (positive class)",
                report.classes,
                index=report.classes.index(report.finding),
                key="import-finding",
            )
    with st.container(horizontal=True):
        if report.ok:
            st.button("Store the set", type="primary", on_click=_store)
        st.button("Start over", key="import-restart", on_click=_restart)


def _restart() -> None:
    """Forget the checked images, and begin with an empty form.

    Streamlit forgets a field only after a complete run without it, so an early press would bring back a form
    that holds the file and does not show it.
    """
    st.session_state.pop(CHECKED, None)
    st.session_state[FORM] = st.session_state.get(FORM, 0) + 1


def _store() -> None:
    """A callback: it runs before the page, so that the box of sets can show the new one."""
    from diagnosis.datasets.importing import store

    checked: Checked | None = st.session_state.get(CHECKED)
    if checked is None:  # pressed twice
        return
    prepared, name = checked.prepared, st.session_state["import-name"].strip()
    if finding := st.session_state.get("import-finding"):
        prepared = prepared.looking_for(finding)
    try:
        with all_apart():
            store(prepared, name, checked.options)
    except InputError as error:
        st.session_state[FAILED] = str(error)
        return
    caches.dataset.clear()  # another set may have had this name
    _restart()
    st.session_state[DONE] = f"{name} is stored. It is selected below and ready for training."
    st.session_state["set"] = st.query_params["set"] = name


def _remove(name: str, chosen_then: str) -> None:
    from diagnosis.datasets.importing import remove

    try:
        remove(name)
    except InputError as error:
        st.session_state[FAILED] = str(error)
        return
    caches.dataset.clear()
    st.session_state[DONE] = f"{name} is removed."
    st.session_state["set"] = st.query_params["set"] = chosen_then
