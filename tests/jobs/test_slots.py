"""Slots: never more than the budget, first come first served, and nothing is left of who died."""

import subprocess
import sys
from pathlib import Path

import pytest

from diagnosis.core.errors import InputError
from diagnosis.jobs.slots import BUDGET, Turn, budget

HOLD = (
    "import sys, time; from diagnosis.jobs.slots import Turn\n"
    "turn = Turn(); print(turn.take(), flush=True); time.sleep(600)"
)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SCANLINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv(BUDGET, "2")
    return tmp_path / "home"


def test_who_came_first_is_served_first_and_nobody_beyond_the_budget() -> None:
    turns = [Turn() for _ in range(4)]
    assert [turn.ahead for turn in turns] == [0, 1, 2, 3]
    assert not turns[1].take()  # the first one has not taken its slot yet
    assert [turn.take() for turn in turns] == [True, True, False, False]
    turns[2].release()  # it gives up
    assert not turns[3].take() and turns[3].ahead == 0
    turns[0].release()
    assert turns[3].take() and turns[1].take()
    with Turn() as last:
        assert not last.take()
    for turn in turns:
        turn.release()


@pytest.mark.parametrize("first", [True, False], ids=["with a slot", "in the queue"])
def test_a_process_that_is_killed_keeps_nobody_waiting(
    first: bool, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(BUDGET, "1")
    held = None if first else Turn()
    assert held is None or held.take()
    with subprocess.Popen([sys.executable, "-c", HOLD], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == f"{first}\n"
        mine = Turn()
        assert not mine.take() and mine.ahead == (0 if first else 1)
        other.kill()
        other.wait()
    if held is not None:
        held.release()
    assert mine.take()
    mine.release()
    assert not list((home / "runs" / "slots" / "queue").iterdir())


@pytest.mark.parametrize("text", ["0", "65", "two", "-1", ""])
def test_a_budget_that_is_no_number_is_named(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(BUDGET, text)
    with pytest.raises(InputError, match=BUDGET):
        budget()
