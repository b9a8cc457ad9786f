"""Perturbation of a record: events changed, added or deleted, and the model's prediction of that at once.

It is about the model and not about the patient, so nothing of it is stored or enters the audit log.
"""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from diagnosis.cases import Case, Patient
from diagnosis.core.errors import InputError
from diagnosis.dashboard.read.case_prediction import predicted
from diagnosis.dashboard.read.record_panel import event_table
from diagnosis.dashboard.shell.escape import plain
from diagnosis.datasets.variables import title_of_code
from diagnosis.models.config import ModelConfig
from diagnosis.models.store import Version
from diagnosis.records.edited import record_of_rows
from diagnosis.sequences import EventList
from diagnosis.text.outcome import sentences
from diagnosis.text.prediction import title

if TYPE_CHECKING:  # it brings Keras, for which no page waits at its top
    from diagnosis.inference.prediction import Prediction

TAKEN_BACK = "events-edited-back"  # in the session: how often edits were taken back
ABOUT = (
    "Change a value, add an event in the last line, or mark lines and delete them. This is about the model "
    "and not about the patient: it shows what the model would predict of a record that nobody has, and says "
    "nothing about what a treatment would do. Nothing of it is stored, and none of it enters the audit log."
)


@st.fragment
def edited_events(
    case: Case, prediction: "Prediction", config: ModelConfig, version: Version
) -> None:
    """Draw the editor, closed; a change runs this part of the page alone.

    Args:
        case: a record.
        prediction: of it, as it is.
        config: the model's.
        version: that predicts.
    """
    with st.expander("Perturbation: edit the events"):
        st.caption(ABOUT)
        events = config.encoder.view(prediction.image)
        assert isinstance(events, EventList)
        names = [step.label for step in prediction.sequence.steps[: len(events)]]
        rows = event_table(events, names)[["hour", "code", "value", "unit"]]
        key = f"edited-events-{case.key}-{version.version}-{st.session_state.get(TAKEN_BACK, 0)}"
        codes = list(dict.fromkeys([*names, *getattr(config.encoder, "codes", ())]))
        edited = st.data_editor(
            rows, key=key, num_rows="dynamic", hide_index=True, height=320, disabled=["unit"],
            column_config={
                "hour": st.column_config.NumberColumn(
                    "Hour", format="%.2f",
                    help="From the first event. Without one it is a fact that does not change.",
                ),
                "code": st.column_config.SelectboxColumn(
                    "Event", options=codes, format_func=partial(title_of_code, version.dataset),
                    width="medium", required=True,
                ),
                "value": st.column_config.NumberColumn("Value"),
                "unit": st.column_config.TextColumn("Unit"),
            },
        )  # fmt: skip
        with st.container(key="edited-result"):
            if not is_edited(st.session_state.get(key)):
                st.markdown("No edit yet: the prediction is that of the record as it is.")
                return
            try:
                record, left_out = record_of_rows(edited)
            except InputError as error:
                st.error(plain(str(error)))
            else:
                if left_out:
                    st.caption(f"Lines without an event are not read: {left_out:,}.")
                outcome = predicted(version, Case.of(Patient("edited", record, "edited")))
                if outcome is not None:
                    beside(prediction, outcome[1], config)
            st.button("Take the edits back", key="edited-back", on_click=_take_back)


def is_edited(state: Mapping[str, Any] | None) -> bool:
    """Whether an editor's state holds a change."""
    return state is not None and any(
        state.get(kind) for kind in ("edited_rows", "added_rows", "deleted_rows")
    )


def beside(before: "Prediction", after: "Prediction", config: ModelConfig) -> None:
    """Draw the old and the new prediction; of what is not analysed the reasons, and no probability."""
    target = int(before.probabilities.argmax()) if config.finding is None else config.finding
    change = after.probabilities[target] - before.probabilities[target]
    rejected = before.is_rejected or after.is_rejected
    with st.container(horizontal=True, gap="large"):
        for words, prediction, delta in (
            ("As it is", before, None),
            ("Edited", after, None if rejected else f"{change:+.3f}"),
        ):
            with st.container(width=280, gap="xsmall"):
                st.markdown(f"**{words}**: {plain(title(prediction))}")
                if not prediction.is_rejected:
                    st.metric(
                        f"Probability of {plain(config.classes[target])}",
                        f"{prediction.probabilities[target]:.3f}", delta, delta_color="off",
                    )  # fmt: skip
                if words == "Edited":
                    for sentence in sentences(prediction.findings):
                        st.caption(plain(sentence))


def _take_back() -> None:
    st.session_state[TAKEN_BACK] = st.session_state.get(TAKEN_BACK, 0) + 1
