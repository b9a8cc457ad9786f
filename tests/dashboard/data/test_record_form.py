"""The section of the Data sets page that imports tables of patients, and the form of a training on them."""

from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from diagnosis.dashboard.data.record_report import first_plan
from diagnosis.dashboard.shell.page import PAGES
from diagnosis.datasets import load
from diagnosis.models.variants import image_variants, record_variants
from tests.dashboard.test_pages import OPENED_WITHIN_S, ROOT, words
from tests.record_cases import record, table


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCANLINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SCANLINE_CACHE", str(tmp_path / "cache"))


def opened(page: str, **query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=OPENED_WITHIN_S)
    app.switch_page(PAGES[page].file)
    for name, value in query.items():
        app.query_params[name] = value
    app.session_state["records-open"] = True
    app.run()
    assert not app.exception, app.exception
    return app


def give(app: AppTest, events: str, patients: str) -> None:
    for what, text in (("events", events), ("patients", patients)):
        (box,) = [each for each in app.file_uploader if f"records-{what}-" in str(each.key)]
        box.upload(f"{what}.csv", text.encode(), "text/csv").run()
    app.button(key="records-check").click().run()
    assert not app.exception, app.exception


def test_tables_are_checked_stored_and_can_be_trained_on() -> None:
    rng = np.random.default_rng(4)
    patients = {str(number): record(number % 2, rng) for number in range(60)}
    rows = [f"{patient},{each.label},2024-01-01 06:00" for patient, each in patients.items()]
    app = opened("data", set="phantoms")
    assert app.button(key="records-check").disabled
    give(app, table(patients), "\n".join(["patient,label", "1,5"]) + "\n")
    assert len(app.error) == 1
    give(app, table(patients), "\n".join(["patient,label,prediction_time", *rows]) + "\n")
    shown = "".join(str(each.proto.body) for each in app.get("html"))
    assert "training and validation 0, training and test 0, validation and test 0" in shown
    assert "= 60 different patients" in shown and "after the time of prediction" in shown
    app.text_input(key="records-name").input("ward-7").run()
    app.button(key="records-store").click().run()
    assert not app.exception and not app.error
    assert app.selectbox(key="set").value == "ward-7"
    assert "records" in words(app)
    data = load("ward-7")
    assert first_plan("ward-7").checked(data).encoder.embedded

    train = opened("train", dataset="ward-7")
    variant = train.selectbox(key="recipe-variant")
    assert variant.value in record_variants() and len(variant.options) == len(record_variants())
    train.selectbox(key="recipe-dataset").set_value("phantoms").run()
    assert train.selectbox(key="recipe-variant").value in image_variants()
    train.selectbox(key="recipe-dataset").set_value("ward-7").run()
    train.button(key="train-review").click().run()
    assert not train.exception and not train.error
