"""The entry of the audit log for a prediction that was shown."""

from typing import TYPE_CHECKING

from diagnosis.audit.entry import Entry
from diagnosis.models.store import Version

if TYPE_CHECKING:  # it brings Keras
    from diagnosis.inference.prediction import Prediction


def prediction_entry(
    prediction: "Prediction",
    version: Version,
    *,
    case: str,
    source: str = "file",
    frame: int | None = None,
    axis: str | None = None,
    by: str = "",
    session: str = "",
    label: tuple[str, ...] | None = None,
) -> Entry:
    """Prediction and case; see `Entry`. A rejected case has no probabilities there.

    Names are the card's: a version may lie in a folder of any name, even of a person.
    """
    rejected = prediction.outcome == "rejected"
    return Entry(
        "prediction shown",
        case=case,
        source=source,
        task=version.card.dataset.name,
        by=by,
        session=session,
        frame=frame,
        axis=axis,
        model=version.card.model,
        version=version.card.version,
        outcome=prediction.outcome,
        prediction=prediction.predicted_classes if prediction.is_predicted else None,
        reasons=tuple(reason.code for reason in prediction.reasons) or None,
        probabilities=None if rejected else prediction.by_class(prediction.probabilities),
        threshold=prediction.threshold,
        quality=prediction.quality.level,
        label=label,
    )
