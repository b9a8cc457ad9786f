"""Tables of patients become an imported set: nothing is lost, nobody is named or in two splits."""

from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest

from diagnosis.batch.given_records import read_given
from diagnosis.core.errors import InputError
from diagnosis.datasets import SPLITS, has_records, load
from diagnosis.datasets.imported import imported_files, imported_sets, imports_folder
from diagnosis.datasets.importing import remove
from diagnosis.datasets.importing.records import PreparedRecords, prepare_records, store_records
from diagnosis.models.config import learned_encoder
from diagnosis.records.meds import write_meds
from diagnosis.records.record import Record
from tests.record_cases import record, table

CLASSES = ("stable", "worse")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCANLINE_HOME", str(tmp_path / "home"))


@pytest.fixture(scope="module")
def patients() -> dict[str, Record]:
    """Sixty of them, with names that must be found nowhere."""
    rng = np.random.default_rng(4)
    return {f"Nguyễn-{number}": record(number % 2, rng) for number in range(60)}


def prepared(
    patients: dict[str, Record], header: str = "patient,label", more: str = ""
) -> PreparedRecords:
    rows = [f"{patient},{each.label}{more}" for patient, each in patients.items()]
    return prepare_records(table(patients).encode(), "\n".join([header, *rows, ""]).encode())


def test_a_stored_set_is_what_was_read_and_names_nobody(patients: dict[str, Record]) -> None:
    read = prepared(patients)
    folder = store_records(read, "my-records", CLASSES)
    stored = load("my-records")
    assert has_records("my-records") and imported_files()["my-records"] == folder
    assert stored.facts == imported_sets()[0][0] and stored.facts.classes == CLASSES
    assert stored.codes == read.dataset.codes and stored.sha256 == read.dataset.sha256
    for split in SPLITS:
        np.testing.assert_array_equal(stored.images[split], read.dataset.images[split])
        np.testing.assert_array_equal(stored.labels[split], read.dataset.labels[split])
    written = b"".join(path.read_bytes() for path in folder.iterdir())
    assert "Nguyễn".encode() not in written and b"2024" not in written
    remove("my-records")
    assert not folder.exists() and not imported_files()


def test_nobody_is_in_two_splits_and_every_split_has_every_class(
    patients: dict[str, Record],
) -> None:
    read = prepared(patients)
    assert set(read.in_two_splits.values()) == {0} and len(read.in_two_splits) == 3
    assert sum(map(len, read.patients.values())) == len(patients) == len(read.records)
    assert read.dealt and not read.alike
    for split in SPLITS:
        counts = np.bincount(read.dataset.labels[split])
        assert counts.max() - counts.min() <= 2
    twice = {**patients, "again": patients["Nguyễn-0"], "and again": patients["Nguyễn-0"]}
    rows = [f"{patient},{each.label},train" for patient, each in patients.items()]
    rows[20:40] = [row.replace("train", "val") for row in rows[20:40]]
    rows[40:] = [row.replace("train", "test") for row in rows[40:]]
    rows += ["again,0,val", "and again,0,test"]
    given = prepare_records(
        table(twice).encode(), "\n".join(["patient,label,split", *rows, ""]).encode()
    )
    assert given.alike == 3 and not given.dealt
    rows.append("Nguyễn-0,0,test")
    with pytest.raises(InputError, match="two splits"):
        prepare_records(table(twice).encode(), "\n".join(["patient,label,split", *rows]).encode())


def test_events_after_the_time_of_prediction_are_counted_and_not_stored(
    patients: dict[str, Record],
) -> None:
    whole = prepared(patients)
    until = prepared(patients, "patient,label,prediction_time", ",2024-01-01 06:00")
    found = {reason.code: reason.facts for reason in until.records.findings}
    assert until.timed and not whole.timed
    assert found["after-prediction"]["n"] == whole.events - until.events > 0
    store_records(until, "until-six", CLASSES)
    stored = load("until-six")
    assert max(np.nanmax(each[..., 2]) for each in stored.images.values()) <= 6 * 60
    assert any(f"{whole.events - until.events:,} events" in note for note in stored.notes)


def test_what_cannot_be_stored_or_was_changed_is_said(patients: dict[str, Record]) -> None:
    read = prepared(patients)
    for name, classes in (("My Records", CLASSES), ("icu2012", CLASSES), ("good", ("a", " a "))):
        with pytest.raises(InputError):
            store_records(read, name, classes)
    assert not list(imports_folder().glob("[!.]*"))
    folder = store_records(read, "good", CLASSES)
    with pytest.raises(InputError, match="already"):
        store_records(read, "good", CLASSES)
    rows = (folder / "patients.csv").read_text().splitlines()
    (folder / "patients.csv").write_text("\n".join([rows[0], *rows[2:]]) + "\n")
    with pytest.raises(InputError, match="not what was stored"):
        load("good")


def test_a_folder_of_meds_in_a_zip_is_read_and_stored(
    patients: dict[str, Record], tmp_path: Path
) -> None:
    read = prepared(patients)
    write_meds(read.records, tmp_path / "ours", name="ours")

    def packed(*folders: str) -> bytes:
        file = BytesIO()
        with ZipFile(file, "w") as archive:
            for path in (tmp_path / "ours").rglob("*"):
                if path.relative_to(tmp_path / "ours").parts[0] in folders:
                    archive.write(path, path.relative_to(tmp_path))
        return file.getvalue()

    whole = packed("data", "metadata", "tasks")
    given = prepare_records(whole, None)
    assert given.dataset.sha256 == read.dataset.sha256 and given.timed
    encoder = learned_encoder(read.dataset)
    assert encoder is not None
    one = read_given(whole, None, "", encoder).by_patient["Nguyễn-3"]
    assert one.sha256 == read.records.by_patient["Nguyễn-3"].sha256
    for events, of_patients in (
        (packed("metadata"), None),
        (whole, b"patient,label"),
        (whole[:-400], None),
        (table(patients).encode(), None),
    ):
        with pytest.raises(InputError):
            prepare_records(events, of_patients)
