"""Attribution: bars beside the picture, on its vertical axis, and the same weights laid over it.

These are figures of explanations: each carries its limits, as ``layout.meta["caption"]``, and is not drawn
without them.
"""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from diagnosis.figures import palette
from diagnosis.figures.frame import SMALL, Axis, framed
from diagnosis.figures.panels import picture_panel
from diagnosis.sequences import StepView

NULL = "rgba(128, 128, 128, 0.22)"  # the null distribution
QUIET = "rgba(128, 128, 128, 0.75)"  # bars inside it
_GREY = "#808080"


def weight_panel(
    values: np.ndarray,
    axis: Axis,
    *,
    lower: float,
    upper: float,
    title: str,
    unit: str,
    theme: str,
    caption: str,
    least: float,
    numbered: bool = False,
) -> go.Figure:
    """Bars of weights around 0, with the null distribution of random steps shaded.

    Bars beyond chance, outside the null distribution and ``least``, are wide and coloured and have their
    number beside them; the others are thin and grey.

    Args:
        values: ``(timesteps,)``: positive for the class, negative against it.
        axis: that all panels share.
        lower: 5th percentile of the null distribution.
        upper: its 95th percentile.
        title: above the panel.
        unit: of a weight.
        theme: "light" or "dark".
        caption: the limits of the explanation.
        least: a smaller weight is not counted; the scale reaches this far at least, so that negligible
            weights do not look large.
        numbered: whether the vertical axis has numbers.

    Raises:
        ValueError: the caption is blank.
    """
    limit = max(float(np.abs(values).max()), abs(lower), abs(upper), least)
    towards, against = values > max(upper, least), values < min(lower, -least)
    return framed(
        _bars(values, unit, axis, theme, towards=towards, against=against),
        len(values), axis, title=title, numbered=numbered,
        across={
            "range": [-1.3 * limit, 1.3 * limit],  # room for the numbers beside the bars
            "nticks": 5, "tickfont": SMALL, "tickformat": "~g",
        },
        barmode="overlay",
        shapes=_chance(lower, upper),
        annotations=[
            _below(f"← against · {unit} · for →", 0.5, "center", -42),
            _below(f"grey: 90 % of random {axis.steps.plural}", 0.5, "center", -58),
        ],
        meta=_with_limits(caption),
    )  # fmt: skip


def _bars(
    values: np.ndarray,
    unit: str,
    axis: Axis,
    theme: str,
    *,
    towards: np.ndarray,
    against: np.ndarray,
) -> list[dict[str, Any]]:
    """Bars of `weight_panel`: what speaks beyond chance for or against the class, and the rest."""
    scale = palette.diverging(theme)
    rows = np.arange(1, len(values) + 1)
    place = f"{axis.step} %{{y}}: %{{x:+.3~g}} {unit}"
    return [
        {
            "type": "bar",
            "x": values[which],
            "y": rows[which],
            "orientation": "h",
            "width": width,
            "marker": {
                "color": colour,
                "line": {"width": 1, "color": colour},
            },  # seen even next to 0
            **({"text": [_signed(value) for value in values[which]]} if words else {}),
            "textposition": "outside",
            "textangle": 0,
            "textfont": {"size": 10},
            "constraintext": "none",
            "cliponaxis": False,
            "hovertemplate": f"{place}{words}<extra></extra>",
        }
        for which, colour, width, words in (
            (~towards & ~against, QUIET, 0.4, ""),
            (towards, scale[-1][1], 0.9, ", beyond chance"),
            (against, scale[0][1], 0.9, ", beyond chance"),
        )
    ]


def _chance(lower: float, upper: float) -> list[dict[str, Any]]:
    """The null distribution between its percentiles, and the line at 0."""
    line = {"type": "line", "yref": "paper", "y0": 0, "y1": 1}
    return [
        {
            "type": "rect", "yref": "paper", "y0": 0, "y1": 1, "x0": lower, "x1": upper,
            "fillcolor": NULL, "line": {"width": 0}, "layer": "below",
        },
        *(
            {**line, "x0": x, "x1": x, "line": {"color": "gray", "width": 1, "dash": dash}}
            for x, dash in ((lower, "dot"), (upper, "dot"), (0, "solid"))
        ),
    ]  # fmt: skip


def weighted_picture(
    view: StepView,
    values: np.ndarray,
    axis: Axis,
    *,
    title: str,
    opacity: float,
    caption: str,
    reach: float,
    beyond_chance: bool,
) -> go.Figure:
    """What the model reads, with the weight of every step laid over it.

    Args:
        view: of the case.
        values: ``(timesteps,)``: positive for the class, negative against it.
        axis: that all panels share.
        title: above the picture.
        opacity: of the largest weight, in 0..1.
        caption: the limits of the explanation.
        reach: of the colours, at least: with the percentiles of the null distribution, weights of random
            steps are pale.
        beyond_chance: whether any weight is; else all are grey.

    Raises:
        ValueError: the caption is blank.
    """
    width = view.lines.shape[1]
    limit = max(float(np.abs(values).max()), reach) or 1.0
    weights = {
        "type": "heatmap",
        "z": values[:, None].astype(np.float32),
        "x": [-0.5, width - 0.5],  # one column as wide as the picture
        "y0": 1,
        "dy": 1,
        "colorscale": _overlay(beyond_chance),
        "zmin": -limit,
        "zmax": limit,
        "opacity": opacity,
        "hovertemplate": f"{axis.step} %{{y}}: weight %{{z:+.3~g}}<extra></extra>",
        "colorbar": {
            "orientation": "h",
            "thickness": 10,
            "len": 1,
            "x": 0.5,
            "y": -12 / axis.height,
            "yanchor": "top",
            "xpad": 16,
            "ypad": 0,
            "tickfont": SMALL,
            "outlinewidth": 0,
            "tickvals": [-limit, 0, limit],
            "ticktext": [_signed(-limit), "0", _signed(limit)],
        },
    }
    return picture_panel(view, axis, title=title, over=[weights], meta=_with_limits(caption))


def _overlay(coloured: bool) -> list[tuple[float, str]]:
    """The diverging scale, see-through at 0; its bright ends, because pictures are dark on any page."""
    scale = palette.diverging("dark")
    low, high = (scale[0][1], scale[-1][1]) if coloured else (_GREY, _GREY)
    return [
        (0.0, _see_through(low, 1)), (0.5, _see_through(low, 0)),
        (0.5, _see_through(high, 0)), (1.0, _see_through(high, 1)),
    ]  # fmt: skip


def _see_through(colour: str, alpha: float) -> str:
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {alpha})"


def _below(text: str, x: float, anchor: str, shift: int) -> dict[str, object]:
    """A note below the horizontal axis."""
    return {
        "text": text, "x": x, "y": 0, "xref": "paper", "yref": "paper", "yshift": shift,
        "xanchor": anchor, "yanchor": "bottom", "showarrow": False, "font": SMALL,
    }  # fmt: skip


def _signed(value: float) -> str:
    return f"{value:+.2g}".replace("-", "−")


def _with_limits(caption: str) -> dict[str, str]:
    if not caption.strip():
        raise ValueError("A figure of an explanation needs a caption that says its limits.")
    return {"caption": caption}
