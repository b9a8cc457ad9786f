"""The line of the trail that says which answer of a model was shown."""

from typing import TYPE_CHECKING

from diagnosis.audit.entry import Entry
from diagnosis.models.store import Version

if TYPE_CHECKING:  # it brings Keras
    from diagnosis.inference.prediction import Prediction


def answer_shown(
    prediction: "Prediction",
    version: Version,
    *,
    case: str,
    source: str = "file",
    frame: int | None = None,
    by: str = "",
    visit: str = "",
    label: tuple[str, ...] | None = None,
) -> Entry:
    """What a reading answered, and to which case; see `Entry`. What is refused has no probabilities there.

    Names are the card's: a version may lie in a folder of any name, even of a person.
    """
    refused = prediction.outcome == "rejected"
    return Entry(
        "answer shown",
        case=case,
        source=source,
        task=version.card["dataset"]["name"],
        by=by,
        visit=visit,
        frame=frame,
        model=version.card.get("model"),
        version=version.card.get("version"),
        outcome=prediction.outcome,
        prediction=prediction.predicted_classes if prediction.is_predicted else None,
        probabilities=None if refused else prediction.by_class(prediction.probabilities),
        threshold=prediction.threshold,
        quality=prediction.quality.level,
        label=label,
    )
