"""Panels for several models side by side: as those of one reading, but narrow and low.

Two lines of them, verdicts above states; the panels of a line have one height and line up row by row. States
of all models share one scale, -1 to 1, which no hidden state leaves.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from diagnosis.core import inert
from diagnosis.figures import palette
from diagnosis.figures.panels import SMALL, TOP, Axis, framed
from diagnosis.figures.unvalidated import colours

# The page's theme fills it in the browser. Streamlit's own has 4 kB, copied several times for every chart.
TEMPLATE = {"layout": {"hovermode": "closest"}}
PER_STEP_BOTTOM, STATE_BOTTOM = 26, 60  # margins: an axis; an axis and a colour bar


def height_of(models: int) -> int:
    """Pixels for the rows of a line: fewer where many models leave little width for the picture."""
    return 252 if models <= 4 else 168  # 9 or 6 for each of 28 rows


def picture(pixels: np.ndarray, axis: Axis, *, title: str, bottom: int) -> go.Figure:
    """What the models see, beside a line of panels.

    Args:
        pixels: uint8, ``(timesteps, width, channels)``, channels 1 or 3.
        axis: of the line.
        title: above the picture.
        bottom: margin of the line, `VERDICT_BOTTOM` or `STATE_BOTTOM`.
    """
    timesteps, width, channels = pixels.shape
    trace: dict[str, Any] = {"type": "image", "z": pixels, "y0": 1, "dy": 1}
    if channels == 1:
        trace |= {
            "type": "heatmap", "z": np.ascontiguousarray(pixels[..., 0]), "colorscale": colours("gray"),
            "zmin": 0, "zmax": 255, "showscale": False,
        }  # fmt: skip
    trace["hovertemplate"] = f"{axis.unit} %{{y}}, pixel %{{x}}<extra></extra>"
    across = {"range": [-0.5, width - 0.5], "showticklabels": False, "ticks": "", "showgrid": False}
    return _line(
        trace,
        timesteps=timesteps,
        axis=axis,
        title=title,
        bottom=bottom,
        across=across,
        numbered=True,
    )


def verdict(
    per_step: np.ndarray,
    classes: Sequence[str],
    axis: Axis,
    *,
    theme: str,
    shown: Sequence[int],
    threshold: float | None,
    decision_step: int | None,
) -> go.Figure:
    """The running verdict: class probabilities after each timestep.

    Args:
        running: ``(timesteps, classes)``, in 0..1.
        classes: their names.
        axis: of the line.
        theme: "light" or "dark".
        shown: columns to draw.
        threshold: drawn as a dotted line.
        decided: timestep, from 0, from which the answer no longer changes, drawn as a dashed line.
    """
    timesteps = len(per_step)
    curves = [
        {
            "type": "scatter", "mode": "lines", "name": inert.plotly(classes[index]),
            "x": np.ascontiguousarray(per_step[:, index]), "y": np.arange(1, timesteps + 1),
            "line": {"color": palette.class_colour(index, theme), "width": 2.5},
            "hovertemplate": f"after {axis.unit} %{{y}}: %{{x:.3f}}<extra>%{{fullData.name}}</extra>",
        }
        for index in shown
    ]  # fmt: skip
    marks = []
    if threshold is not None:
        marks.append(_mark("x", threshold, "dot"))
    if decision_step is not None:
        marks.append(_mark("y", decision_step + 1, "dash"))
    across = {"range": [-0.03, 1.03], "tickvals": [0, 0.5, 1], "tickfont": SMALL}
    return _line(
        *curves, timesteps=timesteps, axis=axis, title="running verdict", bottom=PER_STEP_BOTTOM,
        across=across, shapes=marks,
    )  # fmt: skip


def state(values: np.ndarray, axis: Axis, *, title: str, theme: str) -> go.Figure:
    """The hidden state of all units at all timesteps.

    Args:
        values: float32, ``(timesteps, units)``, in -1..1; NaN where padding was not read.
        axis: of the line.
        title: above the panel.
        theme: "light" or "dark".
    """
    timesteps, units = values.shape
    heatmap = {
        "type": "heatmap", "z": np.ascontiguousarray(values, np.float32), "y0": 1, "dy": 1,
        "colorscale": palette.diverging(theme), "zmin": -1, "zmax": 1,
        "hovertemplate": f"{axis.unit} %{{y}}, unit %{{x}}: %{{z:.2f}}<extra></extra>",
        "colorbar": {
            "orientation": "h", "thickness": 8, "len": 1, "x": 0.5, "y": -34 / axis.height,
            "yanchor": "top", "xpad": 4, "ypad": 0, "tickfont": SMALL, "outlinewidth": 0,
            "tickvals": [-1, 0, 1],
        },
    }  # fmt: skip
    across = {"range": [-0.5, units - 0.5], "tickfont": SMALL, "nticks": 4}
    return _line(
        heatmap, timesteps=timesteps, axis=axis, title=title, bottom=STATE_BOTTOM, across=across
    )


def _line(
    *data: dict[str, Any],
    timesteps: int,
    axis: Axis,
    bottom: int,
    numbered: bool = False,
    **layout: Any,
) -> go.Figure:
    margin = {"l": 28 if numbered else 8, "r": 8, "t": TOP, "b": bottom, "autoexpand": False}
    return framed(
        data, timesteps, axis, numbered=numbered, margin=margin, height=axis.height + TOP + bottom,
        template=TEMPLATE, **layout,
    )  # fmt: skip


def _mark(direction: str, at: float, dash: str) -> dict[str, Any]:
    """A line across the panel at one place of an axis."""
    across = "y" if direction == "x" else "x"
    return {
        "type": "line", "line": {"color": "gray", "width": 1.5, "dash": dash},
        direction + "0": at, direction + "1": at, f"{direction}ref": direction,
        across + "0": 0, across + "1": 1, f"{across}ref": "paper",
    }  # fmt: skip
