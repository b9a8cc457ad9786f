"""The policy: which findings reject a case, which make it indeterminate, and what is only a warning."""

from dataclasses import replace

import pytest

from diagnosis.core.reason import Reason
from diagnosis.datasets import phantoms
from diagnosis.evaluation.decision_rule import DecisionRule
from diagnosis.inference.abstention import Abstention, Selective
from diagnosis.inference.detail import Detail
from diagnosis.inference.out_of_distribution import OODResult
from diagnosis.inference.policy import decide, margin_reason
from diagnosis.inference.scan_kind import ScanKind
from diagnosis.scans import Quality
from diagnosis.text.outcome import sentence
from tests.cases import example
from tests.shipped import shipped

GREEN, AMBER, RED = (OODResult(1.0, count, 524) for count in (200, 20, 1))
SHARP, BLURRED = Detail(2.0, 1.0, 1000), Detail(0.5, 1.0, 1000)
OOD = "out-of-distribution"
AGE = Reason("age", {"stated": "60-69", "expected": ["1", "5"]})
SMALL = Reason("small", {"width": 20, "height": 20, "at_least": 28})
RULE = Abstention(0.5, Selective(400, 40, 36, 12), Selective(600, 54, 76, 26))
MARGIN = margin_reason(0.4, RULE, "binary")


NOT_STATED = Quality("green", (), modality_known=False)
Findings = tuple[Quality, OODResult | None, Detail | None, Reason | None]
CASES: list[tuple[Findings, str, list[str], list[str]]] = [  # findings, outcome, reasons, warnings
    ((Quality("green", ()), GREEN, SHARP, None), "predicted", [], []),
    ((Quality("green", ()), None, None, None), "predicted", [], []),
    ((Quality("amber", (SMALL,)), GREEN, SHARP, None), "predicted", [], ["quality:small"]),
    ((Quality("red", (SMALL,)), GREEN, SHARP, MARGIN), "rejected", ["quality:small"], []),
    ((Quality("green", (), (AGE,)), AMBER, SHARP, MARGIN), "rejected", ["age"], [OOD]),
    ((Quality("green", ()), RED, BLURRED, None), "rejected", [OOD, "detail"], []),
    ((Quality("green", ()), GREEN, SHARP, MARGIN), "indeterminate", ["margin"], []),
    ((Quality("green", ()), AMBER, SHARP, None), "predicted", [], [OOD]),
    ((NOT_STATED, AMBER, SHARP, MARGIN), "indeterminate", ["margin", "modality-not-stated"], [OOD]),
    ((NOT_STATED, GREEN, SHARP, None), "predicted", [], []),
]


@pytest.mark.parametrize(("findings", "outcome", "reasons", "warnings"), CASES)
def test_outcome_reasons_and_warnings(
    findings: Findings, outcome: str, reasons: list[str], warnings: list[str]
) -> None:
    decision = decide(*findings)
    assert decision.outcome == outcome
    assert [reason.code for reason in decision.reasons] == reasons
    assert [reason.code for reason in decision.warnings] == warnings
    for reason in decision.reasons + decision.warnings:
        assert sentence(reason) == sentence(Reason.from_json(reason.to_json())) != ""


def test_another_kind_of_scan_rejects_and_a_doubtful_one_needs_a_stated_modality() -> None:
    def of_kind(n_as_extreme: int) -> ScanKind:
        return ScanKind("chest X-ray of a child", "X-ray of a hand", 0.01, n_as_extreme, 5232)

    for quality, count, outcome in (
        (NOT_STATED, 3, "rejected"),
        (NOT_STATED, 100, "indeterminate"),
        (Quality("green", ()), 100, "predicted"),
        (NOT_STATED, 1000, "predicted"),
    ):
        decision = decide(quality, GREEN, SHARP, None, of_kind(count))
        assert decision.outcome == outcome
        codes = [reason.code for reason in decision.reasons + decision.warnings]
        assert ("scan-kind" in codes) == (count < 1000)
        for reason in decision.reasons + decision.warnings:
            assert sentence(reason) == sentence(Reason.from_json(reason.to_json())) != ""


def test_a_margin_above_the_limit_is_no_reason() -> None:
    assert MARGIN is not None and MARGIN.facts["nearest"] == "threshold"
    assert margin_reason(0.51, RULE, "binary") is None
    assert margin_reason(0.1, None, "binary") is None
    labels = margin_reason(0.1, RULE, "multi-label")
    assert labels is not None and labels.facts["nearest"] == "label threshold"


def test_the_prediction_is_a_class_or_a_list_of_labels_or_null() -> None:
    case = example(phantoms().images["test"][23])
    prediction = shipped("phantoms/gru").predict(case, trace=False)
    assert prediction.is_predicted
    assert prediction.to_json()["prediction"] == prediction.predicted_classes[0]
    several = replace(prediction, rule=DecisionRule("multi-label"), predicted_classes=())
    assert several.prediction_json() == []
    both = replace(several, predicted_classes=("clear", "opacity"))
    assert both.prediction_json() == ["clear", "opacity"]
    assert replace(both, outcome="indeterminate").prediction_json() is None
