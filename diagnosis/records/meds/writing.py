"""A set of records written as a data set of MEDS."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from diagnosis import __version__
from diagnosis.core.private_files import make_private, private
from diagnosis.records.meds.schema import (
    CODES,
    DATA,
    ETL,
    NUMBER,
    ORIGIN,
    PATIENTS,
    SPLITS,
    SUBJECTS,
    VERSION,
    label_schema,
)  # fmt: skip
from diagnosis.records.reading import Records
from diagnosis.records.record import Record
from diagnosis.records.table import RecordError


def write_meds(
    records: Records,
    folder: Path,
    *,
    name: str,
    task: str = "label",
    licence: str = "",
    descriptions: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Write a data set of MEDS.

    Args:
        records: the records, with their splits and labels.
        folder: that is not there yet, or empty.
        name: of the data set.
        task: what the labels say, such as ``in_hospital_death``; the name of their folder.
        licence: of the data.
        descriptions: of codes, for people.

    Raises:
        RecordError: there is something in the folder.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RecordError(f"{folder} is not empty: choose another folder for the data set.")
    patients = list(records.by_patient)
    plain = all(NUMBER.fullmatch(patient) for patient in patients)
    subjects = dict(
        zip(patients, map(int, patients) if plain else range(1, len(patients) + 1), strict=True)
    )
    splits = {patient: SPLITS[records.splits.get(patient, "")] for patient in patients}
    for place in ("data", "metadata"):
        private(folder / place)
    for split in SPLITS.values():
        mine = {subjects[p]: records.by_patient[p] for p in patients if splits[p] == split}
        if mine:
            _write(_events(mine), folder / "data" / split / "0.parquet")
            _write(_labels(mine), folder / "tasks" / task / f"{split}.parquet")
    metadata = folder / "metadata"
    listed = {"subject_id": list(subjects.values()), "split": list(splits.values())}
    _write(pa.table(listed, SUBJECTS), metadata / "subject_splits.parquet")
    _write(_codes(records, descriptions), metadata / "codes.parquet")
    if not plain:
        named = {"subject_id": list(subjects.values()), "patient": patients}
        _write(pa.table(named, PATIENTS), metadata / "patients.parquet")
    about = {
        "dataset_name": name, "etl_name": ETL, "etl_version": __version__, "meds_version": VERSION,
        "created_at": datetime.now(UTC).isoformat(), "license": licence or "not stated",
        "other_extension_columns": ["minute"],
    }  # fmt: skip
    (metadata / "dataset.json").write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
    make_private(folder)


def _events(records: Mapping[int, Record]) -> pa.Table:
    """The rows of some subjects: facts first, then events."""
    minutes, codes, values = [], [], []
    for record in records.values():
        minutes += [np.full(len(record.facts), np.nan), record.minutes]
        codes += [*record.facts, *record.codes]
        values += [np.array([*record.facts.values()], "float32"), record.values]
    times, numbers = np.concatenate(minutes), np.concatenate(values).astype("float32")
    static, without = np.isnan(times), np.isnan(numbers)
    rows = [len(record.facts) + len(record) for record in records.values()]
    columns = [
        pa.array(np.repeat(np.array([*records], np.int64), rows), pa.int64()),
        pa.array(_dates(times), pa.timestamp("us"), mask=static),
        pa.array(codes, pa.string()),
        pa.array(numbers, pa.float32(), mask=without),
        pa.nulls(len(codes), pa.large_string()),
        pa.array(times, pa.float64(), mask=static),
    ]
    return pa.Table.from_arrays(columns, schema=DATA)


def _dates(minutes: np.ndarray) -> np.ndarray:
    dates: np.ndarray = ORIGIN + np.round(np.nan_to_num(minutes) * 60e6).astype("timedelta64[us]")
    return dates


def _labels(records: Mapping[int, Record]) -> pa.Table:
    """Labels of some subjects, each to be predicted with all events; boolean where all are 0 or 1."""
    labels = {n: each.label for n, each in records.items() if each.label is not None}
    last = [records[n].minutes[-1] if len(records[n]) else 0.0 for n in labels]
    binary = max(labels.values(), default=0) <= 1
    value, kind = ("boolean_value", pa.bool_()) if binary else ("integer_value", pa.int64())
    columns = [
        pa.array([*labels], pa.int64()),
        pa.array(_dates(np.array(last, float)), pa.timestamp("us")),
        pa.array([bool(label) if binary else label for label in labels.values()], kind),
    ]
    return pa.Table.from_arrays(columns, schema=label_schema(value, kind))


def _codes(records: Records, descriptions: Mapping[str, str]) -> pa.Table:
    codes: set[str] = set()
    for record in records.by_patient.values():
        codes.update(record.codes.tolist(), record.facts)
    names = sorted(codes)
    described = {"code": names, "description": [descriptions.get(code) for code in names]}
    return pa.table({**described, "parent_codes": [None] * len(names)}, CODES)


def _write(table: pa.Table, path: Path) -> None:
    private(path.parent)
    pq.write_table(table, path, compression="zstd")
