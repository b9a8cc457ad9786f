"""``read`` and ``compare`` on a table of patient records."""

import json
from pathlib import Path

import numpy as np
import pytest

from diagnosis.jobs.experiment import train_version
from diagnosis.models import store
from diagnosis.models.config import config_for, learned_encoder
from diagnosis.training.config import TrainingConfig
from tests.cli.given import Run
from tests.record_cases import record, table, toy


@pytest.fixture(scope="module")
def models(home: Path) -> list[str]:
    """A small model of each variant of records, MODEL/VERSION."""
    names, root = [], home / "home" / "models"
    for variant in ("embedding_gru", "embedding_lstm"):
        config = config_for(
            variant, toy().facts, encoder=learned_encoder(toy()), units=(6,), embedding=4, dense=0
        )
        recipe = TrainingConfig(epochs=3, batch_size=16, learning_rate=0.03)
        version = train_version(config, recipe, toy(), root=root)
        store.activate(version, root=root)
        names.append(f"{version.name}/{version.version}")
    return names


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    """Ten patients, 101 to 110; the odd ones are positives."""
    rng = np.random.default_rng(4)
    path = tmp_path / "records.csv"
    path.write_text(table({str(number): record(number % 2, rng, 12) for number in range(101, 111)}))
    return path


def test_a_patient_is_read_event_by_event(models: list[str], csv: Path, answer: Run) -> None:
    out = csv.with_name("trace")
    read = answer("read", csv, "--patient", "101", "--model", models[0], "--trace", out)
    assert read["scan"]["kind"] == "record" and read["scan"]["patient"] == "101"
    assert read["scan"]["events"] == 12 and read["frame"] is None and read["detail"] is None
    assert set(read["probabilities"]) == {"stable", "event"}
    events = read["events"]
    assert len(events) == 13 and events[0]["hours"] is None and events[1]["hours"] == 0
    assert events[-1]["probabilities"] == pytest.approx(read["probabilities"], abs=1e-5)
    assert read["largest_change"]["step"] in range(1, 14)
    with np.load(out) as trace:
        assert trace["gru_1/h"].shape == (24, 6) and not np.isnan(trace["gru_1/h"][:13]).any()
    text = answer("read", csv, "--patient", "101", "--model", models[0], text=True)
    assert "pixel" not in text and "image" not in text


def test_a_report_lists_the_events_and_names_nobody(
    models: list[str], csv: Path, answer: Run
) -> None:
    csv.write_text(csv.read_text().replace("\n101,", "\nNguyen,"))
    page, document = csv.with_name("report.html"), csv.with_name("report.json")
    for path in (page, document):
        answer("read", csv, "--patient", "Nguyen", "--model", models[0], "--report", path)
    report = json.loads(document.read_text())
    assert report["case"]["kind"] == "record" and len(report["explanation"]["events"]) == 13
    assert len(report["explanation"]["per_step"]["event"]) == 13
    html = page.read_text()
    assert html.count("Marker") >= 2
    assert "Nguyen" not in html + document.read_text()


def test_two_models_are_compared_on_a_patient(models: list[str], csv: Path, answer: Run) -> None:
    compared = answer("compare", csv, "--models", *models, "--patient", "102")
    assert [each["problem"] for each in compared["models"]] == [None, None]
    assert compared["scan"]["patient"] == "102" and compared["frame"] is None


def test_a_model_is_measured_on_records_from_outside(
    models: list[str], tmp_path: Path, answer: Run, refusal: Run
) -> None:
    rng = np.random.default_rng(8)
    patients = {str(number): record(number % 2, rng) for number in range(30)}
    (tmp_path / "events.csv").write_text(table(patients))
    rows = [f"{patient},{each.label}" for patient, each in patients.items()]
    (tmp_path / "patients.csv").write_text("\n".join(["patient,label", *rows]) + "\n")
    measured = answer("evaluate", models[0], "--data", tmp_path, "--against", models[1])
    assert measured["n"] == 30 and measured["metrics"]["auc"]["estimate"] > 0.6
    assert measured["against"]["model"] == "toyrecords/embedding_lstm"
    read = answer("read", tmp_path, "--patient", "3", "--model", models[0])
    assert read["scan"]["patient"] == "3" and read["scan"]["format"] == "folder"
    (tmp_path / "patients.csv").write_text("patient,label\n" + "\n".join(rows[::2]) + "\n")
    assert "only cases" in refusal("evaluate", models[0], "--data", tmp_path)
    assert "images" in refusal("evaluate", models[0], "--data", "phantoms")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--patient", "999"), "10, such as 101"),
        (("--patient", "1011"), "Did you mean 101"),
        ((), "--patient"),
        (("--patient", "101", "--frame", "2"), "--frame"),
        (("--patient", "101", "--report", "x.html", "--picture"), "--picture"),
    ],
)
def test_what_cannot_be_read_is_said(
    models: list[str], csv: Path, refusal: Run, words: tuple[str, ...], said: str
) -> None:
    assert said in refusal("read", csv, "--model", models[0], *words)


def test_bad_tables_and_other_models(
    models: list[str], reader: str, csv: Path, refusal: Run, real_data: Path
) -> None:
    no_code = csv.with_name("other.csv")
    no_code.write_text("patient,when,what\n1,2,3\n")
    assert "columns" in refusal("read", no_code, "--patient", "1", "--model", models[0])
    assert "images" in refusal("read", csv, "--patient", "101", "--model", reader)
    scan = real_data / "scans" / "chest_pneumonia_1.jpeg"
    assert "table" in refusal("read", scan, "--patient", "1", "--model", models[0])
    gone = csv.with_name("gone.csv")
    assert "no file" in refusal("read", gone, "--patient", "1", "--model", models[0])
    assert "folder" in refusal("read", csv.parent, "--patient", "1", "--model", models[0])
