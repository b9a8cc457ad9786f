"""Train, calibrate, measure and save one model version."""

from collections.abc import Callable, Mapping, Sequence
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
from diagnosis.datasets.measurable import check_measurable
from diagnosis.evaluation.calibration import Calibration, calibrate
from diagnosis.evaluation.estimates import Estimate, proportion
from diagnosis.evaluation.extent import FEATURES, extent, extent_auc
from diagnosis.evaluation.metrics import evaluate
from diagnosis.evaluation.operating import operating_point
from diagnosis.inference.abstention import Abstention, margin_limit, selective
from diagnosis.inference.detail import DetailLimit
from diagnosis.inference.out_of_distribution import CENTRES, OODDetector, sampled
from diagnosis.inference.split_predictions import Predictions, predictions, to_arrays
from diagnosis.jobs.locks import FITTED
from diagnosis.models import heads, store
from diagnosis.models.build import build
from diagnosis.models.card import (
    AbstentionFacts,
    CalibrationFacts,
    CardContents,
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


def train_version(
    config: ModelConfig,
    training: TrainingConfig,
    dataset: Dataset,
    *,
    root: Any = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    checkpoint: Path | None = None,
    before_save: Callable[[], None] = lambda: None,
) -> Version:
    """Train a model, measure it, and save it as a version named ``data set/variant``.

    The validation split stops the training, fits the calibration and chooses the threshold and the limits of
    abstention and of the out-of-distribution check; the test split is only measured.

    Args:
        config: what to train.
        training: how.
        dataset: on what.
        root: folder of the versions; the user's own by default.
        callbacks: passed on to the fit.
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
    if checkpoint is None:
        fitted = fit(config, training, dataset, callbacks=callbacks)
        return _measured(config, training, dataset, fitted, root=root, before_save=before_save)
    kept = checkpoint / FITTED
    fitted = Fit.kept(kept, config) or fit(
        config, training, dataset, callbacks=callbacks, checkpoint=checkpoint
    )
    fitted.keep(kept)
    try:
        version = _measured(config, training, dataset, fitted, root=root, before_save=before_save)
    except InputError:  # measured again it would end so, too
        kept.unlink()
        raise
    kept.unlink()
    return version


def _measured(
    config: ModelConfig,
    training: TrainingConfig,
    dataset: Dataset,
    fitted: Fit,
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
    logits = {split: split_logits(plain, config, dataset, split) for split in ("val", "test")}
    calibration = calibrate(logits["val"], dataset.labels["val"], config.task)
    threshold = None
    if config.task == "binary":
        of_finding = heads.probabilities(calibration(logits["val"]), "binary")[:, config.finding]
        threshold = operating_point(of_finding, dataset.labels["val"] == config.finding)
    found = {
        split: predictions(each, dataset.labels[split], config, calibration, threshold)
        for split, each in logits.items()
    }
    _check_not_collapsed(found["val"])
    detector = fit_ood(config, dataset)
    card = _card(
        config, training, dataset, fitted, calibration=calibration, found=found, detector=detector
    )
    before_save()
    return store.save(
        f"{dataset.facts.name}/{config.variant}",
        config,
        plain,
        card,
        arrays={OOD: detector.arrays, PREDICTIONS: to_arrays(logits, dataset.labels)},
        root=root,
    )


def abstention_facts(found: Mapping[str, Predictions]) -> AbstentionFacts:
    """The abstention rule of a card: its limit, and coverage and error rates on validation and test split."""
    val, test = found["val"], found["test"]
    limit = margin_limit(val.margins, val.wrong)
    measured = (selective(split.margins, split.wrong, limit) for split in (val, test))
    return AbstentionFacts.from_json(Abstention(limit, *measured).to_json())


def fit_ood(config: ModelConfig, dataset: Dataset, *, centres: int = CENTRES) -> OODDetector:
    """The out-of-distribution detector of a data set, for a model of ``config``."""
    encoder = config.encoder
    train, val = (
        encoder.summary(encoder.batch(images))
        for images in (sampled(dataset.images["train"]), dataset.images["val"])
    )
    return OODDetector.fit(train, val, centres=centres)


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
    detector: OODDetector,
) -> CardContents:
    """The card of a version, but for what saving adds."""
    facts, recipe = dataset.facts, training.to_json()
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
        threshold_rule=THRESHOLD_RULES[config.task],
        abstention=abstention_facts(found),
        metrics=MetricsBySplit(val=_metrics(found["val"]), test=_metrics(found["test"])),
        ood=ood_facts(detector, config, dataset),
        **_of_records(config, dataset),
    )


def _of_records(config: ModelConfig, dataset: Dataset) -> dict[str, ExtentFacts]:
    """What the card of a model of records has beside the others': how far their extent alone comes."""
    if not isinstance(config.encoder, EventEncoder) or config.finding is None:
        return {}
    learned, measured = (
        (extent(dataset.images[split], dataset.codes), dataset.labels[split] == config.finding)
        for split in ("train", "test")
    )
    reached = extent_auc(*learned, *measured)
    return {"extent": ExtentFacts(features=FEATURES, auc=rounded(reached))}


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
