"""The report on the images that were read, and storing them as a data set.

The images stay in the session until they are stored.
"""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from diagnosis.core.errors import InputError
from diagnosis.dashboard.shell import caches
from diagnosis.dashboard.shell.escape import plain
from diagnosis.dashboard.widgets.tables import details, table
from diagnosis.datasets.import_options import Options
from diagnosis.figures.contact_sheet import contact_sheet
from diagnosis.scans.apart.caller import all_apart

if TYPE_CHECKING:  # reading lists of labels brings pandas, for which no page waits at its top
    from diagnosis.datasets.importing import ImportReport, Prepared

# In the session: the images that were read; what was done, and a message of failure, each shown once.
CHECKED, DONE, FAILED = "import-checked", "import-done", "import-failed"
FORM = "import-form"  # in the session: a number; each form has its own fields
SAMPLES, SHOWN_CLASSES = 12, 14  # images of each class; classes
LEVELS = {"error": "Errors", "warning": "Warnings", "note": "Notes"}


@dataclass(frozen=True, eq=False)
class Checked:
    """The images that this session has read, and the options."""

    prepared: "Prepared"
    options: Options


def report(checked: Checked) -> None:
    """Draw it, with what can be done now."""
    _report(checked.prepared.report)
    _samples(checked.prepared)
    _decide(checked)


def remove_button(name: str, chosen_then: str) -> None:
    """Offer to delete an imported set; the box of sets (key ``set``) then shows ``chosen_then``."""
    with st.popover("Remove this set"):
        st.text(f"Deletes {name} from this machine. Models that were trained on it stay.")
        st.button("Remove for good", on_click=_remove, args=(name, chosen_then))


def _report(report: "ImportReport") -> None:
    kind = "colour" if report.channels == 3 else "grey"
    st.markdown(
        f"**{report.found:,} images** in {plain(report.kind)}; {report.usable:,} can be stored, as {kind} "
        f"images of {report.size} × {report.size} pixels, far below diagnostic quality."
    )
    if report.in_the_way:
        st.warning("Some files cannot be read. Leave them out, or correct them and start over.")
    elif not report.ok:
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
                sheet = contact_sheet(pictures, columns=SAMPLES // 2)
                st.image(sheet, alt=f"Training images: {name}")
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
        elif report.in_the_way:
            files = f"{report.in_the_way:,} file{'' if report.in_the_way == 1 else 's'}"
            st.button(
                f"Leave out {files} and go on", type="primary", on_click=_leave_out,
                key="import-leave-out",
            )  # fmt: skip
        st.button("Start over", key="import-restart", on_click=_restart)


def _leave_out() -> None:
    checked: Checked = st.session_state[CHECKED]
    options = checked.options.model_copy(update={"skip_unreadable": True})
    st.session_state[CHECKED] = Checked(checked.prepared.leaving_out(), options)


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
    st.session_state[DONE] = (f"{name} is stored and selected below.", name)
    st.session_state["set"] = st.query_params["set"] = name


def _remove(name: str, chosen_then: str) -> None:
    from diagnosis.datasets.importing import remove

    try:
        remove(name)
    except InputError as error:
        st.session_state[FAILED] = str(error)
        return
    caches.dataset.clear()
    st.session_state[DONE] = (f"{name} is removed.", None)
    st.session_state["set"] = st.query_params["set"] = chosen_then
