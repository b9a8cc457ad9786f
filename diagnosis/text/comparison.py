"""Agreement of several models, and paired differences of two, in words."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from diagnosis.evaluation.estimates import LEVEL
from diagnosis.text.classes import class_text
from diagnosis.text.evaluation import metric_name

if TYPE_CHECKING:
    from diagnosis.comparison.agreement import Agreement
    from diagnosis.evaluation.paired import Difference


def agreement_sentence(agreement: "Agreement") -> str:
    """Which models predict what, and how many abstain or failed."""
    abstained = [len(agreement.indeterminate), len(agreement.rejected), len(agreement.failed)]
    counted = [
        (class_text(classes), len(places)) for classes, places in agreement.predicting.items()
    ]
    if not counted:
        if agreement.indeterminate:
            words = "No prediction: the case is close to the decision threshold."
        elif agreement.rejected:
            words = "No prediction: no model analyses the image."
        else:
            return "No model could read the image."
    elif agreement.disagree:
        (most, count), *others = counted
        rest = ", ".join(f"{fewer} {classes}" for classes, fewer in others)
        words = f"The models disagree: {count} predict{'' if count > 1 else 's'} {most}, {rest}."
    else:
        ((classes, count),) = counted
        of = count + sum(abstained)
        if count == 1:
            words = f"One model predicts {classes}."
        else:
            every = f"{count} of {of}" if count < of else "Both" if count == 2 else f"All {count}"
            words = f"{every} models predict {classes}."
    if counted and agreement.indeterminate:
        words += f" {len(agreement.indeterminate)} indeterminate."
    if agreement.rejected and (counted or agreement.indeterminate):
        words += f" {len(agreement.rejected)} not analysed."
    return f"{words} {len(agreement.failed)} failed." if agreement.failed else words


def meaning(first: str, second: str, differences: "Mapping[str, Difference]") -> str:
    """What the test cases show about two models.

    Args:
        first: title of the model from which the other is subtracted.
        second: title of the other.
        differences: by figure, of `evaluation.paired.compare`.
    """
    cases = differences["accuracy"].n
    undefined = [
        name for name, difference in differences.items() if math.isnan(difference.figure.lower)
    ]
    if undefined:
        names = " and ".join(map(metric_name, undefined))
        words = f"{first} and {second}: no interval can be computed for {names}."
        others = {
            name: difference for name, difference in differences.items() if name not in undefined
        }
        return f"{words} {meaning(first, second, others)}" if "accuracy" in others else words
    apart = [name for name, difference in differences.items() if difference.signs == 2]
    edge = [metric_name(name) for name, difference in differences.items() if difference.signs == 1]
    borderline = (
        f" For {' and '.join(edge)} the confidence interval and the test disagree (borderline)."
        if edge
        else ""
    )
    if not apart:
        every = "" if edge else "every interval contains 0, so "
        return (
            f"{first} and {second}: {every}no difference is shown on these {cases:,} cases.{borderline} That "
            "does not mean they are equal: more cases might show a difference."
        )
    compared = ", ".join(_compared(name, differences[name].figure.estimate) for name in apart)
    excluded = "its interval excludes" if len(apart) == 1 else "their intervals exclude"
    rest = "" if len(apart) + len(edge) == len(differences) else " The other intervals contain 0."
    return f"{first} has {compared} than {second}: {excluded} 0.{borderline}{rest}"


def _compared(name: str, value: float) -> str:
    return f"{'higher' if value > 0 else 'lower'} {metric_name(name)} by {abs(value):.3f}"


def difference_text(difference: "Difference") -> str:
    """``+0.012 (−0.004 to +0.028), p = 0.140``."""
    figure = difference.figure
    value, lower, upper = map(_signed, (figure.estimate, figure.lower, figure.upper))
    words = f"{value} ({lower} to {upper})"
    if difference.p is None or math.isnan(difference.p):
        return words
    return f"{words}, p {'< 0.001' if difference.p < 0.001 else f'= {difference.p:.3f}'}"


def _signed(value: float) -> str:
    """Three decimals with a sign; none where it rounds to 0."""
    if math.isnan(value):
        return "–"
    return f"{value:+.3f}".replace("-", "−") if round(value, 3) else "0.000"


def caution(intervals: int) -> str:
    """Multiple comparisons, and what the test split is not for."""
    by_chance, one_in = intervals * (1 - LEVEL), round(1 / (1 - LEVEL))
    return (
        f"Multiple comparisons: of {intervals} intervals of {100 * LEVEL:.0f} %, about one in {one_in} "
        f"excludes 0 by chance even if all models are equal, {by_chance:.1f} on average here. Do not choose "
        "a model by these figures: the test split would no longer be independent, and its figures too good."
    )
