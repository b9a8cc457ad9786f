"""A folder of one's own records: ``events.parquet`` (or ``.csv``) and ``patients.csv``, or a set of MEDS.

``patients.csv`` has a row a patient: ``patient``, ``label`` (or ``in_hospital_death``), and optionally
``split``, ``prediction_time`` (or ``prediction_minute``, ``prediction_hour``) and what is known from the
start: of its other columns only `FACTS` are read, so that no outcome slips in as a fact. What else is known
belongs into the events, as rows without a time.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from math import ceil
from pathlib import Path

from diagnosis.core.reason import Reason
from diagnosis.datasets.dataset import SPLITS, Dataset, DatasetError
from diagnosis.datasets.dealing import deal
from diagnosis.datasets.facts import DatasetFacts
from diagnosis.datasets.icu2012 import LABEL, NAME, read_one_set
from diagnosis.datasets.imported import imported_card, imported_facts, notes_of
from diagnosis.datasets.record_places import EVENTS, PATIENTS, events_file, is_meds
from diagnosis.datasets.record_sets import as_dataset, by_split
from diagnosis.datasets.user_npz import safe_name
from diagnosis.datasets.variables import possible_values
from diagnosis.records.columns import find_column
from diagnosis.records.examples import LENGTH
from diagnosis.records.meds import read_meds
from diagnosis.records.patients import PATIENT, patients_of
from diagnosis.records.reading import Records, read_records
from diagnosis.records.record import Record
from diagnosis.records.table import RecordError, read_table

LABELS = ("label", LABEL)
FACTS = ("age", "sex", "gender", "height", "weight")
TIMES_OF_PREDICTION = ("prediction_time", "prediction_minute", "prediction_hour")
READ = (*PATIENT, *LABELS, *FACTS, *TIMES_OF_PREDICTION, "split")
PARTS, SEED = 20, 0  # dealt to splits where no split is given: 14 train, 3 validate, 3 test
ROUND = 32  # events
SPREAD = {"val": (3, 10, 17), "test": (6, 13, 19)}  # so that small classes are in all of them


def read_folder(folder: Path, like: str = "", *, labelled: bool = True) -> Records:
    """The records of a folder, with their labels.

    Args:
        folder: with the two files, or a set of MEDS.
        like: a set of the catalogue in whose layout and codes they are; by default one's own.
        labelled: whether labels are read.

    Raises:
        DatasetError: a file is missing.
        RecordError: a table is not what it should be.
    """
    if is_meds(folder):
        return read_meds(folder)
    if like == NAME:
        return read_one_set(folder, labelled=labelled)
    events = events_file(folder)
    if events is None or not (folder / PATIENTS).is_file():
        lacking = EVENTS[0] if events is None else PATIENTS
        raise DatasetError(
            f"{folder} has no {lacking}: a folder of records holds events.parquet or events.csv (patient, "
            f"time, code, value) and {PATIENTS} (patient, label, and split if there is one)."
        )
    return read_tables(
        events.read_bytes(), (folder / PATIENTS).read_bytes(), like, labelled=labelled
    )


def read_tables(
    events: bytes, patients: bytes, like: str = "", *, labelled: bool = True
) -> Records:
    """The records of a table of events and one of patients; else as `read_folder`.

    Args:
        events: of a CSV, Excel or Parquet file.
        patients: likewise.
        like: as there.
        labelled: as there.
    """
    table = read_table(patients)
    label = next((name for name in LABELS if find_column(table, name)), LABELS[0])
    facts = [name for name in FACTS if find_column(table, name)]
    of_patients = patients_of(table, label if labelled else None, facts)
    read = read_records(events, of_patients, possible_values(like))
    others = [str(name) for name in table.columns if str(name).strip().lower() not in READ]
    if not others:
        return read
    return replace(
        read,
        findings=(*read.findings, Reason("not-facts", {"columns": others[:10], "n": len(others)})),
    )


def open_folder(folder: Path) -> Dataset:
    """The data set in a folder of one's own; see `dataset_of`."""
    return dataset_of(
        split_records(read_folder(folder)), safe_name(folder), folder.name,
        f"Records of your own, read from {folder.name}.",
    )  # fmt: skip


def open_imported_folder(folder: Path) -> Dataset:
    """The set of records that was imported into a folder.

    Raises:
        DatasetError: it is not what was stored; or an error of `open_folder`.
    """
    card = imported_card(folder.name)
    dataset = open_folder(folder)
    if dataset.sha256 != card["sha256"]:
        raise DatasetError(
            f"{folder} is not what was stored (its SHA-256 differs): remove the set (data remove "
            f"{folder.name}) and import it again."
        )
    return replace(dataset, facts=imported_facts(card), notes=notes_of(card))


def split_records(read: Records) -> Records:
    """Those of the labelled patients alone, each with a split.

    Without a column ``split`` the patients are dealt by class: 70 % train, 15 % validate, 15 % test.

    Raises:
        RecordError: labels do not number two classes or more from 0; some patients have a split and others
            none.
    """
    labelled = {
        patient: each for patient, each in read.by_patient.items() if each.label is not None
    }
    classes = sorted({int(each.label or 0) for each in labelled.values()})
    if len(classes) < 2 or classes != list(range(len(classes))):
        raise RecordError(
            f"The labels are {', '.join(map(str, classes[:10])) or 'none'}: number the classes 0, 1 and so "
            "on, and give patients of each."
        )
    return Records(labelled, _splits(labelled, read), read.findings)


def dataset_of(records: Records, name: str, title: str, sentence: str) -> Dataset:
    """The data set of some records.

    Args:
        records: of `split_records`.
        name: as one types it.
        title: for people.
        sentence: what is in it.

    Raises:
        DatasetError: no code occurs twice in the training split.
        RecordError: a split has no patient of a class.
    """
    classes = sorted({int(each.label or 0) for each in records.by_patient.values()})
    splits = by_split(records)
    counts = {split: Counter(each.label for each in splits[split]) for split in SPLITS}
    for split in SPLITS:
        if missing := [k for k in classes if not counts[split][k]]:
            raise RecordError(
                f"The {split} split of {title} has no patient of class {missing[0]}: give more patients, or "
                "other splits."
            )
    binary = len(classes) == 2
    facts = DatasetFacts(
        name=name, title=title, sentence=sentence,
        task="binary" if binary else "multi-class",
        classes=tuple(f"class {k}" for k in classes),
        channels=1, dimensions=1, finding=1 if binary else None,
        counts={split: len(splits[split]) for split in SPLITS},
        class_counts={split: tuple(counts[split][k] for k in classes) for split in SPLITS},
        files={}, licence="not stated", citation="not stated", flip=False, synthetic=False,
        sizes=(_length(records),),
    )  # fmt: skip
    return as_dataset(facts, records)


def _length(records: Records) -> int:
    """Events of an example, facts counted in: of the longest record, so that little is padding.

    Rounded up, so that a record more or less leaves models and data alike.
    """
    longest = max(len(each) + len(each.facts) for each in records.by_patient.values())
    return min(LENGTH, max(1, ceil(longest / ROUND)) * ROUND)


def _splits(labelled: Mapping[str, Record], read: Records) -> dict[str, str]:
    """The split of each labelled patient, as given, or dealt if none is.

    Raises:
        RecordError: some patients have one and others none.
    """
    given = {patient: read.splits[patient] for patient in labelled if patient in read.splits}
    if given:
        if without := len(labelled) - len(given):
            raise RecordError(
                f"{without:,} of {len(labelled):,} patients have no split: give it for all or for none."
            )
        return given
    names = ["train"] * PARTS
    for split, places in SPREAD.items():
        for place in places:
            names[place] = split
    patients = list(labelled)
    parts = deal(patients, [read.by_patient[p].label for p in patients], PARTS, seed=SEED)
    return {patient: names[part] for patient, part in zip(patients, parts, strict=True)}
