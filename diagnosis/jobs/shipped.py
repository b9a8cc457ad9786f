"""Train the models that come with Scanline: ``make models`` or ``python -m diagnosis.jobs.shipped``.

Recipes were chosen on validation splits: that of images on PneumoniaMNIST's, by AUC and loss over two seeds,
that of records on ICU 2012's. Nothing here looks at a test split before the models are saved.
"""

import argparse
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from diagnosis.datasets import Dataset, load
from diagnosis.jobs.experiment import train_version
from diagnosis.models import store
from diagnosis.models.config import config_for, learned_encoder
from diagnosis.models.store import SHIPPED, Version
from diagnosis.models.variants import image_variants, record_variants, study_variants
from diagnosis.sequences import STRONG, Augmentation
from diagnosis.training.config import TrainingConfig

RECIPE = TrainingConfig()
# Calibrated on predictions of patients that were held out: docs/calibration.md
CROSS_FITTED = TrainingConfig(epochs=40, augmentation=STRONG, folds=5)
# With fewer folds and epochs, and averaged weights: these networks take an hour of one core otherwise.
SHORTER = CROSS_FITTED.changed(epochs=12, folds=2, averaging=0.98)
# A network of 14 kinds, for what it lets through: docs/models.md
KINDS = TrainingConfig(epochs=12, learning_rate=4e-3, augmentation=STRONG, folds=3)
# Of shapes: mirrored and turned they are as plausible; their size is the finding, so it stays.
VOLUMES = RECIPE.changed(
    batch_size=32,
    epochs=30,
    augmentation=Augmentation(shift=0.07, rotate=12, scale=0, flip=True, intensity=0, noise=0),
)
# On ICU 2012's validation patients better than batches of 64 with .3 of the loss on all events. Without class
# weights the validation loss is that of probabilities, so it chooses the epoch well where one class is rare.
RECORDS = RECIPE.changed(
    epochs=16, batch_size=128, learning_rate=4e-3, replication=0.5, balanced=False, patience=0
)
FEWER_RECORDS = RECIPE.changed(epochs=40, batch_size=32, patience=0)
STUDIES = RECIPE.changed(epochs=60, batch_size=32)


@dataclass(frozen=True)
class Further:
    """A version beside the usual one of its variant: another seed, or other units with their own recipe."""

    variant: str
    recipe: TrainingConfig
    units: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Shipment:
    """What is shipped for one data set."""

    variants: int  # how many, the best ones by their validation AUC
    recipe: TrainingConfig  # the usual one; smaller sets get smaller batches, so as many steps
    own: Mapping[str, TrainingConfig] = field(default_factory=dict)  # by variant, instead
    further: tuple[Further, ...] = ()
    only: tuple[str, ...] = ()  # the variants that are trained, if not all that fit


SHIPMENTS = {
    "phantoms": Shipment(
        len(image_variants()),
        RECIPE.changed(batch_size=64),
        own={"four_way_lstm": RECIPE.changed(batch_size=64, epochs=30, patience=0, averaging=0.99)},
    ),
    "pneumoniamnist": Shipment(
        len(image_variants()),
        RECIPE,
        own={"lstm": CROSS_FITTED, "row_conv_lstm": SHORTER, "four_way_lstm": SHORTER},
        further=(
            Further("lstm", RECIPE),
            *(
                Further(variant, RECIPE.changed(seed=seed))
                for variant in ("lstm", "gru")
                for seed in (2, 3)
            ),
            # 128 units gain from the whole schedule, on validation; 50 or 64 do not
            Further("lstm", RECIPE.changed(epochs=40, patience=0), units=(128,)),
        ),
    ),
    "breastmnist": Shipment(2, RECIPE.changed(batch_size=16)),
    "icu2012": Shipment(2, RECORDS),
    "cleveland": Shipment(1, FEWER_RECORDS.changed(epochs=60, batch_size=16)),
    "recordphantoms": Shipment(1, FEWER_RECORDS),
    "studyphantoms": Shipment(
        1, STUDIES, further=(Further("fusion_gru", STUDIES.changed(seed=2)),)
    ),
    "adrenalmnist3d": Shipment(1, VOLUMES.changed(folds=4), only=("gru",)),
    "scankinds": Shipment(1, KINDS, only=("lstm",)),
}


def main() -> None:
    """Train each data set's variants, keep the best, make them active; then what is shipped beside them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("datasets", nargs="*", help=f"of {', '.join(SHIPMENTS)}; all by default")
    parser.add_argument("--variants", nargs="+", help="all that read such data by default")
    parser.add_argument("--further", action="store_true", help="only what is shipped beside them")
    parser.add_argument(
        "--checkpoints", type=Path, help="folder: a training that was stopped goes on from there"
    )
    arguments = parser.parse_args()
    if unknown := set(arguments.datasets) - set(SHIPMENTS):
        parser.error(f"nothing is shipped for {', '.join(sorted(unknown))}")
    for name in arguments.datasets or SHIPMENTS:
        dataset, shipment = load(name), SHIPMENTS[name]
        fitting = list(shipment.only) or _fitting(dataset)
        variants = [each for each in fitting if each in (arguments.variants or fitting)]
        if not arguments.further:
            _train_variants(variants, dataset, shipment, arguments.checkpoints)
        for further in shipment.further:
            if further.variant in variants:
                _train(further, dataset, arguments.checkpoints)


def _fitting(dataset: Dataset) -> list[str]:
    """Variants that read all of a case."""
    if dataset.is_of_studies:
        return study_variants()
    return record_variants() if dataset.codes else image_variants()


def _train_variants(
    names: list[str], dataset: Dataset, shipment: Shipment, checkpoints: Path | None
) -> None:
    trained = []
    for variant in names:
        usual = Further(variant, shipment.own.get(variant, shipment.recipe))
        trained.append(_train(usual, dataset, checkpoints, alone=True))
        store.activate(trained[-1], root=SHIPPED)
    trained.sort(key=lambda version: version.card.metrics.val.estimates["auc"].estimate)
    for surplus in trained[: -shipment.variants]:
        shutil.rmtree(surplus.folder.parent)


def _train(
    what: Further, dataset: Dataset, checkpoints: Path | None, *, alone: bool = False
) -> Version:
    """Train a version; ``alone``: it takes the place of all others of its variant."""
    config = config_for(
        what.variant,
        dataset.facts,
        size=dataset.size,
        encoder=learned_encoder(dataset),
        units=what.units,
    )
    folder = SHIPPED / dataset.facts.name / what.variant
    parts = (what.variant, *config.units, what.recipe.folds, what.recipe.seed)
    version = train_version(
        config,
        what.recipe,
        dataset,
        root=SHIPPED,
        checkpoint=checkpoints and checkpoints / "-".join((dataset.facts.name, *map(str, parts))),
        before_save=lambda: shutil.rmtree(folder, ignore_errors=True) if alone else None,
    )
    card = version.card
    for split, figures in (("val", card.metrics.val), ("test", card.metrics.test)):
        auc, accuracy = (figures.estimates[name].estimate for name in ("auc", "accuracy"))
        print(
            f"{version.name} {config.units} seed {what.recipe.seed} {split:4} n {figures.n} "
            f"auc {auc:.3f} accuracy {accuracy:.3f} "
            f"in {card.training.seconds} s, best epoch {card.training.best_epoch}",
            flush=True,
        )
    return version


if __name__ == "__main__":
    main()
