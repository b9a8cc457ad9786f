"""The predicted probability in words: where it holds, and why another number may stand beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # they bring SciPy, for which neither pages nor commands wait at their top
    from diagnosis.evaluation.reliability import Bin
    from diagnosis.inference.probability_basis import ProbabilityBasis
    from diagnosis.models.card import ModelCard

FITTED_TO = {
    False: "the validation split",
    True: "cross-fitted predictions",
}  # by whether there are folds
BASIS = "fitted to held-out cases"  # where there is no room for the measured error


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
        f"probability, {share} had {name}. The probability was fitted to other cases, not to these."
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
    words = f"Fitted to {FITTED_TO[basis.folds > 0]}"
    if basis.prevalence is not None:
        where = " at a stated prevalence of" if basis.folds else ", so it holds at a prevalence of"
        words += f"{where} {100 * basis.prevalence:.0f} % {basis.finding}"
        words += "" if basis.test is None else f" (test split: {100 * basis.test:.0f} %)"
    if basis.error != basis.error:  # not measured
        return f"{words}. Its calibration was not measured."
    verb = "Calibrated" if basis.calibrated else "Not calibrated well"
    worst = "" if basis.worst != basis.worst else f", worst tenth {basis.worst:.2f} off"
    return (
        f"{words}. {verb}: expected calibration error {basis.error:.3f} on the test split{worst}."
    )


def fitted_on(card: ModelCard) -> str:
    """What a version's calibration was fitted on."""
    crossed = card.cross_fit
    if crossed is None:
        return f"fitted on the validation split (n = {card.metrics.val.n:,})"
    stated = ""
    if crossed.prevalence is not None:
        stated = f", at a stated prevalence of {100 * crossed.prevalence:g} %"
    plural = {"case": "cases", "patient": "patients"}
    whole = plural.get(crossed.grouped_by, f"groups of {crossed.grouped_by}")
    return (
        f"fitted on cross-fitted predictions of training and validation split (n = {crossed.n:,}, "
        f"{crossed.folds} folds of {crossed.groups:,} {whole}){stated}"
    )


def best_epoch_of(card: ModelCard) -> str:
    """By what the epoch was chosen."""
    return (
        "the best on the validation split"
        if card.cross_fit is None
        else "the best mean of the folds"
    )


def split_use(card: ModelCard) -> str:
    """What the validation split was used for."""
    if card.cross_fit is None:
        return (
            "The validation split stopped the training, set the threshold and fitted the calibration, so "
            "its figures are optimistic."
        )
    return (
        "Each validation case was predicted by a model that had seen neither it nor its patient. From such "
        "predictions of training and validation split together come calibration, threshold and limits."
    )
