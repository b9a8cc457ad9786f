"""The contents of a report, as one JSON object; what a person reads is made from it.

It holds what CONSORT-AI (items 4 and 5), CLAIM and TRIPOD+AI require beside a prediction: intended use,
version, data and their hash, the checks of the input, every probability with the observed frequency among
similar cases, the threshold and how it was chosen, error rates with intervals, the abstention rules, and the
limits of explanations.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from diagnosis import __version__
from diagnosis.audit import CERTAINTY, Recorded
from diagnosis.cases import Patient, Payload, Study
from diagnosis.core.intended_use import IN_FULL, IN_SHORT
from diagnosis.evaluation.decision_rule import DecisionRule
from diagnosis.inference.policy import abstention_rules
from diagnosis.inference.probability_basis import probability_basis
from diagnosis.models.store import Version
from diagnosis.records.studies import PARTS

if TYPE_CHECKING:  # it brings Keras
    from diagnosis.inference.prediction import Prediction

SCHEMA = 1
WITHOUT_STATES = (
    "The network processes the whole image at once: there are no states that would show how it came to its "
    "prediction. Units have no clinical meaning of their own."
)
IDENTIFIER = "patient"  # of a record, as its table has it: a report names nobody
LIMITS = (
    "The per-step prediction and the states show how the network came to its prediction, not why that would "
    "be right: explanations do not protect against a wrong one. Units have no clinical meaning of their own."
)


def case_report(
    prediction: "Prediction",
    version: Version,
    scan: Payload | Patient | Study,
    *,
    source: str = "file",
    frame: int | None = None,
    label: tuple[str, ...] | None = None,
    entries: Iterable[Recorded] = (),
    parts: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Everything known about one prediction.

    Args:
        prediction: of the case.
        version: of the model.
        scan: that was read, or a record.
        source: "file", or which image of a data set.
        frame: the number of the frame that was read, from 1; None if all were.
        label: of a data set's sample.
        entries: of the audit log about this case.
        parts: of a study what each part did, as ``by_part.to_json``.

    Returns:
        ``schema``, ``made``, ``scanline``, ``notice``, ``intended_use``, ``case``, ``model``,
        ``prediction``, ``performance``, ``explanation``, ``entries``.

    Raises:
        ModelError: the version's card cannot be read.
    """
    from diagnosis.inference.unpadded import unpadded

    return {
        "schema": SCHEMA,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "scanline": __version__,
        "notice": IN_SHORT,
        "intended_use": dict(IN_FULL),
        "case": {
            "source": source,
            **_nameless(scan.to_json()),
            "frame": frame,
            "label": None if label is None else list(label),
        },
        "model": _model(version),
        "prediction": unpadded(prediction, version.config.encoder.parts).to_json(),
        "performance": _performance(version),
        "explanation": _explanation(prediction, version) | {"parts": parts},
        "entries": [_entry(recorded) for recorded in entries],
    }


def _nameless(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Facts of a case, and of its parts, without whose they are."""
    return {
        name: _nameless(value) if isinstance(value, Mapping) and name in PARTS else value
        for name, value in facts.items()
        if name != IDENTIFIER
    }


def _model(version: Version) -> dict[str, Any]:
    card, config = version.card, version.config
    dataset = card.dataset.to_json()
    facts = ("name", "size", "sha256", "counts", "synthetic", "licence", "citation")
    return {
        "model": version.name,
        "version": version.version,
        "kind": config.kind.title,
        "task": config.task,
        "classes": list(config.classes),
        "created": card.created.isoformat(),
        "seed": card.training.seed,
        "code_version": card.code_version,
        "weights_sha256": card.weights_sha256,
        "parameters": card.parameters,
        "sees": config.encoder.extent,
        "dataset": {name: dataset[name] for name in facts},
        "limits": list(card.limits),
    }


def _performance(version: Version) -> dict[str, Any]:
    card = version.card
    test = card.metrics.test.to_json()
    rule = DecisionRule(version.config.task, version.config.finding, card.threshold)
    limit = None if card.abstention is None else card.abstention.limit
    zone = rule.indeterminate_zone(limit)
    return {
        "split": "test",
        "n": test.pop("n"),
        "measured": card.created.isoformat(),
        "metrics": test,
        "threshold": card.threshold,
        "threshold_rule": card.threshold_rule,
        "calibration": card.calibration.to_json(),
        "probability": probability_basis(version).to_json(),
        "indeterminate_zone": None if zone is None else list(zone),
        "abstains": [rule.to_json() for rule in abstention_rules(version)],
    }


def _explanation(prediction: "Prediction", version: Version) -> dict[str, Any]:
    from diagnosis.inference.by_event import by_event
    from diagnosis.inference.unpadded import unpadded

    encoder = version.config.encoder
    listed = by_event(prediction, encoder) if encoder.embedded else {"events": None}
    prediction = unpadded(prediction, encoder.parts)
    per_step = prediction.per_step
    return {
        **listed,
        "step": version.config.encoder.steps.singular,
        "never_crossed": prediction.never_crossed,
        "per_step": None
        if per_step is None
        else {name: per_step[:, k].tolist() for k, name in enumerate(prediction.classes)},
        "limits": WITHOUT_STATES if per_step is None else LIMITS,
    }


def _entry(recorded: Recorded) -> dict[str, Any]:
    entry = recorded.entry
    return {
        "number": recorded.receipt.number,
        "entry_hash": recorded.receipt.entry_hash,
        "time": recorded.time.isoformat(timespec="seconds"),
        "action": entry.action,
        "by": entry.by,
        "model": entry.model,
        "version": entry.version,
        "outcome": entry.outcome,
        "prediction": None if entry.prediction is None else list(entry.prediction),
        "read": None if entry.read is None else list(entry.read),
        "certainty": None if entry.certainty is None else CERTAINTY[entry.certainty - 1],
        "comment": entry.comment,
    }
