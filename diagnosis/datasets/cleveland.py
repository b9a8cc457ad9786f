"""UCI Heart Disease, Cleveland: one examination of each patient, in the order in which it is made.

The table ``processed.cleveland.data`` has a row a patient and no times, so all events are of minute 0 and
stand in clinical order: history, examination, blood, ECG at rest, exercise test, thallium scan after it,
fluoroscopy. Age and sex are facts. Each category is a word of its code (``cp//asymptomatic``), a value that
is not known (``?``) no event. Patients are numbered by row.

`deal` spreads the patients by class over ten folds; of the standard split fold 0 is the test, fold 1
validates and the others train.
"""

from collections.abc import Hashable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from diagnosis.core.reason import Reason
from diagnosis.datasets.dataset import DatasetError
from diagnosis.datasets.dealing import deal
from diagnosis.datasets.variables import WORD, possible_values
from diagnosis.records.reading import Records
from diagnosis.records.record import Record

FILE = "processed.cleveland.data"
FOLDS, SEED = 10, 0
TEST, VAL = 0, 1  # folds of the standard split
LABEL = "num"  # 0 to 4 vessels narrowed by more than half; here none, or any
COLUMNS = (
    "age", "sex", "cp", "trestbps", "chol", "fbs", "restecg", "thalach", "exang", "oldpeak", "slope", "ca",
    "thal", LABEL,
)  # fmt: skip
FACTS = ("age", "sex")
EVENTS = (
    "cp", "trestbps", "chol", "fbs", "restecg", "thalach", "exang", "oldpeak", "slope", "thal", "ca",
)  # fmt: skip
WORDS: Mapping[str, Mapping[float, str]] = {
    "sex": {0: "female", 1: "male"},
    "cp": {1: "typical angina", 2: "atypical angina", 3: "not anginal", 4: "asymptomatic"},
    "fbs": {0: "no", 1: "yes"},
    "restecg": {0: "normal", 1: "ST-T abnormality", 2: "left ventricular hypertrophy"},
    "exang": {0: "no", 1: "yes"},
    "slope": {1: "upsloping", 2: "flat", 3: "downsloping"},
    "thal": {3: "normal", 6: "fixed defect", 7: "reversible defect"},
}


def read_cleveland(path: Path, *, folds: np.ndarray | None = None) -> Records:
    """The records of the table, with the standard split.

    Args:
        path: of ``processed.cleveland.data``, which has no header.
        folds: fold of each patient, ``(n,)``, to take the split from; by default `cleveland_folds`.

    Raises:
        DatasetError: the file is none; or the same row occurs twice, as in copies of the table that were
            multiplied.
    """
    table = _table(path)
    labels = (table[LABEL] > 0).astype(int)
    rows = table.to_dict("records")
    by_patient = {
        str(number): _record(row, label)
        for number, (row, label) in enumerate(zip(rows, labels, strict=True), 1)
    }
    if folds is None:
        folds = cleveland_folds(labels.to_numpy(), seed=SEED)
    names = np.where(folds == TEST, "test", np.where(folds == VAL, "val", "train"))
    lacking = {
        name: int(n)
        for name in (*FACTS, *EVENTS)
        if (n := sum(_event(name, row[name]) is None for row in rows))
    }
    findings = [Reason("unknown-values", {"n": sum(lacking.values()), "codes": lacking})]
    return Records(
        by_patient,
        dict(zip(by_patient, map(str, names), strict=True)),
        tuple(findings if lacking else ()),
    )


def cleveland_folds(labels: np.ndarray, *, seed: int) -> np.ndarray:
    """The fold of each patient, ``(n,)``, by class.

    Args:
        labels: int ``(n,)``, in the order of the table.
        seed: 0 for the folds of the standard split.
    """
    return deal([str(row) for row in range(1, len(labels) + 1)], labels.tolist(), FOLDS, seed=seed)


def _table(path: Path) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, header=None, na_values="?", skipinitialspace=True)
        if len(table.columns) != len(COLUMNS):
            raise ValueError(f"{len(table.columns)} columns")
        table = table.set_axis(list(COLUMNS), axis="columns").astype(float)
    except FileNotFoundError:
        raise DatasetError(f"There is no file {path}: check the path.") from None
    except (ValueError, OSError) as error:  # pandas' errors of parsing are ValueErrors
        raise DatasetError(
            f"{path} is not the Cleveland table ({error}): it has {len(COLUMNS)} columns of numbers and no "
            "header."
        ) from None
    if again := int(table.duplicated().sum()):
        raise DatasetError(
            f"{path} has {again:,} rows that occur again: in such a copy of the table a patient is in "
            f"several splits. Use {FILE} as published, with 303 rows."
        )
    if table[LABEL].isna().any():
        raise DatasetError(f"{path} has a row without its last column, {LABEL}.")
    return table


def _record(row: Mapping[Hashable, float], label: int) -> Record:
    events = [event for name in EVENTS if (event := _event(name, row[name]))]
    facts = dict(event for name in FACTS if (event := _event(name, row[name])))
    return Record(
        np.zeros(len(events)),
        np.array([code for code, _ in events], object),
        np.array([value for _, value in events], "float32"),
        facts,
        int(label),
    )


def _event(name: str, value: float) -> tuple[str, float] | None:
    """Code and value; None if it is not known or cannot be."""
    if name in WORDS:
        word = WORDS[name].get(value)
        return None if word is None else (f"{name}{WORD}{word}", np.nan)
    lowest, highest = possible_values("cleveland")[name]
    return (name, float(np.float32(value))) if lowest <= value <= highest else None
