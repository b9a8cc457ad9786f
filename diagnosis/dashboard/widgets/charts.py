"""Charts as all pages draw them: in the colours of the theme, without a tool bar."""

from typing import Literal

import plotly.graph_objects as go
import streamlit as st

Theme = Literal["light", "dark"]
Width = int | Literal["stretch"]


def theme() -> Theme:
    """The theme of this session; light where the browser has not said."""
    return "dark" if st.context.theme.type == "dark" else "light"


def plot(figure: go.Figure, *, key: str, alt: str, width: Width = "stretch") -> None:
    """Draw a chart.

    Args:
        figure: to draw.
        key: of the chart.
        alt: its content in one sentence, for a screen reader.
        width: pixels, or as wide as there is room.
    """
    config = {"displayModeBar": False, "scrollZoom": False}
    st.plotly_chart(figure, key=key, config=config, alt=alt, width=width)
