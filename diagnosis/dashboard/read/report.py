"""The report on the open case as a file, with or without the picture."""

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from diagnosis.audit import AuditError, entries
from diagnosis.cases import Case, Label
from diagnosis.core.intended_use import IN_SHORT
from diagnosis.dashboard.shell import reader
from diagnosis.dashboard.widgets import case_label
from diagnosis.models.store import Version

if TYPE_CHECKING:  # it brings Keras, for which no page waits at its top
    from diagnosis.inference.prediction import Prediction

FILES = {  # format -> label, MIME type, what it is for
    "html": ("Report (.html)", "text/html", "For reading or printing; it opens in any browser."),
    "json": ("Report (.json)", "application/json", "The same for programs."),
    "csv": ("Report (.csv)", "text/csv", "The same as a table of entries and values."),
}


@st.fragment
def report(
    case: Case, prediction: "Prediction", version: Version, parts: dict[str, Any] | None = None
) -> None:
    """Offer the files. Each is made when it is downloaded, and no download runs the page again.

    Args:
        case: that was read.
        prediction: of it.
        version: that predicted.
        parts: of a study, as ``by_part.to_json``.
    """
    with st.popover("Report"):
        st.markdown(f"**{IN_SHORT}** The report says so.")
        picture = case.has_image and st.checkbox(
            "With the picture: no name or other identifier is burned into it",
            key=f"report-picture-{case.sha256}",
            value=case.source != "file",
            help="Names and dates in the file are dropped; text in the pixels is not.",
        )
        make = partial(
            _file, case, prediction, version, picture=picture, session=reader.session(), parts=parts,
            label=case.label if case_label.is_seen(case) else None,
        )  # fmt: skip
        for format, (label, mime, words) in FILES.items():
            st.download_button(
                label, partial(make, format),
                f"report-{case.sha256[:12]}.{format}", mime, key=f"report-{format}", help=words,
                on_click="ignore", width="stretch",
            )  # fmt: skip


def _file(
    case: Case,
    prediction: "Prediction",
    version: Version,
    format: str,
    *,
    picture: bool,
    session: str,
    label: Label | None,
    parts: dict[str, Any] | None,
) -> bytes:
    """The file; made outside of the session, which may be gone at the download."""
    from diagnosis.report import case_report, written
    from diagnosis.report.charts import charts

    about = (session, version.dataset, case.sha256, case.selection.number)
    log = []
    with suppress(AuditError):  # the page shows it; a report without entries is complete otherwise
        log = [
            each
            for each in reversed(entries())
            if (each.entry.session, each.entry.task, each.entry.case, each.entry.frame) == about
        ]
    content = case_report(
        prediction,
        version,
        case.payload,
        source=case.source,
        frame=case.selection.number,
        label=label,
        entries=log,
        parts=parts,
    )
    scan = case.scan if case.has_image else None
    frame = None if scan is None else case.frame
    drawn = charts(prediction, version.config, picture=picture, scan=scan, frame=frame)
    return written(content, format, drawn)
