"""The charts of the gates page: each can be saved from its own corner, and all in one HTML file."""

from dataclasses import dataclass
from typing import Any, Literal

import plotly.graph_objects as go
import streamlit as st

FORMATS = ("PNG", "SVG")
FORMAT_KEY = "gates-picture-format"
STRETCHED = 480  # pixels wide in a file, for a chart that fills its place on the page
_SHOWN = "gates-charts"


@dataclass(frozen=True, eq=False)
class Shown:
    """A chart that is on the page."""

    figure: go.Figure
    words: str  # what it shows, in one sentence
    width: int  # pixels


def shown() -> dict[str, dict[str, Shown]]:
    """Part of the page -> key -> chart; the same object as long as the session lasts."""
    return st.session_state.setdefault(_SHOWN, {})


def begin(part: str | None = None) -> None:
    """A part of the page is drawn anew, or all of it: forget the charts that were there."""
    if part is None:
        shown().clear()
    else:
        shown()[part] = {}


def chart(
    figure: go.Figure, *, part: str, key: str, alt: str, width: int | Literal["stretch"] = "stretch"
) -> None:
    """Draw a chart.

    Args:
        figure: to draw.
        part: of the page, as in ``begin``.
        key: of the chart, its name in files too.
        alt: what it shows, in one sentence.
        width: pixels, or as wide as there is room.
    """
    shown().setdefault(part, {})[key] = Shown(
        figure, alt, STRETCHED if width == "stretch" else width
    )
    config: dict[str, Any] = {
        "displaylogo": False,
        "scrollZoom": False,
        "modeBarButtons": [["toImage"]],
        "toImageButtonOptions": {
            "format": st.session_state.get(FORMAT_KEY, FORMATS[0]).lower(),
            "filename": f"scanline-{key}-research-and-education-only",
            "scale": 2,
        },
    }
    st.plotly_chart(figure, key=key, config=config, alt=alt, width=width)
