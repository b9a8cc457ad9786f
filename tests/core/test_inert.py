"""Words of others stand for themselves: in Markdown, on charts, in tables, on a terminal."""

import csv
import json
import re
from pathlib import Path

import pytest

from diagnosis.__main__ import main
from diagnosis.audit import Entry, append
from diagnosis.batch.spreadsheet import Columns, write
from diagnosis.cli.result import table
from diagnosis.core import inert
from diagnosis.models import store

FORMULAS = ["=1+1", "+1", "-1+cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1"]
CONTROLS = {
    "\x1b[31mred\x1b[0m": r"\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07": r"\x1b]0;title\x07",
    "one\r\ntwo": r"one\r\ntwo",
    "\x9b2J": r"\x9b2J",
    "abc\u202ecba": r"abc\u202ecba",
    "a\u2028b": r"a\u2028b",
    "\udcff": r"\udcff",
    "Müller, 肺炎 😀": "Müller, 肺炎 😀",
}


@pytest.mark.parametrize("text", CONTROLS)
def test_terminal_is_not_steered(text: str) -> None:
    assert inert.terminal(text) == CONTROLS[text]


def test_a_cell_of_a_table_is_one_line() -> None:
    lines = table([("by", "why"), ("me\r\nyou", "\x1b[2J" + "x" * 5)]).split("\n")
    assert len(lines) == 2
    assert lines[1].split() == [r"me\r\nyou", r"\x1b[2Jxxxxx"]


def test_commands_print_comments_and_names_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SCANLINE_HOME", str(tmp_path))
    evil = "\x1b]0;owned\x07\r\n2  2026-01-01  forged"
    append([Entry("problem", case="0" * 64, source="file", task="phantoms", by=evil, comment=evil)])
    assert main(["audit", "list"]) == 0
    said = capsys.readouterr().out
    assert len(said.splitlines()) == 2
    assert "\x1b" not in said and "\x07" not in said
    assert main(["audit", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["comment"] == evil
    assert main(["models", "show", evil]) == 2
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", capsys.readouterr().err)


@pytest.mark.parametrize("text", FORMULAS)
def test_a_spreadsheet_computes_nothing(text: str, tmp_path: Path) -> None:
    assert inert.cell(text) == f"'{text}"
    bare = text.strip()
    assert inert.remark("model", f"a, {bare}; {bare}").count(f"'{bare}") == 2
    columns = Columns(store.find("phantoms/gru"), names=True)
    row = [text if kind is str else 1 for kind in columns.head.values()]
    out = tmp_path / "table.csv"
    write(out, columns, [row], {"threshold": f"x,{text}"})
    with out.open(newline="", encoding="utf-8") as file:
        cells = [cell for line in csv.reader(file) for cell in line]
    assert not [cell for cell in cells if cell.startswith(tuple("=+-@\t\r\n＝"))]
    assert cells.count(f"'{text}") >= row.count(text) > 5


def test_a_number_below_zero_stays_one() -> None:
    assert inert.remark("range", "-1.5 to 2.5") == "# range: -1.5 to 2.5"
