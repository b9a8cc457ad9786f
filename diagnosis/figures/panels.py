"""The panels of a reading. All share one vertical axis: time runs down, as the rows of the picture do.

Every panel has the same height and the same margins above and below, so that panels side by side line up row
by row, and one cursor can be drawn across them. On the vertical axis a timestep is its number, from 1.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from diagnosis.core import inert
from diagnosis.figures import palette
from diagnosis.figures.unvalidated import Unvalidated, colours

ROWS_HEIGHT = 364  # pixels for the rows themselves: 13 for each of 28
TOP, BOTTOM = 30, 62  # margins: the title above, axis and colour bar below
SMALL = {"size": 11}  # of ticks and notes


@dataclass(frozen=True)
class Axis:
    """The vertical axis that all panels share."""

    unit: str = "row"  # what a timestep is: "row", "column", "slice"
    upward: bool = False  # whether time runs up instead of down
    height: int = ROWS_HEIGHT  # pixels for the rows themselves


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
        data: Plotly's traces, as dictionaries, whose y are the numbers of timesteps, from 1.
        timesteps: how many.
        axis: that all panels share.
        title: above the panel.
        across: the horizontal axis.
        numbered: whether the vertical axis has numbers; one panel of a board needs them.
        layout: anything more of the layout.
    """
    edges = [timesteps + 0.5, 0.5]
    ticks = np.unique(np.linspace(1, timesteps, 5).round().astype(int)).tolist()
    down = {
        "range": edges[::-1] if axis.upward else edges,
        "tickvals": ticks,
        "showticklabels": numbered,
        "ticks": "",
        "tickfont": SMALL,
        "fixedrange": True,
        "showgrid": False,
        "zeroline": False,
        "autorange": False,
        "scaleanchor": False,
        "constrain": "range",
    }
    frame = {
        "title": {
            "text": title, "font": {"size": 13}, "x": 0, "xref": "paper", "y": 0.985, "yanchor": "top",
        },
        "height": axis.height + TOP + BOTTOM,
        "margin": {"l": 32 if numbered else 6, "r": 6, "t": TOP, "b": BOTTOM, "autoexpand": False},
        "dragmode": False,
        "hovermode": "closest",
        "showlegend": False,
        "xaxis": {"fixedrange": True, "zeroline": False, **across},
        "yaxis": down,
    }  # fmt: skip
    return Unvalidated(data, {**frame, **layout})


def picture_panel(
    picture: np.ndarray,
    axis: Axis,
    *,
    title: str,
    over: Sequence[dict[str, Any]] = (),
    **layout: Any,
) -> go.Figure:
    """What the model sees, one line a timestep.

    Args:
        picture: uint8, ``(timesteps, width, channels)``, channels 1 or 3.
        axis: that all panels share.
        title: above the picture.
        over: traces that are laid over it.
        layout: anything more of the layout.
    """
    timesteps, width, channels = picture.shape
    place = {"y0": 1, "dy": 1}
    hover = f"{axis.unit} %{{y}}, pixel %{{x}}"
    if channels == 1:
        trace: dict[str, Any] = {
            "type": "heatmap", "z": np.ascontiguousarray(picture[..., 0]), "colorscale": colours("gray"),
            "zmin": 0, "zmax": 255, "showscale": False,
            "hovertemplate": f"{hover}: grey %{{z}}<extra></extra>", **place,
        }  # fmt: skip
    else:
        trace = {
            "type": "image", "z": picture, "hovertemplate": f"{hover}<extra></extra>", **place,
        }  # fmt: skip
    across = {
        "range": [-0.5, width - 0.5], "showticklabels": False, "ticks": "", "showgrid": False,
    }  # fmt: skip
    return framed(
        [trace, *over], timesteps, axis, title=title, across=across, numbered=True, **layout
    )


def per_step_panel(
    per_step: np.ndarray,
    classes: Sequence[str],
    axis: Axis,
    *,
    title: str,
    theme: str,
    shown: Sequence[int] | None = None,
    threshold: float | None = None,
    decision_step: int | None = None,
) -> go.Figure:
    """The running verdict: class probabilities after each timestep.

    Args:
        running: ``(timesteps, classes)``, in 0..1.
        classes: their names.
        axis: that all panels share.
        title: above the panel.
        theme: "light" or "dark".
        shown: columns to draw; all of them by default.
        threshold: drawn as a dotted line.
        decided: timestep from which the answer no longer changes, from 0, marked.
    """
    timesteps = len(per_step)
    rows = np.arange(1, timesteps + 1)
    curves: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "x": np.ascontiguousarray(per_step[:, index]),
            "y": rows,
            "mode": "lines",
            "name": inert.plotly(classes[index]),
            "line": {"color": palette.class_colour(index, theme), "width": 2.5},
            "hovertemplate": f"after {axis.unit} %{{y}}: %{{x:.3f}}<extra>%{{fullData.name}}</extra>",
        }
        for index in (range(len(classes)) if shown is None else shown)
    ]
    marks: dict[str, Any] = {}
    if threshold is not None:
        marks["shapes"] = [{
            "type": "line", "x0": threshold, "x1": threshold, "xref": "x", "y0": 0, "y1": 1,
            "yref": "y domain", "line": {"dash": "dot", "width": 1.5, "color": "gray"},
        }]  # fmt: skip
    if decision_step is not None:
        marks["shapes"] = [*marks.get("shapes", ()), {
            "type": "line", "x0": 0, "x1": 1, "xref": "x domain", "y0": decision_step + 1,
            "y1": decision_step + 1, "yref": "y", "line": {"dash": "dash", "width": 1, "color": "gray"},
        }]  # fmt: skip
        marks["annotations"] = [{
            "text": f"settled at {axis.unit} {decision_step + 1}", "font": {"size": 11}, "showarrow": False,
            "x": 0, "xref": "x domain", "xanchor": "left", "y": decision_step + 1, "yref": "y",
            "yanchor": "bottom" if decision_step > timesteps / 2 else "top",
        }]  # fmt: skip
    return framed(
        curves, timesteps, axis, title=title,
        across={"range": [-0.03, 1.03], "tickvals": [0, 0.5, 1], "side": "bottom"},
        showlegend=len(curves) > 1,
        legend={"orientation": "h", "y": -0.1, "x": 0, "font": SMALL},
        **marks,
    )  # fmt: skip


def signal_panel(
    values: np.ndarray,
    axis: Axis,
    *,
    title: str,
    gate: bool,
    theme: str,
    limit: float | None = None,
    order: np.ndarray | None = None,
    order_words: str = "unit",
    meta: Mapping[str, Any] | None = None,
) -> go.Figure:
    """A gate or a state of all units at all timesteps.

    Args:
        values: float32, ``(timesteps, units)``, columns as numbered; NaN where padding was not read.
        axis: that all panels share.
        title: above the panel.
        gate: True for gates, drawn on 0..1; False for states, drawn around 0.
        theme: "light" or "dark".
        limit: of the diverging scale; the largest value by default, and 1 at least.
        order: numbers of the units from left to right, ``(units,)``; as numbered by default. The axis then
            counts places from 1, and hovering tells the unit's number.
        order_words: below the axis.
        meta: about the panel, for whoever finds it on the page; ``units``, the order, is added.
    """
    timesteps, units = values.shape
    if limit is None:
        limit = max(1.0, float(np.nanmax(np.abs(values), initial=0)))
    numbers = np.arange(units) if order is None else order
    across: dict[str, Any] = {"range": [-0.5, units - 0.5], "tickfont": SMALL}
    if order is None:
        columns: dict[str, Any] = {"x0": 0, "dx": 1}
        across |= {"nticks": 8}
    else:
        names = [str(number) for number in order]
        columns = {"x": names}
        places = np.unique(np.linspace(0, units - 1, 5).round().astype(int))
        across |= {
            "type": "category", "categoryorder": "array", "categoryarray": names,
            "tickvals": [names[place] for place in places],
            "ticktext": [str(place + 1) for place in places],
            "tickangle": 0,
        }  # fmt: skip
    heatmap: dict[str, Any] = {
        "type": "heatmap",
        "z": np.ascontiguousarray(values if order is None else values[:, order], np.float32),
        "y0": 1,
        "dy": 1,
        **columns,
        "colorscale": colours(palette.SEQUENTIAL) if gate else palette.diverging(theme),
        "zmin": 0 if gate else -limit,
        "zmax": 1 if gate else limit,
        "hovertemplate": f"{axis.unit} %{{y}}, unit %{{x}}: %{{z:.3f}}<extra></extra>",
        "colorbar": {
            "orientation": "h",
            "thickness": 10,
            "len": 0.55,
            "x": 1,
            "xanchor": "right",
            "y": -30 / axis.height,
            "yanchor": "top",
            "ypad": 0,
            "tickfont": SMALL,
            "outlinewidth": 0,
            "tickvals": [0, 0.5, 1] if gate else [-limit, 0, limit],
            "tickformat": ".2~f",
        },
    }
    note = {
        "text": order_words, "x": 0, "y": 0, "xref": "paper", "yref": "paper", "yshift": -46,
        "xanchor": "left", "yanchor": "bottom", "showarrow": False, "font": SMALL,
    }  # fmt: skip
    return framed(
        [heatmap], timesteps, axis, title=title, across=across, annotations=[note],
        meta={"units": numbers.tolist(), **(meta or {})},
    )  # fmt: skip
