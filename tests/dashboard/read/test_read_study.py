"""The pages on a study: samples and files of one's own, either part missing, parts that do not fit."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from diagnosis.audit import entries
from diagnosis.datasets import load
from diagnosis.records.examples import CODE
from diagnosis.text.parts import MISSING
from tests.study_pages import CSV, TASK, dicom, png

ROOT = Path(__file__).resolve().parents[3]
WITHIN_S = 120  # the first page of a process imports Keras
ROWS = 28


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The models that come with Scanline, an audit log of each test's own, built-in data sets alone."""
    monkeypatch.setenv("SCANLINE_HOME", str(tmp_path / "home"))
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


def steps(app: AppTest, key: str) -> int:
    """How many steps a chart of the board has."""
    return round(figure(app, key)["layout"]["yaxis"]["range"][0] - 0.5)


def parts(app: AppTest) -> list[list[str]]:
    """The cells of the table of parts, row by row."""
    (found,) = [
        each.proto.body for each in app.get("html") if 'data-key="parts"' in each.proto.body
    ]
    return [
        re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)
        for row in re.findall(r"<tr>(.*?)</tr>", found.split("<tbody>")[1])
    ]


def give(app: AppTest, place: int, content: bytes) -> None:
    """Upload a file into one of the boxes: the picture's is the first, that of events the second."""
    field: Any = app.get("file_uploader")[place]
    field.upload("file", content, "application/octet-stream").run()
    assert not app.exception, app.exception


PICTURE, EVENTS = 0, 1


def events_of(number: int) -> int:
    return int((load(TASK).images["test"][number - 1]["record"][:, CODE] > 0).sum())


def test_a_sample_is_read_event_by_event_and_row_by_row() -> None:
    app = opened(sample="3")
    for key in ("read-picture-events", "read-per-step", "read-panel-a"):
        assert steps(app, key) == events_of(3) + ROWS
    picture, record, both = parts(app)
    assert int(picture[1][:-1]) + int(record[1][:-1]) in (99, 100, 101)
    assert all(0 <= float(row[3]) <= 1 for row in (picture, record, both))
    (entry,) = entries()
    assert entry.entry.source == f"{TASK}, test study 3"


def test_each_part_is_read_alone_and_both_together_as_they_come() -> None:
    app = opened(source="upload")
    give(app, PICTURE, png())
    assert [row[0] for row in parts(app) if row[1] == MISSING] == ["Record"]
    assert steps(app, "read-picture") == ROWS
    give(app, EVENTS, CSV.encode())
    assert app.selectbox(key="record-patient").options == ["7", "*8*"]
    assert steps(app, "read-picture-events") == 3 + ROWS
    assert MISSING not in [row[1] for row in parts(app)]
    app.selectbox(key="record-patient").set_value("*8*").run()
    assert steps(app, "read-picture-events") == 1 + ROWS
    app.button(key="close-scan").click().run()
    assert [row[0] for row in parts(app) if row[1] == MISSING] == ["Picture"]
    assert steps(app, "read-picture-events") == 1
    assert "*8*" not in repr(entries()) and len({each.entry.case for each in entries()}) == 4


def test_a_picture_of_another_patient_is_a_sentence_and_nothing_is_lost() -> None:
    app = opened(source="upload")
    give(app, PICTURE, dicom("*8*"))
    give(app, EVENTS, CSV.encode())
    assert app.selectbox(key="record-patient").value == "*8*"  # whom the picture states
    assert not app.error or all("another patient" not in each.value for each in app.error)
    app.selectbox(key="record-patient").set_value("7").run()
    assert any("another patient" in each.value for each in app.error)
    assert not [each for each in app.get("html") if 'data-key="parts"' in each.proto.body]
    app.selectbox(key="record-patient").set_value("*8*").run()
    assert parts(app)


def test_a_bad_table_is_a_sentence_and_the_picture_stays() -> None:
    app = opened(source="upload")
    give(app, PICTURE, png())
    give(app, EVENTS, b"\0\1\2")
    assert len(app.error) == 1 and steps(app, "read-picture") == ROWS
    give(app, EVENTS, CSV.encode())
    give(app, PICTURE, b"no picture")
    assert len(app.error) == 1 and steps(app, "read-picture-events") == 3 + ROWS


def test_gates_have_each_branch_and_the_fusion() -> None:
    app = opened("gates", sample="3", section="attribution")
    layers = app.selectbox(key="gates-layer-a-studyphantoms/fusion_gru")
    assert len(layers.options) == 3
    for key in ("gates-picture-events", "gates-panel-a", "gates-panel-b", "attribution-occlusion"):
        assert steps(app, key) == events_of(3) + ROWS
    for branch in ("record_gru_1", "image_gru_1"):
        layers.set_value(branch).run()
        assert not app.exception, app.exception
        assert figure(app, "gates-panel-a")["layout"]["meta"]["layer"] == branch
    for section in ("unit", "statistics"):
        assert opened("gates", sample="3", section=section).get("plotly_chart")


def test_versions_are_compared_step_by_step_and_by_what_is_there() -> None:
    app = opened("compare", sample="3")
    ranges = [
        json.loads(chart.proto.spec)["layout"].get("yaxis", {}).get("range")
        for chart in app.get("plotly_chart")
    ]
    assert (
        ranges.count([events_of(3) + ROWS + 0.5, 0.5]) == 6
    )  # the case twice, two panels a version
    rows = parts(app)
    assert len(rows) == 3 and all(len(row) == 3 for row in rows)
    assert all(0 <= float(cell) <= 1 for row in rows for cell in row[1:])


def test_performance_tells_all_patterns_of_what_is_there() -> None:
    app = opened("performance", model=f"{TASK}/fusion_gru")
    (found,) = [
        each.proto.body for each in app.get("html") if 'data-key="availability"' in each.proto.body
    ]
    assert found.count('scope="row"') == 6
