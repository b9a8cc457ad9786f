"""Whether several models predict the same for one case, and which predicts what. Nothing is averaged away."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # it brings Keras
    from diagnosis.comparison.case_predictions import Outcome


@dataclass(frozen=True)
class Agreement:
    """Which models predict what, by their places in the order in which they were named."""

    predicting: Mapping[tuple[str, ...], tuple[int, ...]]  # predicted classes; most models first
    indeterminate: tuple[int, ...]
    rejected: tuple[int, ...]
    failed: tuple[int, ...]

    @property
    def disagree(self) -> bool:
        """Whether two models predict different classes."""
        return len(self.predicting) > 1

    @property
    def unanimous(self) -> bool:
        """Whether all models predict, and the same."""
        abstained = self.indeterminate or self.rejected or self.failed
        return len(self.predicting) == 1 and not abstained

    def to_json(self) -> dict[str, object]:
        """``{"predicted": [{"prediction", "models"}], "indeterminate", "rejected", "failed"}``, of counts."""
        return {
            "predicted": [
                {"prediction": list(classes), "models": len(places)}
                for classes, places in self.predicting.items()
            ],
            "indeterminate": len(self.indeterminate),
            "rejected": len(self.rejected),
            "failed": len(self.failed),
        }


def agreement(outcomes: Sequence["Outcome"]) -> Agreement:
    """Compare the predictions for one case."""
    predicting: dict[tuple[str, ...], list[int]] = {}
    abstained: dict[str, list[int]] = {"indeterminate": [], "rejected": [], "failed": []}
    for place, outcome in enumerate(outcomes):
        prediction = outcome.prediction
        if prediction is None:
            abstained["failed"].append(place)
        elif prediction.is_predicted:
            predicting.setdefault(prediction.predicted_classes, []).append(place)
        else:
            abstained[prediction.outcome].append(place)
    ranked = sorted(predicting.items(), key=lambda item: -len(item[1]))  # stable: first come first
    return Agreement(
        {classes: tuple(places) for classes, places in ranked},
        **{name: tuple(places) for name, places in abstained.items()},
    )
