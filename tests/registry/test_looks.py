"""How often a test split was looked at: each comparison once, whoever looks at the same time."""

import multiprocessing
from pathlib import Path

import pytest

from diagnosis.core.errors import InputError
from diagnosis.jobs.tracking import runs_folder
from diagnosis.registry import waiting
from diagnosis.registry.looks import count, record_look, shown, unopened

CHEST, BREAST = "a" * 64, "b" * 64


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCANLINE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


def test_every_comparison_counts_once_for_its_data_set() -> None:
    assert count(CHEST) == 0
    for candidate, active in (
        ("m/lstm/1", "0"),
        ("m/lstm/1", "0"),
        ("m/lstm/2", "0"),
        ("m/lstm/1", None),
    ):
        record_look(CHEST, candidate, active)
    record_look(BREAST, "m/lstm/1", "0")
    assert (count(CHEST), count(BREAST)) == (3, 1)


def test_test_figures_of_a_candidate_that_a_page_shows_are_a_look(tmp_path: Path) -> None:
    names = {"m/lstm/1", "m/lstm/2"}
    for name in names:
        (tmp_path / "home" / "models" / name).mkdir(parents=True)
    waiting.note(names)
    assert unopened() == names
    for _ in range(2):
        shown(CHEST, "m/lstm/1")
        shown(CHEST, "m/gru/7")  # no candidate
    assert unopened() == {"m/lstm/2"} and count(CHEST) == 1


def test_processes_that_look_at_once_lose_no_look() -> None:
    context = multiprocessing.get_context("spawn")
    with context.Pool(3) as pool:
        pool.starmap(record_look, [(CHEST, f"m/lstm/{number % 12}", None) for number in range(24)])
    assert count(CHEST) == 12


def test_a_line_that_was_cut_short_costs_no_other() -> None:
    record_look(CHEST, "m/lstm/1", None)
    path = runs_folder() / "test-looks.jsonl"
    path.write_text(path.read_text() + '\n{"sha256": "aa')
    record_look(CHEST, "m/lstm/2", None)
    assert count(CHEST) == 2


def test_who_may_not_decide_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCANLINE_READ_ONLY", "1")
    with pytest.raises(InputError):
        record_look(CHEST, "m/lstm/1", None)
    assert count(CHEST) == 0
