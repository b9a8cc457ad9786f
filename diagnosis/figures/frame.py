"""The frame of every panel: one vertical axis, along which time runs with the steps of the case.

Panels of one axis have the same height and the same margins above and below, so that they line up step by
step and one cursor can be drawn across them. On the vertical axis a step is its number, from 1.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from diagnosis.figures.unvalidated import Unvalidated
from diagnosis.sequences import StepKind
from diagnosis.sequences.sequence import ROW

STEPS_HEIGHT = 364  # pixels for the steps themselves: 13 for each of 28
TOP, BOTTOM = 30, 62  # margins: the title above, axis and colour bar below
TEXT = 12  # pixels high
SMALL = {"size": TEXT}  # of ticks and notes
# The page's theme fills it in the browser. Streamlit's own has 4 kB, copied several times for every chart.
_NO_TEMPLATE = {"layout": {"hovermode": "closest"}}


@dataclass(frozen=True)
class Axis:
    """The vertical axis that all panels share, and the room that they have."""

    steps: StepKind = ROW
    height: int = STEPS_HEIGHT  # pixels for the steps themselves
    bottom: int = BOTTOM  # margin, for text of the usual size
    compact: bool = False  # narrow panels, many on a page: without notes, legends and template
    text: int = TEXT  # pixels high, of ticks and notes; all margins grow with it

    @property
    def small(self) -> dict[str, int]:
        """The font of ticks and notes."""
        return SMALL if self.text == TEXT else {"size": self.text}

    def scaled(self, pixels: float) -> int:
        """A length that grows with the text."""
        return round(pixels * self.text / TEXT)

    @property
    def outer_height(self) -> int:
        """Pixels of a whole panel."""
        return self.height + self.scaled(TOP) + self.scaled(self.bottom)

    @property
    def step(self) -> str:
        """The name of a step."""
        return self.steps.singular


def framed(
    data: Sequence[dict[str, Any]],
    timesteps: int,
    axis: Axis,
    *,
    title: str,
    across: Mapping[str, Any],
    numbered: bool = False,
    **layout: Any,
) -> go.Figure:
    """A panel: the height, margins and vertical axis that all of them share, around some traces.

    Args:
        data: Plotly's traces, as dictionaries, whose y are the numbers of steps, from 1.
        timesteps: their number.
        axis: that all panels share.
        title: above the panel.
        across: the horizontal axis.
        numbered: whether the vertical axis has numbers; one panel of a board needs them.
        layout: further properties of the layout.
    """
    edges = [timesteps + 0.5, 0.5]
    ticks = np.unique(np.linspace(1, timesteps, 5).round().astype(int)).tolist()
    down = {
        "range": edges[::-1] if axis.steps.upward else edges,
        "tickvals": ticks,
        "showticklabels": numbered,
        "ticks": "",
        "tickfont": axis.small,
        "fixedrange": True,
        "showgrid": False,
        "zeroline": False,
        "autorange": False,
        "scaleanchor": False,
        "constrain": "range",
    }
    frame = {
        "title": {
            "text": title, "font": {"size": axis.text + 2}, "x": 0, "xref": "paper", "y": 0.985,
            "yanchor": "top",
        },
        "height": axis.outer_height,
        "margin": {
            "l": axis.scaled(32) if numbered else 6, "r": 6, "t": axis.scaled(TOP),
            "b": axis.scaled(axis.bottom), "autoexpand": False,
        },
        "dragmode": False,
        "hovermode": "closest",
        "showlegend": False,
        "xaxis": {"fixedrange": True, "zeroline": False, **across},
        "yaxis": down,
    }  # fmt: skip
    if axis.compact:
        frame["template"] = _NO_TEMPLATE
    given = {name: value for name, value in layout.items() if value != []}  # as Plotly drops them
    return Unvalidated(data, {**frame, **given})
