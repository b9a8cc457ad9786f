"""What stands behind a prediction: its checks, what its probability was fitted to, and the error rates."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from diagnosis.core.dates import day
from diagnosis.core.reason import Reason
from diagnosis.dashboard.widgets.step_board import most_probable
from diagnosis.dashboard.widgets.tables import details
from diagnosis.datasets import catalogue
from diagnosis.inference.probability_basis import probability_basis
from diagnosis.models.card import ModelCard
from diagnosis.models.config import ModelConfig
from diagnosis.models.store import Version
from diagnosis.text.evaluation import metric_name, observed_sentence
from diagnosis.text.outcome import (
    detail_sentence,
    ood_sentence,
    scan_kind_sentence,
    sentences,
)
from diagnosis.text.probability import basis_sentence

if TYPE_CHECKING:  # it brings Keras, for which no page waits at its top
    from diagnosis.inference.prediction import Prediction

NO_OOD = "Not available: this version was trained before there was one."


def result_details(
    prediction: "Prediction",
    config: ModelConfig,
    version: Version,
    reasons: Sequence[Reason],
    *,
    label: str | None,
    measured: bool,
) -> None:
    """Draw them. Of a case that is not analysed no probability is told.

    Args:
        prediction: of the case.
        config: the model's.
        version: that predicted.
        reasons: of an abstention, that the card leaves out.
        label: of the case in its data set; None for an uploaded one, or hidden.
        measured: whether the case may be one of the test images behind the figures.
    """
    rows = {} if label is None else {"Label in the data set": label}
    if reasons:
        rows["Reasons"] = "\n".join(sentences(reasons))
    if not prediction.is_rejected:
        rows |= _probability(prediction, config, version, measured=measured)
    record, study = config.encoder.embedded > 0, bool(config.encoder.parts)
    checked = "Picture and record" if study else "Record" if record else "Image quality"
    rows |= _checks(prediction, checked)
    rows["Error rates"] = _error_rates(version.card, config)
    if study:
        rows["Extent"] = f"The model reads {config.encoder.extent}, and nothing else of a patient."
    elif record:
        rows["Extent"] = f"The model reads {config.encoder.extent}, and nothing else of a record."
    else:
        rows["Resolution"] = (
            f"The model reads {config.encoder.extent}, far below what a reading needs."
        )
    rows["Model version"] = version.version
    details(rows)


def _probability(
    prediction: "Prediction", config: ModelConfig, version: Version, *, measured: bool
) -> dict[str, str]:
    rows = {"Probability": basis_sentence(probability_basis(version))}
    if prediction.threshold is not None:
        rows["Threshold"] = f"{prediction.threshold:.2f}: {version.card.threshold_rule}"
    elif len(config.classes) > len(most_probable(prediction.probabilities)):
        rows["All classes"] = ", ".join(
            f"{name} {value:.2f}"
            for name, value in prediction.by_class(prediction.probabilities).items()
        )
    among = " This case may be one of them." if measured else ""
    if prediction.observed:
        rows["Observed"] = "\n".join(
            f"{observed_sentence(similar, name)}{among}"
            for name, similar in prediction.observed.items()
        )
    return rows


def _checks(prediction: "Prediction", of: str) -> dict[str, str]:
    """Quality, fine detail, kind of scan and distance from the training images, whatever they found."""
    quality = prediction.quality
    found = " ".join(sentences(quality.reasons)) or "nothing found"
    rows = {of: f"{quality.level}: {found}"}
    if prediction.detail is not None:
        rows["Fine detail"] = detail_sentence(prediction.detail)
    if prediction.scan_kind is not None:
        rows["Kind of scan"] = scan_kind_sentence(prediction.scan_kind)
    ood = prediction.ood
    rows["Out-of-distribution"] = NO_OOD
    if ood is not None:
        rows["Out-of-distribution"] = (
            f"{ood_sentence(ood)} Conformal p = {ood.p_value:.3f}; rejected up to p = {ood.limit:.3f}."
        )
    return rows


def _error_rates(card: ModelCard, config: ModelConfig) -> str:
    """The model's test figures with intervals, n, split and date."""
    test = card.metrics.test
    binary = config.task == "binary"
    names = ["auc", "sensitivity", "specificity"] if binary else ["auc", "accuracy"]
    listed = ", ".join(
        f"{metric_name(name)} {figure.estimate:.2f} ({figure.lower:.2f}–{figure.upper:.2f})"
        for name in names
        for figure in [test.estimates[name]]
    )
    facts = catalogue().get(card.dataset.name)
    named = card.dataset.name if facts is None else facts.title
    synthetic = "synthetic " if card.dataset.synthetic else ""
    encoder = config.encoder
    cases = "studies" if encoder.parts else "records" if encoder.embedded else "images"
    return (
        f"{listed}, with 95 % intervals, on {test.n} {synthetic}test {cases} of {named} "
        f"({day(card.created)}). They hold for {cases} like those, and for no others."
    )
