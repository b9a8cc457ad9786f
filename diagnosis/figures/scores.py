"""The prediction as bars: one a class, none louder than the others."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from diagnosis.core import inert
from diagnosis.figures import palette
from diagnosis.figures.unvalidated import Unvalidated


def probability_bars(
    probabilities: np.ndarray,
    classes: Sequence[str],
    *,
    theme: str,
    finding: int | None = None,
    threshold: float | None = None,
) -> go.Figure:
    """Horizontal bars of probabilities, ``(classes,)``, each with its number.

    Args:
        probabilities: in 0..1.
        classes: their names.
        theme: "light" or "dark".
        finding: binary tasks: the class that ``threshold`` is about.
        threshold: drawn across that class's bar.
    """
    bars = {
        "type": "bar",
        "x": probabilities,
        "y": list(map(inert.plotly, classes)),
        "orientation": "h",
        "marker": {"color": [palette.class_colour(index, theme) for index in range(len(classes))]},
        "text": [f"{value:.2f}" for value in probabilities],
        "textposition": "outside",
        "cliponaxis": False,
        "hovertemplate": "%{y}: %{x:.3f}<extra></extra>",
        "width": 0.55,
    }
    shapes = []
    if threshold is not None and finding is not None:
        shapes.append({
            "type": "line", "x0": threshold, "x1": threshold, "y0": finding - 0.4, "y1": finding + 0.4,
            "line": {"color": "gray", "width": 2, "dash": "dot"},
        })  # fmt: skip
    layout = {
        "xaxis": {"range": [0, 1.08], "tickvals": [0, 0.25, 0.5, 0.75, 1], "fixedrange": True},
        "yaxis": {
            "type": "category", "autorange": "reversed", "fixedrange": True, "ticksuffix": "  ",
            "automargin": True,
        },
        "height": 46 * len(classes) + 36,
        "margin": {"l": 0, "r": 24, "t": 4, "b": 28},
        "showlegend": False,
        "dragmode": False,
        "shapes": shapes,
    }  # fmt: skip
    return Unvalidated([bars], layout)
