"""Whether several models call the same on one case, and who says what. Nothing is averaged away."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # it brings Keras
    from diagnosis.comparison.case_predictions import Outcome


@dataclass(frozen=True)
class Agreement:
    """Who calls what, by the models' places in the order in which they were asked."""

    predicting: Mapping[
        str, tuple[int, ...]
    ]  # what is called, in words -> who does; most callers first
    indeterminate: tuple[int, ...]  # make no call: it is too close
    refused: tuple[int, ...]  # not fit to be read, or not like what the model knows
    failed: tuple[int, ...]

    @property
    def disagree(self) -> bool:
        """Whether two of them call different things."""
        return len(self.predicting) > 1

    @property
    def unanimous(self) -> bool:
        """Whether all of them call, and the same."""
        return len(self.predicting) == 1 and not (self.indeterminate or self.refused or self.failed)

    @property
    def sentence(self) -> str:
        """The same in words."""
        said = [self._predictions()]
        if self.predicting:
            verb = "makes" if len(self.indeterminate) == 1 else "make"
            said.append(self._missing(self.indeterminate, f"{verb} no call"))
        if self.predicting or self.indeterminate:
            said.append(self._missing(self.refused, "refused it"))
        if self.predicting or self.indeterminate or self.refused:
            said.append(self._missing(self.failed, "could not read it"))
        return " ".join(filter(None, said))

    def _predictions(self) -> str:
        counted = [(what, len(who)) for what, who in self.predicting.items()]
        if self.disagree:
            (most, count), *others = counted
            rest = ", ".join(f"{fewer} {what}" for what, fewer in others)
            return f"They disagree: {count} call{'' if count > 1 else 's'} {most}, {rest}."
        for what, count in counted:
            if count == 1:
                return f"One calls {what}."
            of = count + len(self.indeterminate) + len(self.refused) + len(self.failed)
            every = f"{count} of {of}" if count < of else "Both" if count == 2 else f"All {count}"
            return f"{every} call {what}."
        if self.indeterminate:
            return "Nothing is called: it is too close to call."
        if self.refused:
            return "Nothing is called: the models refuse the picture."
        return "No model could read it."

    def _missing(self, who: Sequence[int], did: str) -> str:
        return f"{len(who)} {did}." if who else ""


def agreement(outcomes: Sequence["Outcome"]) -> Agreement:
    """Compare what is called in the outcomes of one case."""
    predicting: dict[str, list[int]] = {}
    indeterminate, refused, failed = [], [], []
    for place, outcome in enumerate(outcomes):
        if outcome.prediction is None:
            failed.append(place)
        elif outcome.prediction.outcome == "rejected":
            refused.append(place)
        elif outcome.prediction.outcome == "indeterminate":
            indeterminate.append(place)
        else:
            predicting.setdefault(in_words(outcome.prediction.predicted_classes), []).append(place)
    ranked = sorted(predicting.items(), key=lambda item: -len(item[1]))  # stable: first come first
    found = {what: tuple(who) for what, who in ranked}
    return Agreement(found, tuple(indeterminate), tuple(refused), tuple(failed))


def in_words(call: Sequence[str]) -> str:
    """What is called: a class, or any number of labels."""
    return ", ".join(call) or "none of the labels"
