"""The board: picture, running verdict and gates side by side, row by row, under one cursor."""

import numpy as np
import streamlit as st

from diagnosis.dashboard.widgets.persistent import persistent
from diagnosis.dashboard.widgets.signals import WORDS, layer_words, letter
from diagnosis.dashboard.widgets.step_cursor import row_cursor
from diagnosis.figures import palette
from diagnosis.figures.panels import Axis, per_step_panel, picture_panel, signal_panel
from diagnosis.inference.prediction import Prediction
from diagnosis.models.config import ModelConfig
from diagnosis.traces import GATES, LayerTrace

_PLOT = {"displayModeBar": False, "scrollZoom": False}


@st.fragment
def board(prediction: Prediction, config: ModelConfig, *, row: int) -> None:
    """Draw a recurrent model's reading. Changing layer or gate reruns this part of the page only.

    Args:
        reading: with a trace.
        config: the model's.
        row: where the cursor starts, counted from 1.
    """
    assert prediction.trace is not None and prediction.per_step is not None
    theme = "dark" if st.context.theme.type == "dark" else "light"
    upward = config.encoder.steps.upward
    unit = config.encoder.steps.singular
    axis = Axis(unit, upward)
    layer, signal = _choice(prediction)
    picture = config.encoder.view(prediction.image).lines

    cursor = st.container(key="board-cursor-place")
    with st.container(key="board", horizontal=True, gap="small"):
        width = picture.shape[1] / picture.shape[0]
        with st.container(width=max(220, int(390 * min(1.0, width)))):
            st.plotly_chart(
                picture_panel(picture, axis, title="what the model sees"),
                key="board-picture", config=_PLOT, alt="The picture as the model sees it",
            )  # fmt: skip
        with st.container(width=230):
            st.plotly_chart(
                per_step_panel(
                    prediction.per_step, config.classes, axis, title="running verdict", theme=theme,
                    shown=None if config.finding is None else [config.finding],
                    threshold=prediction.threshold, decision_step=prediction.decision_step,
                ),
                key="board-verdict", config=_PLOT, alt=f"Estimated probability after each {unit}",
            )  # fmt: skip
        with st.container(width="stretch"):
            st.plotly_chart(
                signal_panel(
                    layer.signals[signal], axis, title=WORDS[layer.cell, signal],
                    gate=signal in GATES, theme=theme,
                ),
                key="board-signal", config=_PLOT, alt=f"All units of the chosen gate at every {unit}",
            )  # fmt: skip
    with cursor:
        _cursor(
            prediction, _readouts(prediction, config, layer, signal), row, theme, Axis(unit, upward)
        )
    _explain(prediction, config, unit)


@st.fragment
def _cursor(prediction: Prediction, readouts: list[str], row: int, theme: str, axis: Axis) -> None:
    """The cursor is a fragment of its own: when it rests, the panels are not drawn again."""
    task, _, variant = prediction.model.partition("/")
    with st.container(horizontal=True, vertical_alignment="center"):
        rests = row_cursor(
            "board", row=row, readouts=readouts, colour=palette.CURSOR[theme], halo=palette.HALO[theme],
            unit=axis.unit, upward=axis.upward,
        )  # fmt: skip
        st.page_link(
            "pages/gates.py", label="Open every gate",
            query_params={"task": task, "model": variant, "row": str(rests)},
        )  # fmt: skip


def _choice(prediction: Prediction) -> tuple[LayerTrace, str]:
    """Ask for layer, direction and gate or state."""
    assert prediction.trace is not None
    layers = {layer.key: layer for layer in prediction.trace.layers}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = next(iter(layers))
        if len(layers) > 1:
            chosen = st.selectbox(
                "Layer", list(layers), **persistent(f"layer-{prediction.model}", chosen, layers), width=260,
                format_func=lambda key: layer_words(layers[key]),
            )  # fmt: skip
        layer = layers[chosen]
        signals = list(layer.signals)
        if len(signals) == 1:
            return layer, signals[0]
        signal = st.segmented_control(
            "Gate or state", signals, **persistent(f"signal-{layer.cell}", signals[1], signals),
            format_func=letter, required=True,
        )  # fmt: skip
    return layer, signal or signals[0]


def _readouts(
    prediction: Prediction, config: ModelConfig, layer: LayerTrace, signal: str
) -> list[str]:
    """What the cursor says at each timestep."""
    assert prediction.per_step is not None
    values = layer.signals[signal]
    said = []
    for at, probabilities in zip(values, prediction.per_step, strict=True):
        index = int(probabilities.argmax()) if config.finding is None else config.finding
        if np.isnan(at).all():
            said.append("not read (padding)")
            continue
        said.append(
            f"{config.classes[index]} {probabilities[index]:.2f}, "
            f"{letter(signal)} on average {at.mean():.2f} ({at.min():.2f} to {at.max():.2f})"
        )
    return said


def _explain(prediction: Prediction, config: ModelConfig, unit: str) -> None:
    assert prediction.trace is not None
    settled = (
        "" if prediction.decision_step is None
        else f"The answer no longer changes from {unit} {prediction.decision_step + 1} on. "
    )  # fmt: skip
    honest = (
        f"This model also reads backwards, so its verdict after {unit} t is a fresh reading of {unit}s 1 "
        "to t alone. "
        if prediction.trace.reread
        else ""
    )
    st.caption(
        f"{settled}{honest}Time runs {'up' if config.encoder.steps.upward else 'down'}: "
        f"each line of the heatmap belongs to the {unit} beside it. Press on a panel, drag the slider or use "
        f"the arrow keys. Gates are replayed from the weights and checked against the layer at every {unit}: "
        f"largest difference {prediction.trace.difference:.1e}. Units have no clinical meaning of their own."
    )
