"""A study as a panel of a step board: its events in words, and below them its picture, one line a step."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from diagnosis.figures.events import event_traces
from diagnosis.figures.frame import Axis, framed
from diagnosis.figures.unvalidated import colours
from diagnosis.sequences import StudyView


def study_panel(
    view: StudyView,
    labels: Sequence[str],
    axis: Axis,
    *,
    theme: str,
    width: float,
    title: str = "events, then the picture",
) -> go.Figure:
    """Events above, the picture below, in its own proportions where there is room.

    Args:
        view: of both, without padding between them.
        labels: of the events, in the same order: what was measured or done, with value and unit.
        axis: that all panels share.
        theme: "light" or "dark".
        width: pixels that the panel has for them, about.
        title: above the panel.
    """
    events, steps = len(view.record), len(view)
    traces, note = event_traces(view.record, labels, axis, steps, theme=theme)
    border = {
        "type": "line", "x0": 0, "x1": 1, "xref": "x domain", "y0": events + 0.5, "y1": events + 0.5,
        "yref": "y", "line": {"width": 1, "color": "gray"},
    }  # fmt: skip
    return framed(
        [_picture(view, axis, width), *traces], steps, axis, title=title, numbered=True,
        annotations=[note], shapes=[border],
        across={"range": [0, 1], "showticklabels": False, "ticks": "", "showgrid": False},
    )  # fmt: skip


def _picture(view: StudyView, axis: Axis, width: float) -> dict[str, Any]:
    lines: np.ndarray = view.image.lines
    fine = len(view.image) / len(lines)  # steps to a line
    high = axis.height * len(view.image) / len(view)  # pixels
    across = min(1.0, high * lines.shape[1] / len(lines) / width)
    column = across / lines.shape[1]
    place: dict[str, Any] = {
        "x0": column / 2, "dx": column, "y0": len(view.record) + 0.5 + fine / 2, "dy": fine,
        "hoverinfo": "skip",
    }  # fmt: skip
    if lines.shape[2] > 1:
        return {"type": "image", "z": lines, **place}
    return {
        "type": "heatmap", "z": np.ascontiguousarray(lines[..., 0]), "colorscale": colours("gray"),
        "zmin": 0, "zmax": 255, "showscale": False, **place,
    }  # fmt: skip
