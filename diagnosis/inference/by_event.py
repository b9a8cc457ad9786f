"""A prediction event by event: what was read at each step, and what was predicted after it."""

from typing import Any

import numpy as np

from diagnosis.inference.prediction import Prediction
from diagnosis.sequences import Encoder, EventList, StudyView


def by_event(prediction: Prediction, encoder: Encoder) -> dict[str, Any]:
    """The events of a record with their per-step predictions, as JSON.

    Args:
        prediction: of a record, or of a study, whose events come first.
        encoder: the model's.

    Returns:
        ``events``: in order ``step`` (from 1), ``hours`` (null of a fact), ``code``, ``value``, ``unit`` and
        ``probabilities`` by class after it; ``decision_event`` and ``largest_change``: one of them, or null;
        the latter with ``change``, of the probability of ``class``: the finding, or the most probable class.
    """
    view = encoder.view(prediction.image)
    listed = view.record if isinstance(view, StudyView) else view
    assert isinstance(listed, EventList)
    steps, per_step = prediction.sequence.steps, prediction.per_step
    events: list[dict[str, Any]] = [
        {
            "step": number + 1,
            "hours": _number(listed.hours[number]),
            "code": steps[number].label,
            "value": _number(listed.values[number]),
            "unit": listed.units[number],
            "probabilities": None if per_step is None else prediction.by_class(per_step[number]),
        }
        for number in range(len(listed))
    ]
    step, change = prediction.decision_step, None
    if per_step is not None and len(events) > 1:
        finding = prediction.rule.finding
        target = int(prediction.probabilities.argmax()) if finding is None else finding
        steps_taken = np.diff(per_step[: len(events), target])
        largest = int(np.abs(steps_taken).argmax())
        change = {
            **events[largest + 1],
            "class": prediction.classes[target],
            "change": float(steps_taken[largest]),
        }
    return {
        "events": events,
        "decision_event": events[step] if step is not None and step < len(events) else None,
        "largest_change": change,
    }


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
