"""Sets of pictures and records together."""

from pathlib import Path

import numpy as np
import pytest

from diagnosis.datasets import SPLITS, catalogue, load
from diagnosis.datasets.dataset import DatasetError
from diagnosis.datasets.record_set import recoded
from diagnosis.datasets.study_phantoms import BEST, BEST_ALONE, LIKELY, study_phantoms
from diagnosis.evaluation.auc import auc
from diagnosis.records.examples import CODE, VALUE
from diagnosis.records.studies import IMAGE, RECORD


def _signs(split: str) -> tuple[np.ndarray, np.ndarray]:
    """Highest CRP of each record, and its label."""
    data = study_phantoms()
    records = data.images[split][RECORD]
    crp = data.codes.index("CRP") + 1
    values = np.where(records[..., CODE] == crp, records[..., VALUE], 0)
    return values.max(axis=1), data.labels[split]


def test_the_phantoms_are_those_of_the_catalogue_and_the_same_each_time() -> None:
    data = load("studyphantoms")
    assert {split: len(data.images[split]) for split in SPLITS} == catalogue()[
        "studyphantoms"
    ].counts
    assert data.is_of_studies
    again = study_phantoms.__wrapped__()
    assert again.sha256 == data.sha256


def test_the_stated_optimum_is_that_of_the_signs() -> None:
    signs = np.random.default_rng(0).random((200_000, 2)) < 0.5
    labels = np.random.default_rng(1).random(len(signs)) < LIKELY[signs.sum(axis=1)]
    assert auc(labels, signs.sum(axis=1).astype(float)).estimate == pytest.approx(BEST, abs=0.005)
    assert auc(labels, signs[:, 0].astype(float)).estimate == pytest.approx(BEST_ALONE, abs=0.005)
    crp, labels = _signs("test")
    assert auc(labels == 1, (crp > 50).astype(float)).estimate == pytest.approx(
        BEST_ALONE, abs=0.06
    )


def test_other_numbers_of_codes_leave_pictures_and_values_alone() -> None:
    data = study_phantoms()
    other = recoded(data, ("CRP", "age"))
    before, after = data.images["test"][RECORD], other.images["test"][RECORD]
    crp = before[..., CODE] == data.codes.index("CRP") + 1
    assert (after[..., CODE][crp] == 1).all()
    np.testing.assert_array_equal(after[..., VALUE], before[..., VALUE])
    np.testing.assert_array_equal(other.images["test"][IMAGE], data.images["test"][IMAGE])


def test_ham10000_is_read_with_its_split_by_lesion(real_data: Path) -> None:
    if not (real_data / "ham10000.csv").is_file():
        pytest.skip("HAM10000 is not here")
    data = load("ham10000")
    assert data.images["train"][IMAGE].shape[1:] == (28, 28, 3)
    assert data.patients is not None
    lesions = [set(data.patients[split].tolist()) for split in SPLITS]
    assert (
        not lesions[0] & lesions[1] and not lesions[0] & lesions[2] and not lesions[1] & lesions[2]
    )
    assert sum(map(len, lesions)) == 7470
    assert sum(int(data.labels[split].sum()) for split in SPLITS) == 1113 + 514 + 327
    assert not any("dx_type" in code or "histo" in code for code in data.codes)


def test_a_table_that_is_another_is_rejected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ham10000.csv").write_text("split,lesion_id\ntrain,1\n")
    monkeypatch.setenv("SCANLINE_DATA", str(tmp_path))
    with pytest.raises(DatasetError):
        load("ham10000")
