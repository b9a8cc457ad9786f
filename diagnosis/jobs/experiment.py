"""Train, calibrate, measure and save one model version."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import keras
import numpy as np

from diagnosis import __version__
from diagnosis.core.access import require_write
from diagnosis.core.errors import InputError
from diagnosis.core.intended_use import IN_SHORT
from diagnosis.datasets import Dataset
from diagnosis.datasets.folds import groups_of, joined
from diagnosis.datasets.measurable import check_measurable
from diagnosis.evaluation.availability import availability
from diagnosis.evaluation.calibration import Calibration, calibrate, prevalence_weights
from diagnosis.evaluation.estimates import Estimate, proportion
from diagnosis.evaluation.extent import FEATURES, extent, extent_auc
from diagnosis.evaluation.metrics import evaluate
from diagnosis.evaluation.operating import operating_point
from diagnosis.inference.abstention import Abstention, margin_limit, rule, selective
from diagnosis.inference.detail import DetailLimit
from diagnosis.inference.out_of_distribution import CENTRES, OODDetector, sampled
from diagnosis.inference.split_predictions import Predictions, predictions, to_arrays
from diagnosis.jobs.cross_fit import CrossFitted, cross_fit, fit_on_all
from diagnosis.jobs.locks import FITTED
from diagnosis.models import heads, store
from diagnosis.models.build import build
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
from diagnosis.models.store import OOD, PREDICTIONS, Version
from diagnosis.sequences import EventEncoder
from diagnosis.training.config import OF_RECORDS, TrainingConfig
from diagnosis.training.fit import Fit, fit

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


def train_version(
    config: ModelConfig,
    training: TrainingConfig,
    dataset: Dataset,
    *,
    root: Any = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    fold_callbacks: Callable[[int], Sequence[keras.callbacks.Callback]] = lambda number: (),
    checkpoint: Path | None = None,
    before_save: Callable[[], None] = lambda: None,
) -> Version:
    """Train a model, measure it, and save it as a version named ``data set/variant``.

    Calibration, threshold and the limits of abstention and of the out-of-distribution check are fitted to
    held-out predictions: of the validation split, which stops the training then, or with ``training.folds``
    to those of `jobs.cross_fit`. The test split is only measured.

    Args:
        config: what to train.
        training: how.
        dataset: on what.
        root: folder of the versions; the user's own by default.
        callbacks: passed on to the fit; with folds to the last one.
        fold_callbacks: passed on to the fit of each fold, by its number from 0.
        checkpoint: passed on to the fit; if it holds a fit whose measuring did not come to its end, that is
            measured, and nothing is trained.
        before_save: called when all is measured and nothing is saved yet; what it raises ends it there.

    Raises:
        InputError: what ``fit`` and ``check_measurable`` raise, or the model predicts one class only.
    """
    require_write("train")
    if not config.encoder.changeable:
        training = training.changed(augmentation=None)
    for split in ("val", "test"):
        check_measurable(dataset, split)
    crossed = None
    if training.folds > 1:
        crossed = cross_fit(
            config, training, dataset, callbacks=fold_callbacks, checkpoint=checkpoint
        )

    def fitted_now() -> Fit:
        if crossed is None:
            return fit(config, training, dataset, callbacks=callbacks, checkpoint=checkpoint)
        return fit_on_all(
            config, training, dataset, crossed, callbacks=callbacks, checkpoint=checkpoint
        )

    def measured(fitted: Fit) -> Version:
        return _measured(
            config, training, dataset, fitted, crossed, root=root, before_save=before_save
        )

    if checkpoint is None:
        return measured(fitted_now())
    place = checkpoint / FITTED
    fitted = Fit.written(place, config) or fitted_now()
    fitted.write(place)
    try:
        version = measured(fitted)
    except InputError:  # measured again it would end so, too
        place.unlink()
        raise
    place.unlink()
    return version


def _measured(
    config: ModelConfig,
    training: TrainingConfig,
    dataset: Dataset,
    fitted: Fit,
    crossed: CrossFitted | None,
    *,
    root: Any,
    before_save: Callable[[], None],
) -> Version:
    """Calibrate, measure and save what was fitted.

    Raises:
        InputError: it predicts one class only.
    """
    # What is measured is what is saved: in float32, and never compiled, so that the file is without the
    # optimizer's state, and equal weights give equal bytes: the same seed gives the same version.
    plain = build(config)
    plain.set_weights(fitted.model.get_weights())
    logits = {"test": split_logits(plain, config, dataset, "test")}
    if crossed is None:
        logits["val"] = split_logits(plain, config, dataset, "val")
        held_logits, held_labels = logits["val"], dataset.labels["val"]
    else:
        held_logits, held_labels = crossed.logits, joined(dataset.labels)
        logits["train"], logits["val"] = np.split(held_logits, [len(dataset.labels["train"])])
    calibration, threshold = decision_rule(config, held_logits, held_labels, _prevalence(training))
    found = {
        split: predictions(each, dataset.labels[split], config, calibration, threshold)
        for split, each in logits.items()
    }
    held = predictions(held_logits, held_labels, config, calibration, threshold)
    _check_not_collapsed(held)
    detector = fit_ood(config, dataset, folds=None if crossed is None else crossed.folds)
    card = _card(
        config, training, dataset, fitted, calibration=calibration, found=found, held=held,
        detector=detector,
    )  # fmt: skip
    before_save()
    return store.save(
        f"{dataset.facts.name}/{config.variant}",
        config,
        plain,
        card,
        arrays={OOD: detector.arrays, PREDICTIONS: to_arrays(logits, dataset.labels)},
        root=root,
    )


def decision_rule(
    config: ModelConfig, logits: np.ndarray, labels: np.ndarray, prevalence: float | None
) -> tuple[Calibration, float | None]:
    """Calibration and threshold from held-out cases.

    Args:
        config: of the model.
        logits: of cases that what predicted them had not learned from, ``(n, logits)``.
        labels: theirs.
        prevalence: that is stated; None for that of the cases, with Youden's point. It counts for a finding.
    """
    if config.finding is None:
        return calibrate(logits, labels, config.task), None
    truth = labels == config.finding
    if prevalence is not None:
        weights = prevalence_weights(truth, prevalence)
        return calibrate(logits, labels, config.task, weights=weights), prevalence
    calibration = calibrate(logits, labels, config.task)
    of_finding = heads.probabilities(calibration(logits), "binary")[:, config.finding]
    return calibration, operating_point(of_finding, truth)


def _prevalence(training: TrainingConfig) -> float | None:
    return training.prevalence if training.folds > 1 else None


def abstention_facts(
    held: Predictions, test: Predictions, *, of: str = "validation split"
) -> AbstentionFacts:
    """The abstention rule of a card: its limit, and coverage and error rates on held-out and test cases."""
    limit = margin_limit(held.margins, held.wrong)
    measured = (selective(split.margins, split.wrong, limit) for split in (held, test))
    return AbstentionFacts.from_json(Abstention(limit, *measured).to_json() | {"rule": rule(of)})


def fit_ood(
    config: ModelConfig,
    dataset: Dataset,
    *,
    centres: int = CENTRES,
    folds: np.ndarray | None = None,
) -> OODDetector:
    """The out-of-distribution detector of a data set, for a model of ``config``.

    Args:
        config: of the model.
        dataset: whose training and validation split count.
        centres: at most.
        folds: of the cases of both, int ``(n,)``: distances are of each case to centres of the other folds,
            and the final centres of all (Vovk 2015, cross-conformal prediction). None: the centres are of the
            training split, the distances of the validation split.
    """

    def read(images: np.ndarray) -> np.ndarray:
        return config.encoder.summary(config.encoder.batch(images))

    images = dataset.images
    if folds is None:
        return OODDetector.fit(read(sampled(images["train"])), read(images["val"]), centres=centres)
    everything = joined(images)
    parts = [
        OODDetector.fit(
            read(sampled(everything[folds != number])),
            read(everything[folds == number]),
            centres=centres,
        ).distances
        for number in range(folds.max() + 1)
    ]
    final = OODDetector.fit(read(sampled(everything)), read(everything[:1]), centres=centres)
    return replace(final, distances=np.sort(np.concatenate(parts)))


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


def rejected_share(
    detector: OODDetector, config: ModelConfig, dataset: Dataset, split: str
) -> Estimate:
    """The share of a split that is rejected as out-of-distribution."""
    encoder = config.encoder
    found = detector(encoder.summary(encoder.batch(dataset.images[split])))
    return proportion(sum(ood.level == "red" for ood in found), len(found))


def _check_not_collapsed(val: Predictions) -> None:
    """See that the validation split has predictions of more than one class."""
    first = val.predicted[0]
    if val.config.task != "multi-label" and (val.predicted == first).all():
        raise InputError(
            f"It predicts {val.config.classes[first]!r} for every case, so no version was saved: "
            "give the other classes more cases, balance the classes, train for more epochs or choose "
            "another learning rate."
        )


def _card(
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
    facts, crossed = dataset.facts, training.folds > 1
    parts: dict[str, Any] = {"val": _metrics(found["val"]), "test": _metrics(found["test"])}
    shared = dataset.known_from("test", "train", "val")
    if shared.any():
        parts["test_apart"] = _metrics(found["test"].of(~shared))
    recipe = training.to_json()
    if not isinstance(config.encoder, EventEncoder):
        recipe = {name: value for name, value in recipe.items() if name not in OF_RECORDS}
    return CardContents(
        schema=CARD_SCHEMA,
        created=datetime.now(UTC).replace(microsecond=0),
        code_version=__version__,
        backend=f"keras {keras.__version__} on {keras.backend.backend()}",
        intended_use=IN_SHORT,
        limits=limits(dataset, config),
        dataset=DatasetFacts(
            name=facts.name,
            size=dataset.size,
            sha256=dataset.sha256,
            counts={split: len(images) for split, images in dataset.images.items()},
            synthetic=facts.synthetic,
            population=facts.population,
            licence=facts.licence,
            citation=facts.citation,
            notes=tuple(dataset.notes),
        ),
        parameters=int(fitted.model.count_params()),
        training=TrainingFacts(
            **recipe,
            epochs_run=len(fitted.history["loss"]),
            best_epoch=fitted.best_epoch,
            seconds=round(fitted.seconds, 1),
            history={
                name: tuple(round(value, 5) for value in values)
                for name, values in fitted.history.items()
            },
        ),
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


def split_logits(model: Any, config: ModelConfig, dataset: Dataset, split: str) -> np.ndarray:
    """Logits ``(n, logits)`` of a whole split by a Keras model."""
    sequences = config.encoder.batch(dataset.images[split])
    return np.asarray(model.predict(sequences, batch_size=256, verbose=0))


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
