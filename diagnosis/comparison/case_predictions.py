"""One case read by several models, each for itself: what fails in one does not hurt the others."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from diagnosis.cases import Case, Selection
from diagnosis.core.errors import InputError
from diagnosis.core.population import Population
from diagnosis.inference.prediction import Prediction
from diagnosis.inference.predictor import Predictor
from diagnosis.models.store import Version
from diagnosis.scans import Quality, Scan, assess

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Outcome:
    """What came of one model: a reading, or the sentence that says why there is none."""

    version: Version
    prediction: Prediction | None
    problem: str | None
    seconds: float | None  # of the reading alone: the model was loaded and the image prepared


def predict_with_each(
    versions: Sequence[Version],
    scan: Scan,
    *,
    frame: int = 0,
    image: np.ndarray | None = None,
    load: Callable[[Version], Predictor] = Predictor,
    trace: bool = True,
) -> tuple[Outcome, ...]:
    """Read one case with every version, in their order.

    To reduce a scan and to check its quality costs more than to read it, so both are done once for all
    models that want the same.

    Args:
        versions: to read with.
        scan: as read from a file.
        frame: which frame of a stack or slice of a volume, for models of pictures.
        image: uint8, the case as a data set holds it, where it comes from one: then nothing is framed.
        load: gives a version's model, for whoever keeps models in memory.
        trace: whether to keep states, gates and the running verdict.

    Returns:
        One outcome a version. An ``InputError`` is told in its own words; any other exception is logged,
        and told in a plain sentence.
    """

    case = Case(scan, Selection(frame))

    @cache
    def quality(volume: bool, grey: bool, population: Population) -> Quality:
        seen, sample = None if volume else frame, image is not None
        return assess(scan, seen, expects_grey=grey, population=population, of_data_set=sample)

    def read(version: Version) -> Outcome:
        model = load(version)
        encoder = model.config.encoder
        seen = encoder.example(case) if image is None else image
        fitness = quality(encoder.whole, encoder.expects_grey, model.population)
        started = time.perf_counter()
        prediction = model.read_image(seen, fitness, trace=trace)
        return Outcome(version, prediction, None, time.perf_counter() - started)

    outcomes = []
    for version in versions:
        try:
            outcomes.append(read(version))
        except Exception as error:  # whatever it is, it is this model's alone
            outcomes.append(Outcome(version, None, problem_of(version, error), None))
    return tuple(outcomes)


def problem_of(version: Version, error: Exception) -> str:
    """The sentence about a model that failed. What nobody but us can put right is logged, too."""
    if isinstance(error, InputError):
        return str(error)
    _log.error("%s, version %s, failed", version.name, version.version, exc_info=error)
    return (
        f"{version.name}, version {version.version}, failed for a reason that lies in Scanline, not in your "
        "scan: the log has it."
    )
