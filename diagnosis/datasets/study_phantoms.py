"""Synthetic studies with a known signal in both parts, so that fusion works offline and can be tested.

Each study is a drawn thorax-like picture and two days of temperatures and CRP. Two signs, independent of each
other and each in half of the studies: opacities in the picture, a raised CRP in the record. With neither the
label is 1 in 5 % of the studies, with one in half, with both in 95 %. Who sees both signs reaches an area
under the ROC curve of `BEST`, and who sees one of them `BEST_ALONE`; more cannot be reached but by chance.
They are drawn, not physiology, and say nothing about patients.
"""

from functools import lru_cache

import numpy as np

from diagnosis.datasets.dataset import SPLITS, Dataset, DatasetError
from diagnosis.datasets.facts import catalogue
from diagnosis.datasets.phantoms import draw
from diagnosis.datasets.study_set import study_dataset
from diagnosis.records.record import Record

NAME = "studyphantoms"
LIKELY = np.array([0.05, 0.5, 0.95])  # of label 1, by the number of signs
BEST, BEST_ALONE = 0.8375, 0.725
LENGTH = 12  # the age, and up to eleven events
MINUTES = 48 * 60


@lru_cache(maxsize=2)  # nobody can change them
def study_phantoms(*, size: int = 28, seed: int = 0) -> Dataset:
    """Draw 1,200 / 300 / 500 studies; the same seed and size give the same on any machine.

    Raises:
        DatasetError: ``size`` is not one of the catalogue.
    """
    facts = catalogue()[NAME]
    if size not in facts.sizes:
        raise DatasetError(f"{facts.title} are not available at size {size}.")
    images, records = {}, {}
    for split, stream in zip(SPLITS, np.random.SeedSequence(seed).spawn(len(SPLITS)), strict=True):
        rng = np.random.default_rng(stream)
        signs = rng.random((facts.counts[split], 2)) < 0.5
        labels = rng.random(len(signs)) < LIKELY[signs.sum(axis=1)]
        images[split] = draw(signs[:, 0], size, rng)
        records[split] = [
            _record(bool(raised), int(label), rng)
            for raised, label in zip(signs[:, 1], labels, strict=True)
        ]
    notes = (f"Synthetic: drawn by a program with seed {seed}; no patient is shown.",)
    return study_dataset(facts, images, records, length=LENGTH, notes=notes)


def _record(raised: bool, label: int, rng: np.random.Generator) -> Record:
    measured = {"Temp": (37.0, 0.4), "CRP": (90.0 if raised else 12.0, 5.0)}
    codes = np.array(["Temp"] * int(rng.integers(3, 7)) + ["CRP"] * int(rng.integers(2, 5)), object)
    codes = codes[rng.permutation(len(codes))]
    usual = np.array([measured[code] for code in codes.tolist()])
    values = usual[:, 0] + usual[:, 1] * rng.standard_normal(len(codes))
    minutes = np.sort(rng.choice(MINUTES, len(codes), replace=False)).astype(float)
    facts = {"age": float(rng.integers(25, 90))}
    return Record(minutes, codes, np.round(values, 1).astype("float32"), facts, label)
