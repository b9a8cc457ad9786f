"""The panels of a reading. All share one vertical axis: time runs down, as the rows of the picture do.

Every panel has the same height and the same margins above and below, so that panels side by side line up row
by row, and one cursor can be drawn across them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from diagnosis.figures import palette

ROWS_HEIGHT = 364  # pixels for the rows themselves: 13 for each of 28
TOP, BOTTOM = 30, 62  # margins: the title above, axis and colour bar below


@dataclass(frozen=True)
class Axis:
    """The vertical axis that all panels share."""

    unit: str = "row"  # what a timestep is: "row", "column", "slice"
    upward: bool = False  # whether time runs up instead of down
    height: int = ROWS_HEIGHT  # pixels for the rows themselves


def picture_panel(picture: np.ndarray, axis: Axis, *, title: str) -> go.Figure:
    """What the model sees, one line a timestep.

    Args:
        picture: uint8, ``(timesteps, width, channels)``, channels 1 or 3.
        axis: that all panels share.
        title: above the picture.
    """
    timesteps, width, channels = picture.shape
    if channels == 1:
        trace: go.Heatmap | go.Image = go.Heatmap(
            z=picture[..., 0],
            colorscale="gray",
            zmin=0,
            zmax=255,
            showscale=False,
            hovertemplate=f"{axis.unit} %{{customdata}}, pixel %{{x}}: grey %{{z}}<extra></extra>",
            customdata=np.repeat(np.arange(1, timesteps + 1)[:, None], width, axis=1),
        )
    else:
        numbers = np.repeat(np.arange(1, timesteps + 1)[:, None], width, axis=1)
        template = f"{axis.unit} %{{customdata}}, pixel %{{x}}<extra></extra>"
        trace = go.Image(z=picture, customdata=numbers, hovertemplate=template)
    figure = go.Figure(trace)
    figure.update_xaxes(
        range=[-0.5, width - 0.5], showticklabels=False, ticks="", fixedrange=True, showgrid=False
    )
    return _framed(figure, timesteps, axis, title=title, numbered=True)


def verdict_panel(
    running: np.ndarray,
    classes: Sequence[str],
    axis: Axis,
    *,
    title: str,
    theme: str,
    shown: Sequence[int] | None = None,
    threshold: float | None = None,
    decided: int | None = None,
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
        decided: timestep from which the answer no longer changes, marked.
    """
    timesteps = len(running)
    rows = np.arange(timesteps)
    figure = go.Figure()
    for index in range(len(classes)) if shown is None else shown:
        figure.add_scatter(
            x=running[:, index],
            y=rows,
            mode="lines",
            name=classes[index],
            line={"color": palette.class_colour(index, theme), "width": 2.5},
            customdata=rows + 1,
            hovertemplate=f"after {axis.unit} %{{customdata}}: %{{x:.3f}}<extra>{classes[index]}</extra>",
        )
    if threshold is not None:
        figure.add_vline(x=threshold, line={"dash": "dot", "width": 1.5, "color": "gray"})
    if decided is not None:
        figure.add_hline(
            y=decided,
            line={"dash": "dash", "width": 1, "color": "gray"},
            annotation_text=f"settled at {axis.unit} {decided + 1}",
            annotation_position="top left" if decided > timesteps / 2 else "bottom left",
            annotation_font_size=11,
        )
    figure.update_xaxes(
        range=[-0.03, 1.03], tickvals=[0, 0.5, 1], fixedrange=True, side="bottom", zeroline=False
    )
    figure.update_layout(
        showlegend=len(figure.data) > 1,
        legend={"orientation": "h", "y": -0.1, "x": 0, "font": {"size": 11}},
    )
    return _framed(figure, timesteps, axis, title=title)


def signal_panel(
    values: np.ndarray,
    axis: Axis,
    *,
    title: str,
    gate: bool,
    theme: str,
    limit: float | None = None,
) -> go.Figure:
    """A gate or a state of all units at all timesteps.

    Args:
        values: float32, ``(timesteps, units)``; NaN where padding was not read.
        axis: that all panels share.
        title: above the panel.
        gate: True for gates, drawn on 0..1; False for states, drawn around 0.
        theme: "light" or "dark".
        limit: of the diverging scale; the largest value by default, and 1 at least.
    """
    timesteps, units = values.shape
    if limit is None:
        limit = max(1.0, float(np.nanmax(np.abs(values), initial=0)))
    figure = go.Figure(
        go.Heatmap(
            z=values,
            colorscale=palette.SEQUENTIAL if gate else palette.diverging(theme),
            zmin=0 if gate else -limit,
            zmax=1 if gate else limit,
            customdata=np.repeat(np.arange(1, timesteps + 1)[:, None], units, axis=1),
            hovertemplate=f"{axis.unit} %{{customdata}}, unit %{{x}}: %{{z:.3f}}<extra></extra>",
            colorbar={
                "orientation": "h",
                "thickness": 10,
                "len": 0.6,
                "x": 1,
                "xanchor": "right",
                "y": -30 / axis.height,
                "yanchor": "top",
                "ypad": 0,
                "tickfont": {"size": 11},
                "outlinewidth": 0,
                "tickvals": [0, 0.5, 1] if gate else [-limit, 0, limit],
                "tickformat": ".2~f",
            },
        )
    )
    figure.update_xaxes(
        range=[-0.5, units - 0.5], tickfont={"size": 11}, nticks=8, title=None, zeroline=False
    )
    figure.add_annotation(
        text="unit", x=0, y=0, xref="paper", yref="paper", yshift=-46, xanchor="left",
        yanchor="bottom", showarrow=False, font={"size": 11},
    )  # fmt: skip
    return _framed(figure, timesteps, axis, title=title)


def _framed(
    figure: go.Figure,
    timesteps: int,
    axis: Axis,
    *,
    title: str,
    numbered: bool = False,
) -> go.Figure:
    """Give a panel the height, margins and vertical axis that all of them share."""
    edges = [timesteps - 0.5, -0.5]
    ticks = np.unique(np.linspace(0, timesteps - 1, 5).round().astype(int))
    figure.update_yaxes(
        range=edges[::-1] if axis.upward else edges,
        tickvals=ticks,
        ticktext=[str(tick + 1) for tick in ticks],
        showticklabels=numbered,
        ticks="",
        tickfont={"size": 11},
        fixedrange=True,
        showgrid=False,
        zeroline=False,
        autorange=False,
        scaleanchor=False,
        constrain="range",
    )
    figure.update_layout(
        title={
            "text": title,
            "font": {"size": 13},
            "x": 0,
            "xref": "paper",
            "y": 0.985,
            "yanchor": "top",
        },
        height=axis.height + TOP + BOTTOM,
        margin={"l": 32 if numbered else 6, "r": 6, "t": TOP, "b": BOTTOM, "autoexpand": False},
        dragmode=False,
        hovermode="closest",
    )
    return figure
