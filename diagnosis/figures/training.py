"""Curves that grow while a network is trained.

These are Vega-Lite, not Plotly: a chart whose specification stays and whose data grow is drawn on in place,
where a Plotly chart on a page would be taken away and made anew after every epoch.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from diagnosis.figures import palette

SPLITS = ("training", "validation")
HEIGHT = 280  # pixels, with title, legend and axis
Curves = Mapping[str, tuple[np.ndarray, np.ndarray]]


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


def best_epoch(curves: Curves) -> int | None:
    """The epoch with the lowest validation loss; None before the first."""
    epochs, losses = curves.get("val_loss", (np.array([]), np.array([])))
    finite = np.isfinite(losses)
    return int(epochs[finite][losses[finite].argmin()]) if finite.any() else None


def curve(title: str, *, theme: str, both: bool = True, digits: str = ".3f") -> dict[str, Any]:
    """A chart of `rows`, with a dotted line at the best epoch.

    Args:
        title: above it.
        theme: "light" or "dark".
        both: whether there is a curve for each split; else there is one, and no legend.
        digits: how values are written, in d3's notation.
    """
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
            "x": {
                "field": "epoch", "type": "quantitative", "title": "epoch",
                "scale": {"zero": False, "nice": False},
                "axis": {"format": "d", "tickMinStep": 1, "tickCount": 6, "grid": False},
            },
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
                "encoding": {"y": _value(digits), "color": colour, "strokeDash": dash | {"legend": None}},
            },
            {
                "mark": {"type": "circle", "size": 24, "opacity": 1},
                "encoding": {"y": _value(digits), "color": colour | {"legend": None}, "tooltip": told},
            },
        ],
        "resolve": {"legend": {"color": "independent"}},
    }  # fmt: skip


def _value(digits: str) -> dict[str, Any]:
    return {
        "field": "value", "type": "quantitative", "title": None, "scale": {"zero": False},
        "axis": {"tickCount": 4, "format": "~g" if digits.endswith("e") else ".3~f"},
    }  # fmt: skip
