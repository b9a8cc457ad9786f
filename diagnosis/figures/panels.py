"""The panels of a step board: what the model reads, the per-step prediction, a state or gate of all units."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from diagnosis.core import inert
from diagnosis.figures import palette
from diagnosis.figures.frame import Axis, framed
from diagnosis.figures.unvalidated import colours
from diagnosis.sequences import SliceStack, StepView


def picture_panel(
    view: StepView,
    axis: Axis,
    *,
    title: str = "model input",
    over: Sequence[dict[str, Any]] = (),
    **layout: Any,
) -> go.Figure:
    """What the model reads, as many lines to each step.

    Args:
        view: of the case.
        axis: that all panels share.
        title: above the picture.
        over: traces that are laid over it.
        layout: further properties of the layout.
    """
    lines: np.ndarray = view.lines
    timesteps, width, channels = len(view), *lines.shape[1:]
    fine = timesteps / len(lines)
    place: dict[str, Any] = {"y0": 0.5 + fine / 2, "dy": fine}
    hover = f"{axis.step} %{{y}}, pixel %{{x}}"
    if isinstance(view, SliceStack):  # a press on a slice of the film strip moves the cursor there
        place["hoverinfo"] = "skip"
        layout["meta"] = {**layout.get("meta", {}), "film": view.columns}
    else:
        layout["meta"] = {**layout.get("meta", {}), "picture": True}
    if channels == 1:
        trace: dict[str, Any] = {
            "type": "heatmap", "z": np.ascontiguousarray(lines[..., 0]), "colorscale": colours("gray"),
            "zmin": 0, "zmax": 255, "showscale": False,
            "hovertemplate": f"{hover}: grey %{{z}}<extra></extra>", **place,
        }  # fmt: skip
    else:
        trace = {"type": "image", "z": lines, "hovertemplate": f"{hover}<extra></extra>", **place}
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
    theme: str,
    title: str = "per-step prediction",
    shown: Sequence[int] | None = None,
    threshold: float | None = None,
    decision_step: int | None = None,
) -> go.Figure:
    """The per-step prediction: class probabilities after each step.

    Args:
        per_step: ``(timesteps, classes)``, in 0..1.
        classes: their names.
        axis: that all panels share.
        theme: "light" or "dark".
        title: above the panel.
        shown: columns to draw; all of them by default.
        threshold: drawn as a dotted line.
        decision_step: from 0; drawn as a dashed line.
    """
    timesteps = len(per_step)
    steps = np.arange(1, timesteps + 1)
    curves: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "x": np.ascontiguousarray(per_step[:, index]),
            "y": steps,
            "mode": "lines",
            "name": inert.plotly(classes[index]),
            "line": {"color": palette.class_colour(index, theme), "width": 2.5},
            "hovertemplate": f"after {axis.step} %{{y}}: %{{x:.3f}}<extra>%{{fullData.name}}</extra>",
        }
        for index in (range(len(classes)) if shown is None else shown)
    ]
    shapes, notes = _marks(threshold, decision_step, timesteps, axis)
    legend: dict[str, Any] = {}
    if len(curves) > 1 and not axis.compact:
        legend["showlegend"] = True
        legend["legend"] = {"orientation": "h", "y": -0.1, "x": 0, "font": axis.small}
    return framed(
        curves, timesteps, axis, title=title,
        across={"range": [-0.03, 1.03], "tickvals": [0, 0.5, 1], "tickfont": axis.small, "side": "bottom"},
        **legend,
        shapes=shapes, annotations=notes,
    )  # fmt: skip


def _marks(
    threshold: float | None, decision_step: int | None, timesteps: int, axis: Axis
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Lines at the threshold and the decision step, and what is written at the latter."""
    shapes: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    if threshold is not None:
        shapes.append({
            "type": "line", "x0": threshold, "x1": threshold, "xref": "x", "y0": 0, "y1": 1,
            "yref": "y domain", "line": {"dash": "dot", "width": 1.5, "color": "gray"},
        })  # fmt: skip
    if decision_step is not None:
        shapes.append({
            "type": "line", "x0": 0, "x1": 1, "xref": "x domain", "y0": decision_step + 1,
            "y1": decision_step + 1, "yref": "y", "line": {"dash": "dash", "width": 1, "color": "gray"},
        })  # fmt: skip
    if decision_step is not None and not axis.compact:
        notes.append({
            "text": f"decision: {axis.step} {decision_step + 1}", "font": axis.small, "showarrow": False,
            "x": 0, "xref": "x domain", "xanchor": "left", "y": decision_step + 1, "yref": "y",
            "yanchor": "bottom" if decision_step > timesteps / 2 else "top",
        })  # fmt: skip
    return shapes, notes


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
    numbered: bool = False,
    meta: Mapping[str, Any] | None = None,
) -> go.Figure:
    """A gate or a state of all units at all steps.

    Args:
        values: float32, ``(timesteps, units)``, columns as numbered; NaN where padding was not read.
        axis: that all panels share.
        title: above the panel.
        gate: True for gates, drawn on 0..1; False for states, drawn around 0.
        theme: "light" or "dark".
        limit: of the diverging scale; the largest value by default, and 1 at least.
        order: numbers of the units from left to right, ``(units,)``; as numbered by default. The axis then
            counts places from 1, and hovering shows the unit's number.
        order_words: below the axis.
        numbered: whether the vertical axis has numbers.
        meta: about the panel, for scripts on the page; ``units``, the order, is added where there is one.
    """
    timesteps, units = values.shape
    if limit is None:
        limit = max(1.0, float(np.nanmax(np.abs(values), initial=0)))
    across, columns = _units(units, order, axis)
    heatmap: dict[str, Any] = {
        "type": "heatmap",
        "z": np.ascontiguousarray(values if order is None else values[:, order], np.float32),
        "y0": 1,
        "dy": 1,
        **columns,
        "colorscale": colours(palette.SEQUENTIAL) if gate else palette.diverging(theme),
        "zmin": 0 if gate else -limit,
        "zmax": 1 if gate else limit,
        "hovertemplate": f"{axis.step} %{{y}}, unit %{{x}}: %{{z:.3f}}<extra></extra>",
        "colorbar": _scale([0, 0.5, 1] if gate else [-limit, 0, limit], axis),
    }
    note = {
        "text": order_words, "x": 0, "y": 0, "xref": "paper", "yref": "paper",
        "yshift": -axis.scaled(46), "xanchor": "left", "yanchor": "bottom", "showarrow": False,
        "font": axis.small,
    }  # fmt: skip
    return framed(
        [heatmap], timesteps, axis, title=title, across=across, annotations=[] if axis.compact else [note],
        numbered=numbered, meta={**(meta or {}), **({} if order is None else {"units": order.tolist()})},
    )  # fmt: skip


def _units(
    units: int, order: np.ndarray | None, axis: Axis
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The axis of units, as numbered or in an order, and where a heatmap's columns are on it."""
    across: dict[str, Any] = {"range": [-0.5, units - 0.5], "tickfont": axis.small}
    if order is None:
        return across | {"nticks": 4 if axis.compact else 8}, {"x0": 0, "dx": 1}
    names = [str(number) for number in order]
    places = np.unique(np.linspace(0, units - 1, 5).round().astype(int))
    across |= {
        "type": "category", "categoryorder": "array", "categoryarray": names,
        "tickvals": [names[place] for place in places],
        "ticktext": [str(place + 1) for place in places],
        "tickangle": 0,
    }  # fmt: skip
    return across, {"x": names}


def _scale(ticks: list[float], axis: Axis) -> dict[str, Any]:
    """The scale of colours below a panel, over its whole width where that is small."""
    place: dict[str, Any] = (
        {"thickness": axis.scaled(8), "len": 1, "x": 0.5, "y": -axis.scaled(34) / axis.height, "xpad": 4}
        if axis.compact
        else {
            "thickness": axis.scaled(10), "len": 0.55, "x": 1, "xanchor": "right",
            "y": -axis.scaled(30) / axis.height,
        }
    )  # fmt: skip
    return {
        "orientation": "h", "yanchor": "top", "ypad": 0, "tickfont": axis.small, "outlinewidth": 0,
        "tickvals": ticks, "tickformat": ".2~f", **place,
    }  # fmt: skip
