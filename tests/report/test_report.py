"""The report on a case says all that must be said beside an answer, and nothing that was not asked for."""

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from diagnosis.audit import Entry, Recorded, append
from diagnosis.cases import Case
from diagnosis.core.intended_use import IN_FULL, IN_SHORT
from diagnosis.core.reason import Reason
from diagnosis.models import store
from diagnosis.report import FORMATS, SCHEMA, case_report, written
from diagnosis.report.case_report import LIMITS, WITHOUT_STATES
from diagnosis.report.charts import charts
from diagnosis.scans import Scan, read_scan
from diagnosis.text.outcome import rule_sentences
from tests.scan_files import phantom_picture, saved
from tests.shipped import shipped

HOSTILE = '<script>alert("x")</script>'


@pytest.fixture
def said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Recorded]:
    """A comment in the audit trail that would be harmful on a page."""
    monkeypatch.setenv("SCANLINE_HOME", str(tmp_path))
    comment = Entry(
        "AI-assisted read", case="0" * 64, source="file", task="phantoms", by=HOSTILE,
        read=("clear",), certainty=4, comment="=" + HOSTILE,
    )  # fmt: skip
    return append([comment])


def phantom() -> Scan:
    return read_scan(saved(Image.fromarray(phantom_picture()), "PNG"))


def report_of(name: str, said: list[Recorded], scan: Scan | None = None) -> dict[str, Any]:
    scan = scan or phantom()
    prediction = shipped(name).predict(Case.of(scan))
    return case_report(prediction, store.find(name), scan, frame=1, entries=said)


def test_the_json_holds_what_must_stand_beside_an_answer(said: list[Recorded]) -> None:
    report = json.loads(written(report_of("phantoms/lstm", said), "json"))
    card, scan = store.find("phantoms/lstm").card, phantom()
    assert (report["schema"], report["notice"]) == (SCHEMA, IN_SHORT)
    assert report["intended_use"] == dict(IN_FULL)
    assert report["case"]["sha256"] == scan.sha256 and report["case"]["frame"] == 1
    model = report["model"]
    assert model["weights_sha256"] == card.weights_sha256
    assert model["dataset"]["sha256"] == card.dataset.sha256
    assert (model["seed"], model["created"]) == (card.training.seed, card.created.isoformat())
    assert model["limits"] == list(card.limits)
    answer, performance = report["prediction"], report["performance"]
    assert set(answer["probabilities"]) == {"clear", "opacity"}
    assert sum(answer["probabilities"].values()) == pytest.approx(1)
    assert answer["observed"]["opacity"]["n"] >= 20
    assert answer["threshold"] == performance["threshold"] == card.threshold
    assert performance["threshold_rule"] == card.threshold_rule
    assert performance["calibration"]["method"] == card.calibration.method
    assert performance["n"] == card.metrics.test.n
    for name in ("auc", "sensitivity", "specificity", "ppv", "npv"):
        assert performance["metrics"][name] == card.metrics.test.estimates[name].to_json()
    assert "margin" in [rule["code"] for rule in performance["abstains"]]
    explanation = report["explanation"]
    assert explanation["limits"] == LIMITS
    assert [len(after) for after in explanation["per_step"].values()] == [28, 28]
    assert explanation["per_step"]["opacity"][-1] == pytest.approx(
        answer["probabilities"]["opacity"], abs=1e-5
    )
    (entry,) = report["entries"]
    assert entry["entry_hash"] == said[0].receipt.entry_hash
    assert (entry["read"], entry["certainty"]) == (["clear"], "sure")


def page_of(name: str, entries: list[Recorded], scan: Scan, *, picture: bool = True) -> str:
    """The report as a page."""
    report = report_of(name, entries, scan)
    prediction, config = shipped(name).predict(Case.of(scan)), shipped(name).config
    drawn = charts(prediction, config, picture=picture, scan=scan, frame=0)
    return written(report, "html", drawn).decode()


def test_the_page_needs_nothing_else_and_takes_no_word_for_markup(said: list[Recorded]) -> None:
    report = report_of("phantoms/lstm", said)
    page = page_of("phantoms/lstm", said, phantom())
    rules = [Reason.from_json(rule) for rule in report["performance"]["abstains"]]
    assert HOSTILE not in page and "&lt;script&gt;" in page
    assert set(re.findall(r"(?:src|href)=.(\w+):", page)) == {"data"}
    for sentence in (IN_SHORT, *IN_FULL.values(), *rule_sentences(rules)):
        assert sentence in page
    for fact in ("sensitivity", "Weights, SHA-256", report["case"]["sha256"], "synthetic"):
        assert fact in page
    assert "window.print()" in page
    without = page_of("phantoms/lstm", said, phantom(), picture=False)
    assert without.count("<figure") == page.count("<figure") - 2  # the film and what the model saw


def test_the_page_begins_with_whom_it_is_for_and_is_small_with_a_film(real_data: Path) -> None:
    """A film of 1.5 megapixels beside what the model saw of it; numbers as on the screen."""
    scan = read_scan((real_data / "scans" / "chest_pneumonia_1.jpeg").read_bytes())
    page = page_of("pneumoniamnist/lstm", [], scan)
    body = page.partition("<body>")[2]
    assert body.index("children aged 1 to 5") < body.index(IN_SHORT) < body.index("<h1>")
    assert len(page) < 150_000 and page.count("<figure") == 4
    prediction = shipped("pneumoniamnist/lstm").predict(Case.of(scan))
    assert f"<b>{prediction.probabilities[1]:.2f}</b>" in page
    assert f"{prediction.probabilities[1]:.3f}" not in page


def test_a_rejected_case_has_states_and_no_probability(real_data: Path) -> None:
    scan = read_scan((real_data / "scans" / "CT_small.dcm").read_bytes())
    body = page_of("pneumoniamnist/lstm", [], scan).partition("<body>")[2]
    assert body.count("<figure") == 3
    assert "Probability of" not in body and "redicted probability" not in body


def test_the_table_has_a_line_for_each_entry_and_runs_no_formula(said: list[Recorded]) -> None:
    first, *lines = written(report_of("phantoms/lstm", said), "csv").decode().splitlines()
    assert first == f"# {IN_SHORT}"
    rows = dict(csv.reader(lines))
    assert rows["prediction.model"] == "phantoms/lstm"
    assert float(rows["performance.metrics.auc.lower"]) > 0.5
    assert rows["entries.1.comment"] == f"'={HOSTILE}"


@pytest.mark.parametrize("format", FORMATS)
def test_what_has_no_states_or_is_refused_has_a_report_too(format: str) -> None:
    blank = read_scan(saved(Image.new("L", (64, 64), 90), "PNG"))
    report = report_of("phantoms/cnn", [], blank)
    assert report["prediction"]["outcome"] == "rejected"
    assert report["explanation"]["per_step"] is None
    assert report["explanation"]["limits"] == WITHOUT_STATES
    text = written(report, format).decode()
    expected = "The image is blank" if format == "html" else "quality:blank"
    assert expected in text and "Prediction: " not in text
