"""The tune page: refuses in sentences, shows what a search has found, hands it over, stops and resumes."""

import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from diagnosis.dashboard.shell.page import PAGES
from diagnosis.dashboard.tune import form
from diagnosis.dashboard.tune.results import handed_over
from diagnosis.datasets import load
from diagnosis.tuning import processes, studies
from diagnosis.tuning.plan import Plan
from diagnosis.tuning.search import FOLDS
from diagnosis.tuning.space import Space
from diagnosis.tuning.summary import Summary, summary
from tests.dashboard.test_pages import OPENED_WITHIN_S, ROOT, words


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCANLINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SCANLINE_CACHE", str(tmp_path / "cache"))
    for name in ("SCANLINE_DATA", studies.ADDRESS, "DASK_SCHEDULER_ADDRESS"):
        monkeypatch.delenv(name, raising=False)


def _opened(query: Mapping[str, str] | None = None) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=OPENED_WITHIN_S)
    app.switch_page(PAGES["tune"].file)
    for name, value in (query or {}).items():
        app.query_params[name] = value
    app.run()
    assert not app.exception, app.exception
    return app


def _press(app: AppTest, label: str) -> AppTest:
    (button,) = [button for button in app.button if button.label == label]
    button.click().run()
    assert not app.exception, app.exception
    return app


def stored() -> Summary:
    """A search of five trials, told as a driver tells them."""
    dataset = load("phantoms")
    texts = {"units": "8,16,32", "layers": "1,2", "dropout": "0", "learning_rate": "0.001:0.01"}
    plan = Plan.of(dataset, "phantoms", "lstm", Space.read(texts), folds=2, sampler="random")
    study = studies.create(plan, dataset, "stored")
    for units, layers, auc in ((8, 1, 0.7), (16, 1, 0.8), (32, 2, 0.9), (16, 2, 0.85), (8, 2, 0.6)):
        study.enqueue_trial({"units": units, "layers": layers, "learning_rate": 0.00234567})
        trial = study.ask(plan.space.distributions())
        results = [
            {
                "auc": auc + off,
                "loss": 0.5,
                "seconds": 1.0,
                "parameters": 99,
                "epochs": 2,
                "best_epoch": 1,
            }
            for off in (-0.01, 0.01)
        ]
        trial.set_user_attr(FOLDS, results)
        study.tell(trial, auc)
    return summary(study)


def test_what_cannot_be_searched_is_refused_in_a_sentence() -> None:
    app = _opened()
    app.selectbox(key="tune-dataset").select("phantoms").run()
    (units,) = [field for field in app.text_input if field.label == "Units of a layer"]
    units.input("16,x").run()
    (error,) = _press(app, "Start the search").error
    assert "The number of units must be a whole number" in error.value
    assert studies.names() == []


def test_a_stored_search_is_shown_with_its_best_setting_and_the_rules() -> None:
    found = stored()
    app = _opened({"study": "stored"})
    said = words(app)
    assert (
        "**Best so far, trial 2:** 32 + 32 units, dropout 0, learning rate 0.00235. AUC **0.9000**"
        in said
    )
    assert "Heaton" in said and "feed-forward" in said
    (table,) = app.dataframe
    assert list(table.value["Trial"]) == [2, 3, 1, 0, 4]
    assert len(app.get("plotly_chart")) >= 3
    assert found.best is not None
    assert handed_over(found, found.best) == {
        "dataset": "phantoms",
        "variant": "lstm",
        "units": "32,32",
        "dropout": "0",
        "learning_rate": "0.00235",
    }


@pytest.mark.long
def test_a_search_is_started_from_the_page_in_a_process_of_its_own_and_stopped() -> None:
    app = _opened()
    app.selectbox(key="tune-dataset").select("phantoms").run()
    app.selectbox(key="tune-variant").select("simple_rnn").run()
    app.number_input(key="tune-epochs").set_value(1).run()
    app.number_input(key="tune-folds").set_value(2).run()
    app.text_input(key="tune-name").input("from-the-page").run()
    _press(app, "Start the search")
    assert [error.value for error in app.error] == []
    study = studies.find("from-the-page")
    deadline = time.monotonic() + 60
    while not processes.driven(study):
        assert time.monotonic() < deadline, processes.log_file("from-the-page").read_text()
        time.sleep(0.1)
    app.run()
    _press(app, "Stop")
    _, process = app.session_state[form.STARTED]
    assert process.wait(120) == 0
    app.run()
    assert summary(study).sentence == "It was stopped."
    assert [button.label for button in app.button if button.label == "Resume"] == ["Resume"]
    assert processes.log_file("from-the-page").read_text() == ""
