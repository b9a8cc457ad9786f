"""The audit trail: lines are only added, a change is found, and what is entered names nobody."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from diagnosis.audit import (
    Action,
    AuditError,
    Entry,
    Receipt,
    append,
    check,
    entries,
    holds,
    spreadsheet,
    trail,
)
from diagnosis.audit.influence import influence, pairs
from diagnosis.errors import InputError
from diagnosis.intended_use import IN_SHORT

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def own_trail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCANLINE_HOME", str(tmp_path / "home"))


def shown(
    case: str, call: str = "pneumonia", *, by: str = "", visit: str = "", model: str = "lstm"
) -> Entry:
    return Entry(
        "answer shown", case=case, source="file", task="pneumoniamnist", by=by, visit=visit,
        model=f"pneumoniamnist/{model}", version="1", outcome="call", call=(call,),
        probabilities={"normal": 0.25, "pneumonia": 0.75}, threshold=0.5, quality="green",
    )  # fmt: skip


def said(action: Action, case: str, reading: str, *, by: str = "A. R.", visit: str = "v") -> Entry:
    final = action == "final reading"
    return Entry(
        action, case=case, source="file", task="pneumoniamnist", by=by, visit=visit,
        model="pneumoniamnist/lstm" if final else None, version="1" if final else None,
        reading=(reading,), label=("normal",),
    )  # fmt: skip


def test_what_is_entered_comes_back_newest_first_and_is_whole() -> None:
    assert (entries(), check().sentence) == ([], "The audit trail is empty.")
    written = [
        *append([shown("a"), said("final reading", "b", "normal")]),
        *append([shown("c")]),
    ]
    found = entries()
    first, second, third = (each.receipt for each in written)
    assert [each.receipt for each in found] == [third, second, first]
    assert [each.entry for each in found] == [
        shown("c"), said("final reading", "b", "normal"), shown("a"),
    ]  # fmt: skip
    assert [each.entry.case for each in entries(1)] == ["c"]
    assert check().whole and check().lines == 3 and check().seal == third.seal
    assert all(holds(each) for each in (first, second, third))
    assert not holds(Receipt(2, first.seal))


def edited(lines: list[bytes]) -> list[bytes]:
    return [lines[0], lines[1].replace(b"0.75", b"0.25"), *lines[2:]]


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        (edited, (3,)),
        (lambda lines: [lines[0], *lines[2:]], (2, 3)),
        (lambda lines: lines[1:], (1, 2, 3)),
        (lambda lines: [lines[0], lines[2], lines[1], lines[3]], (2, 3, 4)),
        (lambda lines: [*lines[:2], b"{}\n", *lines[2:]], (3, 4, 5)),
        (lambda lines: [*lines[:2], b"no json\n", lines[3]], (3, 4)),
    ],
    ids=["edited", "taken out", "first taken out", "swapped", "added", "overwritten"],
)
def test_a_change_between_lines_is_found(
    change: Callable[[list[bytes]], list[bytes]], broken: tuple[int, ...]
) -> None:
    append([shown(case) for case in "abcd"])
    lines = trail.path().read_bytes().splitlines(keepends=True)
    trail.path().write_bytes(b"".join(change(lines)))
    found = check()
    assert found.broken == broken
    assert f"{broken[0]:,}" in found.sentence and not found.whole


def test_a_trail_that_was_written_anew_is_found_by_a_seal_that_was_noted() -> None:
    noted = append([shown(case) for case in "abc"])
    trail.path().unlink()
    append([shown(case) for case in "axc"])
    assert check().whole
    assert not any(holds(each.receipt) for each in noted[1:])  # and the first one only by its time


def test_a_line_that_was_cut_short_by_a_power_failure_is_told_and_the_next_ones_go_on() -> None:
    append([shown("a"), shown("b")])
    trail.path().write_bytes(trail.path().read_bytes()[:-40])
    append([shown("c")])
    append([shown("d")])
    assert [each.entry.case for each in entries()] == ["d", "c", "a"]
    assert [each.receipt.number for each in entries()] == [4, 3, 1]
    assert check().broken == (2,)


@pytest.mark.parametrize(
    "damage",
    ['"certainty": 2.5', '"call": [1, 2]', '"by": ["a"]', '"probabilities": "abc"', '"frame": [1]'],
)
def test_a_line_of_other_types_is_left_out(damage: str) -> None:
    append([shown("a")])
    with trail.path().open("a") as file:
        file.write(
            '{"number": 2, "time": "2026-01-01T00:00:00+00:00", "action": "answer shown", '
            f'"case": "b", "source": "file", "task": "toy", {damage}}}\n'
        )
        file.write("[" * 100_000 + "\n")
    assert [each.entry.case for each in entries()] == ["a"]
    assert check().broken == (2, 3)


def test_a_name_that_is_no_text_is_refused() -> None:
    with pytest.raises(InputError, match="letters that are none"):
        Entry("answer shown", case="a", source="file", task="toy", by="\udcff")


def test_several_processes_write_at_the_same_time() -> None:
    script = (
        "from diagnosis.audit import append; from tests.test_audit import shown\n"
        "for number in range(40): append([shown(str(number)), shown('x')])"
    )
    writers = [subprocess.Popen([sys.executable, "-c", script], cwd=ROOT) for _ in range(3)]
    while any(writer.poll() is None for writer in writers):
        assert check().whole  # a line that is being written is not a broken one
    assert [writer.wait(120) for writer in writers] == [0, 0, 0]
    assert check().whole and check().lines == 240
    assert sum(each.entry.case == "x" for each in entries()) == 120


def test_a_folder_that_cannot_be_written_to_is_named() -> None:
    trail.path().parent.parent.mkdir()
    trail.path().parent.write_text("a file where the folder should be")
    with pytest.raises(AuditError, match="audit trail could not be written"):
        append([shown("a")])


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"action": "seen"}, "action must be own reading"),
        ({"action": "problem"}, "needs a sentence"),
        ({"action": "own reading"}, "needs an answer"),
        ({"certainty": 6}, "certainty must be 1 to 5"),
        ({"by": "x" * 101}, "name must have at most 100"),
        ({"comment": "x" * 1001}, "comment must have at most 1,000"),
    ],
)
def test_an_incomplete_entry_is_refused_in_a_sentence(wrong: dict[str, str], sentence: str) -> None:
    fields = {"action": "answer shown", "case": "a", "source": "file", "task": "toy"} | wrong
    with pytest.raises(InputError, match=sentence):
        Entry(**fields)  # type: ignore[arg-type]


def test_the_table_says_what_it_is_for_and_runs_no_formula() -> None:
    append([Entry("problem", case="a", source="file", task="toy", comment='=HYPERLINK("x")')])
    first, header, line = spreadsheet.table(entries()).decode().splitlines()
    assert first == f"# {IN_SHORT}"
    assert header.split(",")[:3] == ["number", "time", "action"]
    assert "'=HYPERLINK" in line


def test_readings_before_and_after_are_counted_by_hand() -> None:
    def case(name: str, own: str, call: str, final: str) -> list[Entry]:
        return [
            said("own reading", name, own), shown(name, call, visit="v"), said("final reading", name, final),
        ]  # fmt: skip

    append(
        [
            *case("1", "normal", "normal", "normal"),
            *case("2", "pneumonia", "normal", "normal"),  # turned right
            *case("3", "normal", "pneumonia", "pneumonia"),  # misled
            *case("4", "normal", "pneumonia", "normal"),  # not misled
            # seen before it was read: counts for nothing
            shown("5", visit="v"), said("own reading", "5", "normal"), said("final reading", "5", "normal"),
            # never read alone, or never read again
            shown("6", visit="v"), said("final reading", "6", "normal"),
            said("own reading", "7", "normal"), shown("7", visit="v"),
            # another person, who has only the name in common with nobody
            said("own reading", "1", "pneumonia", by="C. D.", visit="w"), shown("1", "normal", visit="w"),
            said("final reading", "1", "pneumonia", by="C. D.", visit="w"),
            said("final reading", "1", "normal", by="C. D.", visit="w"),  # the last one counts
        ]
    )  # fmt: skip
    read = pairs(entries())
    assert len(read) == 5
    counted = influence(read)
    assert counted is not None
    assert counted.n == 5
    assert counted.before.estimate == 3 / 5  # cases 1, 3 and 4
    assert counted.network.estimate == 3 / 5  # 1, 2 and 1 again
    assert counted.after.estimate == 4 / 5  # all but 3
    assert (counted.turned_right, counted.turned_wrong) == (2, 1)
    assert (counted.wrong_calls, counted.agreed, counted.followed) == (
        2,
        1,
        1,
    )  # of 3 and 4 it was 3
    assert counted.difference.figure.estimate == pytest.approx(1 / 5)
    assert influence([]) is None


def test_a_reading_is_held_against_the_network_that_it_is_about() -> None:
    append(
        [
            said("own reading", "1", "pneumonia"),
            shown("1", "normal", visit="v"),
            shown("1", "pneumonia", visit="v", model="gru"),  # on another page, later
            said("final reading", "1", "normal"),
        ]
    )
    (pair,) = pairs(entries())
    assert pair.shown.model == "pneumoniamnist/lstm"
    counted = influence([pair])
    assert counted is not None and counted.network.estimate == 1 and counted.wrong_calls == 0


def test_two_people_at_one_browser_are_two() -> None:
    append(
        [
            said("own reading", "1", "normal", by="Ann"),
            shown("1", by="Ann", visit="v"),
            said("final reading", "1", "normal", by="Bob"),
        ]
    )
    assert pairs(entries()) == []


def test_a_name_given_late_is_that_of_the_whole_visit() -> None:
    append(
        [
            said("own reading", "1", "normal", by="", visit="first"),
            shown("1", visit="first"),
            said("final reading", "1", "normal", by="Ann", visit="first"),
            said("own reading", "1", "pneumonia", by="ann", visit="second"),
            shown("1", by="ann", visit="second"),
            said("final reading", "1", "pneumonia", by="ann", visit="second"),
        ]
    )
    (pair,) = pairs(entries())
    assert pair.own.reading == ("normal",)  # the first of them was blind


def test_a_name_given_in_another_visit_is_known_again() -> None:
    append(
        [
            shown("1", by="a. r.", visit="first"),
            said("own reading", "1", "normal", visit="second"),
            shown("1", visit="second"),
            said("final reading", "1", "normal", visit="second"),
        ]
    )
    assert pairs(entries()) == []
