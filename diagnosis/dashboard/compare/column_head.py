"""What stands above a model's panels: its name, its call, its probabilities, and where it settled."""

from collections.abc import Mapping
from html import escape

import numpy as np

from diagnosis.figures import palette
from diagnosis.inference.prediction import Prediction
from diagnosis.models.config import ModelConfig
from diagnosis.text.outcome import class_text, headline

MOST_CLASSES = 4  # shown by name in a column


def answer_head(
    title: str,
    prediction: Prediction,
    config: ModelConfig,
    *,
    shapes: Mapping[tuple[str, ...], str],
    theme: str,
) -> str:
    """HTML of a model that read the case; every name is escaped.

    Args:
        title: of the column.
        reading: of the case.
        config: the model's.
        shapes: predicted classes -> the shape that stands for it on the whole page.
        theme: "light" or "dark".
    """
    if prediction.outcome == "rejected":
        call, kind = "Rejected", "predicted rejected"
    elif prediction.outcome == "indeterminate":
        call, kind = "Indeterminate", "predicted"
    else:
        what = class_text(prediction.predicted_classes)
        shape = shapes.get(prediction.predicted_classes, "")
        call = f'<span aria-hidden="true">{shape}</span> {escape(what)}'
        kind = "predicted"
    return head(
        title,
        f'<p class="{kind}">{call}</p>',
        *_bars(prediction, config, theme),
        *_notes(prediction, config),
    )


def head(title: str, *lines: str) -> str:
    """HTML of a head: a title above lines of HTML."""
    return f'<div class="compare-head"><strong>{escape(title)}</strong>{"".join(lines)}</div>'


def remark(text: str) -> str:
    """HTML of what stands in the place of panels."""
    return f'<div class="compare-head">{note(text)}</div>'


def note(text: str) -> str:
    """HTML of one small line of a head."""
    return f"<p>{escape(text)}</p>"


def shown_classes(prediction: Prediction) -> list[int]:
    """All classes in their order, or the most probable ones where they are many."""
    if len(prediction.classes) <= MOST_CLASSES:
        return list(range(len(prediction.classes)))
    return np.argsort(-prediction.probabilities)[:MOST_CLASSES].tolist()


def _bars(prediction: Prediction, config: ModelConfig, theme: str) -> list[str]:
    """The probability of every class, or of the most probable ones, as numbers with small bars."""
    shown = shown_classes(prediction)
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
    rest = len(config.classes) - len(shown)
    return [f"<dl>{''.join(lines)}</dl>", note(f"and {rest} less probable") if rest else ""]


def _notes(prediction: Prediction, config: ModelConfig) -> list[str]:
    notes = []
    if prediction.threshold is not None and config.finding is not None:
        notes.append(f"{config.classes[config.finding]} from {prediction.threshold:.2f} on")
    if prediction.outcome == "indeterminate":
        notes.append(headline("", prediction.reasons).removeprefix(": "))
    if prediction.decision_step is not None:
        notes.append(f"settled at {config.encoder.steps.singular} {prediction.decision_step + 1}")
    return [note(text) for text in notes]
