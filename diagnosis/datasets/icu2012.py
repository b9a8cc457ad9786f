"""PhysioNet/CinC Challenge 2012: the first 48 hours in intensive care, and who died in hospital.

It is read from a folder in any of these layouts, with the same result:

- ``set_a_events.parquet`` (``patient, minute, code, value``) and ``set_a_patients.csv`` (one row each, the
  general descriptors and the outcomes), and the same of set B;
- as published: ``set-a/132539.txt`` and so on (``Time,Parameter,Value``) and ``Outcomes-a.txt``;
- one set alone, as data from outside have it: ``events.parquet`` (or ``events.csv``) and ``patients.csv``.

Set A is for training and validation, set B is the test. Of set A a fifth validates: `deal` spreads the
patients over five parts by outcome and kind of unit, and the first of them is the validation split.
Outcomes other than the label (SAPS-I, SOFA, length of stay, survival) are never read.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import pandas as pd

from diagnosis.core.reason import Reason
from diagnosis.datasets.dataset import DatasetError
from diagnosis.datasets.dealing import deal
from diagnosis.datasets.record_places import PATIENTS, events_file
from diagnosis.datasets.variables import possible_values
from diagnosis.records.patients import Patients, patients_of
from diagnosis.records.reading import Records, records_of
from diagnosis.records.table import RecordError, read_table

NAME = "icu2012"
LABEL = "in_hospital_death"
SEED, PARTS = 2012, 5
WORDS = {
    "gender": {0: "female", 1: "male"},
    "icu_type": {1: "coronary care", 2: "cardiac surgery", 3: "medical", 4: "surgical"},
}
FACTS = ("age", "gender", "height", "weight", "icu_type")
# What the published files name the columns of patients.csv.
DESCRIPTORS = {
    "RecordID": "patient", "Age": "age", "Gender": "gender", "Height": "height", "Weight": "weight",
    "ICUType": "icu_type", "In-hospital_death": LABEL,
}  # fmt: skip


def read_icu2012(folder: Path) -> Records:
    """Sets A and B as the splits ``train``, ``val`` and ``test``.

    Raises:
        DatasetError: the folder does not hold both sets.
        RecordError: a table is not what it should be; or a patient is in both sets.
    """
    learned, test = (_read_set(folder, letter) for letter in "ab")
    if both := learned.by_patient.keys() & test.by_patient.keys():
        raise RecordError(
            f"{len(both):,} {'patient is' if len(both) == 1 else 'patients are'} in set A and in set B: "
            "each belongs into one, or what is learned from a patient would be tested on the same patient."
        )
    patients = list(learned.by_patient)
    units = [_unit(learned.by_patient[patient].facts) for patient in patients]
    strata = [
        (learned.by_patient[patient].label, unit)
        for patient, unit in zip(patients, units, strict=True)
    ]
    parts = deal(patients, strata, PARTS, seed=SEED)
    splits = {
        patient: "val" if part == 0 else "train"
        for patient, part in zip(patients, parts, strict=True)
    }
    return Records(
        {**learned.by_patient, **test.by_patient},
        {**splits, **dict.fromkeys(test.by_patient, "test")},
        _together(learned.findings, test.findings),
    )


def read_one_set(folder: Path, *, labelled: bool = True) -> Records:
    """The records of a folder with ``events.parquet`` (or ``events.csv``) and ``patients.csv``.

    Args:
        folder: where they lie.
        labelled: whether ``patients.csv`` has the column ``in_hospital_death``.

    Raises:
        DatasetError: it lacks one of them.
        RecordError: a table is not what it should be.
    """
    events = events_file(folder)
    patients = folder / PATIENTS
    if events is None or not patients.is_file():
        raise DatasetError(
            f"{folder} has no {'events.parquet' if events is None else 'patients.csv'}: a folder of records "
            f"holds events.parquet (patient, minute, code, value) and patients.csv (patient, {LABEL}, "
            f"{', '.join(FACTS)})."
        )
    return _records(read_table(events.read_bytes()), read_table(patients.read_bytes()), labelled)


def _read_set(folder: Path, letter: str) -> Records:
    events = folder / f"set_{letter}_events.parquet"
    patients = folder / f"set_{letter}_patients.csv"
    if events.is_file() and patients.is_file():
        return _records(read_table(events.read_bytes()), read_table(patients.read_bytes()))
    published, outcomes = folder / f"set-{letter}", folder / f"Outcomes-{letter}.txt"
    if published.is_dir() and outcomes.is_file():
        return _records(*_published(published, read_table(outcomes.read_bytes())))
    raise DatasetError(
        f"{folder} has neither {events.name} and {patients.name} nor {published.name}/ and {outcomes.name}: "
        "give a folder with sets A and B of the PhysioNet Challenge 2012."
    )


def _records(events: pd.DataFrame, patients: pd.DataFrame, labelled: bool = True) -> Records:
    described, findings = _described(patients_of(patients, LABEL if labelled else None, FACTS))
    read = records_of(events, described, possible_values(NAME))
    return replace(read, findings=(*read.findings, *findings))


def _described(patients: Patients) -> tuple[Patients, list[Reason]]:
    """Sex and kind of unit as words; what is -1 or cannot be as not known, and how many these are."""
    facts, limits = patients.facts.copy(), possible_values(NAME)
    words, unknown, impossible = {}, {}, {}
    for name in FACTS:
        values = facts[name]
        if name in WORDS:
            words[name] = values.map(WORDS[name]).fillna("")
            known = words[name] != ""
            facts = facts.drop(columns=name)
        else:
            known = values.between(*limits[name])
            facts[name] = values.where(known)
        not_stated = values.isna() | (values == -1)
        unknown[name], impossible[name] = int(not_stated.sum()), int((~known & ~not_stated).sum())
    found = [
        Reason(code, {"n": sum(counts.values()), "codes": {k: n for k, n in counts.items() if n}})
        for code, counts in (("unknown-facts", unknown), ("impossible-facts", impossible))
        if any(counts.values())
    ]
    return replace(patients, facts=facts, words=pd.DataFrame(words, facts.index)), found


def _published(folder: Path, outcomes: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Events and patients of the published files, one of each patient."""
    files = sorted(folder.glob("*.txt"))
    if not files:
        raise DatasetError(
            f"{folder} has no file of a patient, such as 132539.txt: unpack the set there."
        )
    tables = [read_table(path.read_bytes()) for path in files]
    rows = pd.concat(tables, keys=[path.stem for path in files], names=["patient"]).reset_index(
        "patient"
    )
    if missing := {"Time", "Parameter", "Value"} - set(rows.columns):
        raise RecordError(
            f"The files in {folder} have no column {min(missing)}: they are none of the set."
        )
    rows = rows[rows["Parameter"].notna()]
    clock = rows["Time"].str.split(":", expand=True).astype(float)
    rows["minute"] = clock[0] * 60 + clock[1]
    first = ~rows.duplicated(["patient", "Parameter"]) & (rows["minute"] == 0)
    descriptor = first & rows["Parameter"].isin(
        list(DESCRIPTORS)
    )  # the weight is measured again later
    described = rows[descriptor].pivot(index="patient", columns="Parameter", values="Value")
    events = rows[~descriptor].rename(columns={"Parameter": "code", "Value": "value"})
    patients = described.drop(columns="RecordID").rename(columns=DESCRIPTORS).reset_index()
    known = outcomes.rename(columns=DESCRIPTORS)[["patient", LABEL]]
    return (
        events[["patient", "minute", "code", "value"]],
        patients.merge(known, on="patient", how="left"),
    )


def _unit(facts: Mapping[str, float]) -> str:
    return next((name for name in facts if name.startswith("icu_type")), "")


def _together(*findings: tuple[Reason, ...]) -> tuple[Reason, ...]:
    """The findings of both sets, their numbers added."""
    added: dict[str, dict[str, Any]] = {}
    for reason in chain(*findings):
        mine = added.setdefault(reason.code, {})
        for name, value in reason.facts.items():
            before = mine.get(name)
            if isinstance(value, Mapping):
                mine[name] = dict(Counter(before or {}) + Counter(value))
            elif isinstance(value, int):
                mine[name] = value + (before or 0)
            else:
                mine[name] = value
    return tuple(Reason(code, facts) for code, facts in added.items())
