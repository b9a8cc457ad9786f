"""Predicted probabilities as bars, with the operating point and the indeterminate zone."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from diagnosis.core import inert
from diagnosis.figures import palette
from diagnosis.figures.unvalidated import Unvalidated

_GREY, _ZONE = "gray", "rgba(128, 128, 128, 0.28)"


def probability_bars(
    probabilities: np.ndarray,
    classes: Sequence[str],
    *,
    theme: str,
    shown: Sequence[int] | None = None,
    threshold: float | None = None,
    zone: tuple[float, float] | None = None,
    numbers: bool = True,
) -> go.Figure:
    """Horizontal bars of probabilities.

    Args:
        probabilities: in 0..1, ``(classes,)``.
        classes: their names.
        theme: "light" or "dark".
        shown: indices of the classes that have a bar, from top to bottom; all by default.
        threshold: from which a class is predicted; a line across the bars.
        zone: the lowest and the highest probability that is indeterminate, shaded.
        numbers: whether each bar has its number. Of a single bar the number stands elsewhere, once.
    """
    shown = range(len(classes)) if shown is None else shown
    names = [inert.plotly(classes[index]) for index in shown]
    values = [float(probabilities[index]) for index in shown]
    bars: dict[str, Any] = {
        "type": "bar",
        "x": values,
        "y": names,
        "orientation": "h",
        "marker": {"color": [palette.class_colour(index, theme) for index in shown]},
        "hovertemplate": "%{y}: %{x:.2f}<extra></extra>",
        "cliponaxis": False,
        "width": 0.45,
    }
    if numbers:
        bars |= {"text": [f"{value:.2f}" for value in values], "textposition": "outside"}
    shapes, notes, ticks = _marks(threshold, zone)
    single = len(names) == 1
    layout = {
        "xaxis": {
            "range": [0, 1.08 if numbers else 1.005], "tickvals": ticks,
            "fixedrange": True, "showgrid": False, "zeroline": False,
        },
        "yaxis": {
            "type": "category", "autorange": "reversed", "fixedrange": True, "ticksuffix": "  ",
            "automargin": True, "showticklabels": not single,
        },
        "height": (34 if single else 30 * len(names)) + 44,
        "margin": {"l": 4 if single else 0, "r": 8 if single else 24, "t": 20, "b": 24},
        "showlegend": False,
        "dragmode": False,
        "shapes": shapes,
        **({"annotations": notes} if notes else {}),
    }  # fmt: skip
    return Unvalidated([bars], layout)


def _marks(
    threshold: float | None, zone: tuple[float, float] | None
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[float]]:
    """Frame, zone and threshold, what is written at them, and the ticks that leave room for it."""
    across = {"yref": "y domain", "y0": 0, "y1": 1, "xref": "x", "layer": "below"}
    shapes: list[dict[str, Any]] = [
        {
            "type": "rect", "x0": 0, "x1": 1, "line": {"width": 1, "color": "rgba(128, 128, 128, 0.5)"},
            **across,
        }
    ]  # fmt: skip
    notes: list[dict[str, Any]] = []
    ticks: list[float] = [0, 0.5, 1]
    if zone is not None:
        shapes.append({
            "type": "rect", "x0": zone[0], "x1": zone[1], "fillcolor": _ZONE, "line": {"width": 0}, **across,
        })  # fmt: skip
        notes.append(_note("indeterminate", sum(zone) / 2, above=True))
    if threshold is not None:
        shapes.append({
            "type": "line", "x0": threshold, "x1": threshold,
            "line": {"color": _GREY, "width": 2, "dash": "dot"}, **across, "layer": "above",
        })  # fmt: skip
        ticks = [tick for tick in (0, 1) if abs(tick - threshold) > 0.06]
        notes.append(_note(f"threshold {threshold:.2f}", threshold, above=False))
    return shapes, notes, ticks


def _note(text: str, at: float, *, above: bool) -> dict[str, Any]:
    """Words above or below the bars, inside the panel wherever on the axis they belong."""
    place = "right" if at > 0.85 else "left" if at < 0.15 else "center"
    return {
        "text": text, "x": at, "xref": "x", "xanchor": place, "showarrow": False, "font": {"size": 11},
        "y": 1 if above else 0, "yref": "paper", "yanchor": "bottom" if above else "top",
        "yshift": 2 if above else -4,
    }  # fmt: skip
