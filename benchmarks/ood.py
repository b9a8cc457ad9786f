"""How often a picture is rejected as out-of-distribution: a model's own splits, and foreign pictures.

    python -m benchmarks.ood pneumoniamnist/lstm breastmnist/cnn
    python -m benchmarks.ood pneumoniamnist/lstm --centres 16 64 128

Foreign pictures come from the other data sets that are on this machine, in the size and colours that the
model reads; of volumes the middle slice. Clusters were preferred to a Gaussian by how many foreign pictures
of these sets they tell apart, so those shares flatter; the nearest training pictures tell as many apart, but
would have to be kept with every version.
"""

import argparse
from collections.abc import Iterator, Sequence

import numpy as np

from diagnosis.core.errors import InputError
from diagnosis.datasets import Dataset, load
from diagnosis.inference.out_of_distribution import CENTRES
from diagnosis.jobs.ood_fit import fit_ood
from diagnosis.models import store
from diagnosis.models.store import Version

FOREIGN = (
    "pneumoniamnist",
    "breastmnist",
    "phantoms",
    "mednist28",
    "bccd28",
    "adrenalmnist3d",
    "mnist",
)
MEDNIST = ("AbdomenCT", "BreastMRI", "CXR", "ChestCT", "Hand", "HeadCT")  # its labels' names
MOST = 1000  # pictures of each kind


def main() -> None:
    """Print a table for each model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="+", help="DATASET/VARIANT")
    parser.add_argument("--centres", type=int, nargs="+", default=[CENTRES])
    arguments = parser.parse_args()
    for name in arguments.models:
        _report(store.find(name), arguments.centres)


def _report(version: Version, centres: Sequence[int]) -> None:
    config = version.config
    own = load(version.dataset, size=config.encoder.data_size)
    detectors = [fit_ood(config, own, centres=count) for count in centres]
    found = ", ".join(str(len(detector.centres)) for detector in detectors)
    print(f"\n{version.name}: rejected, and predicted with a warning; centres: {found}")
    for title, images in (*_own(own), *_foreign(own)):
        sequences = config.encoder.batch(images)
        shares = []
        for detector in detectors:
            levels = [one.level for one in detector(sequences)]
            shares += [levels.count(level) / len(levels) for level in ("red", "amber")]
        print(f"{title:32} {len(images):5} " + " ".join(f"{share:6.1%}" for share in shares))


def _own(own: Dataset) -> Iterator[tuple[str, np.ndarray]]:
    for split in ("val", "test"):
        yield f"{own.facts.title}, {split}", own.images[split]
    test = own.images["test"]
    yield "its test split, negative", 255 - test
    yield "its test split, upside down", test[:, ::-1]
    yield "its test split, on its side", np.rot90(test, axes=(1, 2))


def _foreign(own: Dataset) -> Iterator[tuple[str, np.ndarray]]:
    for name in FOREIGN:
        if name == own.facts.name:
            continue
        try:
            other = load(name)
        except InputError as error:
            print(f"{name}: left out. {error}")
            continue
        images, labels = other.images["test"], other.labels["test"]
        if other.facts.dimensions == 3:
            images = images[:, images.shape[1] // 2]
        if name == "mednist28":
            for index, title in enumerate(MEDNIST):
                yield f"MedNIST, {title}", _as_read(images[labels == index][:MOST], own)
        else:
            yield other.facts.title, _as_read(images[:MOST], own)


def _as_read(images: np.ndarray, own: Dataset) -> np.ndarray:
    """In the colours that the model reads."""
    luma = np.array([0.299, 0.587, 0.114])  # ITU-R 601
    if own.facts.channels == 1:
        return images if images.ndim == 3 else np.rint(images @ luma).astype(np.uint8)
    return images if images.ndim == 4 else np.repeat(images[..., None], 3, axis=3)


if __name__ == "__main__":
    main()
