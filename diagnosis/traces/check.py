"""Whether what was compiled of a model computes what the model's own layers compute.

A function that was compiled wrongly stays wrong for everybody until the process ends, and looks well. So each
trace is checked, and where it fails nothing is predicted.
"""

import logging
from collections.abc import Callable
from typing import TypeVar

import keras
import numpy as np

from diagnosis.models.store import ModelError

# Between a replayed state and the layer's own, in -1..1. Rounding makes 6e-7 at most with the shipped models
# (float32), half a thousandth where a GPU multiplies in TF32; other weights make 0.1 to 1.5.
STATES = 1e-3
# Of log odds: no probability moves by more than 0.0025. Rounding makes 2e-6, other weights 1 to 10.
LOGITS = 1e-2

log = logging.getLogger(__name__)
T = TypeVar("T")


class CheckError(ModelError):
    """What was compiled differs from the model; no prediction may be made of it."""


def check_states(difference: float) -> None:
    """See that replayed states are the layers' own.

    Raises:
        CheckError: they are further apart than rounding takes them, or not numbers.
    """
    if not difference <= STATES:
        raise CheckError(_words("a state", difference, STATES))


def check_logits(model: keras.Model, sequence: np.ndarray, logits: np.ndarray) -> None:
    """Check logits ``(logits,)`` against the model's layers, run one after the other.

    Args:
        model: that was compiled; this call of it is not.
        sequence: that was read, float32 ``(timesteps, features)``.
        logits: that the compiled function found for it.

    Raises:
        CheckError: they are further apart than rounding takes them, or not numbers.
    """
    own = model(np.asarray(sequence, np.float32)[None], training=False)
    check_log_odds(logits, keras.ops.convert_to_numpy(own)[0])


def check_log_odds(found: np.ndarray, own: np.ndarray) -> None:
    """See that log odds, of any shape, are what they should be.

    Raises:
        CheckError: they are further apart than rounding takes them, or not numbers.
    """
    difference = float(np.abs(own - found).max())
    if not difference <= LOGITS * max(1.0, float(np.abs(own).max())):
        raise CheckError(_words("the log odds", difference, LOGITS))


def rebuilt_once(compute: Callable[[], T], rebuild: Callable[[], object]) -> T:
    """Compute with something compiled; if its check fails, log it, build that again, and try once more.

    Raises:
        CheckError: the check failed again.
    """
    try:
        return compute()
    except CheckError as error:
        log.error("%s", error)
        rebuild()
        return compute()


def _words(what: str, difference: float, most: float) -> str:
    return (
        f"The check of the gates failed: {what} differs from the layer's own by {difference:.1e}, where "
        f"rounding makes {most:g} at most. No prediction is made with this model: restart Scanline, and if "
        "it comes again, tell whoever runs it."
    )
