"""A search for hidden units: how it went, what the scores go with, and the rules of thumb beside them."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from diagnosis.figures import palette
from diagnosis.tuning.rules import Rule

HEIGHT = 320
SCORE = "AUC, mean of the folds"
_GREY = {"light": "#5f676b", "dark": "#a3abae"}
_LOG_FROM = 10  # a range is drawn by ratio if its ends are so many times apart


def score_history(
    numbers: Sequence[int], scores: Sequence[float], pruned: Sequence[bool], *, theme: str
) -> go.Figure:
    """The score of each trial in order, and the best complete one so far.

    Args:
        numbers: of the trials, ``(n,)``.
        scores: ``(n,)``; of pruned trials over the folds they had.
        pruned: whether a trial was given up early, ``(n,)``.
        theme: "light" or "dark".
    """
    complete = [number for number, gone in zip(numbers, pruned, strict=True) if not gone]
    of_complete = [score for score, gone in zip(scores, pruned, strict=True) if not gone]
    figure = go.Figure()
    figure.add_scatter(
        x=complete, y=np.maximum.accumulate(of_complete) if of_complete else [],
        name="best so far", mode="lines", line={"color": palette.class_colour(0, theme), "shape": "hv"},
        hoverinfo="skip",
    )  # fmt: skip
    _points(figure, numbers, scores, pruned, numbers, theme=theme)
    figure.update_xaxes(title="trial", dtick=1 if max(numbers, default=0) < 10 else None)
    return _framed(figure)


def score_by_units(
    units: Sequence[int],
    scores: Sequence[float],
    pruned: Sequence[bool],
    numbers: Sequence[int],
    rules: Sequence[Rule],
    *,
    theme: str,
) -> go.Figure:
    """The score against the units of a layer, and what the rules of thumb would have.

    Args:
        units: of each layer, ``(n,)``.
        scores: ``(n,)``.
        pruned: ``(n,)``.
        numbers: of the trials, ``(n,)``.
        rules: drawn as lines, or bands; lettered A, B, … in their order.
        theme: "light" or "dark".
    """
    figure = go.Figure()
    grey = _GREY[theme]
    for letter, rule in zip("ABCDEFGH", rules, strict=False):
        if rule.low == rule.high:
            figure.add_vline(rule.low, line={"color": grey, "width": 1, "dash": "dot"})
        else:
            figure.add_vrect(rule.low, rule.high, fillcolor=grey, opacity=0.18, line_width=0)
        figure.add_annotation(  # on an axis of ratios a label's place is the logarithm, a line's is not
            x=np.log10(np.sqrt(rule.low * rule.high)), y=1, yref="paper", yanchor="bottom",
            text=letter, showarrow=False, font={"size": 12, "color": grey},
        )  # fmt: skip
    _points(figure, units, scores, pruned, numbers, theme=theme)
    low = min([*units, *(rule.low for rule in rules)])
    high = max([*units, *(rule.high for rule in rules)])
    ticks = [2**power for power in range(12) if low / 1.5 <= 2**power <= high * 1.5]
    figure.update_xaxes(
        title="units of a layer", type="log", tickvals=ticks, ticktext=list(map(str, ticks)),
        range=[np.log10(low / 1.2), np.log10(high * 1.2)],
    )  # fmt: skip
    return _framed(figure)


def parallel_coordinates(
    columns: Mapping[str, Sequence[float]], scores: Sequence[float], *, theme: str
) -> go.Figure:
    """Each complete trial as a line through its values; a marked stretch of an axis singles lines out.

    Args:
        columns: name of each searched parameter to its values, ``(n,)``.
        scores: ``(n,)``.
        theme: "light" or "dark".
    """
    dimensions = [_dimension(name.replace("_", " "), values) for name, values in columns.items()]
    dimensions.append({"label": "AUC", "values": list(scores), "tickformat": ".3f"})
    ink = "#e4e7e8" if theme == "dark" else "#1f2427"
    figure = go.Figure(
        go.Parcoords(
            dimensions=dimensions,
            line={
                "color": list(scores), "colorscale": palette.SEQUENTIAL, "showscale": True,
                "colorbar": {"title": "AUC", "thickness": 12, "tickformat": ".3f"},
            },
            labelfont={"color": ink, "size": 12},
            tickfont={"color": ink, "size": 11},
            rangefont={"color": "rgba(0,0,0,0)", "size": 1},
        )
    )  # fmt: skip
    figure.update_layout(height=HEIGHT, margin={"l": 48, "r": 12, "t": 48, "b": 24})
    return figure


def importances(shares: Mapping[str, float], *, theme: str) -> go.Figure:
    """How much of the differences between scores goes with each parameter, as bars.

    Args:
        shares: name of each searched parameter to its share, 0..1.
        theme: "light" or "dark".
    """
    names = [name.replace("_", " ") for name in shares]
    figure = go.Figure(
        go.Bar(
            x=list(shares.values()), y=names, orientation="h", width=0.5,
            marker_color=palette.class_colour(0, theme),
            text=[f"{share:.2f}" for share in shares.values()], textposition="outside", cliponaxis=False,
            hovertemplate="%{y}: %{x:.3f}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_xaxes(title="share", range=[0, 1.1], fixedrange=True)
    figure.update_yaxes(autorange="reversed", fixedrange=True, ticksuffix="  ", automargin=True)
    figure.update_layout(
        height=60 * len(names) + 80, margin={"l": 0, "r": 24, "t": 12, "b": 44}, dragmode=False
    )
    return figure


def _dimension(label: str, values: Sequence[float]) -> dict[str, object]:
    distinct = sorted(set(values))
    by_ratio = distinct[0] > 0 and distinct[-1] / distinct[0] >= _LOG_FROM / 2
    placed = np.log10(values) if by_ratio else np.asarray(values, float)
    found: dict[str, object] = {"label": label, "values": placed}
    shown = distinct if len(distinct) <= 8 else list(np.quantile(distinct, [0, 0.25, 0.5, 0.75, 1]))
    found["tickvals"] = list(np.log10(shown)) if by_ratio else shown
    found["ticktext"] = [f"{value:.3g}" for value in shown]
    return found


def _points(
    figure: go.Figure,
    x: Sequence[float],
    scores: Sequence[float],
    pruned: Sequence[bool],
    numbers: Sequence[int],
    *,
    theme: str,
) -> None:
    for name, wanted, symbol in (("complete", False, "circle"), ("pruned", True, "x-thin-open")):
        chosen = [index for index, gone in enumerate(pruned) if gone == wanted]
        figure.add_scatter(
            x=[x[index] for index in chosen], y=[scores[index] for index in chosen],
            customdata=[numbers[index] for index in chosen], name=name, mode="markers",
            marker={
                "color": palette.class_colour(1, theme) if not wanted else _GREY[theme],
                "symbol": symbol, "size": 8,
            },
            hovertemplate=f"trial %{{customdata}}, {name}: AUC %{{y:.4f}}<extra></extra>",
        )  # fmt: skip


def _framed(figure: go.Figure) -> go.Figure:
    figure.update_yaxes(title=SCORE)
    figure.update_layout(
        height=HEIGHT,
        margin={"l": 60, "r": 12, "t": 48, "b": 44},
        legend={"orientation": "h", "x": 0, "xanchor": "left", "y": 1.1, "yanchor": "bottom"},
    )
    return figure
