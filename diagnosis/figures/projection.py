"""Cases of a split as points of a plane."""

import numpy as np
import plotly.graph_objects as go

from diagnosis.core import inert
from diagnosis.figures import palette

MOST = 4_000  # points that are drawn; more are drawn as evenly many


def projection_figure(
    points: np.ndarray,
    *,
    groups: dict[str, np.ndarray],
    wrong: np.ndarray,
    shares: tuple[float, float],
    theme: str,
) -> go.Figure:
    """A point for each case, coloured by its label; a cross where it is misclassified.

    Args:
        points: ``(n, 2)``.
        groups: which cases have a label, bool ``(n,)`` each.
        wrong: misclassified ones, bool ``(n,)``.
        shares: of the variance, of each axis.
        theme: "light" or "dark".

    Returns:
        Its points have the case's number, from 1, as ``customdata``.
    """
    drawn = np.zeros(len(points), bool)
    drawn[np.unique(np.linspace(0, len(points) - 1, MOST).astype(int))] = True
    figure = go.Figure()
    for index, (name, chosen) in enumerate(groups.items()):
        text = inert.plotly(name)
        for missed in (False, True):
            cases = np.flatnonzero(chosen & drawn & (wrong == missed))
            said = "misclassified" if missed else "classified correctly"
            figure.add_scatter(
                x=points[cases, 0], y=points[cases, 1], mode="markers",
                name=f"{text}, misclassified" if missed else text, customdata=cases + 1,
                marker={
                    "color": palette.class_colour(index, theme),
                    "size": 9 if missed else 6, "symbol": "x" if missed else "circle",
                    "opacity": 0.75,
                },
                hovertemplate=f"case %{{customdata}}, label: {text}<br>{said}<extra></extra>",
            )  # fmt: skip
    for update, number in ((figure.update_xaxes, 1), (figure.update_yaxes, 2)):
        update(title=f"Component {number} ({shares[number - 1]:.0%} of the variance)")
    return figure.update_layout(
        height=420, margin={"l": 56, "r": 12, "t": 12, "b": 48}, dragmode=False, clickmode="event+select",
        hovermode="closest",
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0}, showlegend=True,
    )  # fmt: skip
