"""What the card of a trained version says: data, recipe, figures and limits."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import keras
import numpy as np

from diagnosis import __version__
from diagnosis.core.intended_use import IN_SHORT
from diagnosis.datasets import Dataset
from diagnosis.datasets.folds import groups_of, joined
from diagnosis.evaluation.availability import availability
from diagnosis.evaluation.calibration import Calibration
from diagnosis.evaluation.estimates import Estimate
from diagnosis.evaluation.extent import FEATURES, extent, extent_auc
from diagnosis.evaluation.metrics import evaluate
from diagnosis.inference.abstention import Abstention, margin_limit, rule, selective
from diagnosis.inference.detail import DetailLimit
from diagnosis.inference.out_of_distribution import OODDetector
from diagnosis.inference.split_predictions import Predictions
from diagnosis.jobs.ood_fit import rejected_share
from diagnosis.models.card import (
    AbstentionFacts,
    AvailabilityFacts,
    CalibrationFacts,
    CardContents,
    CrossFitFacts,
    DatasetFacts,
    DetailFacts,
    ExtentFacts,
    Metrics,
    MetricsBySplit,
    OODFacts,
    RejectedFacts,
    TrainingFacts,
)
from diagnosis.models.config import ModelConfig
from diagnosis.sequences import EventEncoder
from diagnosis.training.config import OF_RECORDS, TrainingConfig
from diagnosis.training.fit import Fit

CARD_SCHEMA = 1
THRESHOLD_RULES = {
    "binary": "highest sensitivity + specificity on the validation split (Youden 1950)",
    "multi-class": "most probable class",
    "ordinal": "most probable class",
    "multi-label": "0.5 for each label",
}
STATED_PREVALENCE = (
    "the stated prevalence, where a case is neither more nor less likely to have the finding than before "
    "(highest sensitivity + specificity of calibrated probabilities)"
)


def card_contents(
    config: ModelConfig,
    training: TrainingConfig,
    dataset: Dataset,
    fitted: Fit,
    *,
    calibration: Calibration,
    found: Mapping[str, Predictions],
    held: Predictions,
    detector: OODDetector,
) -> CardContents:
    """The card of a version, but for what saving adds."""
    crossed = training.folds > 1
    parts: dict[str, Any] = {"val": _metrics(found["val"]), "test": _metrics(found["test"])}
    shared = dataset.known_from("test", "train", "val")
    if shared.any():
        parts["test_apart"] = _metrics(found["test"].of(~shared))
    return CardContents(
        schema=CARD_SCHEMA,
        created=datetime.now(UTC).replace(microsecond=0),
        code_version=__version__,
        backend=f"keras {keras.__version__} on {keras.backend.backend()}",
        intended_use=IN_SHORT,
        limits=limits(dataset, config),
        dataset=_dataset_facts(dataset),
        parameters=int(fitted.model.count_params()),
        training=_training_facts(config, training, fitted),
        calibration=CalibrationFacts.from_json(calibration.to_json()),
        threshold=found["val"].threshold,
        threshold_rule=STATED_PREVALENCE
        if crossed and config.finding is not None
        else THRESHOLD_RULES[config.task],
        cross_fit=cross_fit_facts(training, dataset) if crossed else None,
        abstention=abstention_facts(
            held, found["test"], of="cross-fitted cases" if crossed else "validation split"
        ),
        metrics=MetricsBySplit(**parts),
        ood=ood_facts(detector, config, dataset),
        extent=_extent(config, dataset),
        availability=_availability(config, fitted.model, dataset),
    )


def _dataset_facts(dataset: Dataset) -> DatasetFacts:
    facts = dataset.facts
    return DatasetFacts(
        name=facts.name,
        size=dataset.size,
        sha256=dataset.sha256,
        counts={split: len(images) for split, images in dataset.images.items()},
        synthetic=facts.synthetic,
        population=facts.population,
        licence=facts.licence,
        citation=facts.citation,
        notes=tuple(dataset.notes),
    )


def _training_facts(config: ModelConfig, training: TrainingConfig, fitted: Fit) -> TrainingFacts:
    recipe = training.to_json()
    if not isinstance(config.encoder, EventEncoder):
        recipe = {name: value for name, value in recipe.items() if name not in OF_RECORDS}
    return TrainingFacts(
        **recipe,
        epochs_run=len(fitted.history["loss"]),
        best_epoch=fitted.best_epoch,
        seconds=round(fitted.seconds, 1),
        history={
            name: tuple(round(value, 5) for value in values)
            for name, values in fitted.history.items()
        },
    )


def abstention_facts(
    held: Predictions, test: Predictions, *, of: str = "validation split"
) -> AbstentionFacts:
    """The abstention rule of a card: its limit, and coverage and error rates on held-out and test cases."""
    limit = margin_limit(held.margins, held.wrong)
    measured = (selective(split.margins, split.wrong, limit) for split in (held, test))
    return AbstentionFacts.from_json(Abstention(limit, *measured).to_json() | {"rule": rule(of)})


def ood_facts(detector: OODDetector, config: ModelConfig, dataset: Dataset) -> OODFacts:
    """The detector's rule for a card, and the share of the test split that it rejects."""
    images, detail = dataset.images, None
    if config.encoder.grid is not None:
        limit = DetailLimit.fit(*(config.encoder.own(images[split]) for split in ("train", "val")))
        detail = DetailFacts.from_json(limit.to_json())
    return OODFacts(
        centres=len(detector.centres),
        validation=len(detector.distances),
        detail=detail,
        rejected=RejectedFacts(test=rounded(rejected_share(detector, config, dataset, "test"))),
    )


def cross_fit_facts(training: TrainingConfig, dataset: Dataset) -> CrossFitFacts:
    """What a card says of the folds."""
    labels, patients = joined(dataset.labels), dataset.patients
    known = np.arange(len(labels)) if patients is None else groups_of(joined(patients))
    return CrossFitFacts(
        folds=training.folds,
        grouped_by="case" if patients is None else dataset.grouped_by,
        groups=len(np.unique(known)),
        n=len(labels),
        prevalence=None if dataset.facts.finding is None else training.prevalence,
    )


def _extent(config: ModelConfig, dataset: Dataset) -> ExtentFacts | None:
    """Of a model of records: how far their extent alone comes."""
    if not isinstance(config.encoder, EventEncoder) or config.finding is None:
        return None
    learned, measured = (
        (extent(dataset.images[split], dataset.codes), dataset.labels[split] == config.finding)
        for split in ("train", "test")
    )
    reached = extent_auc(*learned, *measured)
    return ExtentFacts(features=FEATURES, auc=rounded(reached))


def _availability(
    config: ModelConfig, model: keras.Model, dataset: Dataset
) -> AvailabilityFacts | None:
    """Of a model of several parts: how well it predicts without some of them."""
    if not config.encoder.parts or config.finding is None:
        return None
    towards = 1 if config.finding == 1 else -1  # the logit is of the second class

    def scores(sequences: np.ndarray) -> np.ndarray:
        return towards * np.asarray(model.predict(sequences, batch_size=256, verbose=0))[:, 0]

    found = availability(
        config.encoder.batch(dataset.images["test"]),
        config.encoder.parts,
        dataset.labels["test"] == config.finding,
        scores,
    )
    return AvailabilityFacts(
        patterns={name: rounded(auc) for name, auc in found.patterns.items()},
        there={name: round(share, 5) for name, share in found.there.items()},
        presence={name: rounded(auc) for name, auc in found.presence.items()},
    )


def _metrics(found: Predictions) -> Metrics:
    estimates = {name: rounded(figure) for name, figure in measure(found).items()}
    return Metrics(n=len(found.labels), estimates=estimates)


def measure(found: Predictions) -> dict[str, Estimate]:
    """All metrics of a split."""
    return evaluate(
        found.probabilities,
        found.labels,
        rule=found.rule,
        classes=found.config.classes,
    )


def rounded(figure: Estimate) -> Estimate:
    """An estimate as it is stored: five decimals are far below its interval."""
    return Estimate(*(round(value, 5) for value in figure.to_json().values()))


def limits(dataset: Dataset, config: ModelConfig) -> tuple[str, ...]:
    """Sentences that a card must carry about where its figures end."""
    facts, said = dataset.facts, []
    if facts.synthetic:
        said.append(
            f"Trained on synthetic {config.kind.reads} drawn by a program: it knows nothing about people."
        )
    if "NC" in facts.licence:
        said.append(f"Its data set is for use that is not commercial ({facts.licence}).")
    if config.fusion:
        said.append(
            f"It reads {config.encoder.extent}, far below the resolution that a physician needs, and nothing "
            "else of the patient."
        )
    elif config.embedding:
        said.append(
            f"It reads {config.encoder.extent}, and nothing that is in no table: no notes, no images, no "
            "examination."
        )
    else:
        said.append(
            f"It sees {config.encoder.extent}: far below the resolution that a radiologist needs."
        )
    said.append("Its error rates hold for cases like those of its data set and for no others.")
    if facts.files and not config.embedding:
        said.append("Age, sex and site of each case are not available for this data set.")
    return tuple(said)
