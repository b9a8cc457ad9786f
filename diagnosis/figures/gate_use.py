"""How gates are used over many cases: one mark a unit."""

import numpy as np
import plotly.graph_objects as go

from diagnosis.figures import palette
from diagnosis.sequences import StepKind

HEIGHT = 300  # pixels, of each figure
_SMALL = {"size": 11}
_FRAME = {
    "height": HEIGHT,
    "margin": {"l": 48, "r": 8, "t": 34, "b": 44},
    "dragmode": False,
    "hovermode": "closest",
    "showlegend": False,
}


def shared_limit(*fractions: np.ndarray) -> float:
    """Where the axes of several ``saturation`` figures end, so that they can be compared: 0.1 to 1."""
    most = max(float(values.max()) for values in fractions)
    return min(1.0, max(0.1, float(np.ceil(most * 10) / 10)))


def saturation(
    closed: np.ndarray, opened: np.ndarray, mean: np.ndarray, *, title: str, limit: float = 1.0
) -> go.Figure:
    """How often each unit's gate is closed, against how often it is open (Karpathy et al. 2015, figure 3).

    A unit far to the right is often closed, one far up often open, one at the origin never fully either;
    none can lie beyond the diagonal.

    Args:
        closed: fraction of timesteps, ``(units,)``.
        opened: likewise.
        mean: of the gate, ``(units,)``, in 0..1; the colour of the mark.
        title: above it.
        limit: where both axes end; of ``shared_limit``.
    """
    marks = go.Scatter(
        x=closed,
        y=opened,
        mode="markers",
        customdata=np.stack([np.arange(len(closed)), mean], axis=-1),
        marker={
            "color": mean,
            "colorscale": palette.SEQUENTIAL,
            "cmin": 0,
            "cmax": 1,
            "size": 8,
            "line": {"width": 1, "color": "gray"},
            "colorbar": {
                "title": {"text": "mean", "font": _SMALL},
                "thickness": 10,
                "len": 0.9,
                "tickvals": [0, 0.5, 1],
                "tickfont": _SMALL,
                "outlinewidth": 0,
            },
        },
        hovertemplate="unit %{customdata[0]}: closed %{x:.0%}, open %{y:.0%}, "
        "mean %{customdata[1]:.2f}<extra></extra>",
    )
    figure = go.Figure(marks)
    figure.add_shape(
        type="line", x0=0, y0=1, x1=1, y1=0, layer="below",
        line={"color": "gray", "width": 1, "dash": "dot"},
    )  # fmt: skip
    fraction = {
        "range": [-0.04 * limit, 1.04 * limit], "tickvals": [0, limit / 2, limit], "tickformat": ".0%",
        "tickfont": _SMALL, "zeroline": False, "fixedrange": True,
    }  # fmt: skip
    figure.update_layout(
        title=_title(title),
        xaxis={"title": {"text": "closed", "font": _SMALL, "standoff": 4}, **fraction},
        yaxis={"title": {"text": "open", "font": _SMALL, "standoff": 4}, **fraction},
        **_FRAME,
    )
    return figure


def memory_lengths(
    memory: np.ndarray, timesteps: int, *, title: str, steps: StepKind, theme: str
) -> go.Figure:
    """Memory length of each unit, from the longest to the shortest, on a logarithmic axis.

    Args:
        memory: in timesteps, ``(units,)``; whatever is beyond ten sequences is drawn there.
        timesteps: of a sequence: a dotted line.
        title: above it.
        steps: the name of a timestep.
        theme: "light" or "dark".
    """
    order = np.argsort(-memory, kind="stable")
    shown = np.clip(memory[order], 0.1, 10 * timesteps)
    figure = go.Figure(
        go.Scatter(
            x=np.arange(1, len(memory) + 1),
            y=shown,
            mode="markers",
            customdata=np.stack([order, memory[order]], axis=-1),
            marker={"color": palette.signal_line("f", theme)["color"], "size": 6},
            hovertemplate=f"unit %{{customdata[0]}}: %{{customdata[1]:.1f}} {steps.plural}<extra></extra>",
        )
    )
    end = float(np.log10(timesteps))  # of the sequence; notes on a logarithmic axis are placed so
    figure.add_shape(
        type="line", xref="paper", x0=0, x1=1, y0=timesteps, y1=timesteps,
        line={"color": "gray", "width": 1, "dash": "dot"},
    )  # fmt: skip
    figure.add_annotation(
        text=f"all {timesteps} {steps.plural}", xref="paper", x=1, xanchor="right", y=end, yanchor="bottom",
        showarrow=False, font=_SMALL,
    )  # fmt: skip
    ticks = [digit * 10**power for power in (-1, 0, 1, 2, 3) for digit in (1, 2, 5)]
    top = max(2 * timesteps, 1.2 * float(shown.max()))
    bottom = 0.8 * min(1.0, float(shown.min()))
    figure.update_layout(
        title=_title(title),
        xaxis={
            "title": {"text": "units, longest memory first", "font": _SMALL, "standoff": 4},
            "range": [0, len(memory) + 1], "fixedrange": True, "zeroline": False, "showgrid": False,
            "tickfont": _SMALL,
        },
        yaxis={
            "title": {"text": steps.plural, "font": _SMALL, "standoff": 4}, "type": "log",
            "range": [float(np.log10(bottom)), float(np.log10(top))], "fixedrange": True,
            "tickvals": ticks, "ticktext": [f"{tick:g}" for tick in ticks], "tickfont": _SMALL,
        },
        **_FRAME,
    )  # fmt: skip
    return figure


def _title(text: str) -> dict[str, object]:
    return {
        "text": text,
        "font": {"size": 13},
        "x": 0,
        "xref": "container",
        "y": 0.97,
        "yanchor": "top",
    }
