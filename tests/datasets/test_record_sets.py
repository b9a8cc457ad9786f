"""Sets of records: of intensive care, of heart examinations, and in a folder of one's own."""

from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from diagnosis.core.errors import InputError
from diagnosis.datasets import SPLITS, catalogue, load
from diagnosis.datasets.cleveland import EVENTS, FILE, cleveland_folds, read_cleveland
from diagnosis.datasets.dealing import deal
from diagnosis.datasets.icu2012 import LABEL, read_icu2012
from diagnosis.datasets.record_folder import read_folder
from diagnosis.datasets.variables import title_of_code, variables
from diagnosis.records.meds import write_meds
from diagnosis.records.reading import Records
from diagnosis.records.table import RecordError
from diagnosis.text.records import record_findings

SOME = 60  # patients of each set in the small copies


@pytest.fixture(scope="session")
def small_icu(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first patients of both sets of the challenge, in the layout of the real files."""
    folder = tmp_path_factory.mktemp("icu2012")
    for letter in "ab":
        patients = pd.read_csv(real_data / f"icu2012/set_{letter}_patients.csv")[:SOME]
        events = pd.read_parquet(
            real_data / f"icu2012/set_{letter}_events.parquet",
            filters=[("patient", "<=", int(patients["patient"].iloc[-1]))],
        )
        patients.to_csv(folder / f"set_{letter}_patients.csv", index=False)
        events.to_parquet(folder / f"set_{letter}_events.parquet", index=False)
    return folder


def same(one: Records, other: Records) -> bool:
    return {name: (record.sha256, record.label) for name, record in one.by_patient.items()} == {
        name: (record.sha256, record.label) for name, record in other.by_patient.items()
    }


# Intensive care.


def test_the_published_text_files_give_the_same_records(small_icu: Path, tmp_path: Path) -> None:
    for letter in "ab":
        patients = pd.read_csv(small_icu / f"set_{letter}_patients.csv")
        events = dict(
            list(pd.read_parquet(small_icu / f"set_{letter}_events.parquet").groupby("patient"))
        )
        (tmp_path / f"set-{letter}").mkdir()
        for row in patients.to_dict("records"):
            lines = ["Time,Parameter,Value", f"00:00,RecordID,{row['patient']}"]
            lines += [
                f"00:00,{name},{row[column]}"
                for name, column in (
                    ("Age", "age"), ("Gender", "gender"), ("Height", "height"), ("ICUType", "icu_type"),
                    ("Weight", "weight"),
                )
            ]  # fmt: skip
            mine = events.get(row["patient"], events[patients["patient"][0]][:0])
            for minute, code, value in mine[["minute", "code", "value"]].to_numpy().tolist():
                lines.append(f"{minute // 60:02}:{minute % 60:02},{code},{value}")
            (tmp_path / f"set-{letter}" / f"{row['patient']}.txt").write_text(
                "\n".join(lines) + "\n"
            )
        outcomes = patients.rename(columns={
            "patient": "RecordID", "saps1": "SAPS-I", "sofa": "SOFA", "length_of_stay": "Length_of_stay",
            "survival": "Survival", LABEL: "In-hospital_death",
        })  # fmt: skip
        outcomes[
            ["RecordID", "SAPS-I", "SOFA", "Length_of_stay", "Survival", "In-hospital_death"]
        ].to_csv(tmp_path / f"Outcomes-{letter}.txt", index=False)
    read, published = read_icu2012(small_icu), read_icu2012(tmp_path)
    assert same(read, published) and read.splits == published.splits


def test_a_folder_from_outside_gives_the_same_records(small_icu: Path, tmp_path: Path) -> None:
    (tmp_path / "events.parquet").write_bytes((small_icu / "set_b_events.parquet").read_bytes())
    (tmp_path / "patients.csv").write_bytes((small_icu / "set_b_patients.csv").read_bytes())
    outside = read_folder(tmp_path, like="icu2012")
    test = {
        name: record
        for name, record in read_icu2012(small_icu).by_patient.items()
        if name in outside.by_patient
    }
    assert same(outside, Records(test)) and len(outside) == SOME


def test_a_set_of_meds_from_outside_gives_the_same_records(small_icu: Path, tmp_path: Path) -> None:
    read = read_icu2012(small_icu)
    write_meds(read, tmp_path / "meds", name="icu2012", task=LABEL)
    outside = read_folder(tmp_path / "meds", like="icu2012")
    assert same(outside, read) and dict(outside.splits) == dict(read.splits)


def test_no_outcome_is_a_fact_and_nobody_is_in_two_splits(small_icu: Path) -> None:
    read = read_icu2012(small_icu)
    names = {
        name.partition("//")[0] for record in read.by_patient.values() for name in record.facts
    }
    assert names == {"age", "gender", "height", "weight", "icu_type"}
    assert Counter(read.splits.values()) == {"train": 48, "val": 12, "test": 60}
    known = variables("icu2012")
    for record in read.by_patient.values():
        for code, value in zip(record.codes, record.values, strict=True):
            lowest, highest = known[code].possible or (-np.inf, np.inf)
            assert np.float32(lowest) <= value <= np.float32(highest), code
        assert all(value > 0 for value in record.facts.values() if not np.isnan(value))


def test_a_patient_of_set_a_in_set_b_is_said(small_icu: Path, tmp_path: Path) -> None:
    for letter in "ab":
        for kind in ("events.parquet", "patients.csv"):
            data = (small_icu / f"set_a_{kind}").read_bytes()
            (tmp_path / f"set_{letter}_{kind}").write_bytes(data)
    with pytest.raises(RecordError, match="set A and in set B"):
        read_icu2012(tmp_path)


def test_impossible_values_are_left_out_and_counted(tmp_path: Path) -> None:
    events = "patient,minute,code,value\n1,0,pH,735\n1,5,pH,7.35\n1,9,HR,-1\n2,0,HR,80\n"
    (tmp_path / "events.csv").write_text(events)
    patients = f"patient,{LABEL},age,gender,height,weight,icu_type\n1,0,70,1,431,-1,3\n2,1,-1,-1,170,80,9\n"
    (tmp_path / "patients.csv").write_text(patients)
    read = read_folder(tmp_path, like="icu2012")
    one, two = read.by_patient["1"], read.by_patient["2"]
    assert list(one.codes) == ["pH"] and one.facts.keys() == {
        "age",
        "gender//male",
        "icu_type//medical",
    }
    assert two.facts == {"height": 170, "weight": 80}
    found = {reason.code: reason.facts for reason in read.findings}
    assert found["impossible"] == {"n": 2, "codes": {"pH": 1, "HR": 1}}
    assert found["impossible-facts"] == {"n": 2, "codes": {"height": 1, "icu_type": 1}}
    assert found["unknown-facts"] == {"n": 3, "codes": {"age": 1, "gender": 1, "weight": 1}}
    assert all(sentence.endswith(".") for sentence in record_findings(read.findings))


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (f"patient,{LABEL}\n1,0\n", "no column 'age'"),
        ("patient,age,gender,height,weight,icu_type\n1,0,0,0,0,0\n", f"no column '{LABEL}'"),
        (
            f"patient,{LABEL},age,gender,height,weight,icu_type\n1,0,9,0,9,9,1\n1,1,9,0,9,9,1\n",
            f"different {LABEL}",
        ),
    ],
)
def test_faults_of_a_folder_from_outside(tmp_path: Path, rows: str, words: str) -> None:
    (tmp_path / "events.csv").write_text("patient,minute,code,value\n1,0,HR,80\n")
    with pytest.raises(InputError, match="no patients"):
        read_folder(tmp_path, like="icu2012")
    (tmp_path / "patients.csv").write_text(rows)
    with pytest.raises(RecordError, match=words):
        read_folder(tmp_path, like="icu2012")


def test_the_whole_set(real_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts are the catalogue's; 37 variables; every code and fact has a name."""
    monkeypatch.setenv("SCANLINE_DATA", str(real_data))
    dataset, facts = load("icu2012"), catalogue()["icu2012"]
    assert facts.class_counts is not None
    for split in SPLITS:
        assert tuple(np.bincount(dataset.labels[split])) == facts.class_counts[split]
    measured = [code for code in dataset.codes if code[0].isupper() or code == "pH"]
    assert len(measured) == 37
    assert {code.partition("//")[0] for code in dataset.codes} == set(variables("icu2012"))
    assert dataset.units["Creatinine"] == "mg/dL"


# Heart examinations.


@pytest.fixture(scope="session")
def heart(real_data: Path) -> Records:
    """The Cleveland table."""
    return read_cleveland(real_data / FILE)


def test_an_examination_is_read_in_clinical_order(heart: Records) -> None:
    one = heart.by_patient["1"]
    assert one.facts.keys() == {"age", "sex//male"} and one.facts["age"] == 63 and one.label == 0
    assert [code.partition("//")[0] for code in one.codes] == list(EVENTS)
    assert one.codes[0] == "cp//typical angina" and one.codes[-2] == "thal//fixed defect"
    assert title_of_code("cleveland", one.codes[0]) == "Chest pain: typical angina"
    assert sum(record.label or 0 for record in heart.by_patient.values()) == 139
    assert heart.findings[0].facts == {"n": 6, "codes": {"thal": 2, "ca": 4}}
    assert Counter(heart.splits.values()) == {"train": 241, "test": 31, "val": 31}


def test_folds_are_by_class_and_differ_by_seed(heart: Records) -> None:
    labels = np.array([record.label for record in heart.by_patient.values()])
    folds = cleveland_folds(labels, seed=0)
    for fold in range(10):
        assert labels[folds == fold].sum() in (13, 14) and (folds == fold).sum() in (30, 31)
    assert (folds != cleveland_folds(labels, seed=1)).any()


@pytest.mark.parametrize("fault", ["columns", "words", "repeated", "none"])
def test_what_is_not_the_table(real_data: Path, tmp_path: Path, fault: str) -> None:
    lines = (real_data / FILE).read_text().splitlines()
    changed = {
        "columns": [line.rpartition(",")[0] for line in lines],
        "words": [
            "age,sex,cp,trestbps,chol,fbs,restecg,thalach,exang,oldpeak,slope,ca,thal,num",
            *lines,
        ],
        "repeated": [*lines, lines[0]],
    }
    path = tmp_path / FILE
    if fault in changed:
        path.write_text("\n".join(changed[fault]))
    words = {"columns": "14 columns", "words": "14 columns", "repeated": "again", "none": "no file"}
    with pytest.raises(InputError, match=words[fault]):
        read_cleveland(path)


def test_load_gives_the_standard_split(real_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCANLINE_DATA", str(real_data))
    dataset = load("cleveland")
    assert {split: len(dataset.labels[split]) for split in SPLITS} == dict(
        catalogue()["cleveland"].counts
    )
    assert dataset.images["train"].shape[1:] == (16, 3)


def test_a_set_that_is_not_here_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCANLINE_DATA", str(tmp_path))
    monkeypatch.setenv("SCANLINE_CACHE", str(tmp_path / "cache"))
    for name, words in (("icu2012", "physionet.org"), ("cleveland", FILE)):
        with pytest.raises(InputError, match=words):
            load(name)


# One's own.


def own(folder: Path, n: int = 40, split: str = "", events: str = "") -> Path:
    """A folder of records of ``n`` patients, every other one with the finding."""
    folder.mkdir()
    rows = [
        f"{k},2024-03-01 10:0{j},{code},{j + k % 2}"
        for k in range(n)
        for j, code in enumerate(["a", "b"])
    ]
    (folder / "events.csv").write_text(
        events or "patient,time,code,value\n" + "\n".join(rows) + "\n"
    )
    patients = pd.DataFrame(
        {"patient": range(n), "label": [k % 2 for k in range(n)], "sex": "F", "died": 1}
    )
    if split:
        patients["split"] = split
    patients.to_csv(folder / "patients.csv", index=False)
    return folder


def test_a_folder_of_ones_own_is_a_data_set(tmp_path: Path) -> None:
    dataset = load(own(tmp_path / "Ward 3"))
    assert dataset.facts.name == "ward-3" and dataset.facts.task == "binary"
    counts = [len(dataset.labels[split]) for split in SPLITS]
    assert sum(counts) == 40 and counts[0] == 28
    assert set(dataset.codes) == {"a", "b", "sex//F"}  # "died" could be an outcome
    assert any("died" in note for note in dataset.notes)


def test_a_split_that_lacks_a_class_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="val split"):
        load(own(tmp_path / "all-train", split="train"))
    with pytest.raises(InputError, match="number the classes"):
        load(own(tmp_path / "one", n=1))


def test_dealing_is_even_and_the_same_everywhere() -> None:
    patients = [str(k) for k in range(103)]
    strata = [k % 3 == 0 for k in range(103)]
    parts = deal(patients, strata, 5, seed=1)
    assert sorted(np.bincount(parts)) == [20, 20, 21, 21, 21]
    assert max(Counter(p for p, s in zip(parts, strata, strict=True) if s).values()) <= 7
    assert parts.tolist() != deal(patients, strata, 5, seed=2).tolist()
