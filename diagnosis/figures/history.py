"""How a training went: the loss after each epoch."""

from collections.abc import Sequence

import plotly.graph_objects as go

from diagnosis.figures import palette


def loss_curves(
    training: Sequence[float], validation: Sequence[float], *, best_epoch: int, theme: str = "light"
) -> go.Figure:
    """Both losses by epoch, and the epoch whose weights were kept.

    Args:
        training: loss on the training split after each epoch, in order.
        validation: the same on the validation split; empty if it was not measured.
        best_epoch: counted from 1.
        theme: "light" or "dark".
    """
    figure = go.Figure()
    for number, (name, losses) in enumerate((("training", training), ("validation", validation))):
        figure.add_scatter(
            x=list(range(1, len(losses) + 1)),
            y=list(losses),
            name=name,
            mode="lines+markers" if len(losses) < 12 else "lines",
            line={"color": palette.class_colour(number, theme), "dash": ("solid", "dash")[number]},
            hovertemplate=f"epoch %{{x}}: {name} loss %{{y:.3f}}<extra></extra>",
        )
    figure.add_vline(
        x=best_epoch,
        line={"color": palette.CURSOR[theme], "width": 1, "dash": "dot"},
        annotation={"text": "saved", "yanchor": "bottom"},
        annotation_position="top",
    )
    figure.update_layout(
        height=300,
        margin={"l": 56, "r": 12, "t": 36, "b": 44},
        xaxis={"title": "epoch", "tickformat": "d"},
        yaxis={"title": "loss (cross-entropy)"},
        legend={"orientation": "h", "x": 0, "xanchor": "left", "y": 1.02, "yanchor": "bottom"},
        hovermode="x",
    )
    return figure
