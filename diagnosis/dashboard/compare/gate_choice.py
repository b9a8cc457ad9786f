"""Which state or gate the heatmaps of Compare show. What does the same in two kinds of cell is one choice."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import streamlit as st

from diagnosis.dashboard.widgets.persistent import addressed
from diagnosis.dashboard.widgets.signals import SIGNALS, letter


@dataclass(frozen=True)
class Choice:
    """A state or gate of each kind of cell that has it."""

    words: str  # on the button, Markdown
    signals: Mapping[str, str]  # cell -> its name in the trace

    def remark(self, cell: str) -> str:
        """What stands in the place of the heatmap of a cell that has none."""
        wanted = " or ".join(
            SIGNALS[has, name].name for has, name in dict(self.signals).items() if has != cell
        )
        own = ", ".join(letter(name) for of, name in SIGNALS if of == cell)
        return f"It has no {wanted}; it has {own}."


CHOICES: Mapping[str, Choice] = {  # by their names in the address
    "h": Choice("hidden *h*", {"lstm": "h", "gru": "h", "simple_rnn": "h"}),
    "f": Choice("forget *f* / update *z*", {"lstm": "f", "gru": "z"}),  # what remains of the old
    "g": Choice("candidate *g* / *h~*", {"lstm": "g", "gru": "candidate"}),
    "i": Choice("input *i*", {"lstm": "i"}),
    "r": Choice("reset *r*", {"gru": "r"}),
    "o": Choice("output *o*", {"lstm": "o"}),
    "c": Choice("cell *c*", {"lstm": "c"}),
}


def choose(cells: Iterable[str]) -> Choice:
    """Ask for one that some of the cells have; the address' ``gate`` presets it."""
    present = set(cells)
    offered = [name for name, choice in CHOICES.items() if present & set(choice.signals)]
    if len(offered) == 1:
        return CHOICES[offered[0]]
    name = addressed(
        "State or gate of the last layer", offered, parameter="gate", key="compare-gate", default="h",
        format_func=lambda name: CHOICES[name].words, widget=st.segmented_control, required=True,
        label_visibility="collapsed",
    )  # fmt: skip
    return CHOICES[name]
