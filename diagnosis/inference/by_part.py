"""How much of a study's record and image a fusion model used: its fusion LSTM's gates, and each left out.

The cell state in which the fusion LSTM ends is a sum of what it took of each part:

    c = f_image ⊙ i_record ⊙ g_record + i_image ⊙ g_image

so the shares of the sizes of the two, summed over units, are of that state. They are about the network: a
part may enter it and still not move the prediction, which leaving it out tells.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from diagnosis.cases import Case
from diagnosis.core.errors import InputError
from diagnosis.inference.prediction import Prediction
from diagnosis.inference.predictor import Predictor
from diagnosis.sequences import StudyEncoder
from diagnosis.traces import Trace


@dataclass(frozen=True, eq=False)
class PartUse:
    """What one part did; all but ``read`` None if it is missing.

    Attributes:
        read: whether it is there.
        step: the step of the sequence at which it ended, from 0: where the fusion LSTM's gates are its own.
        input_gate: mean over units: how far it was let in.
        forget_gate: mean over units: how much was left of the parts before it when it entered.
        share: of the cell state, 0..1.
        without: calibrated, float64 ``(classes,)``: what is predicted if it is left out.
    """

    read: bool
    step: int | None = None
    input_gate: float | None = None
    forget_gate: float | None = None
    share: float | None = None
    without: np.ndarray | None = None


def by_part(model: Predictor, case: Case, prediction: Prediction) -> dict[str, PartUse]:
    """What each part of a case did, by its name.

    Args:
        model: that predicts.
        case: that was read.
        prediction: of it, with a trace.

    Raises:
        InputError: the model has one branch, or the prediction no trace.
    """
    encoder, trace = model.config.encoder, prediction.trace
    if not isinstance(encoder, StudyEncoder) or trace is None:
        raise InputError("Only a traced model of a record and an image together has parts.")
    ends = {
        part.name: part.start + int(read[-1])
        for part in encoder.parts
        if len(read := np.flatnonzero(prediction.sequence.mask[part.start : part.stop]))
    }
    shares = cell_shares(trace, list(ends.values()))
    gates = trace.branches["fusion"][0].signals
    used = {part.name: PartUse(read=False) for part in encoder.parts}
    for (name, step), share in zip(ends.items(), shares.tolist(), strict=True):
        left = encoder.without(prediction.sequence, name)
        used[name] = PartUse(
            read=True,
            step=step,
            input_gate=float(gates["i"][step].mean()),
            forget_gate=float(gates["f"][step].mean()),
            share=share,
            without=model.predict_perturbed(case, left, trace=False).probabilities,
        )
    return used


def cell_shares(trace: Trace, steps: list[int]) -> np.ndarray:
    """Shares of the cell state, float64 ``(len(steps),)``, of the parts that end at these steps, in order."""
    gates = trace.branches["fusion"][0].signals
    i, f, g = (gates[name][steps].astype(float) for name in "ifg")  # (parts, units)
    sizes = np.array(
        [np.abs(i[k] * g[k] * f[k + 1 :].prod(axis=0)).sum() for k in range(len(steps))]
    )
    shares: np.ndarray = sizes / max(sizes.sum(), np.finfo(float).tiny)
    return shares


def to_json(used: dict[str, PartUse], classes: tuple[str, ...]) -> dict[str, Any]:
    """As JSON, by part: the fields of `PartUse`, ``step`` counted from 1 and ``without`` by class."""
    return {
        name: {
            "read": use.read,
            "step": None if use.step is None else use.step + 1,
            "input_gate": use.input_gate,
            "forget_gate": use.forget_gate,
            "share": use.share,
            "without": None
            if use.without is None
            else dict(zip(classes, use.without.tolist(), strict=True)),
        }
        for name, use in used.items()
    }
