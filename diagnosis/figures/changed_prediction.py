"""Two per-step predictions in one panel: before and after a change."""

import numpy as np
import plotly.graph_objects as go

from diagnosis.figures import palette
from diagnosis.figures.frame import SMALL, Axis, framed


def changed_per_step_panel(
    before: np.ndarray,
    after: np.ndarray,
    axis: Axis,
    *,
    title: str,
    theme: str,
    index: int,
    threshold: float | None = None,
    marked: range = range(0),
) -> go.Figure:
    """The probability of one class after each timestep, before and after a change.

    Args:
        before: ``(timesteps,)``, in 0..1: drawn thin and dashed.
        after: likewise: drawn in full.
        axis: that all panels share.
        title: above the panel.
        theme: "light" or "dark".
        index: of the class, for its colour.
        threshold: drawn as a dotted line.
        marked: timesteps that were changed, from 0; shaded.
    """
    rows = np.arange(1, len(before) + 1)
    colour = palette.class_colour(index, theme)
    curves = [
        {
            "type": "scatter",
            "x": np.ascontiguousarray(values),
            "y": rows,
            "mode": "lines",
            "name": name,
            "line": {"color": colour, "width": width, "dash": dash},
            "hovertemplate": f"after {axis.step} %{{y}}: %{{x:.3f}}<extra>{name}</extra>",
        }
        for name, values, width, dash in (
            ("as it was", before, 1.5, "dash"),
            ("changed", after, 2.5, "solid"),
        )
    ]
    shapes = []
    if len(marked):
        shapes.append({
            "type": "rect", "xref": "paper", "x0": 0, "x1": 1, "layer": "below", "line": {"width": 0},
            "y0": marked.start + 0.5, "y1": marked.stop + 0.5, "fillcolor": "rgba(128, 128, 128, 0.18)",
        })  # fmt: skip
    if threshold is not None:
        shapes.append({
            "type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": threshold, "x1": threshold,
            "line": {"dash": "dot", "width": 1.5, "color": "gray"},
        })  # fmt: skip
    return framed(
        curves, len(before), axis, title=title,
        across={"range": [-0.03, 1.03], "tickvals": [0, 0.5, 1], "side": "bottom"},
        showlegend=True,
        legend={"orientation": "h", "y": -0.08, "yanchor": "top", "x": 0, "font": SMALL},
        shapes=shapes,
    )  # fmt: skip
