"""A set of records written as MEDS and read again, and sets of MEDS that others wrote."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest

from diagnosis.datasets.record_phantoms import record_phantoms
from diagnosis.records.meds import read_meds, write_meds
from diagnosis.records.meds.schema import CODES, DATA, SUBJECTS
from diagnosis.records.reading import Records
from diagnosis.records.record import Record
from diagnosis.records.table import RecordError

NOTHING = Record(np.empty(0), np.empty(0, object), np.empty(0, "float32"))


def some() -> Records:
    """Phantoms of all splits, and odd ones: no event, label or split, a fact without a value, a fraction."""
    drawn = record_phantoms().records
    patients = [name for name in drawn.by_patient if name.endswith(("-1", "-2", "-3"))][:12]
    records = {name: drawn.by_patient[name] for name in patients}
    odd = Record(
        np.array([-5.0, 0.1, 0.1 + 1 / 3]), np.array(["a", "b//word", "a"], object),
        np.array([0.1, np.nan, 3.3], "float32"), {"age": 70.0, "sex//male": np.nan},
    )  # fmt: skip
    return Records({"odd": odd, **records, "nothing": replace(NOTHING, label=1)}, drawn.splits)


def same(one: Records, other: Records) -> None:
    assert list(one.by_patient) == list(other.by_patient)
    for patient, record in one.by_patient.items():
        again = other.by_patient[patient]
        assert (again.sha256, again.label) == (record.sha256, record.label), patient
    mine = {name: split for name, split in one.splits.items() if name in one.by_patient}
    assert mine == dict(other.splits)


def test_what_is_written_is_read_again_without_loss(tmp_path: Path) -> None:
    records = some()
    write_meds(records, tmp_path / "meds", name="phantoms", task="deterioration")
    same(records, read_meds(tmp_path / "meds"))


def test_whole_numbers_of_patients_stay_what_they_are(tmp_path: Path) -> None:
    numbers = map(str, [132539, 7, 0, -3])
    records = replace(
        some(), by_patient=dict(zip(numbers, some().by_patient.values(), strict=False))
    )
    write_meds(replace(records, splits={}), tmp_path, name="numbers")
    same(replace(records, splits={}), read_meds(tmp_path))
    subjects = pq.read_table(tmp_path / "metadata/subject_splits.parquet")
    assert subjects["subject_id"].to_pylist() == [132539, 7, 0, -3]
    assert not (tmp_path / "metadata/patients.parquet").exists()


def test_layout_and_types_are_those_of_the_standard(tmp_path: Path) -> None:
    write_meds(
        some(), tmp_path, name="phantoms", licence="Apache-2.0", descriptions={"a": "Code A"}
    )
    assert {path.name for path in (tmp_path / "data").iterdir()} == {
        "train", "tuning", "held_out", "unassigned",
    }  # fmt: skip
    for path in (tmp_path / "data").rglob("*.parquet"):
        assert pq.read_schema(path).equals(DATA)
        table = pq.read_table(path).to_pandas()
        assert (table.groupby("subject_id")["time"].diff().dropna() >= pd.Timedelta(0)).all()
        runs = (table["subject_id"].diff() != 0).sum()
        assert runs == table["subject_id"].nunique()  # each subject lies in one piece
    codes = pq.read_table(tmp_path / "metadata/codes.parquet")
    assert codes.schema.equals(CODES) and len(codes) == len(set(codes["code"].to_pylist()))
    assert pq.read_schema(tmp_path / "metadata/subject_splits.parquet").equals(SUBJECTS)
    about = json.loads((tmp_path / "metadata/dataset.json").read_text())
    assert about["meds_version"].startswith("0.4") and about["license"] == "Apache-2.0"


def test_the_standards_own_package_finds_no_fault(tmp_path: Path) -> None:
    meds = pytest.importorskip("meds")
    write_meds(some(), tmp_path, name="phantoms")
    for path in (tmp_path / "data").rglob("*.parquet"):
        meds.DataSchema.validate(pq.read_table(path))
    for path in (tmp_path / "tasks").rglob("*.parquet"):
        meds.LabelSchema.validate(pq.read_table(path))
    metadata = tmp_path / "metadata"
    meds.SubjectSplitSchema.validate(pq.read_table(metadata / "subject_splits.parquet"))
    meds.CodeMetadataSchema.validate(pq.read_table(metadata / "codes.parquet"))
    meds.DatasetMetadataSchema.validate(json.loads((metadata / "dataset.json").read_text()))


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A small set as another program would write it."""
    events = pd.DataFrame({
        "subject_id": [1, 1, 1, 2, 2],
        "time": pd.to_datetime(["NaT", "2020-01-01", "2020-01-02", "2020-05-01", "2020-05-02"]),
        "code": ["SEX", "HR", "HR", "NOTE", "HR"],
        "numeric_value": np.array([np.nan, 80, 90, np.nan, 70], "float32"),
        "text_value": ["F", None, None, "better", None],
        "hospital": "north",
    })  # fmt: skip
    labels = pd.DataFrame({
        "subject_id": [1, 2],
        "prediction_time": pd.to_datetime(["2020-01-01 12:00", "2020-06-01 12:00"]),
        "boolean_value": [True, False],
    })  # fmt: skip
    splits = pd.DataFrame({"subject_id": [2, 1], "split": ["held_out", "train"]})
    for frame, place in (
        (events, "data/0.parquet"), (labels, "tasks/death/0.parquet"),
        (splits, "metadata/subject_splits.parquet"),
    ):  # fmt: skip
        (tmp_path / place).parent.mkdir(exist_ok=True, parents=True)
        frame.to_parquet(tmp_path / place, index=False)
    return tmp_path


def test_a_set_of_another_program_is_read(foreign: Path) -> None:
    read = read_meds(foreign)
    assert dict(read.splits) == {"2": "test", "1": "train"}
    one, two = read.by_patient["1"], read.by_patient["2"]
    assert (one.label, two.label) == (1, 0)
    assert list(one.facts) == ["SEX//F"] and list(one.codes) == ["HR"]  # the second came too late
    assert list(two.codes) == ["NOTE//better", "HR"] and two.hours == 24
    assert {reason.code: reason.facts["n"] for reason in read.findings} == {
        "after-prediction": 1, "words": 2,
    }  # fmt: skip


def changed(foreign: Path, place: str, to: pd.DataFrame) -> Path:
    (foreign / place).parent.mkdir(exist_ok=True, parents=True)
    to.to_parquet(foreign / place, index=False)
    return foreign


@pytest.mark.parametrize(
    ("place", "table", "words"),
    [
        ("data/1.parquet", {"subject_id": [2], "time": [pd.NaT], "code": ["x"]}, "several files"),
        ("data/1.parquet", {"subject_id": [2], "time": [pd.NaT]}, "no column code"),
        (
            "metadata/subject_splits.parquet",
            {"subject_id": [1, 1], "split": ["a", "b"]},
            "two splits",
        ),
        ("tasks/other/0.parquet", {"subject_id": [1]}, "several tasks"),
        ("tasks/death/0.parquet", {"subject_id": [1], "float_value": [0.5]}, "neither boolean"),
        (
            "tasks/death/0.parquet",
            {
                "subject_id": [1, 1],
                "prediction_time": [pd.Timestamp(0)] * 2,
                "boolean_value": [True, False],
            },
            "several labels",
        ),
    ],
)
def test_faults_of_a_set_of_meds(
    foreign: Path, place: str, table: dict[str, list[object]], words: str
) -> None:
    with pytest.raises(RecordError, match=words):
        read_meds(changed(foreign, place, pd.DataFrame(table)))


def test_what_is_no_set_of_meds_and_what_is_in_the_way(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="no data set of MEDS"):
        read_meds(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "0.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(RecordError, match="no Parquet file"):
        read_meds(tmp_path)
    with pytest.raises(RecordError, match="not empty"):
        write_meds(some(), tmp_path, name="phantoms")
