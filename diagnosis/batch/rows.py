"""The result for each file, and the piece of work that is handed to a process or a remote worker."""

import socket
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from diagnosis.cases import Case
from diagnosis.core.errors import InputError
from diagnosis.models.store import Version, sha256_of
from diagnosis.scans import Limits, Scan, read_scan_file

if TYPE_CHECKING:
    from diagnosis.inference.predictor import Predictor

Outcome = Literal["predicted", "indeterminate", "rejected", "unreadable"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)


@dataclass(frozen=True)
class Row:
    """Result of one file. None where there is no value."""

    sha256: str | None  # of the file's bytes; None if they cannot be had
    outcome: Outcome
    frame: int | None = None  # that was read, from 1; None if all were
    prediction: tuple[str, ...] | None = None  # classes
    probabilities: tuple[float, ...] | None = None  # calibrated, by class; None if rejected
    quality: str | None = None  # green, amber or red
    ood: float | None = None  # conformal p-value
    reasons: tuple[dict[str, Any], ...] = ()  # of an abstention, as ``Reason.to_json`` gives them
    warnings: tuple[dict[str, Any], ...] = ()
    error: str | None = None  # why it cannot be read


@dataclass(frozen=True)
class Job:
    """A piece of work, for any process that has the same folders at the same places."""

    name: str  # of its results
    folder: Path
    paths: tuple[str, ...]
    version: Path  # the model version's folder
    limits: Limits


def read_files(job: Job) -> list[Row]:
    """Read files, one after the other; the model stays loaded for the next piece of work.

    Raises:
        InputError: this process does not reach the files or the model, or the model cannot be used.
    """
    for place in (job.folder, job.version):
        if not place.is_dir():
            raise InputError(
                f"On {socket.gethostname()} there is no folder {place}: every worker needs the scans and "
                "$SCANLINE_HOME at the same path (docs/cluster.md)."
            )
    model = _model(job.version)
    return [_row(job.folder / path, model, job.limits) for path in job.paths]


@lru_cache(maxsize=1)
def _model(folder: Path) -> "Predictor":
    # brings TensorFlow, which only the process that predicts needs
    from diagnosis.inference.predictor import Predictor

    return Predictor(Version(folder))


def _row(path: Path, model: "Predictor", limits: Limits) -> Row:
    return row_of(
        partial(read_scan_file, path, limits=limits), model, partial(sha256_if_readable, path)
    )


def row_of(read: Callable[[], Scan], model: "Predictor", sha256: Callable[[], str | None]) -> Row:
    """The result of one file.

    Args:
        read: decodes it, or raises `InputError`.
        model: that predicts.
        sha256: of the file's bytes, asked for where it cannot be read.
    """
    try:
        scan = read()
        case = Case.of(scan, whole=model.config.encoder.whole)
        prediction = model.predict(case, trace=False)
    except InputError as error:
        return Row(sha256(), "unreadable", error=str(error))
    return Row(
        scan.sha256,
        prediction.outcome,
        frame=case.selection.number,
        prediction=prediction.predicted_classes if prediction.is_predicted else None,
        probabilities=None
        if prediction.outcome == "rejected"
        else tuple(map(float, prediction.probabilities)),
        quality=prediction.quality.level,
        ood=None if prediction.ood is None else prediction.ood.p_value,
        reasons=tuple(reason.to_json() for reason in prediction.reasons),
        warnings=tuple(reason.to_json() for reason in prediction.warnings),
    )


def sha256_if_readable(path: Path) -> str | None:
    """SHA-256 of a file; None if it cannot be opened."""
    try:
        return sha256_of(path)
    except OSError:
        return None
