"""A prediction without the padding of its sequence, as a step board draws it."""

from collections.abc import Sequence as Several
from dataclasses import replace

import numpy as np

from diagnosis.inference.prediction import Prediction
from diagnosis.sequences.sequence import Part
from diagnosis.traces import LayerTrace, Trace


def read_steps(mask: np.ndarray, parts: Several[Part] = ()) -> np.ndarray:
    """Indices of the steps that are no padding, int ``(n,)``: of each part up to the last one that is read.

    What else was masked, such as a hidden event, stays: its place is a step of the case. A part that is
    missing has none.

    Args:
        mask: bool ``(steps,)``.
        parts: of the sequence; by default it is one.
    """
    ranges = [(part.start, part.stop) for part in parts] or [(0, len(mask))]
    found = []
    for start, stop in ranges:
        read = np.flatnonzero(mask[start:stop])
        found.append(np.arange(start, start + (int(read[-1]) + 1 if len(read) else 0)))
    return np.concatenate(found)


def unpadded(prediction: Prediction, parts: Several[Part] = ()) -> Prediction:
    """The same prediction without its padding; of several parts each without its own.

    A prediction whose sequence has none is returned itself, as is one of which nothing was read.
    """
    sequence = prediction.sequence
    drawn = read_steps(sequence.mask, parts)
    if len(drawn) in (0, len(sequence)):
        return prediction
    step = prediction.decision_step
    return replace(
        prediction,
        sequence=replace(
            sequence,
            inputs={name: values[drawn] for name, values in sequence.inputs.items()},
            mask=sequence.mask[drawn],
            steps=tuple(sequence.steps[number] for number in drawn.tolist()),
        ),
        per_step=None if prediction.per_step is None else prediction.per_step[drawn],
        trace=None if prediction.trace is None else _trace(prediction.trace, drawn),
        decision_step=None if step is None else int(np.searchsorted(drawn, step)),
    )


def _trace(trace: Trace, drawn: np.ndarray) -> Trace:
    return replace(
        trace,
        sequence=trace.sequence[drawn],
        per_step_logits=trace.per_step_logits[drawn],
        layers=tuple(_layer(layer, drawn) for layer in trace.layers),
    )


def _layer(layer: LayerTrace, drawn: np.ndarray) -> LayerTrace:
    previous = layer.previous
    if previous is not None:  # -1 stays: there was none
        previous = np.where(previous < 0, -1, np.searchsorted(drawn, previous))[drawn]
    return replace(
        layer,
        signals={name: values[drawn] for name, values in layer.signals.items()},
        input=layer.input[drawn],
        previous=previous,
    )
