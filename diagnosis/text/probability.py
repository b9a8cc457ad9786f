"""The predicted probability in words: where it holds, and why another number may stand beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # they bring SciPy, for which neither pages nor commands wait at their top
    from diagnosis.evaluation.reliability import Bin
    from diagnosis.inference.probability_basis import ProbabilityBasis

BASIS = "fitted to the validation split"  # where there is no room for the measured error


def contrast_sentence(name: str, stated: float, similar: Bin) -> str:
    """Why an observed share stands beside a probability from which it differs.

    Args:
        name: of the class.
        stated: its predicted probability.
        similar: test cases of similar probability.
    """
    observed = similar.observed
    beyond = not observed.lower <= stated <= observed.upper
    direction = "high" if stated > observed.estimate else "low"
    share = (
        f"{100 * observed.estimate:.0f} % ({100 * observed.lower:.0f}–{100 * observed.upper:.0f} %)"
    )
    return (
        f"{'Too' if beyond else 'Perhaps too'} {direction}: of {similar.n:,} test cases with a similar "
        f"probability, {share} had {name}. The probability was fitted to validation cases, not to these."
    )


def contrasts(probabilities: Mapping[str, float], observed: Mapping[str, Bin]) -> list[str]:
    """A sentence for each observed share that differs much from its predicted probability; both by class."""
    return [
        contrast_sentence(name, probabilities[name], similar)
        for name, similar in observed.items()
        if similar.disagrees(probabilities[name])
    ]


def basis_sentence(basis: ProbabilityBasis) -> str:
    """At which prevalence probabilities hold, and how far they were off on the test split."""
    words = "Fitted to the validation split"
    if basis.val is not None and basis.test is not None:
        words += (
            f", so it holds at a prevalence of {100 * basis.val:.0f} % {basis.finding} (test split: "
            f"{100 * basis.test:.0f} %)"
        )
    if basis.error != basis.error:  # not measured
        return f"{words}. Its calibration was not measured."
    verb = "Calibrated" if basis.calibrated else "Not calibrated well"
    return f"{words}. {verb}: expected calibration error {basis.error:.3f} on the test split."
