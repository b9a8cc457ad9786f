"""The page Read on a patient's record: samples and tables of one's own, the board, bad tables."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from diagnosis.audit import entries
from diagnosis.datasets import load
from diagnosis.jobs.experiment import train_version
from diagnosis.models import store
from diagnosis.models.config import config_for, learned_encoder
from diagnosis.training.config import TrainingConfig
from tests.record_cases import record, table

ROOT = Path(__file__).resolve().parents[3]
TASK = "recordphantoms"
WITHIN_S = 120  # the first page of a process imports Keras


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with two small record models, trained in a moment: what they predict does not matter."""
    home, data = tmp_path_factory.mktemp("records"), load(TASK)
    for variant in ("embedding_gru", "embedding_lstm"):
        config = config_for(
            variant, data.facts, encoder=learned_encoder(data), units=(6,), embedding=4, dense=0
        )
        recipe = TrainingConfig(epochs=1, batch_size=256)
        version = train_version(config, recipe, data, root=home / "models")
        store.activate(version, root=home / "models")
    return home


@pytest.fixture(autouse=True)
def machine(models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those models, an audit log of each test's own, no data sets but the built-in ones."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "models").symlink_to(models / "models")
    monkeypatch.setenv("SCANLINE_HOME", str(home))
    monkeypatch.setenv("SCANLINE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("SCANLINE_DATA", raising=False)


def opened(page: str = "read", **query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=WITHIN_S)
    app.switch_page(f"pages/{page}.py")
    for name, value in {"task": TASK, **query}.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception, app.exception
    return app


def figure(app: AppTest, key: str) -> dict[str, Any]:
    """The chart whose key ends so."""
    (found,) = [chart for chart in app.get("plotly_chart") if chart.proto.id.endswith(f"-{key}")]
    document: dict[str, Any] = json.loads(found.proto.spec)
    return document


def words(app: AppTest) -> str:
    return "\n".join(str(each.value) for each in [*app.markdown, *app.caption, *app.header])


def give(app: AppTest, what: str, content: str) -> None:
    box: Any
    (box,) = [each for each in app.get("file_uploader") if f"upload-{what}-" in each.proto.id]
    box.upload("table.csv", content.encode(), "text/csv").run()
    assert not app.exception, app.exception


def csv() -> str:
    """Two patients, one of them named so that a page might take it for Markdown."""
    rng = np.random.default_rng(4)
    return table({"*101*": record(1, rng, 12), "102": record(0, rng, 9)}).replace(
        "Marker", "Lactate"
    )


def test_a_sample_is_read_event_by_event(tmp_path: Path) -> None:
    app = opened(sample="3")
    case = load(TASK).case("test", 3)
    n = int((case.payload.values[:, 0] > 0).sum())  # type: ignore[union-attr]
    picture, panel = figure(app, "read-picture-events"), figure(app, "read-panel-a")
    assert len(picture["data"][0]["text"]) == n
    assert (
        picture["layout"]["yaxis"]["range"] == panel["layout"]["yaxis"]["range"] == [n + 0.5, 0.5]
    )
    assert "most at **" in words(app)
    (entry,) = entries()
    assert entry.entry.task == TASK and entry.entry.source == f"{TASK}, test record 3"


def test_a_patient_of_a_table_is_chosen_and_read() -> None:
    app = opened(source="upload")
    give(app, "events", csv())
    assert app.selectbox(key="record-patient").options == ["*101*", "102"]
    assert len(figure(app, "read-picture-events")["data"][0]["text"]) == 13
    app.selectbox(key="record-patient").set_value("102").run()
    assert len(figure(app, "read-picture-events")["data"][0]["text"]) == 10
    sources = {(each.entry.source, each.entry.outcome) for each in entries()}
    assert {source for source, _ in sources} == {"file"} and "101" not in repr(entries())
    app.button(key="close-records").click().run()
    assert not app.get("plotly_chart") or not app.exception


@pytest.mark.parametrize(
    ("what", "content", "said"),
    [
        ("events", "a,b\n1,2\n", "column"),
        ("events", "patient,time,code,value\n", "no rows"),
        ("events", "patient,time,code,value\n1,yesterday,HR,2\n", "time"),
        ("events", "\0\1\2", "binary"),
        ("patients", "patient,age\n1,2\n", "first"),
    ],
)
def test_a_bad_table_is_a_sentence(what: str, content: str, said: str) -> None:
    app = opened(source="upload")
    give(app, what, content)
    (error,) = app.error
    assert said in error.value.lower().replace("\\", "")


def test_a_table_of_patients_ends_records_at_the_time_of_prediction() -> None:
    app = opened(source="upload")
    rows = "patient,minute,code,value\n7,0,HR,80\n7,60,HR,90\n7,120,Lactate,3\n"
    give(app, "events", rows)
    assert len(figure(app, "read-picture-events")["data"][0]["text"]) == 3
    give(app, "patients", "patient,prediction_minute,age\n7,90,60\n")
    assert len(figure(app, "read-picture-events")["data"][0]["text"]) == 3
    assert "after the time of prediction" in words(app)
    give(app, "events", "nothing")
    assert app.error and len(figure(app, "read-picture-events")["data"][0]["text"]) == 3


def test_an_empty_record_is_a_sentence_and_the_other_patient_can_be_read() -> None:
    app = opened(source="upload")
    give(app, "events", "patient,minute,code,value\n7,0,HR,80\n7,5,HR,81\n8,100,HR,90\n")
    give(app, "patients", "patient,prediction_minute\n7,50\n8,50\n")
    app.selectbox(key="record-patient").set_value("8").run()
    keys = [chart.proto.id for chart in app.get("plotly_chart")]
    assert len(app.error) == 1 and not any("read-picture" in key for key in keys)
    app.selectbox(key="record-patient").set_value("7").run()
    assert len(figure(app, "read-picture-events")["data"][0]["text"]) == 2


def test_gates_draw_the_same_record_and_the_sections_that_fit_it() -> None:
    app = opened("gates", sample="3", section="attribution")
    case = load(TASK).case("test", 3)
    n = int((case.payload.values[:, 0] > 0).sum())  # type: ignore[union-attr]
    for key in ("gates-picture-events", "gates-panel-a", "gates-panel-b", "attribution-occlusion"):
        assert figure(app, key)["layout"]["yaxis"]["range"] == [n + 0.5, 0.5]
    assert "image" not in words(app)
    for section in ("unit", "statistics"):
        assert opened("gates", sample="3", section=section).get("plotly_chart")
    ignored = opened("gates", sample="3", section="similar")
    assert not ignored.exception


def test_compare_draws_one_list_of_events_for_all_models() -> None:
    app = opened("compare", sample="3", models="embedding_gru,embedding_lstm")
    case = load(TASK).case("test", 3)
    n = int((case.payload.values[:, 0] > 0).sum())  # type: ignore[union-attr]
    charts = [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]
    board = [
        each for each in charts if each["layout"].get("yaxis", {}).get("range") == [n + 0.5, 0.5]
    ]
    assert len(board) == 6  # events twice, and per-step prediction and state of two models


def edit(app: AppTest, **state: object) -> None:
    """Leave the editor with these edits."""
    (editor,) = app.data_editor
    assert editor.key is not None
    empty: dict[str, object] = {"edited_rows": {}, "added_rows": [], "deleted_rows": []}
    app.session_state[editor.key] = {**empty, **state}
    app.run()
    assert not app.exception, app.exception


def test_an_edited_event_gives_a_new_prediction_beside_the_old_and_no_entry() -> None:
    app = opened(sample="3")
    assert not app.metric
    (editor,) = app.data_editor
    lactates = np.flatnonzero(editor.value["code"] == "Lactate").tolist()
    edit(app, edited_rows={lactates[-1]: {"value": 40.0}})
    before, after = (float(metric.value) for metric in app.metric)
    assert before != after and float(app.metric[1].delta) == pytest.approx(after - before, abs=2e-3)
    hour = float(editor.value["hour"].max()) + 1
    edit(app, added_rows=[{"hour": hour, "code": "Lactate", "value": 9.0}], deleted_rows=[0])
    assert float(app.metric[0].value) == before
    assert len(entries()) == 1
    app.button(key="edited-back").click().run()
    assert not app.metric and not app.exception


def test_edits_that_leave_no_record_are_a_sentence_and_those_that_change_nothing_change_nothing() -> (
    None
):
    app = opened(sample="3")
    (editor,) = app.data_editor
    edit(app, edited_rows={2: {"value": float(editor.value["value"][2])}})
    assert app.metric[0].value == app.metric[1].value
    edit(app, deleted_rows=list(range(len(editor.value))))
    assert (
        len(app.error) == 1
        and not app.metric
        and len(figure(app, "read-picture-events")["data"]) == 2
    )
