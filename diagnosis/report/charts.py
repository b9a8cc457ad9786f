"""Charts of a report: scan, per-step prediction and hidden state, row beside row."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from diagnosis.figures.frame import Axis
from diagnosis.figures.panels import per_step_panel, picture_panel, signal_panel
from diagnosis.models.config import ModelConfig

if TYPE_CHECKING:  # it brings Keras
    from diagnosis.inference.prediction import Prediction

THEME = "light"  # it is printed


@dataclass(frozen=True, eq=False)
class Chart:
    """One panel."""

    figure: go.Figure
    words: str  # caption
    width: int  # pixels


def charts(prediction: "Prediction", config: ModelConfig, *, picture: bool) -> list[Chart]:
    """The panels of a prediction; a model without states has the picture alone.

    Args:
        prediction: with a trace, if the model is recurrent.
        config: the model's.
        picture: whether what the model saw may be shown: text that is burned into a scan is in it, too.
    """
    encoder = config.encoder
    axis = Axis(encoder.steps)
    drawn = []
    if picture:
        seen = encoder.view(prediction.image)
        drawn.append(Chart(picture_panel(seen, axis), "The scan, reduced.", 320))
    if prediction.trace is None or prediction.per_step is None:
        return drawn
    per_step = per_step_panel(
        prediction.per_step, config.classes, axis, theme=THEME,
        shown=None if config.finding is None else [config.finding],
        threshold=prediction.threshold, decision_step=prediction.decision_step,
    )  # fmt: skip
    last = prediction.trace.layers[-1]
    state = signal_panel(
        last.signals["h"], axis, title="hidden state h of the last layer", gate=False, theme=THEME
    )
    if not drawn:  # the numbers of the rows stand at the first panel
        per_step.update_layout(margin_l=32).update_yaxes(showticklabels=True)
    return [
        *drawn,
        Chart(per_step, f"Predicted probability after each {axis.step}.", 210),
        Chart(state, f"Each column is a unit, each line a {axis.step}.", 280),
    ]
