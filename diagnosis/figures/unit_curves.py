"""The gates or the states of one unit as curves over the timesteps."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go

from diagnosis.figures import palette
from diagnosis.figures.frame import SMALL, Axis, framed


def unit_curves(
    curves: Mapping[str, np.ndarray],
    axis: Axis,
    *,
    title: str,
    gates: bool,
    theme: str,
    limit: float | None = None,
    numbered: bool = False,
) -> go.Figure:
    """One curve a gate or a state.

    Args:
        curves: letter -> ``(timesteps,)``; NaN where padding was not read.
        axis: that all panels share.
        title: above the panel.
        gates: True for 0..1; False for states, around 0.
        theme: "light" or "dark".
        limit: of states; the largest value by default, and 1 at least.
        numbered: whether the vertical axis has numbers.
    """
    timesteps = len(next(iter(curves.values())))
    if limit is None:
        largest = max(float(np.nanmax(np.abs(values), initial=0)) for values in curves.values())
        limit = max(1.0, largest)
    low, ticks = (0.0, [0, 0.5, 1]) if gates else (-limit, [-limit, 0, limit])
    high = 1.0 if gates else limit
    room = 0.04 * (high - low)
    lines = [
        {
            "type": "scatter",
            "x": np.ascontiguousarray(values, np.float32),
            "y": np.arange(1, timesteps + 1),
            "mode": "lines",
            "name": _letter(name),
            "line": {"width": 2, **palette.signal_line(name, theme)},
            "hovertemplate": f"{axis.step} %{{y}}: %{{x:.3f}}",
        }
        for name, values in curves.items()
    ]
    return framed(
        lines, timesteps, axis, title=title, numbered=numbered,
        across={
            "range": [low - room, high + room], "tickvals": ticks, "tickformat": ".2~f",
            "tickfont": SMALL, "zeroline": not gates,
        },
        annotations=[_legend(curves, theme)],
    )  # fmt: skip


def _legend(names: Iterable[str], theme: str) -> dict[str, Any]:
    """Plotly's own legend has no room for three entries in so narrow a panel."""
    strokes = {"solid": "──", "dash": "╌╌", "dot": "┈┈"}
    parts = []
    for name in names:
        line = palette.signal_line(name, theme)
        parts.append(
            f'<span style="color:{line["color"]}">{strokes[line["dash"]]} {_letter(name)}</span>'
        )
    return {
        "text": "   ".join(parts), "x": 0, "y": 0, "xref": "paper", "yref": "paper", "yshift": -52,
        "xanchor": "left", "yanchor": "bottom", "showarrow": False, "font": {"size": 12},
    }  # fmt: skip


def _letter(name: str) -> str:
    return "h~" if name == "candidate" else name
