"""Operating points, calibration curves and what is left open, against references and by hand."""

import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn.calibration import calibration_curve as sklearn_curve
from sklearn.metrics import confusion_matrix

from diagnosis.evaluation.decision_rule import DecisionRule
from diagnosis.evaluation.operating import (
    Confusion,
    OperatingPoint,
    at_prevalence,
    confusion,
    cost_ratio,
    predictive_values,
)
from diagnosis.evaluation.reliability import (
    calibration_curve,
    expected_calibration_error,
    most_similar,
)
from diagnosis.inference.abstention import (
    Abstention,
    Selective,
    coverage_curve,
    margin_limit,
    selective,
)
from diagnosis.inference.policy import margin_reason
from diagnosis.models.card import AbstentionFacts
from diagnosis.text.evaluation import observed_sentence
from diagnosis.text.outcome import sentence


@pytest.fixture(scope="module")
def stated() -> tuple[np.ndarray, np.ndarray]:
    """Labels and true probabilities of 5,000 cases."""
    rng = np.random.default_rng(1)
    probability = expit(rng.normal(0, 2, 5000))
    return rng.random(5000) < probability, probability


def test_counts_are_those_of_sklearn(stated: tuple[np.ndarray, np.ndarray]) -> None:
    truth, probability = stated
    counts = confusion(truth, probability, 0.3)
    ((tn, fp), (fn, tp)) = confusion_matrix(truth, probability >= 0.3)
    assert list(counts.to_json().values()) == [tp, fn, fp, tn]
    assert counts.sensitivity.estimate == tp / (tp + fn)
    assert counts.npv.estimate == tn / (tn + fn)
    assert counts.prevalence == truth.mean()


def test_predictive_values_at_the_own_prevalence_are_the_counted_ones() -> None:
    counts = Confusion(370, 20, 33, 201)
    ppv, npv = predictive_values(counts, counts.prevalence)
    assert ppv.estimate == pytest.approx(370 / 403) and npv.estimate == pytest.approx(201 / 221)
    assert (ppv.lower, ppv.upper) == pytest.approx((counts.ppv.lower, counts.ppv.upper), abs=0.015)


def test_predictive_values_by_hand() -> None:
    """Sensitivity 0.9, specificity 0.8, prevalence 0.1: of 1,000, 90 of 270 calls and 720 of 730 others are "
    "right."""
    ppv, npv = predictive_values(Confusion(90, 10, 20, 80), 0.1)
    assert ppv.estimate == pytest.approx(90 / 270) and npv.estimate == pytest.approx(720 / 730)
    # half a case to each count, then the delta method on the logit scale
    sensitivity, specificity = 90.5 / 101, 80.5 / 101
    centre = np.log(sensitivity * 0.1 / ((1 - specificity) * 0.9))
    variance = (1 - sensitivity) / (sensitivity * 101) + specificity / ((1 - specificity) * 101)
    spread = 1.959964 * np.sqrt(variance)
    assert (ppv.lower, ppv.upper) == pytest.approx(
        (expit(centre - spread), expit(centre + spread)), abs=1e-6
    )


def test_intervals_of_predictive_values_cover_what_they_promise() -> None:
    """Half of z² added to each count instead of half a case covers 92 and 90 % here."""
    rng = np.random.default_rng(2)
    true_ppv = 0.9 * 0.05 / (0.9 * 0.05 + 0.2 * 0.95)
    true_npv = 0.8 * 0.95 / (0.8 * 0.95 + 0.1 * 0.05)
    held = np.zeros(2)
    for _ in range(2000):
        hits, passes = rng.binomial(80, 0.9), rng.binomial(60, 0.8)
        ppv, npv = predictive_values(Confusion(hits, 80 - hits, 60 - passes, passes), 0.05)
        held += ppv.lower <= true_ppv <= ppv.upper, npv.lower <= true_npv <= npv.upper
    assert ((held / 2000 > 0.935) & (held / 2000 < 0.965)).all()


def test_perfect_counts_have_intervals_and_nothing_called_has_no_value() -> None:
    ppv, npv = predictive_values(Confusion(10, 0, 0, 10), 0.5)
    assert ppv.estimate == npv.estimate == 1 == ppv.upper and ppv.lower < 0.9
    ppv, npv = predictive_values(Confusion(0, 10, 0, 10), 0.5)
    assert np.isnan(ppv.estimate) and npv.estimate == 0.5
    for prevalence in (0, 1):
        with pytest.raises(ValueError, match="prevalence"):
            predictive_values(Confusion(1, 1, 1, 1), prevalence)
    with pytest.raises(ValueError, match="both kinds"):
        predictive_values(Confusion(1, 1, 0, 0), 0.5)


def test_probabilities_follow_the_prevalence(stated: tuple[np.ndarray, np.ndarray]) -> None:
    """Every second case without the finding is thrown away: what was right before is right after the "
    "shift."""
    truth, probability = stated
    kept = truth | (np.arange(len(truth)) % 2 == 0)
    shifted = [
        at_prevalence(p, known=truth.mean(), prevalence=truth[kept].mean())
        for p in probability[kept]
    ]
    assert np.mean(shifted) == pytest.approx(truth[kept].mean(), abs=0.01)
    assert expected_calibration_error(truth[kept], np.array(shifted)) < 0.03
    assert at_prevalence(0.3, known=0.2, prevalence=0.2) == pytest.approx(0.3)


def test_a_threshold_weighs_a_miss_and_is_best_for_who_does_so(
    stated: tuple[np.ndarray, np.ndarray],
) -> None:
    truth, probability = stated
    assert cost_ratio(0.2) == pytest.approx(4) and cost_ratio(0) == float("inf")
    thresholds = np.linspace(0.02, 0.98, 49)
    for best in (0.1, 0.5, 0.8):
        harm = [
            cost_ratio(best) * counts.false_negative + counts.false_positive
            for counts in (confusion(truth, probability, t) for t in thresholds)
        ]
        assert thresholds[int(np.argmin(harm))] == pytest.approx(best, abs=0.08)


def test_an_operating_point_elsewhere() -> None:
    counts = Confusion(90, 10, 20, 80)
    here = OperatingPoint(0.5, counts, calibrated_at=0.5)
    assert here.ppv == counts.ppv and here.cost_ratio == pytest.approx(1)
    there = OperatingPoint(0.5, counts, calibrated_at=0.5, prevalence=0.1)
    assert there.ppv.estimate == pytest.approx(90 / 270) and there.cost_ratio == pytest.approx(9)
    told = there.to_json()
    assert told["counts"]["false_negative"] == 10 and told["cost_ratio"] == pytest.approx(9)
    assert told["prevalence"] == 0.1 and told["npv"]["estimate"] == pytest.approx(720 / 730)


def test_the_calibration_curve_is_that_of_sklearn(stated: tuple[np.ndarray, np.ndarray]) -> None:
    truth, probability = stated
    bins = calibration_curve(truth, probability)
    observed, mean = sklearn_curve(truth, probability, n_bins=10, strategy="quantile")
    np.testing.assert_allclose([each.observed.estimate for each in bins], observed, atol=0.005)
    np.testing.assert_allclose([each.predicted for each in bins], mean, atol=0.005)
    assert [each.n for each in bins] == [500] * 10
    gaps = [abs(each.observed.estimate - each.predicted) * each.n for each in bins]
    error = expected_calibration_error(truth, probability)
    assert error == pytest.approx(sum(gaps) / 5000)


def test_similar_cases_are_the_nearest_in_rank() -> None:
    probability = np.linspace(0, 1, 400)
    truth = probability > 0.5
    middle = most_similar(truth, probability, 0.5)
    assert (middle.n, middle.positives) == (40, 20)
    assert (middle.lower, middle.upper) == pytest.approx((0.45, 0.55), abs=0.01)
    for value, positives in ((0.0, 0), (1.0, 40)):
        edge = most_similar(truth, probability, value)
        assert (edge.n, edge.positives) == (40, positives)
    assert most_similar(truth[:30], probability[:30], 0.1).n == 20
    assert most_similar(truth[:5], probability[:5], 0.1).n == 5
    assert most_similar(np.zeros(9000, bool), np.linspace(0, 1, 9000), 0.3).n == 100
    assert observed_sentence(middle) == (
        "Of 40 test cases with a similar probability (0.45–0.55), 20 (50 %, 95 % CI 35–65 %) had "
        "the finding."
    )


def test_margins_by_hand() -> None:
    binary = DecisionRule("binary", 0, 0.5).margins(np.array([[0.3, 0.7], [0.8, 0.2]]))
    np.testing.assert_allclose(binary, [-logit(0.3), logit(0.8)])
    several = DecisionRule("multi-class").margins(np.array([[0.6, 0.3, 0.1], [0.2, 0.2, 0.6]]))
    np.testing.assert_allclose(several, np.log([2, 3]))
    labels = DecisionRule("multi-label").margins(np.array([[0.9, 0.4], [0.01, 0.5]]))
    np.testing.assert_allclose(labels, [-logit(0.4), 0], atol=1e-12)
    certain = DecisionRule("binary", 1, 0.5).margins(np.array([[0.0, 1.0]]))
    assert np.isfinite(certain).all() and certain[0] > 20


@pytest.mark.parametrize(
    ("wrong", "limit"),
    [
        (range(40), 9.0),  # a tenth of 100, counted from 0
        ([3], 3.0),  # none beyond the last error
        ([3, 60], 9.0),
        ([], None),
    ],
)
def test_the_limit_is_a_tenth_and_not_beyond_the_last_error(
    wrong: list[int], limit: float | None
) -> None:
    rng = np.random.default_rng(3)
    order = rng.permutation(100)
    missed = np.isin(order, list(wrong))
    found = margin_limit(order.astype(float), missed)
    assert found == limit
    left = selective(order.astype(float), missed, found)
    assert left.n_abstained == (0 if limit is None else limit + 1)
    assert left.wrong_predicted + left.wrong_abstained == len(wrong)
    assert margin_limit(order[:9].astype(float), missed[:9]) is None  # too few to leave one open


def test_equal_margins_are_left_open_together_or_not_at_all() -> None:
    wrong = np.arange(100) % 2 == 0
    assert margin_limit(np.repeat([1.0, 2.0], [60, 40]), wrong) is None
    margins = np.repeat([1.0, 2.0, 3.0], [4, 60, 36])
    assert margin_limit(margins, wrong) == 1
    assert margin_limit(np.repeat([1.0, 2.0], [10, 90]), wrong) == 1


def test_similar_cases_of_one_estimate_are_drawn_at_random() -> None:
    truth = np.arange(400) >= 200  # as in a file that is sorted by class
    alike = most_similar(truth, np.full(400, 0.5), 0.5)
    assert 10 < alike.positives < 30
    assert expected_calibration_error(truth, np.full(400, 0.5)) < 0.2


def test_fewer_calls_are_fewer_wrong_ones_where_margins_tell(
    stated: tuple[np.ndarray, np.ndarray],
) -> None:
    truth, probability = stated
    of_both = np.stack([1 - probability, probability], axis=1)
    certain = DecisionRule("binary", 1, 0.5).margins(of_both)
    wrong = (probability >= 0.5) != truth
    coverage, error = coverage_curve(certain, wrong)
    assert coverage[-1] == 1 and error[-1] == pytest.approx(wrong.mean())
    half = selective(certain, wrong, float(np.median(certain)))
    at = int(np.searchsorted(coverage, half.coverage.estimate))
    assert error[at] == pytest.approx(half.error_predicted.estimate, abs=0.001)
    assert half.error_predicted.estimate < wrong.mean() / 2 < half.error_abstained.estimate


def test_a_rule_survives_its_card_and_says_why() -> None:
    rule = Abstention(0.5, Selective(400, 40, 36, 12), Selective(600, 54, 76, 26))
    assert AbstentionFacts.from_json(rule.to_json()).to_json() == rule.to_json()
    assert margin_reason(0.51, rule, "binary") is None
    reason = margin_reason(0.5, rule, "binary")
    assert reason is not None and reason.facts["test_error"] == pytest.approx(26 / 54)
    assert sentence(reason) == (
        "Indeterminate: as close to the threshold as the closest 10 % of held-out cases. In that range the "
        "model was wrong on 48 % of test cases (14 % elsewhere)."
    )
    never = Abstention(None, Selective(400, 0, 0, 0), Selective(600, 0, 3, 0))
    assert not never.applies_to(0.0)
    assert AbstentionFacts.from_json(never.to_json()).limit is None
    alone = Abstention(0.5, Selective(400, 40, 36, 12), Selective(600, 0, 76, 0))
    reason = margin_reason(0.5, alone, "ordinal")
    assert reason is not None and sentence(reason).endswith("10 % of held-out cases.")
