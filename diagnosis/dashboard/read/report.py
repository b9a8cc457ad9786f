"""The report on the open case, to be saved: with or without the picture."""

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from diagnosis.audit import AuditError, entries
from diagnosis.cases import Case
from diagnosis.core.intended_use import IN_SHORT
from diagnosis.dashboard.shell import reader
from diagnosis.models.store import Version

if TYPE_CHECKING:  # it brings Keras, for which no page waits at its top
    from diagnosis.inference.prediction import Prediction

FILES = {  # format -> label, MIME type, what it is for
    "html": ("Report (.html)", "text/html", "To be read or printed; it opens in any browser."),
    "json": ("Report (.json)", "application/json", "The same for programs."),
    "csv": ("Report (.csv)", "text/csv", "The same as a table of entries and values."),
}


@st.fragment
def report(case: Case, prediction: "Prediction", version: Version) -> None:
    """Offer the files. None is made before it is asked for, and no download runs the page again."""
    with st.popover("Report"):
        st.markdown(f"**{IN_SHORT}** The report says so, too.")
        picture = st.checkbox(
            "With the picture: no name or other identifier is burned into it",
            key=f"report-picture-{case.sha256}",
            value=case.source != "file",
            help="Names and dates in the file are dropped; what stands in the pixels is not.",
        )  # fmt: skip
        made = partial(_made, case, prediction, version, picture=picture, visit=reader.session())
        for format, (label, mime, words) in FILES.items():
            st.download_button(
                label, partial(made, format),
                f"report-{case.sha256[:12]}.{format}", mime, key=f"report-{format}", help=words,
                on_click="ignore", width="stretch",
            )  # fmt: skip


def _made(
    case: Case,
    prediction: "Prediction",
    version: Version,
    format: str,
    *,
    picture: bool,
    visit: str,
) -> bytes:
    """Outside of the session, which is gone when the file is asked for."""
    from diagnosis.report import case_report, written
    from diagnosis.report.charts import charts

    about = (visit, version.dataset, case.sha256, case.selection.number)
    said = []
    with suppress(AuditError):  # the page has told of it; a report without its lines is one, too
        said = [
            each
            for each in reversed(entries())
            if (each.entry.session, each.entry.task, each.entry.case, each.entry.frame) == about
        ]
    found = case_report(
        prediction,
        version,
        case.payload,
        source=case.source,
        frame=case.selection.number,
        label=case.label,
        entries=said,
    )
    return written(found, format, charts(prediction, version.config, picture=picture))
