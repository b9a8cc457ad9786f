"""Tables of events as records: formats, times, faults, and a table of patients beside them."""

import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from diagnosis.core.reason import Reason
from diagnosis.records.patients import read_patients
from diagnosis.records.reading import read_records
from diagnosis.records.table import RecordError

TABLE = """patient,time,code,value
7,2024-03-01 10:30,HR,80
7,2024-03-01 10:00,HR,75
12,2024-03-02T08:00:00,Creatinine,3.1
7,2024-03-01 10:30,HR,80
7,,GENDER,F
12,2024-03-02T09:30:00,Ward,
"""


def said(records: tuple[Reason, ...]) -> dict[str, object]:
    return {reason.code: reason.facts["n"] for reason in records}


def test_a_table_becomes_records_in_order_of_time() -> None:
    read = read_records(TABLE.encode())
    assert set(read.by_patient) == {"7", "12"}
    seven, twelve = read.by_patient["7"], read.by_patient["12"]
    np.testing.assert_array_equal(seven.minutes, [0, 30])
    np.testing.assert_array_equal(seven.values, np.array([75, 80], "float32"))
    assert list(seven.codes) == ["HR", "HR"] and list(seven.facts) == ["GENDER//F"]
    assert list(twelve.codes) == ["Creatinine", "Ward"] and np.isnan(twelve.values[1])
    assert (seven.hours, twelve.hours) == (0.5, 1.5)
    assert said(read.findings) == {"duplicates": 1, "words": 1}
    assert len(seven.until(29)) == 1 and len(seven.until(30)) == 2


@pytest.mark.parametrize("form", ["semicolon", "utf-16", "excel", "parquet", "meds"])
def test_every_form_of_a_table_gives_the_same_records(form: str) -> None:
    table = pd.read_csv(BytesIO(TABLE.encode()), dtype=str)
    file = BytesIO()
    if form == "excel":
        table.to_excel(file, index=False)
    elif form in ("parquet", "meds"):
        table = table.assign(
            time=pd.to_datetime(table["time"], format="ISO8601"),
            patient=table["patient"].astype(int),
        )
        if form == "meds":
            words = table["value"] == "F"
            table.loc[words, "code"], table.loc[words, "value"] = "GENDER//F", None
            table = table.rename(columns={"patient": "subject_id", "value": "numeric_value"})
            table["numeric_value"] = table["numeric_value"].astype("float32")
        table.to_parquet(file)
    elif form == "utf-16":
        file.write(TABLE.encode("utf-16"))
    else:
        file.write(TABLE.replace(",", ";").encode())
    before, read = read_records(TABLE.encode()), read_records(file.getvalue())
    assert {name: record.sha256 for name, record in read.by_patient.items()} == {
        name: record.sha256 for name, record in before.by_patient.items()
    }


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("", "empty"),
        ("patient,time,code,value\n", "no rows"),
        ("a\nb\n", "no comma"),
        ("patient,code,value\n1,HR,80\n", "no column time"),
        ("patient,time,code\n1,yesterday,HR\n", "row 2 of the file"),
        ("patient,time,code\n1,12.5,HR\n", "no date"),
        ("patient,minute,code\n1,soon,HR\n", "no number"),
        ("patient,time,code\n1,2024-03-01T10:00Z,HR\n1,2024-03-01T11:00,HR\n", "time zone"),
        ("patient,time,code\n,2024-03-01,HR\n", "without a patient"),
        ("patient,time,code\n1,2024-03-01,\n", "without a code"),
        ("patient,time,code\n1,2024-03-01,HR,4,5\n", "more cells"),
        ("\x89PNG\r\n\x1a\n\0\0", "not UTF-8"),
        ("patient,time,code\n\0\0", "binary"),
        ("PK\x03\x04 and no more", "no table"),
        ("PAR1 and no more", "no table"),
    ],
)
def test_what_is_no_table_of_events_is_said_in_one_sentence(table: str, words: str) -> None:
    with pytest.raises(RecordError) as raised:
        read_records(table.encode("latin-1"))
    sentence = str(raised.value)
    assert words in sentence and sentence.endswith(".") and "\n" not in sentence


def test_a_table_of_patients_gives_labels_facts_and_the_end() -> None:
    patients = read_patients(
        b"patient,label,prediction_time,split,age\n7,1,2024-03-01 10:10,train,64\n9,0,,test,\n",
        facts=["age"],
    )
    read = read_records(TABLE.encode(), patients)
    assert list(read.by_patient) == ["7", "9"] and read.splits == {"7": "train", "9": "test"}
    seven, nine = read.by_patient["7"], read.by_patient["9"]
    assert (len(seven), seven.label, seven.facts["age"]) == (
        1,
        1,
        64,
    ) and "GENDER//F" in seven.facts
    assert (len(nine), nine.label, dict(nine.facts), nine.hours) == (0, 0, {}, 0)
    found = said(read.findings)
    assert (found["after-prediction"], found["no-events"], found["no-row"]) == (1, 1, 1)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("patient,label\n1,0\n1,1\n", "different label"),
        ("patient,label,age\n1,0,60\n1,0,61\n", "two rows"),
        ("patient,label,split\n1,0,train\n1,0,test\n", "two splits"),
        ("patient,label\n1,dead\n", "whole numbers"),
        ("patient,outcome\n1,0\n", "no column 'label'"),
        ("patient,label,split\n1,0,training\n", "is none of train"),
        ("name,label\n1,0\n", "no column patient"),
        ("patient,label,prediction_hour\n1,0,48\n", "count differently"),
        ("patient,label\n007,0\n0012,1\n", "number them alike"),
    ],
)
def test_faults_of_a_table_of_patients(table: str, words: str) -> None:
    with pytest.raises(RecordError, match=words):
        read_records(TABLE.encode(), read_patients(table.encode()))


def test_what_is_odd_about_patients_is_counted() -> None:
    patients = read_patients(
        b"patient,label,sex,weight\n7,1,F,72.26\n7,1,F,72.26\n8,0,,\n12,,M,-\n",
        facts=["sex", "weight"],
    )
    read = read_records(TABLE.encode(), patients)
    assert list(read.by_patient) == ["7", "8", "12"]
    found = said(read.findings)
    assert (found["same-rows"], found["no-label"], found["no-events"]) == (1, 1, 1)
    assert "sex//F" in read.by_patient["7"].facts and read.by_patient["12"].label is None
    assert read.by_patient["8"].facts == {}


def test_impossible_values_of_a_code_are_left_out() -> None:
    table = b"patient,minute,code,value\n1,0,pH,735\n1,1,pH,7.3\n1,2,HR,735\n1,3,pH,\n"
    read = read_records(table, possible={"pH": (6.3, 8)})
    assert list(read.by_patient["1"].codes) == ["pH", "HR", "pH"]
    assert read.findings[0].facts == {"n": 1, "codes": {"pH": 1}}
    patients = read_patients(b"patient,label\n1,0\n")
    all_wrong = b"patient,minute,code,value\n1,0,pH,735\n"
    assert said(read_records(all_wrong, patients, {"pH": (6.3, 8)}).findings)["no-events"] == 1


@pytest.mark.parametrize(("rows", "codes"), [(100_000, 1), (10_000, 10_000)])
def test_many_events_and_codes_are_read_and_more_are_not(rows: int, codes: int) -> None:
    def table(n: int, different: int) -> bytes:
        file = BytesIO()
        pd.DataFrame({
            "patient": 1, "minute": np.arange(n), "code": [f"c{k % different}" for k in range(n)], "value": 1,
        }).to_parquet(file)  # fmt: skip
        return file.getvalue()

    read = read_records(table(rows, codes))
    assert len(read.by_patient["1"]) == rows and len(set(read.by_patient["1"].codes)) == codes
    one_more = codes + 1 if codes > 1 else 1
    with pytest.raises(RecordError, match="at most"):
        read_records(table(rows + 1, one_more))


@pytest.mark.parametrize("kind", ["rows", "workbook"])
def test_a_small_file_that_unpacks_to_much_is_not_read(kind: str) -> None:
    file = BytesIO()
    if kind == "rows":  # runs of one value: 6 million rows in some kilobytes
        table = pd.DataFrame(
            {"patient": np.ones(6_000_000, "int8"), "minute": np.int8(0), "code": "a"}
        )
        table.astype({"code": "category"}).to_parquet(file)
    else:
        with (
            zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as members,
            members.open("xl/worksheets/sheet1.xml", "w") as member,
        ):
            for _ in range(33):
                member.write(bytes(2**24))
    assert len(file.getvalue()) < 2**22
    with pytest.raises(RecordError, match="at most"):
        read_records(file.getvalue())


def test_real_intensive_care(real_data: Path) -> None:
    """PhysioNet Challenge 2012, set A: 4,000 patients, three of them without a measurement."""
    folder = real_data / "icu2012"
    patients = read_patients(
        (folder / "set_a_patients.csv").read_bytes(), "in_hospital_death", ["age", "icu_type"]
    )
    read = read_records((folder / "set_a_events.parquet").read_bytes(), patients)
    records = read.by_patient.values()
    assert len(read) == 4000 and sum(record.label or 0 for record in records) == 554
    assert said(read.findings) == {"no-events": 3}
    assert sum(map(len, records)) == 1_733_980
    assert all((np.diff(record.minutes) >= 0).all() for record in records)
    assert max(record.hours for record in records) <= 48
