"""The sections under the board of the gates page. Only the one that is chosen runs."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from diagnosis.dashboard.gates import (
    attribution,
    neighbours,
    perturbation,
    statistics,
    unit_inspector,
)
from diagnosis.dashboard.gates.context import Subject
from diagnosis.dashboard.widgets import chart_registry
from diagnosis.dashboard.widgets.persistent import addressed
from diagnosis.explanations.explanation import Explanation, lacks_states
from diagnosis.explanations.gate_statistics import GateStatistics
from diagnosis.explanations.neighbours import SimilarCases
from diagnosis.explanations.occlusion import Occlusion
from diagnosis.explanations.perturbation import Perturbation

KEY, PARAMETER = "gates-section", "section"


@dataclass(frozen=True)
class Section:
    """One section."""

    title: str
    draw: Callable[[Subject], None]
    explanation: (
        Explanation | None
    )  # says which models it fits; the unit's arithmetic explains nothing
    of_prediction: bool = (
        False  # shows probabilities, which a case that is not analysed has none of
    )
    of_pictures: bool = False  # shows pictures, which a record is none of

    def fits(self, subject: Subject) -> bool:
        """Whether the model has what it shows. Missing data are reported by the section itself."""
        if self.of_prediction and subject.prediction.is_rejected:
            return False
        if self.of_pictures and subject.has_events:
            return False
        if self.explanation is None:
            return lacks_states(subject.config) is None
        misfit = self.explanation.misfit(subject.config, subject.dataset)
        return misfit is None or misfit.of_data


SECTIONS = {  # by their names in the address
    "unit": Section("Unit", unit_inspector.draw, None),
    "attribution": Section("Attribution", attribution.draw, Occlusion(), of_prediction=True),
    "perturbation": Section(
        "Perturbation", perturbation.draw, Perturbation(), of_prediction=True, of_pictures=True
    ),
    "similar": Section("Similar cases", neighbours.draw, SimilarCases(), of_pictures=True),
    "statistics": Section("Statistics", statistics.draw, GateStatistics()),
}


@st.fragment
def draw(subject: Subject) -> None:
    """Ask for a section and draw it; the board above is not run again."""
    offered = [name for name, section in SECTIONS.items() if section.fits(subject)]
    if not offered:
        return
    name = addressed(
        "Look closer", offered, parameter=PARAMETER, key=KEY, default=offered[0],
        format_func=lambda name: SECTIONS[name].title,
        widget=st.segmented_control, required=True, known=SECTIONS,
    )  # fmt: skip
    _draw_alone(SECTIONS[name], subject)


@st.fragment
def _draw_alone(section: Section, subject: Subject) -> None:
    """A fragment of its own: what is chosen in a section reruns that section only."""
    chart_registry.begin("section")
    section.draw(subject)
