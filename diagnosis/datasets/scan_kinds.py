"""Kinds of scans: pictures of other sets, and of none, so that a model is asked about its own kind only.

Reduced to grey, ``(28, 28)``. Of kinds with colours the luma; of volumes a slice near the middle. Half of all
go through JPEG once more, because PneumoniaMNIST's did and its models read every upload so: a reader must
not know a kind by that. The test split is made of the sets' test splits.
"""

import hashlib
from collections.abc import Callable, Mapping
from functools import lru_cache

import numpy as np
from PIL import Image

from diagnosis.datasets.dataset import SPLITS, Dataset
from diagnosis.datasets.facts import catalogue
from diagnosis.datasets.no_scans import no_scans
from diagnosis.sequences.pixels import framed

NAME = "scankinds"
# The kind of scan that a data set holds, by its number among the classes; their models ask for it.
KIND_OF = {"pneumoniamnist": 0, "breastmnist": 1}
MOST = {"train": 450, "val": 100, "test": 100}  # of a kind that is no model's own
ALTERED = {"train": 1400, "val": 200, "test": 200}
DRAWN = {"train": 2000, "val": 240, "test": 240}
Pictures = Mapping[str, np.ndarray]


@lru_cache(maxsize=1)
def scan_kinds(load: Callable[[str], Dataset], *, size: int = 28, seed: int = 0) -> Dataset:
    """Put the set together; the same files and seed give the same arrays.

    Args:
        load: opens each of the sets ``facts.together``, and phantoms.
        size: 28.
        seed: of what is drawn and chosen.

    Raises:
        DatasetError: one of the sets is not here.
    """
    facts = catalogue()[NAME]
    own = [load(name) for name in KIND_OF]
    others = [*_mednist(load("mednist28")), *_others(load)]
    images, labels, patients = {}, {}, {}
    for split, stream in zip(SPLITS, np.random.SeedSequence(seed).spawn(len(SPLITS)), strict=True):
        rng = np.random.default_rng(stream)
        parts = [each.images[split] for each in own]
        groups = [_groups(each, split, (k + 1) * 100_000) for k, each in enumerate(own)]
        altered = [
            rng.choice(len(part), size=share)
            for part, share in zip(parts, _shares(ALTERED[split]), strict=True)
        ]
        for part in others:
            chosen = rng.permutation(len(part[split]))[: MOST[split]]
            parts.append(part[split][chosen])
        parts.append(
            np.concatenate(
                [_altered(parts[k][which], rng, cut=k == 0) for k, which in enumerate(altered)]
            )
        )
        parts.append(no_scans(DRAWN[split], rng))
        groups += [np.full(len(part), -1) for part in parts[2:-2]]
        groups.append(np.concatenate([groups[k][which] for k, which in enumerate(altered)]))
        groups.append(np.full(len(parts[-1]), -1))
        joined = np.concatenate(parts)
        again = rng.random(len(joined)) < 0.5
        joined[again] = [
            framed(one[..., None], size=size, jpeg_quality=75) for one in joined[again]
        ]
        images[split], patients[split] = joined, np.concatenate(groups)
        labels[split] = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    digest = hashlib.sha256()
    for split in SPLITS:
        digest.update(images[split].tobytes())
        digest.update(labels[split].tobytes())
    notes = (
        "Neighbouring slices of one patient can be in different splits of MedNIST, so its kinds are easy.",
    )
    return Dataset(facts, size, images, labels, digest.hexdigest(), notes, patients)


def _mednist(mednist: Dataset) -> list[Pictures]:
    """Its six kinds in the order of ours: it sorts them by name."""
    abdomen_ct, breast_mr, chest, chest_ct, hand, head_ct = range(6)
    order = (chest, hand, abdomen_ct, chest_ct, head_ct, breast_mr)
    return [
        {split: mednist.images[split][mednist.labels[split] == kind] for split in SPLITS}
        for kind in order
    ]


def _others(load: Callable[[str], Dataset]) -> list[Pictures]:
    """Slices of outlined glands, blood cells, digits and phantoms."""
    glands = {
        split: np.concatenate([volumes[:, at] for at in (10, 13, 16)])
        for split, volumes in load("adrenalmnist3d").images.items()
    }
    cells = {
        split: np.stack([np.asarray(Image.fromarray(one).convert("L")) for one in pictures])
        for split, pictures in load("bccd28").images.items()
    }
    return [glands, cells, load("mnist").images, load("phantoms").images]


def _altered(pictures: np.ndarray, rng: np.random.Generator, *, cut: bool) -> np.ndarray:
    """Upside down, on the side, as a negative; ``cut``: or halves or quarters changed about, or a detail."""
    ways = ALTERATIONS[: 6 if cut else 3]
    return np.stack([ways[rng.integers(len(ways))](picture, rng) for picture in pictures])


def _detail(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    side = int(rng.integers(10, 17))
    top, left = rng.integers(0, len(picture) - side, 2)
    detail = Image.fromarray(picture[top : top + side, left : left + side])
    return np.asarray(detail.resize(picture.shape[::-1], Image.Resampling.BICUBIC))


ALTERATIONS: tuple[Callable[[np.ndarray, np.random.Generator], np.ndarray], ...] = (
    lambda picture, rng: picture[::-1],
    lambda picture, rng: np.rot90(picture, rng.choice([1, 3])),
    lambda picture, rng: 255 - picture,
    lambda picture, rng: np.roll(picture, len(picture) // 2, axis=rng.integers(2)),
    lambda picture, rng: np.roll(picture, (len(picture) // 2,) * 2, axis=(0, 1)),
    _detail,
)


def _shares(count: int) -> tuple[int, int]:
    """Of chest films and of breast ultrasound: seven to one, as there are."""
    return count - count // 8, count // 8


def _groups(dataset: Dataset, split: str, first: int) -> np.ndarray:
    """Patients or groups, from ``first``; -1 where they are not known."""
    if dataset.patients is None:
        return np.full(len(dataset.labels[split]), -1)
    known = dataset.patients[split]
    grouped: np.ndarray = np.where(known < 0, known, known + first)
    return grouped
