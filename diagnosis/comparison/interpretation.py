"""What paired differences mean, in plain words."""

import math
from collections.abc import Mapping

from diagnosis.evaluation.estimates import LEVEL
from diagnosis.evaluation.paired import Difference

NAMES = {"auc": "AUC"}  # figures that are not written as they are named


def meaning(first: str, second: str, differences: Mapping[str, Difference]) -> str:
    """What the cases say about two models.

    Args:
        first: title of the model from which the other is subtracted.
        second: title of the other.
        differences: by figure, of `evaluation.paired.compare`.
    """
    cases = differences["accuracy"].n
    undefined = [name for name, found in differences.items() if math.isnan(found.figure.lower)]
    if undefined:
        named = " and ".join(NAMES.get(name, name) for name in undefined)
        without = f"{first} and {second}: for {named} no interval can be computed."
        others = {name: found for name, found in differences.items() if name not in undefined}
        return f"{without} {meaning(first, second, others)}" if "accuracy" in others else without
    apart = [name for name, found in differences.items() if found.signs == 2]
    edge = [NAMES.get(name, name) for name, found in differences.items() if found.signs == 1]
    doubt = (
        f" For {' and '.join(edge)} interval and test disagree: that is at the edge."
        if edge
        else ""
    )
    if not apart:
        every = "" if edge else "every interval contains 0, so "
        return (
            f"{first} and {second}: {every}these {cases:,} cases do not tell them apart.{doubt} They need "
            "not be equal: more cases might tell."
        )
    said = ", ".join(_compared(name, differences[name].figure.estimate) for name in apart)
    where = "its interval leaves" if len(apart) == 1 else "their intervals leave"
    rest = "" if len(apart) + len(edge) == len(differences) else " The other intervals contain 0."
    return f"{first} has {said} than {second}: {where} 0 out.{doubt}{rest}"


def _compared(name: str, value: float) -> str:
    return f"{'higher' if value > 0 else 'lower'} {NAMES.get(name, name)} by {abs(value):.3f}"


def written(difference: Difference) -> str:
    """``+0.012 (−0.004 to +0.028), p = 0.140``."""
    figure = difference.figure
    value, lower, upper = map(_signed, (figure.estimate, figure.lower, figure.upper))
    said = f"{value} ({lower} to {upper})"
    if difference.p is None or math.isnan(difference.p):
        return said
    return f"{said}, p {'< 0.001' if difference.p < 0.001 else f'= {difference.p:.3f}'}"


def _signed(value: float) -> str:
    """Three decimals with a sign; what rounds to nothing has none."""
    if math.isnan(value):
        return "–"
    return f"{value:+.3f}".replace("-", "−") if round(value, 3) else "0.000"


def caution(intervals: int) -> str:
    """What many intervals at once are worth, and what the test split is not for."""
    by_chance, one_in = intervals * (1 - LEVEL), round(1 / (1 - LEVEL))
    return (
        f"{intervals} intervals of {100 * LEVEL:.0f} % at once: between models that are truly equal about "
        f"one in {one_in} leaves 0 out by chance, here {by_chance:.1f} on average. The more one compares, "
        "the less a single one means. To choose a model by these figures would use up the test split: its "
        "figures would then flatter."
    )
