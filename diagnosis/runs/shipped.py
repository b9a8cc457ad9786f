"""Train the models that come with Scanline: ``make models`` or ``python -m diagnosis.runs.shipped``.

One recipe for all. It was chosen on PneumoniaMNIST's validation split; nothing here looks at a test split
before the models are saved.
"""

import argparse
import shutil
from dataclasses import dataclass

from diagnosis.datasets import Dataset, load
from diagnosis.models import store
from diagnosis.models.config import config_for
from diagnosis.models.store import SHIPPED, Version
from diagnosis.models.variants import VARIANTS
from diagnosis.runs.experiment import train_version
from diagnosis.training.config import TrainingConfig


@dataclass(frozen=True)
class Shipment:
    """What is shipped for one data set."""

    variants: int  # how many, the best ones by their validation AUC
    recipe: TrainingConfig  # the usual one; smaller sets get smaller batches, so as many steps


SHIPMENTS = {
    "phantoms": Shipment(len(VARIANTS), TrainingConfig(batch_size=64)),
    "pneumoniamnist": Shipment(len(VARIANTS), TrainingConfig(batch_size=128)),
    "breastmnist": Shipment(2, TrainingConfig(batch_size=16)),
}


def main() -> None:
    """Train each data set's variants, keep the best, and make them active."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("datasets", nargs="*", help=f"of {', '.join(SHIPMENTS)}; all by default")
    parser.add_argument("--variants", nargs="+", default=list(VARIANTS), help="all by default")
    arguments = parser.parse_args()
    if unknown := set(arguments.datasets) - set(SHIPMENTS):
        parser.error(f"nothing is shipped for {', '.join(sorted(unknown))}")
    for name in arguments.datasets or SHIPMENTS:
        dataset, shipment = load(name), SHIPMENTS[name]
        trained = [_train(variant, dataset, shipment.recipe) for variant in arguments.variants]
        trained.sort(key=lambda version: version.card["metrics"]["val"]["auc"]["estimate"])
        for surplus in trained[: -shipment.variants]:
            shutil.rmtree(surplus.folder.parent)


def _train(variant: str, dataset: Dataset, recipe: TrainingConfig) -> Version:
    config = config_for(variant, dataset.facts, size=dataset.size)
    version = train_version(config, recipe, dataset, root=SHIPPED)
    for older in version.folder.parent.iterdir():
        if older.is_dir() and older != version.folder:
            shutil.rmtree(older)
    store.activate(version, root=SHIPPED)
    card = version.card
    for split in ("val", "test"):
        figures = card["metrics"][split]
        print(
            f"{version.name} {split:4} n {figures['n']} "
            f"auc {figures['auc']['estimate']:.3f} accuracy {figures['accuracy']['estimate']:.3f} "
            f"in {card['training']['seconds']} s, best epoch {card['training']['best_epoch']}",
            flush=True,
        )
    return version


if __name__ == "__main__":
    main()
