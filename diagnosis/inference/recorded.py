"""Predictions that come with Scanline, of shipped versions for shipped examples: they wait for no Keras.

    python -m diagnosis.inference.recorded

records them again, for a new version or example. Without a recording the version reads the example itself.
"""

from functools import lru_cache
from pathlib import Path

from diagnosis.cases import Case
from diagnosis.core.paths import ASSETS
from diagnosis.inference.interpreter import Interpreter
from diagnosis.inference.prediction import Prediction
from diagnosis.models.store import Version
from diagnosis.traces import archive

FOLDER = ASSETS / "examples" / "traces"
RECORDED = (("pneumoniamnist/lstm", "chest-288"),)  # what a new user sees first: version, example


def recorded(version: Version, case: Case) -> Prediction | None:
    """The prediction of a version for a case; None unless its trace was recorded.

    Raises:
        ModelError: the version's files are not what was saved.
    """
    return _read(version, case) if _path(version, case).is_file() else None


@lru_cache(maxsize=8)
def _read(version: Version, case: Case) -> Prediction:
    trace, sequence = archive.read(_path(version, case)), version.config.encoder.encode(case)
    return Interpreter(version).prediction(
        case, sequence, trace.logits, per_step_logits=trace.per_step_logits, trace=trace
    )


def _path(version: Version, case: Case) -> Path:
    return FOLDER / f"{version.version}-{case.sha256[:12]}.npz"


def _record() -> None:
    from diagnosis.datasets.examples import shipped
    from diagnosis.inference.predictor import Predictor
    from diagnosis.models import store

    FOLDER.mkdir(exist_ok=True)
    for name, example in RECORDED:
        version, case = store.active(name), shipped()[example].case
        assert version is not None
        found = Predictor(version).predict(case)
        assert found.trace is not None and found.per_step is not None
        arrays = archive.arrays(found.trace, found.probabilities, found.per_step)
        archive.write(_path(version, case), arrays)


if __name__ == "__main__":
    _record()
