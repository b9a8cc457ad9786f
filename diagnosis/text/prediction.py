"""A prediction in one line, and its decision step."""

from typing import TYPE_CHECKING

from diagnosis.text.classes import class_text
from diagnosis.text.outcome import OUTCOMES, decision_words, headline

if TYPE_CHECKING:
    from diagnosis.inference.prediction import Prediction


def title(prediction: "Prediction") -> str:
    """The outcome of a case in one line: *Prediction: pneumonia*, or as `headline`."""
    if prediction.is_predicted:
        return f"{OUTCOMES['predicted']}: {class_text(prediction.predicted_classes)}"
    return headline(prediction.outcome, prediction.reasons)


def decision_of(prediction: "Prediction", singular: str) -> str | None:
    """From which step a prediction no longer changes; None if nothing can be said about it."""
    return decision_words(
        None if prediction.decision_step is None else prediction.decision_step + 1,
        singular=singular,
        never_crossed=prediction.never_crossed,
        threshold=prediction.threshold is not None,
    )
