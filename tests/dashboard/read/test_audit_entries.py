"""A prediction that was shown has an entry in the audit log; one that was only passed has none."""

import time
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from diagnosis.audit import entries
from diagnosis.cases import Case
from diagnosis.dashboard.read.resting import Rest
from diagnosis.scans import Scan, read_scan
from tests.shipped import shipped

MODEL = "pneumoniamnist/cnn"
WAIT_S = 30  # at most, for what takes one


@pytest.fixture(autouse=True)
def own_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCANLINE_HOME", str(tmp_path))


@pytest.fixture(scope="module")
def echo(real_data: Path) -> Scan:
    return read_scan((real_data / "scans" / "examples_ybr_color.dcm").read_bytes())


def shown(scan: Scan, *frames: int) -> AppTest:
    """One frame after the other, as fast as a pressed arrow key shows them."""

    def script(cases: "Any", version: "Any", predictions: "Any") -> None:
        from diagnosis.dashboard.read import audit_entries

        for case, prediction in zip(cases, predictions, strict=True):
            audit_entries.shown(case, (version, prediction))

    model = shipped(MODEL)
    cases = [Case.of(scan, frame) for frame in frames]
    arguments = (cases, model.version, [model.predict(case, trace=False) for case in cases])
    app = AppTest.from_function(script, args=arguments, default_timeout=60).run()
    assert not app.exception, app.exception
    return app


def soon(happened: Callable[[], Any]) -> None:
    end = time.monotonic() + WAIT_S
    while not happened() and time.monotonic() < end:
        time.sleep(0.05)
    assert happened()


def test_of_frames_passed_the_one_that_rests_has_an_entry_though_the_page_is_left(
    echo: Scan,
) -> None:
    assert echo.frames >= 5
    shown(echo, 1, 2, 3, 4, 5)
    soon(entries)
    (entry,) = [each.entry for each in entries()]
    assert (entry.action, entry.frame) == ("prediction shown", 5)


def test_a_frame_has_one_entry_however_often_it_is_drawn(echo: Scan) -> None:
    app = shown(echo, 2, 2)
    soon(entries)
    app.run()
    assert [each.entry.frame for each in entries()] == [2]


def test_a_single_picture_has_its_entry_at_once(real_data: Path) -> None:
    shown(read_scan((real_data / "scans" / "chest_normal_1.jpeg").read_bytes()), 1)
    assert [each.entry.frame for each in entries()] == [1]


def test_what_is_done_before_it_rested_is_done_once() -> None:
    rest, done, later = Rest(), [], Event()
    rest.wait("a", lambda: done.append("a"))
    rest.now()
    rest.wait("b", lambda: done.append("b"))
    rest.drop()
    rest.wait("c", later.set)
    assert later.wait(WAIT_S)
    assert done == ["a"]
