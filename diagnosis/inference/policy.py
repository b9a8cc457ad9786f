"""The policy: from image quality, kind of scan, out-of-distribution check, detail and margin to an outcome.

*Rejected* outranks *indeterminate*: a case the model is not meant for gets no prediction, however large its
margin. The sentences for the codes are in ``diagnosis.text.outcome``.
"""

from dataclasses import dataclass
from typing import Literal

from diagnosis.core.reason import Reason
from diagnosis.inference.abstention import Abstention
from diagnosis.inference.detail import Detail
from diagnosis.inference.out_of_distribution import OODResult
from diagnosis.inference.scan_kind import ScanKind, kind_of, kind_reader
from diagnosis.inference.split_predictions import abstention
from diagnosis.models.store import Version
from diagnosis.scans import Quality

Outcome = Literal["predicted", "indeterminate", "rejected"]

OUT_OF_DISTRIBUTION, DETAIL, SCAN_KIND = "out-of-distribution", "detail", "scan-kind"
MARGIN, MODALITY_NOT_STATED = "margin", "modality-not-stated"
NEAREST = {"binary": "threshold", "multi-label": "label threshold"}  # otherwise the second class


@dataclass(frozen=True)
class Decision:
    """Outcome of a case, with the reasons of an abstention and further findings."""

    outcome: Outcome
    reasons: tuple[Reason, ...]  # of an abstention, in order of weight; none if predicted
    warnings: tuple[Reason, ...]  # amber findings that are no reasons


def decide(
    quality: Quality,
    ood: OODResult | None,
    detail: Detail | None,
    margin: Reason | None,
    scan_kind: ScanKind | None = None,
) -> Decision:
    """Apply the policy to one case.

    Args:
        quality: of the image, with its mismatches.
        ood: None for versions without the check.
        detail: likewise.
        margin: `margin_reason`.
        scan_kind: None for versions that do not ask.
    """
    findings = [
        *((mismatch, True) for mismatch in quality.mismatches),
        *(
            (Reason(f"quality:{reason.code}", reason.facts), quality.level == "red")
            for reason in quality.reasons
        ),
    ]
    likeness = ((SCAN_KIND, scan_kind), (OUT_OF_DISTRIBUTION, ood), (DETAIL, detail))
    for code, result in likeness:
        if result is not None and result.level != "green":
            findings.append((Reason(code, result.to_json()), result.level == "red"))
    warnings = tuple(reason for reason, rejects in findings if not rejects)
    rejecting = tuple(reason for reason, rejects in findings if rejects)
    if rejecting or quality.level == "red":
        return Decision("rejected", rejecting, warnings)
    unusual = any(result is not None and result.level == "amber" for _, result in likeness)
    modality = Reason(MODALITY_NOT_STATED) if unusual and not quality.modality_known else None
    reasons = tuple(reason for reason in (margin, modality) if reason is not None)
    return Decision("indeterminate" if reasons else "predicted", reasons, warnings)


def margin_reason(margin: float, rule: Abstention | None, task: str) -> Reason | None:
    """Why a case with this margin, in log odds, is indeterminate; None if it is not.

    Facts: ``margin``, ``limit``, ``nearest`` ("threshold", "label threshold", "second class"), ``validation``
    (share of the validation split with so small a margin), and of the test split ``test_error`` within that
    range and ``test_error_elsewhere``, each a share, or null where there are no such cases.
    """
    if rule is None or not rule.applies_to(margin):
        return None
    test = rule.test
    measured = 0 < test.n_abstained < test.n
    return Reason(
        MARGIN,
        {
            "margin": margin,
            "limit": rule.limit,
            "nearest": NEAREST.get(task, "second class"),
            "validation": rule.val.n_abstained / rule.val.n,
            "test_error": test.error_abstained.estimate if measured else None,
            "test_error_elsewhere": test.error_predicted.estimate if measured else None,
        },
    )


def abstention_rules(version: Version) -> tuple[Reason, ...]:
    """When a version abstains, a code each, with how often that is on the test split.

    Codes: quality; population; scan-kind (``kind``); out-of-distribution (``test``: an estimate, or null
    without the check); modality-not-stated; margin (``n`` test cases, ``n_abstained``, and the estimates
    ``abstention_rate``, ``error_abstained``, ``error_predicted``).

    Raises:
        ModelError: its card cannot be read.
    """
    images = (
        not version.config.encoder.embedded
    )  # a record has no quality, and its table states nothing
    rules = [Reason("quality")] if images else []
    if images and version.population.words:
        rules.append(Reason("population", {"population": version.population.words}))
    kind, reader = kind_of(version), kind_reader()
    if kind is not None and reader is not None:
        rules.append(Reason(SCAN_KIND, {"kind": reader.config.classes[kind]}))
    ood, rule = version.card.ood, abstention(version)
    if ood is None:
        rules.append(Reason(OUT_OF_DISTRIBUTION, {"test": None}))
    else:
        rules.append(Reason(OUT_OF_DISTRIBUTION, {"test": ood.rejected.test.to_json()}))
        rules += [Reason(MODALITY_NOT_STATED)] if images else []
    if rule is not None and rule.limit is not None:
        test = rule.test
        shares = ("abstention_rate", "error_abstained", "error_predicted")
        estimates = {name: getattr(test, name).to_json() for name in shares}
        rules.append(Reason(MARGIN, {"n": test.n, "n_abstained": test.n_abstained, **estimates}))
    return tuple(rules)
