"""Predictions of several models for one case; a failure of one does not affect the others."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from diagnosis.cases import Case
from diagnosis.core.errors import InputError
from diagnosis.inference.prediction import Prediction
from diagnosis.inference.predictor import Predictor
from diagnosis.models.store import Version

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Outcome:
    """Result of one model: a prediction, or a sentence about its failure."""

    version: Version
    prediction: Prediction | None
    problem: str | None
    seconds: (
        float | None
    )  # of the prediction alone, without loading the model and preparing the case


def predict_with_each(
    versions: Sequence[Version],
    case: Case,
    *,
    load: Callable[[Version], Predictor] = Predictor,
    trace: bool = True,
) -> tuple[Outcome, ...]:
    """Read one case with every version, in their order; models that want the same share its framing.

    Args:
        versions: to read with.
        case: to read.
        load: gives a version's model, for callers that keep models in memory.
        trace: whether to return states, gates and per-step predictions.

    Returns:
        One outcome a version, with the words of an ``InputError``; any other exception is logged and gets a
        plain sentence.
    """

    def read(version: Version) -> Outcome:
        model = load(version)
        model.config.encoder.encode(case)  # made once a case, and so is the quality: not counted
        model.quality(case)
        started = time.perf_counter()
        prediction = model.predict(case, trace=trace)
        return Outcome(version, prediction, None, time.perf_counter() - started)

    outcomes = []
    for version in versions:
        try:
            outcomes.append(read(version))
        except Exception as error:  # whatever it is, it is this model's alone
            outcomes.append(Outcome(version, None, problem_of(version, error), None))
    return tuple(outcomes)


def problem_of(version: Version, error: Exception) -> str:
    """The sentence about a model that failed. An exception that is no input error is logged, too."""
    if isinstance(error, InputError):
        return str(error)
    _log.error("%s, version %s, failed", version.name, version.version, exc_info=error)
    return (
        f"{version.name}, version {version.version}, failed for a reason that lies in Scanline, not in your "
        "scan: the log has it."
    )
