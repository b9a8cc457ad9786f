"""The sections of the page Compare without a browser: curves, paired tests, disagreements, configuration."""

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from diagnosis.dashboard.compare import cached
from diagnosis.dashboard.shell import caches
from diagnosis.models import store
from tests.dashboard.test_pages import opened

PAIR = {"task": "phantoms", "models": "lstm,cnn"}


@pytest.fixture(autouse=True)
def empty_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No models of one's own and no data sets but the built-in phantoms."""
    monkeypatch.setenv("SCANLINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SCANLINE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("SCANLINE_DATA", raising=False)


def _tables(app: AppTest) -> dict[str, str]:
    """Key to HTML."""
    found = {}
    for each in app.get("html"):
        if match := re.search('data-key="([^"]+)"', each.proto.body):
            found[match[1]] = each.proto.body
    return found


def test_a_section_at_a_time_and_the_address_says_which() -> None:
    app = opened("compare", PAIR | {"section": "configuration"})
    assert set(_tables(app)) == {"compare-configuration"}
    app.button_group(key="compare-section").set_value("seeds").run()
    assert not app.exception
    assert app.query_params["section"] in ("seeds", ["seeds"])
    assert set(_tables(app)) <= {"compare-seeds"}


def test_what_excludes_zero_is_bold() -> None:
    app = opened("compare", PAIR | {"section": "tests"})
    table = _tables(app)["paired-tests"]
    first, second = (store.find(f"phantoms/{name}") for name in ("cnn", "lstm"))
    differences = cached.differences(first, second, caches.dataset("phantoms", 28))
    assert len(differences) == 4
    assert table.count("<strong>") == sum(each.apart for each in differences.values())
    accuracy = differences["accuracy"]
    assert f"{accuracy.only_first} : {accuracy.only_second}" in table
    assert [button.proto.label for button in app.get("download_button")] == ["CSV"]


def test_both_curves_have_a_line_for_each_model() -> None:
    app = opened("compare", PAIR | {"section": "curves"})
    charts = {each.key: each.proto.spec for each in app.get("plotly_chart")}
    for key in ("test-split-roc", "test-split-calibration"):
        spec = charts[key]
        for title in ("LSTM", "CNN"):
            assert f'"name":"{title}"' in spec.replace(": ", ":")


def test_without_the_data_set_it_can_be_got() -> None:
    caches.dataset.clear()
    app = opened(
        "compare", {"task": "breastmnist", "models": "cnn,stacked_gru", "section": "tests"}
    )
    assert "download-start-section-breastmnist-28" in {button.key for button in app.button}


def test_a_task_with_one_model_is_told_of_a_network_that_it_lacks() -> None:
    (said,) = opened("compare", {"task": "cleveland"}).info
    assert "cleveland embedding_lstm" in said.value
