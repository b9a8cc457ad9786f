"""A prediction without the padding at the end of its sequence, as a step board draws it."""

from dataclasses import replace

import numpy as np

from diagnosis.inference.prediction import Prediction
from diagnosis.traces import Trace


def unpadded(prediction: Prediction) -> Prediction:
    """The same prediction, its per-step part up to the last step that is no padding.

    A prediction whose sequence has none is returned itself. What else was masked, such as a hidden event,
    stays: its place is a step of the case.
    """
    sequence, whole = prediction.sequence, len(prediction.sequence)
    read = np.flatnonzero(sequence.mask)
    n = int(read[-1]) + 1 if len(read) else 0
    if n in (0, whole):
        return prediction
    inputs = {name: values[:n] for name, values in sequence.inputs.items()}
    return replace(
        prediction,
        sequence=replace(sequence, inputs=inputs, mask=sequence.mask[:n], steps=sequence.steps[:n]),
        per_step=None if prediction.per_step is None else prediction.per_step[:n],
        trace=None if prediction.trace is None else _first(prediction.trace, n),
    )


def _first(trace: Trace, n: int) -> Trace:
    layers = tuple(
        replace(
            layer,
            signals={name: values[:n] for name, values in layer.signals.items()},
            input=layer.input[:n],
        )
        for layer in trace.layers
    )
    return replace(
        trace, sequence=trace.sequence[:n], per_step_logits=trace.per_step_logits[:n], layers=layers
    )
