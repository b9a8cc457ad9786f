"""In which order the units of a layer are drawn: as numbered, by contribution, or alike side by side.

Contribution of a unit to the log odds of a class: its state times the gradient of the log odds by that state
as the layers after it receive it, summed over timesteps (gradient × input, Shrikumar et al. 2016,
arXiv:1605.01713). Where the layer feeds a linear output of one logit a class (binary, multi-label) this is
exact: h_T · w, and with the bias the units' contributions add up to the log odds. Where other layers follow,
or where the log odds weigh one class against several others, it is a first-order estimate.

Clusters: agglomerative, average linkage over 1 - correlation of the units' trajectories (Eisen et al. 1998,
doi:10.1073/pnas.95.25.14863), leaves turned so that neighbours are alike (Bar-Joseph et al. 2001,
doi:10.1093/bioinformatics/17.suppl_1.S22).
"""

from collections.abc import Callable, Sequence
from typing import Any, Literal

import keras
import numpy as np
from keras import ops

from diagnosis.core.errors import InputError
from diagnosis.datasets.facts import Task
from diagnosis.models import head_ops
from diagnosis.models.compiled import value_and_gradient
from diagnosis.traces.check import check_log_odds
from diagnosis.traces.taken_apart import taken_apart
from diagnosis.traces.trace import Trace

UnitOrder = Literal["index", "contribution", "cluster"]
OPTIMAL_UP_TO = 512  # units; turning the leaves takes cubic time, 0.1 s for these


def ordered_units(
    how: UnitOrder, states: np.ndarray, contributions: np.ndarray | None = None
) -> np.ndarray:
    """The units of a layer half in the order in which they are drawn.

    Args:
        how: "index" as numbered; "contribution" from the one that speaks most for the class to the one that
            speaks most against it; "cluster" those that move alike side by side.
        states: h of the half, ``(timesteps, units)``; NaN where padding was not read.
        contributions: of ``Contributions``, ``(timesteps, units)``; needed for "contribution".

    Returns:
        Numbers of units from 0, int64 ``(units,)``.
    """
    if how == "contribution":
        if contributions is None:
            raise InputError("To order units by contribution, give their contributions.")
        return np.argsort(-contributions.sum(axis=0), kind="stable")
    return _clustered(states) if how == "cluster" else np.arange(states.shape[-1])


def _clustered(states: np.ndarray) -> np.ndarray:
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    units = states.shape[-1]
    if units < 3:
        return np.arange(units)
    read = states[~np.isnan(states).any(axis=1)].astype(np.float64)
    centred = read - read.mean(axis=0)
    norms = np.linalg.norm(centred, axis=0)
    constant = norms < 1e-6 * max(1.0, float(norms.max(initial=0)))
    directions = np.where(constant, 0, centred / np.where(constant, 1, norms))
    distances = 1 - directions.T @ directions  # a constant unit is like no other unit ...
    distances[np.ix_(constant, constant)] = 0  # ... but constant ones
    np.fill_diagonal(distances, 0)
    condensed = squareform(np.maximum(distances, 0), checks=False)
    tree = linkage(condensed, "average", optimal_ordering=units <= OPTIMAL_UP_TO)
    order: np.ndarray = leaves_list(tree)
    return order.astype(np.int64)


class Contributions:
    """What each unit contributes to the log odds of a class, at each timestep.

    Safe to share between threads. Compiled once a layer, not once a class.
    """

    def __init__(
        self,
        model: keras.Model,
        task: Task,
        classes: int,
        *,
        temperature: float = 1.0,
        bias: Sequence[float] = (0.0,),
    ) -> None:
        """Prepare; nothing is compiled before the first call.

        Args:
            model: of ``models.build``.
            task: of the data set.
            classes: how many.
            temperature: of the calibration, so that the log odds are those of the predicted probability.
            bias: likewise, one a logit.

        Raises:
            InputError: the model has no recurrent layer.
        """
        self._network = taken_apart(model)
        self._task: Task = task
        self._classes = classes
        self._temperature, self._bias = temperature, np.asarray(bias, np.float32)
        self._after = [
            value_and_gradient(self._log_odds_after(number))
            for number in range(len(self._network.recurrent))
        ]

    def __call__(self, trace: Trace, key: str, index: int) -> np.ndarray:
        """Contributions of the units of one half, float32 ``(timesteps, units)``.

        Their sum over timesteps is each unit's. Where only the last state is passed on, all other timesteps
        are 0. Padding repeats the last state, and counts for it.

        Args:
            trace: of the same model.
            key: of the half, as in ``LayerTrace.key``.
            index: of the class.

        Raises:
            InputError: there is no such layer.
            CheckError: the states do not lead to the trace's answer.
        """
        recurrences = self._network.recurrent
        places = {
            half.key: (number, half.units, [other.key for other in recurrence.halves])
            for number, recurrence in enumerate(recurrences)
            for half in recurrence.halves
        }
        if key not in places:
            raise InputError(f"There is no layer {key!r}: it has {', '.join(places)}.")
        number, units, keys = places[key]
        if self._network.branches and number + 1 < len(recurrences):
            raise InputError("What follows a branch depends on the others: choose the fusion LSTM.")
        by_key = {layer.key: layer for layer in trace.layers}
        halves = [
            _unblanked(by_key[k].signals["h"], by_key[k].direction == "backward") for k in keys
        ]
        states = np.concatenate(halves, axis=-1)[None]
        wanted = np.zeros((1, self._classes), np.float32)
        wanted[0, index] = 1
        skipped = self._network.skipped(trace.sequence)
        masks = () if skipped is None else (~skipped[None],)
        value, gradient = self._after[number](states, wanted, *masks)
        own = self._log_odds(trace.logits[None], wanted)
        check_log_odds(value, ops.convert_to_numpy(own))
        start = keys.index(key) * units
        shares: np.ndarray = (states * gradient)[0, :, start : start + units]
        return shares

    def _log_odds_after(self, number: int) -> Callable[..., Any]:
        """Log odds ``(n,)`` of a wanted class from the states that layer ``number`` hands on."""
        network = self._network

        def log_odds(states: Any, wanted: Any, mask: Any = None) -> Any:
            if number + 1 < len(network.recurrent):
                halves = network.states(states, mask, first=number + 1)
            else:
                halves = ops.split(states, len(network.recurrent[number].halves), axis=-1)
            return self._log_odds(network.logits(halves), wanted)

        return log_odds

    def _log_odds(self, logits: Any, wanted: Any) -> Any:
        """Log odds ``(n,)`` of the wanted class after calibration, of logits ``(n, logits)``."""
        logits = logits / self._temperature + self._bias
        each = [head_ops.log_odds(logits, self._task, index) for index in range(self._classes)]
        return ops.sum(ops.stack(each, axis=-1) * wanted, axis=-1)


def _unblanked(states: np.ndarray, backward: bool) -> np.ndarray:
    """What a layer hands on at padding, where a trace has NaN: the state it had, 0 before it read."""
    skipped = np.isnan(states).any(axis=1)
    if not skipped.any():
        return states
    way = slice(None, None, -1 if backward else 1)
    latest = np.maximum.accumulate(np.where(skipped[way], 0, np.arange(len(states))))
    outputs: np.ndarray = np.nan_to_num(states[way][latest][way])
    return outputs
