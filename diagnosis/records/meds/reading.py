"""The records of a data set of MEDS, of any origin."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from diagnosis.core.reason import Reason
from diagnosis.records.meds.schema import ETL, SPLITS
from diagnosis.records.patients import Patients
from diagnosis.records.reading import Records, records_of
from diagnosis.records.table import MAX_ROWS, RecordError

READ = ("subject_id", "time", "code", "numeric_value", "text_value", "minute")


def read_meds(folder: Path, *, task: str | None = None) -> Records:
    """The records of a data set of MEDS, of any origin.

    Args:
        folder: with ``data`` and ``metadata``.
        task: whose labels are taken; by default the only one's there is, if there is one.

    Raises:
        RecordError: it is none; a subject is in several files or splits, or has several labels; there are
            several tasks, and none is named.
    """
    events, about = _read_data(folder), _about(folder)
    labels = _read_labels(folder, task)
    findings = []
    if labels is not None:
        until = events["subject_id"].map(labels["prediction_time"])
        late = events["time"] > until
        if late.any():
            left_out = {"n": int(late.sum()), "patients": int(events["subject_id"][late].nunique())}
            findings.append(Reason("after-prediction", left_out))
            events = events[~late]
    splits = _read_splits(folder, events)
    if about.get("etl_name") == ETL and "minute" in events:
        events = events.drop(columns="time")
    else:
        events = events.drop(columns="minute", errors="ignore")
    table = pd.DataFrame({
        "label": labels["label"].reindex(splits.index).to_numpy() if labels is not None else np.nan,
        "until": np.nan,
        "split": splits.to_numpy(),
    }, index=splits.index.astype(str)).astype({"label": float})  # fmt: skip
    nothing = pd.DataFrame(index=table.index)
    if events.empty:
        raise RecordError(f"No event of {folder} is before its time of prediction.")
    read = records_of(events, Patients(table, nothing, nothing))
    read = replace(read, findings=(*findings, *read.findings))
    return _named(read, folder)


def _read_data(folder: Path) -> pd.DataFrame:
    files = sorted((folder / "data").rglob("*.parquet"))
    if not files:
        raise RecordError(f"{folder} is no data set of MEDS: it has no Parquet file in data.")
    tables, rows = [], 0
    for path in files:
        there = _parquet(path, "schema").names
        if missing := {"subject_id", "time", "code"} - set(there):
            raise RecordError(
                f"{path.relative_to(folder)} has no column {min(missing)}: it is no data of MEDS."
            )
        rows += _parquet(path, "metadata").num_rows
        if rows > MAX_ROWS:
            raise RecordError(f"{folder} has more than {MAX_ROWS:,} events: choose fewer subjects.")
        tables.append(_parquet(path, "table", [name for name in there if name in READ]).to_pandas())
    subjects = [set(table["subject_id"]) for table in tables]
    if n := sum(map(len, subjects)) - len(set().union(*subjects)):
        raise RecordError(
            f"{n:,} {'subject is' if n == 1 else 'subjects are'} in several files of data: in MEDS each is "
            "in one, or one patient would count as two."
        )
    return pd.concat(tables, ignore_index=True)


def _read_splits(folder: Path, events: pd.DataFrame) -> pd.Series:
    """The split of each subject, "" if it has none; in the order of the table, if there is one."""
    path = folder / "metadata" / "subject_splits.parquet"
    everybody = pd.Index(events["subject_id"].unique())
    if not path.is_file():
        return pd.Series("", everybody)
    table = _parquet(path, "table").to_pandas()
    again = table["subject_id"].duplicated(keep=False)
    if again.any():
        n = table["subject_id"][again].nunique()
        raise RecordError(
            f"{n:,} {'subject is' if n == 1 else 'subjects are'} in two splits: each is in one, or what is "
            "learned from a patient would be tested on the same patient."
        )
    ours = {theirs: own for own, theirs in SPLITS.items()}
    splits = table.set_index("subject_id")["split"].map(ours).fillna("")
    return pd.concat([splits, pd.Series("", everybody.difference(splits.index, sort=False))])


def _read_labels(folder: Path, task: str | None) -> pd.DataFrame | None:
    """Columns label and prediction_time by subject; None if there are no labels."""
    tasks = folder / "tasks"
    names = sorted(path.name for path in tasks.iterdir() if path.is_dir()) if tasks.is_dir() else []
    if task is None and not names:
        return None
    if task is None and len(names) > 1:
        raise RecordError(
            f"The data set has labels of several tasks: name one of {', '.join(names[:10])}."
        )
    chosen = names[0] if task is None else task
    files = sorted((tasks / chosen).rglob("*.parquet")) if chosen in names else []
    if not files:
        raise RecordError(
            f"The data set has no labels of a task {chosen[:60]!r}; it has {', '.join(names[:10]) or 'none'}."
        )
    table = pd.concat([_parquet(path, "table").to_pandas() for path in files], ignore_index=True)
    column = next((name for name in ("boolean_value", "integer_value") if name in table), None)
    if column is None:
        raise RecordError(
            f"The labels of {chosen!r} are neither boolean nor whole numbers: choose a task of classes."
        )
    if n := int(table["subject_id"].duplicated().sum()):
        raise RecordError(
            f"{n:,} subjects have several labels of {chosen!r}, at several times: a patient has one here. "
            "Choose one time for each."
        )
    table["label"] = table[column].astype(float)
    return table.set_index("subject_id")[["label", "prediction_time"]]


def _named(read: Records, folder: Path) -> Records:
    """The patients by the numbers that they had, where MEDS could not hold these."""
    path = folder / "metadata" / "patients.parquet"
    if not path.is_file():
        return read
    table = _parquet(path, "table").to_pandas()
    names = dict(zip(table["subject_id"].astype(str), table["patient"], strict=True))
    return Records(
        {names.get(subject, subject): record for subject, record in read.by_patient.items()},
        {names.get(subject, subject): split for subject, split in read.splits.items()},
        read.findings,
    )


def _about(folder: Path) -> Mapping[str, Any]:
    try:
        about = json.loads((folder / "metadata" / "dataset.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):  # MEDS does not need one
        return {}
    return about if isinstance(about, dict) else {}


def _parquet(path: Path, what: str, columns: Sequence[str] | None = None) -> Any:
    """The schema, metadata or table of a file.

    Raises:
        RecordError: it is no Parquet file.
    """
    try:
        if what == "schema":
            return pq.read_schema(path)
        if what == "metadata":
            return pq.read_metadata(path)
        return pq.ParquetFile(path).read(columns=columns)
    except (pa.ArrowException, OSError) as error:
        raise RecordError(
            f"{path.name} in {path.parent} is no Parquet file that can be read."
        ) from error
