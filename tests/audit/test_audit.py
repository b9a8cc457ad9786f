"""The audit trail: lines are only added, a change is found, and what is entered names nobody."""

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from diagnosis.audit import (
    Action,
    AuditError,
    Entry,
    Integrity,
    Receipt,
    append,
    check,
    entries,
    holds,
    log,
    spreadsheet,
)
from diagnosis.audit.reader_study import ai_effect, pairs
from diagnosis.core.errors import InputError
from diagnosis.core.intended_use import IN_SHORT
from diagnosis.text.audit import integrity_sentence
from tests.disks import small_disk

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def own_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCANLINE_HOME", str(tmp_path / "home"))


def shown(
    case: str,
    prediction: str = "pneumonia",
    *,
    by: str = "",
    session: str = "",
    model: str = "lstm",
) -> Entry:
    return Entry(
        "prediction shown", case=case, source="file", task="pneumoniamnist", by=by, session=session,
        model=f"pneumoniamnist/{model}", version="1", outcome="predicted", prediction=(prediction,),
        probabilities={"normal": 0.25, "pneumonia": 0.75}, threshold=0.5, quality="green",
    )  # fmt: skip


def said(action: Action, case: str, read: str, *, by: str = "A. R.", session: str = "v") -> Entry:
    final = action == "AI-assisted read"
    return Entry(
        action, case=case, source="file", task="pneumoniamnist", by=by, session=session,
        model="pneumoniamnist/lstm" if final else None, version="1" if final else None,
        read=(read,), label=("normal",),
    )  # fmt: skip


def _python(script: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_what_is_entered_comes_back_newest_first_and_is_whole() -> None:
    assert (entries(), check().entries) == ([], 0)
    written = [
        *append([shown("a"), said("AI-assisted read", "b", "normal")]),
        *append([shown("c")]),
    ]
    found = entries()
    first, second, third = (each.receipt for each in written)
    assert [each.receipt for each in found] == [third, second, first]
    assert [each.entry for each in found] == [
        shown("c"), said("AI-assisted read", "b", "normal"), shown("a"),
    ]  # fmt: skip
    assert [each.entry.case for each in entries(1)] == ["c"]
    assert check().whole and check().entries == 3 and check().entry_hash == third.entry_hash
    assert all(holds(each) for each in (first, second, third))
    assert not holds(Receipt(2, first.entry_hash))


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
    lines = log.path().read_bytes().splitlines(keepends=True)
    log.path().write_bytes(b"".join(change(lines)))
    found = check()
    assert found.broken == broken
    assert f"{broken[0]:,}" in integrity_sentence(found) and not found.whole


def test_a_trail_that_was_written_anew_is_found_by_a_seal_that_was_noted() -> None:
    noted = append([shown(case) for case in "abc"])
    log.path().unlink()
    append([shown(case) for case in "axc"])
    assert check().whole
    assert not any(holds(each.receipt) for each in noted[1:])  # and the first one only by its time


@pytest.mark.parametrize("left", [1, 40, 200], ids=lambda left: f"{left} bytes")
def test_a_line_that_was_cut_short_is_told_apart_from_a_change_and_taken_away(left: int) -> None:
    """As a power failure leaves it."""
    append([shown("a")])
    whole = log.path().read_bytes()
    append([shown("b")])
    torn = log.path().read_bytes()[len(whole) :][:left]
    log.path().write_bytes(whole + torn)
    found = check()
    assert (found.whole, found.cut_short, found.recovered) == (True, (2,), ())
    assert [each.entry.case for each in entries()] == ["a"]

    (receipt,) = (each.receipt for each in append([shown("c")]))
    append([shown("d")])
    assert [each.entry.case for each in entries()[:2]] == ["d", "c"] and receipt.number == 3
    recovered = entries()[2].entry
    assert recovered.action == "recovered" and recovered.comment.startswith(f"{left} bytes")
    assert recovered.case == hashlib.sha256(torn).hexdigest()
    found = check()
    assert (found.whole, found.cut_short, found.recovered, found.entries) == (True, (), (2,), 4)
    assert holds(receipt)


def test_the_very_first_line_may_be_cut_short_and_an_end_alone_may_be_missing() -> None:
    append([shown("a")])
    log.path().write_bytes(log.path().read_bytes()[:50])
    append([shown("b")])
    assert (check().whole, check().recovered) == (True, (1,))
    log.path().write_bytes(log.path().read_bytes().removesuffix(b"\n"))
    append([shown("c")])
    assert [each.entry.action for each in entries()] == ["prediction shown"] * 2 + ["recovered"]
    assert (check().whole, check().recovered) == (True, (1,))


def test_what_an_older_version_wrote_after_a_line_that_was_cut_short_is_no_change() -> None:
    append([shown("a"), shown("b"), shown("c")])
    first, second, third = log.path().read_bytes().splitlines()
    torn = second[:-40]
    third = third.replace(log.hash_of(second).encode(), log.hash_of(torn).encode())
    log.path().write_bytes(b"\n".join([first, torn, third, b""]))
    assert (check().whole, check().cut_short) == (True, (2,))
    log.path().write_bytes(b"\n".join([first, torn[:-1], third, b""]))
    assert check().broken == (2, 3)


FULL = """
import resource, signal
from diagnosis.audit import AuditError, append, log
from tests.audit.test_audit import shown
append([shown("a")])
size = log.path().stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size + {room}, resource.RLIM_INFINITY))
for _ in range(2):
    try:
        append([shown("b"), shown("c")])
    except AuditError as error:
        print(error)
    assert log.path().stat().st_size == size
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
append([shown("d")])
"""


@pytest.mark.parametrize(
    "room", [100, *(pytest.param(room, marks=pytest.mark.long) for room in (0, 500))]
)
def test_where_no_room_is_left_nothing_stays_and_with_room_it_goes_on(room: int) -> None:
    """A limit of the file's size: the system refuses to write more, as it does on a full disk."""
    done = _python(FULL.format(room=room))
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("could not be written (File too large)") == 2
    assert [each.entry.case for each in entries()] == ["d", "a"]
    assert check() == Integrity(2, (), check().entry_hash)


def test_on_a_full_disk_nothing_stays_and_with_room_it_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_disk(tmp_path / "disk", 64) as disk:
        monkeypatch.setenv("SCANLINE_HOME", str(disk / "home"))
        append([shown("a")])
        filler = disk / "filler"
        with pytest.raises(OSError, match="No space"):
            filler.write_bytes(bytes(1 << 20))
        with pytest.raises(AuditError, match="No space left on device"):
            for _ in range(100):
                append([shown("b")])
        lines = check().entries
        assert check() == Integrity(lines, (), check().entry_hash)
        filler.unlink()
        append([shown("c")])
        assert check() == Integrity(lines + 1, (), check().entry_hash)


def test_killed_at_any_moment_while_it_is_written_the_trail_goes_on() -> None:
    """``kill -9``, again and again, while lines long enough to be torn are appended."""
    script = (
        "from diagnosis.audit import Entry, append\n"
        "while True: append([Entry('problem', case='a', source='file', task='toy', comment='x' * 1000)] * 50)"
    )
    for number in range(int(os.environ.get("KILLS", "6"))):
        before = check().entries
        with subprocess.Popen([sys.executable, "-c", script], cwd=ROOT) as writer:
            while check().entries == before:
                assert writer.poll() is None
            time.sleep(0.003 * number)
            writer.kill()
        append([shown("after")])
        assert check().whole and check().cut_short == ()
        assert entries(1)[0].entry.case == "after"


def test_a_lock_that_is_never_let_go_is_not_waited_for_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    append([shown("a")])
    monkeypatch.setattr(log, "WAITS_S", 0.1)
    holder = "from diagnosis.audit import log\nwith log._lock(): print('held', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", holder], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None and process.stdout.readline() == b"held\n"
        with pytest.raises(AuditError, match=r"another process has held .*log.lock for 0.1 s"):
            append([shown("b")])
        process.communicate(b"\n")
    append([shown("b")])
    assert check() == Integrity(2, (), check().entry_hash)


def test_it_is_its_owners_alone_whatever_the_umask() -> None:
    before = os.umask(0)
    try:
        append([shown("a")])
        home = log.path().parent.parent
        assert {oct(path.stat().st_mode & 0o777) for path in (home, log.path().parent)} == {"0o700"}
        files = list(log.path().parent.iterdir())
        assert {oct(path.stat().st_mode & 0o777) for path in files} == {"0o600"} and len(files) == 2
        log.path().chmod(0o644)  # as an older version made it
        log.path().parent.chmod(0o755)
        append([shown("b")])
        assert log.path().stat().st_mode & 0o777 == 0o600
        assert log.path().parent.stat().st_mode & 0o777 == 0o700
    finally:
        os.umask(before)


def test_a_line_is_parsed_once_however_often_it_is_looked_at() -> None:
    append([shown(case) for case in "abc"])
    first = entries()
    parsed = log._recorded.cache_info().misses
    assert entries() == first and log._recorded.cache_info().misses == parsed
    append([shown("d")])
    assert len(entries()) == 4 and log._recorded.cache_info().misses == parsed + 1
    log.path().write_bytes(log.path().read_bytes().replace(b"0.75", b"0.85", 1))
    assert check().broken == (2,)  # what changed is never taken from what was kept


@pytest.mark.parametrize(
    "damage",
    [
        '"certainty": 2.5',
        '"prediction": [1, 2]',
        '"by": ["a"]',
        '"probabilities": "abc"',
        '"frame": [1]',
    ],
)
def test_a_line_of_other_types_is_left_out(damage: str) -> None:
    append([shown("a")])
    with log.path().open("a") as file:
        file.write(
            '{"number": 2, "time": "2026-01-01T00:00:00+00:00", "action": "prediction shown", '
            f'"case": "b", "source": "file", "task": "toy", {damage}}}\n'
        )
        file.write("[" * 100_000 + "\n")
    assert [each.entry.case for each in entries()] == ["a"]
    assert check().broken == (2, 3)


def test_a_name_that_is_no_text_is_refused() -> None:
    with pytest.raises(InputError, match="letters that are none"):
        Entry("prediction shown", case="a", source="file", task="toy", by="\udcff")


def test_several_processes_write_at_the_same_time() -> None:
    script = (
        "from diagnosis.audit import append; from tests.audit.test_audit import shown\n"
        "for number in range(40): append([shown(str(number)), shown('x')])"
    )
    writers = [subprocess.Popen([sys.executable, "-c", script], cwd=ROOT) for _ in range(3)]
    while any(writer.poll() is None for writer in writers):
        assert check().whole  # a line that is being written is not a broken one
    assert [writer.wait(120) for writer in writers] == [0, 0, 0]
    assert check().whole and check().entries == 240
    assert sum(each.entry.case == "x" for each in entries()) == 120


def test_a_folder_that_cannot_be_written_to_is_named() -> None:
    log.path().parent.parent.mkdir()
    log.path().parent.write_text("a file where the folder should be")
    with pytest.raises(AuditError, match="audit log could not be written"):
        append([shown("a")])


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"action": "seen"}, "action must be independent read"),
        ({"action": "problem"}, "needs a comment"),
        ({"action": "independent read"}, "needs a class"),
        ({"certainty": 6}, "certainty must be 1 to 5"),
        ({"by": "x" * 101}, "name must have at most 100"),
        ({"comment": "x" * 1001}, "comment must have at most 1,000"),
    ],
)
def test_an_incomplete_entry_is_refused_in_a_sentence(wrong: dict[str, str], sentence: str) -> None:
    fields = {"action": "prediction shown", "case": "a", "source": "file", "task": "toy"} | wrong
    with pytest.raises(InputError, match=sentence):
        Entry(**fields)  # type: ignore[arg-type]


def test_the_table_says_what_it_is_for_and_runs_no_formula() -> None:
    append([Entry("problem", case="a", source="file", task="toy", comment='=HYPERLINK("x")')])
    first, header, line = spreadsheet.table(entries()).decode().splitlines()
    assert first == f"# {IN_SHORT}"
    assert header.split(",")[:3] == ["number", "time", "action"]
    assert "'=HYPERLINK" in line


def test_readings_before_and_after_are_counted_by_hand() -> None:
    def case(name: str, independent: str, prediction: str, assisted: str) -> list[Entry]:
        return [
            said("independent read", name, independent), shown(name, prediction, session="v"),
            said("AI-assisted read", name, assisted),
        ]  # fmt: skip

    append(
        [
            *case("1", "normal", "normal", "normal"),
            *case("2", "pneumonia", "normal", "normal"),  # turned right
            *case("3", "normal", "pneumonia", "pneumonia"),  # misled
            *case("4", "normal", "pneumonia", "normal"),  # not misled
            # seen before it was read: counts for nothing
            shown("5", session="v"), said("independent read", "5", "normal"),
            said("AI-assisted read", "5", "normal"),
            # never read alone, or never read again
            shown("6", session="v"), said("AI-assisted read", "6", "normal"),
            said("independent read", "7", "normal"), shown("7", session="v"),
            # another person, who has only the name in common with nobody
            said("independent read", "1", "pneumonia", by="C. D.", session="w"),
            shown("1", "normal", session="w"),
            said("AI-assisted read", "1", "pneumonia", by="C. D.", session="w"),
            said("AI-assisted read", "1", "normal", by="C. D.", session="w"),  # the last one counts
        ]
    )  # fmt: skip
    read = pairs(entries())
    assert len(read) == 5
    counted = ai_effect(read)
    assert counted is not None
    assert counted.n == 5
    assert counted.before.estimate == 3 / 5  # cases 1, 3 and 4
    assert counted.network.estimate == 3 / 5  # 1, 2 and 1 again
    assert counted.after.estimate == 4 / 5  # all but 3
    assert (counted.turned_right, counted.turned_wrong) == (2, 1)
    assert (counted.wrong_predictions, counted.agreed, counted.followed) == (
        2,
        1,
        1,
    )  # of 3 and 4 it was 3
    assert counted.difference.figure.estimate == pytest.approx(1 / 5)
    assert ai_effect([]) is None


def test_a_reading_is_held_against_the_network_that_it_is_about() -> None:
    append(
        [
            said("independent read", "1", "pneumonia"),
            shown("1", "normal", session="v"),
            shown("1", "pneumonia", session="v", model="gru"),  # on another page, later
            said("AI-assisted read", "1", "normal"),
        ]
    )
    (pair,) = pairs(entries())
    assert pair.shown.model == "pneumoniamnist/lstm"
    counted = ai_effect([pair])
    assert counted is not None and counted.network.estimate == 1 and counted.wrong_predictions == 0


def test_two_people_at_one_browser_are_two() -> None:
    append(
        [
            said("independent read", "1", "normal", by="Ann"),
            shown("1", by="Ann", session="v"),
            said("AI-assisted read", "1", "normal", by="Bob"),
        ]
    )
    assert pairs(entries()) == []


def test_a_name_given_late_is_that_of_the_whole_session() -> None:
    append(
        [
            said("independent read", "1", "normal", by="", session="first"),
            shown("1", session="first"),
            said("AI-assisted read", "1", "normal", by="Ann", session="first"),
            said("independent read", "1", "pneumonia", by="ann", session="second"),
            shown("1", by="ann", session="second"),
            said("AI-assisted read", "1", "pneumonia", by="ann", session="second"),
        ]
    )
    (pair,) = pairs(entries())
    assert pair.independent.read == ("normal",)  # the first of them was blind


def test_a_name_given_in_another_session_is_known_again() -> None:
    append(
        [
            shown("1", by="a. r.", session="first"),
            said("independent read", "1", "normal", session="second"),
            shown("1", session="second"),
            said("AI-assisted read", "1", "normal", session="second"),
        ]
    )
    assert pairs(entries()) == []
