"""The head of a column: a model's name, prediction, probabilities and decision step."""

from collections.abc import Mapping
from html import escape

from diagnosis.dashboard.widgets.step_board import most_probable
from diagnosis.figures import palette
from diagnosis.inference.prediction import Prediction
from diagnosis.models.config import ModelConfig
from diagnosis.text.classes import class_text
from diagnosis.text.outcome import OUTCOMES, short_reasons
from diagnosis.text.prediction import decision_of


def prediction_head(
    title: str,
    prediction: Prediction,
    config: ModelConfig,
    *,
    shapes: Mapping[tuple[str, ...], str],
    theme: str,
    follows: bool,
) -> str:
    """HTML of a model's prediction; every name is escaped.

    Args:
        title: of the column.
        prediction: of the case.
        config: the model's.
        shapes: predicted classes -> their shape on the whole page.
        theme: "light" or "dark".
        follows: whether a line says the per-step prediction at the cursor.
    """
    outcome = OUTCOMES[prediction.outcome]
    if prediction.is_predicted:
        classes, shape = prediction.predicted_classes, shapes.get(prediction.predicted_classes, "")
        outcome = f'<span aria-hidden="true">{shape}</span> {escape(class_text(classes))}'
    return head(
        title,
        f'<p class="outcome {prediction.outcome}">{outcome}</p>',
        *([] if prediction.is_rejected else _bars(prediction, config, theme)),
        _notes(prediction, config, follows),
    )


def head(title: str, *lines: str) -> str:
    """HTML of a head: a title above lines of HTML."""
    return f'<div class="compare-head"><strong>{escape(title)}</strong>{"".join(lines)}</div>'


def remark(text: str) -> str:
    """HTML of a sentence in the place of panels."""
    return f'<div class="compare-head">{note(text)}</div>'


def note(text: str) -> str:
    """HTML of one small line of a head."""
    return f"<p>{escape(text)}</p>"


def _bars(prediction: Prediction, config: ModelConfig, theme: str) -> list[str]:
    """Probabilities as numbers with small bars: of the finding, or of the most probable classes."""
    finding = config.finding
    shown = most_probable(prediction.probabilities) if finding is None else [finding]
    lines = []
    for index in shown:
        value = float(prediction.probabilities[index])
        mark = ""
        if prediction.threshold is not None and index == config.finding:
            mark = f'<i style="left:{100 * prediction.threshold:.1f}%"></i>'
        lines.append(
            f"<dt>{escape(config.classes[index])}</dt><dd>{value:.2f}</dd>"
            f'<dd class="bar" aria-hidden="true">{mark}<b style="width:{100 * value:.1f}%;'
            f'background:{palette.class_colour(index, theme)}"></b></dd>'
        )
    rest = len(config.classes) - len(shown) if finding is None else 0
    return [f"<dl>{''.join(lines)}</dl>", note(f"and {rest} less probable") if rest else ""]


def _notes(prediction: Prediction, config: ModelConfig, follows: bool) -> str:
    notes = []
    if prediction.threshold is not None and not prediction.is_rejected:
        notes.append(f"threshold {prediction.threshold:.2f}")
    if prediction.outcome == "indeterminate":
        notes.append(short_reasons(prediction.reasons))
    if decision := decision_of(prediction, config.encoder.steps.singular):
        notes.append(f"decision step: {decision}")
    at_cursor = '<span class="step-readout"></span> ' if follows else ""
    return f"<p>{at_cursor}{' '.join(f'<span>{escape(text)}</span>' for text in notes)}</p>"
