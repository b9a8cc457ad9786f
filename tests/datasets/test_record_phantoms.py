"""Synthetic records: the same for a seed, a signal that is where it is said to be, and nowhere else."""

import numpy as np
from sklearn.metrics import roc_auc_score

from diagnosis.datasets import SPLITS, catalogue, load
from diagnosis.datasets.record_phantoms import MARK, SIGNAL, record_phantoms
from diagnosis.datasets.record_sets import by_split, records_sha256

DRAWN = record_phantoms()
RECORDS = DRAWN.records.by_patient


def test_counts_and_classes_are_those_of_the_catalogue() -> None:
    facts = catalogue()["recordphantoms"]
    splits = by_split(DRAWN.records)
    assert facts.class_counts is not None
    for split in SPLITS:
        counts = np.bincount([record.label or 0 for record in splits[split]])
        assert tuple(counts) == facts.class_counts[split]


def test_the_same_seed_gives_the_same_records() -> None:
    again, other = record_phantoms(seed=0), record_phantoms(seed=1)
    assert records_sha256(again.records) == records_sha256(DRAWN.records)
    assert records_sha256(other.records) != records_sha256(DRAWN.records)
    assert len({record.sha256 for record in RECORDS.values()}) == len(RECORDS)


def test_the_signal_is_raised_lactate_after_the_operation() -> None:
    for patient, record in RECORDS.items():
        signal = DRAWN.signal[patient]
        assert signal.shape == record.minutes.shape and (np.diff(record.minutes) >= 0).all()
        assert record.codes.tolist().count(MARK) == 1
        if not record.label:
            assert not signal.any()
            continue
        operation = record.minutes[record.codes == MARK][0]
        carries = signal & (record.codes == SIGNAL)
        assert 2 <= carries.sum() <= 4 and signal.sum() == carries.sum() + 1
        assert (record.minutes[carries] > operation).all()
        others = (record.codes == SIGNAL) & ~carries
        assert record.values[carries].mean() > record.values[others].mean()


def test_without_the_signal_the_classes_look_alike() -> None:
    """Counts, hours, age and all values but lactate say nothing about the class."""
    labels = [record.label for record in RECORDS.values()]
    said = {
        "events": [len(record) for record in RECORDS.values()],
        "hours": [record.hours for record in RECORDS.values()],
        "age": [record.facts["age"] for record in RECORDS.values()],
        "glucose": [record.values[record.codes == "Glucose"].mean() for record in RECORDS.values()],
        "heart rate": [record.values[record.codes == "HR"].max() for record in RECORDS.values()],
    }
    for name, figures in said.items():
        assert abs(roc_auc_score(labels, figures) - 0.5) < 0.06, name  # four standard errors
    lactate = [record.values[record.codes == SIGNAL].mean() for record in RECORDS.values()]
    assert 0.6 < roc_auc_score(labels, lactate) < 0.85  # the order is needed for the rest


def test_they_open_as_a_data_set_without_any_file() -> None:
    dataset = load("recordphantoms")
    assert dataset.images["test"].shape == (500, 64, 3) and dataset.units["Lactate"] == "mmol/L"
    assert not any("left out" in note for note in dataset.notes)
    assert load("recordphantoms", size=28) is dataset
