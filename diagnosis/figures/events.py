"""The events of a record as a panel of a step board: hour, name and value of each, one line a step."""

from collections.abc import Sequence
from math import ceil
from typing import Any

import numpy as np
import plotly.graph_objects as go

from diagnosis.core import inert
from diagnosis.figures import palette
from diagnosis.figures.frame import Axis, framed
from diagnosis.sequences import EventList

LINE = 12  # pixels that a line of text needs
MOST_LETTERS = 34  # of a line; the cursor's event is written out in full beside the cursor
STRIP = 0.94  # where it begins, in 0..1 across the panel
FIGURE_SPACE = "\N{FIGURE SPACE}"  # as wide as a digit
FARTHEST = 3  # standard deviations that the strip tells apart


def event_panel(
    events: EventList, labels: Sequence[str], axis: Axis, *, theme: str, title: str = "events"
) -> go.Figure:
    """As many events in words as have room, and of all of them how high the value is.

    Args:
        events: of the case.
        labels: of them, in the same order: what was measured or done, with value and unit.
        axis: that all panels share.
        theme: "light" or "dark".
        title: above the panel.
    """
    traces, note = event_traces(events, labels, axis, len(events), theme=theme)
    return framed(
        traces, len(events), axis, title=title, numbered=True, annotations=[note],
        across={"range": [0, 1], "showticklabels": False, "ticks": "", "showgrid": False},
    )  # fmt: skip


def event_traces(
    events: EventList, labels: Sequence[str], axis: Axis, steps: int, *, theme: str
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Events as the first steps of a panel whose horizontal axis is 0..1, and the note below them.

    Args:
        events, labels, axis, theme: as of `event_panel`.
        steps: of the whole panel.
    """
    numbers = np.arange(1, len(events) + 1)
    places = numbers[:: ceil(axis.scaled(LINE) * steps / axis.height)]
    strip: dict[str, Any] = {
        "type": "heatmap", "x": [STRIP, 1], "y0": 1, "dy": 1,
        "z": np.ascontiguousarray(events.scaled[:, None], np.float32),
        "text": [[inert.plotly(label)] for label in labels],
        "colorscale": palette.diverging(theme), "zmin": -FARTHEST, "zmax": FARTHEST,
        "hovertemplate": "event %{y}: %{text}, %{z:.1f} SD<extra></extra>",
        "colorbar": {
            "orientation": "h", "yanchor": "top", "ypad": 0, "tickfont": axis.small, "outlinewidth": 0,
            "thickness": axis.scaled(10), "len": 0.45, "x": 1, "xanchor": "right",
            "y": -axis.scaled(30 if not axis.compact else 34) / axis.height,
            "tickvals": [-FARTHEST, 0, FARTHEST],
        },
    }  # fmt: skip
    timed = (events.hours > 0).any()  # or all is of one moment, in an order
    hours = [f"{hour:.1f} h" if timed and hour >= 0 else "" for hour in events.hours[places - 1]]
    longest = max(map(len, hours), default=0)
    lines = [
        f"{hour.rjust(longest, FIGURE_SPACE)}{FIGURE_SPACE}{inert.plotly(_shortened(labels[place - 1]))}"
        for hour, place in zip(hours, places, strict=True)
    ]
    note = {
        "text": "value, SD from mean", "x": 0, "y": 0, "xref": "paper", "yref": "paper",
        "yshift": -axis.scaled(46), "xanchor": "left", "yanchor": "bottom", "showarrow": False,
        "font": axis.small,
    }  # fmt: skip
    return [strip, _words(lines, places, axis)], note


def _words(texts: Sequence[str], places: np.ndarray, axis: Axis) -> dict[str, Any]:
    return {
        "type": "scatter", "mode": "text", "x": [0] * len(places), "y": places.tolist(), "text": list(texts),
        "textposition": "middle right", "textfont": axis.small, "hoverinfo": "skip",
    }  # fmt: skip


def _shortened(label: str) -> str:
    return label if len(label) <= MOST_LETTERS else f"{label[: MOST_LETTERS - 1]}…"
