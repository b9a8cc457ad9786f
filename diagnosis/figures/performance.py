"""Performance of a version on a split: calibration curve, ROC curve and risk–coverage curve."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from diagnosis.core import inert
from diagnosis.evaluation.reliability import Bin
from diagnosis.figures import palette

MOST = 400  # points of a risk–coverage curve that are drawn


def calibration_curve_figure(bins: Sequence[Bin], *, colour: int, theme: str) -> go.Figure:
    """A point a bin with its 95 % interval, beside the line of perfect calibration.

    Args:
        bins: in order of probability.
        colour: number of the class that they are about.
        theme: "light" or "dark".
    """
    observed = [each.observed for each in bins]
    figure = _square("Predicted probability", "Observed frequency")
    figure.add_scatter(
        x=[each.predicted for each in bins],
        y=[each.estimate for each in observed],
        error_y={
            "array": [each.upper - each.estimate for each in observed],
            "arrayminus": [each.estimate - each.lower for each in observed],
            "thickness": 1.5,
            "width": 4,
        },
        mode="lines+markers",
        line={"color": palette.class_colour(colour, theme), "width": 1},
        marker={"size": 8},
        customdata=[[each.n, each.positives, each.lower, each.upper] for each in bins],
        hovertemplate="predicted %{x:.3f} on average (%{customdata[2]:.3f}–%{customdata[3]:.3f})<br>"
        "observed %{y:.3f}: %{customdata[1]} of %{customdata[0]}<extra></extra>",
    )
    return figure


def roc_figure(
    false_rate: np.ndarray,
    true_rate: np.ndarray,
    *,
    point: tuple[float, float],
    colour: int,
    theme: str,
) -> go.Figure:
    """Sensitivity against false positive rate, with the operating point.

    Args:
        false_rate: 1 − specificity of every threshold, ascending, ``(k,)``.
        true_rate: sensitivity, ``(k,)``.
        point: both at the operating point.
        colour: number of the class.
        theme: "light" or "dark".
    """
    figure = _square("False positive rate", "Sensitivity (true positive rate)")
    figure.add_scatter(
        x=false_rate, y=true_rate, mode="lines",
        line={"color": palette.class_colour(colour, theme), "width": 2},
        hovertemplate="false positive rate %{x:.3f}<br>sensitivity %{y:.3f}<extra></extra>",
    )  # fmt: skip
    _point(
        figure,
        point,
        "at this threshold: false positive rate %{x:.3f}, sensitivity %{y:.3f}",
        theme,
    )
    return figure


@dataclass(frozen=True)
class ModelCurve:
    """A curve of one of several models that are drawn into one figure."""

    title: str
    x: np.ndarray  # (k,)
    y: np.ndarray  # (k,)
    point: tuple[float, float] | None = None  # the model's operating point


def roc_overlay(curves: Sequence[ModelCurve], theme: str) -> go.Figure:
    """ROC curves of several models on the same cases, each with its operating point."""
    figure = _square("False positive rate", "Sensitivity (true positive rate)")
    said = "false positive rate %{x:.3f}<br>sensitivity %{y:.3f}"
    return _overlay(figure, curves, said, theme, mode="lines")


def calibration_overlay(curves: Sequence[ModelCurve], theme: str) -> go.Figure:
    """Calibration curves of several models on the same cases."""
    figure = _square("Predicted probability", "Observed frequency")
    said = "predicted %{x:.3f} on average<br>observed %{y:.3f}"
    return _overlay(figure, curves, said, theme, mode="lines+markers")


def _overlay(
    figure: go.Figure, curves: Sequence[ModelCurve], said: str, theme: str, *, mode: str
) -> go.Figure:
    for place, curve in enumerate(curves):
        line, name = palette.model_line(place, theme), inert.plotly(curve.title)
        hover = f"{name}<br>{said}<extra></extra>"
        figure.add_scatter(
            x=curve.x, y=curve.y, mode=mode, name=name, legendgroup=name, line={"width": 2, **line},
            marker={"size": 6}, hovertemplate=hover,
        )  # fmt: skip
        if curve.point is not None:
            figure.add_scatter(
                x=[curve.point[0]], y=[curve.point[1]], mode="markers", showlegend=False,
                legendgroup=name, hovertemplate=f"operating point of {hover}",
                marker={"size": 11, "color": line["color"],
                        "line": {"color": palette.HALO[theme], "width": 2}},
            )  # fmt: skip
    return figure.update_layout(
        showlegend=True, height=420,
        legend={"orientation": "h", "yanchor": "top", "y": -0.16, "x": 0},
    )  # fmt: skip


def coverage_figure(
    coverage: np.ndarray, error: np.ndarray, *, point: tuple[float, float], theme: str
) -> go.Figure:
    """Risk–coverage curve: misclassified share against predicted share, with the version as a point.

    Args:
        coverage: share of the cases with a prediction, ascending, ``(n,)``.
        error: share of these that is misclassified, ``(n,)``.
        point: both for the version.
        theme: "light" or "dark".
    """
    drawn = np.unique(np.linspace(0, len(coverage) - 1, MOST).astype(int))
    figure = go.Figure()
    figure.add_scatter(
        x=coverage[drawn], y=error[drawn], mode="lines",
        line={"color": palette.class_colour(0, theme), "width": 2},
        hovertemplate="%{x:.1%} predicted<br>%{y:.1%} of them misclassified<extra></extra>",
    )  # fmt: skip
    _point(figure, point, "this version: %{x:.1%} predicted, %{y:.1%} of them misclassified", theme)
    figure.update_xaxes(title="Coverage", range=[0, 1.02])
    figure.update_yaxes(title="Risk (share misclassified)", rangemode="tozero")
    figure.update_xaxes(tickformat=".0%", fixedrange=True)
    figure.update_yaxes(tickformat=".0%", fixedrange=True)
    return _laid_out(figure)


def _square(across: str, up: str) -> go.Figure:
    """Both axes from 0 to 1, and the diagonal."""
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", hoverinfo="skip", showlegend=False,
        line={"color": "gray", "width": 1, "dash": "dot"},
    )  # fmt: skip
    figure.update_xaxes(title=across, range=[-0.02, 1.02], fixedrange=True)
    figure.update_yaxes(title=up, range=[-0.02, 1.02], fixedrange=True)
    return _laid_out(figure)


def _point(figure: go.Figure, at: tuple[float, float], words: str, theme: str) -> None:
    edge = {"color": palette.HALO[theme], "width": 2}
    figure.add_scatter(
        x=[at[0]], y=[at[1]], mode="markers",
        marker={"size": 13, "color": palette.CURSOR[theme], "line": edge},
        hovertemplate=f"{words}<extra></extra>",
    )  # fmt: skip


def _laid_out(figure: go.Figure) -> go.Figure:
    return figure.update_layout(
        height=360, margin={"l": 56, "r": 12, "t": 12, "b": 48}, dragmode=False,
        showlegend=False, hovermode="closest",
    )  # fmt: skip
