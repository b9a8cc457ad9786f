"""Curves that grow while a network is trained.

These are Vega-Lite, not Plotly: a chart whose specification stays and whose data grow is drawn on in place,
where a Plotly chart on a page would be taken away and made anew after every epoch. So the axes end at round
numbers, which seldom change. They are given, because Streamlit draws a chart a moment before it gives it its
data, and Vega warns of each axis that it is to fit to none.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from diagnosis.figures import palette

SPLITS = ("training", "validation")
HEIGHT = 280  # pixels, with title, legend and axis
DASHES = ([1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [4, 4], [1, 3])
Curves = Mapping[str, tuple[np.ndarray, np.ndarray]]
Rows = Sequence[Mapping[str, Any]]


def rows(curves: Curves, name: str, *, best: int | None = None) -> list[dict[str, Any]]:
    """The data of one chart, a point a row.

    Args:
        curves: name -> epochs, int ``(n,)`` from 1, and values, float ``(n,)``.
        name: of the curve; ``val_`` and the name is the one on the validation split.
        best: epoch with the lowest validation loss so far.
    """
    return [
        {"epoch": int(epoch), "value": float(value), "split": split, "best": int(epoch) == best}
        for split, key in zip(SPLITS, (name, f"val_{name}"), strict=True)
        if key in curves
        for epoch, value in zip(*curves[key], strict=True)
        if np.isfinite(value)
    ]


def rows_of_runs(curves: Mapping[str, Curves], name: str) -> list[dict[str, Any]]:
    """The data of one chart of several runs, a point a row.

    Args:
        curves: name of a run -> its curves.
        name: of the curve.
    """
    return [
        {"epoch": int(epoch), "value": float(value), "run": run}
        for run, measured in curves.items()
        if name in measured
        for epoch, value in zip(*measured[name], strict=True)
        if np.isfinite(value)
    ]


def best_epoch(curves: Curves) -> int | None:
    """The epoch with the lowest validation loss; None before the first."""
    epochs, losses = curves.get("val_loss", (np.array([]), np.array([])))
    finite = np.isfinite(losses)
    return int(epochs[finite][losses[finite].argmin()]) if finite.any() else None


def curve(
    title: str,
    data: Rows,
    *,
    theme: str,
    both: bool = True,
    digits: str = ".3f",
    growing: bool = False,
) -> dict[str, Any]:
    """A chart of `rows`, with a dotted line at the best epoch.

    Args:
        title: above it.
        data: for its axes; at least one row.
        theme: "light" or "dark".
        both: whether there is a curve for each split; else there is one, and no legend.
        digits: how values are written, in d3's notation.
        growing: whether further epochs follow.
    """
    value = _value(data, digits)
    colour = {
        "field": "split",
        "scale": {
            "domain": list(SPLITS),
            "range": [palette.class_colour(number, theme) for number in range(len(SPLITS))],
        },
        "legend": {"orient": "top", "title": None, "symbolType": "stroke", "offset": 4}
        if both
        else None,
    }
    dash = {"field": "split", "scale": {"domain": list(SPLITS), "range": [[1, 0], [5, 3]]}}
    told = [
        {"field": "split", "title": "split"},
        {"field": "epoch", "title": "epoch", "format": "d"},
        {"field": "value", "title": title, "format": digits},
    ]
    return {
        "title": {"text": title, "anchor": "start", "fontSize": 13, "fontWeight": 600},
        "height": HEIGHT,
        "encoding": {
            "x": _epochs(data, growing=growing),
        },
        "layer": [
            {
                "transform": [{"filter": "datum.best"}],
                "mark": {
                    "type": "rule", "strokeDash": [2, 3], "color": palette.CURSOR[theme], "aria": False,
                },
            },
            {
                "mark": {"type": "line", "strokeWidth": 2, "aria": False},
                "encoding": {"y": value, "color": colour, "strokeDash": dash | {"legend": None}},
            },
            {
                "mark": {"type": "circle", "size": 24, "opacity": 1},
                "encoding": {"y": value, "color": colour | {"legend": None}, "tooltip": told},
            },
        ],
        "resolve": {"legend": {"color": "independent"}},
    }  # fmt: skip


def overlay(
    title: str,
    data: Rows,
    runs: Sequence[str],
    *,
    theme: str,
    digits: str = ".3f",
    growing: bool = False,
) -> dict[str, Any]:
    """A chart of `rows_of_runs`, one line a run.

    Args:
        title: above it.
        data: for its axes; at least one row.
        runs: the names, in the order of their colours and dashes.
        theme: "light" or "dark".
        digits: how values are written, in d3's notation.
        growing: whether further epochs follow.
    """
    colours = [palette.class_colour(number, theme) for number in range(len(runs))]
    dashes = [DASHES[number % len(DASHES)] for number in range(len(runs))]
    scale = {"domain": list(runs)}
    legend = {
        "orient": "top", "title": None, "symbolType": "stroke", "offset": 4, "columns": 2, "labelLimit": 260,
    }  # fmt: skip
    return {
        "title": {"text": title, "anchor": "start", "fontSize": 13, "fontWeight": 600},
        "height": HEIGHT,
        "mark": {
            "type": "line", "strokeWidth": 2, "aria": False, "point": {"size": 20},
            "tooltip": {"content": "data"},
        },
        "encoding": {
            "x": _epochs(data, growing=growing),
            "y": _value(data, digits),
            "color": {"field": "run", "legend": legend, "scale": scale | {"range": colours}},
            "strokeDash": {"field": "run", "legend": legend, "scale": scale | {"range": dashes}},
        },
    }  # fmt: skip


def _epochs(data: Rows, *, growing: bool) -> dict[str, Any]:
    last = max(2, *(row["epoch"] for row in data))
    end = next(end for end in (5 * 2**power for power in range(64)) if end >= last)
    return {
        "field": "epoch", "type": "quantitative", "title": "epoch",
        "scale": {"domain": [1, end if growing else last], "nice": False},
        "axis": {"format": "d", "tickMinStep": 1, "tickCount": 6, "grid": False},
    }  # fmt: skip


def round_ends(values: Iterable[float]) -> tuple[float, float]:
    """The round numbers below and above values, at least one of which there is."""
    low, high = min(found := list(values)), max(found)
    power = math.floor(math.log10(high - low or abs(high) or 1))
    step = 10.0**power
    first, last = math.floor(low / step), math.ceil(high / step)
    return round(first * step, 1 - power), round(max(last, first + 1) * step, 1 - power)


def _value(data: Rows, digits: str) -> dict[str, Any]:
    ends = round_ends(row["value"] for row in data)
    return {
        "field": "value", "type": "quantitative", "title": None,
        "scale": {"domain": list(ends), "nice": False, "zero": False},
        "axis": {"tickCount": 4, "format": "~g" if digits.endswith("e") else ".3~f"},
    }  # fmt: skip
