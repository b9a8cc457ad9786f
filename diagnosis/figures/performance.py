"""Performance of a version on a split: calibration curve, ROC curve and risk–coverage curve."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

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
    figure = _square("predicted probability", "observed share")
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
    figure = _square("false positive rate (1 − specificity)", "sensitivity")
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
    figure.update_xaxes(title="coverage", range=[0, 1.02])
    figure.update_yaxes(title="risk (misclassified)", rangemode="tozero")
    figure.update_xaxes(tickformat=".0%", fixedrange=True)
    figure.update_yaxes(tickformat=".0%", fixedrange=True)
    return _laid_out(figure)


def _square(across: str, up: str) -> go.Figure:
    """Both axes from 0 to 1, and the diagonal."""
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", hoverinfo="skip",
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
