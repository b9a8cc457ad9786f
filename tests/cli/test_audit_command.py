"""``audit``: what ``read`` entered, whether it is whole, and the same as a table; and its reports."""

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from diagnosis.__main__ import main
from diagnosis.audit import log
from tests.scan_files import grey_picture

MODEL = "phantoms/lstm"


@pytest.fixture
def scan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A picture, in a home of its own."""
    monkeypatch.setenv("SCANLINE_HOME", str(tmp_path / "home"))
    path = tmp_path / "Miller.png"
    Image.fromarray(grey_picture()).save(path)
    return path


def test_readings_are_entered_listed_checked_and_exported(
    scan: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def answer(*words: object) -> Any:
        assert main([*map(str, words), "--json"]) == 0
        return json.loads(capfd.readouterr().out)

    def refusal(*words: object) -> str:
        assert main([*map(str, words), "--json"]) == 2
        out, err = capfd.readouterr()
        assert not out
        return err

    read = answer("read", scan, "--model", MODEL, "--by", "A. R.")
    (line,) = answer("audit", "list")
    assert (line["action"], line["by"], line["source"]) == ("prediction shown", "A. R.", "file")
    assert line["case"] == read["scan"]["sha256"]
    assert (line["model"], line["version"]) == (read["model"], read["version"])
    assert (line["outcome"], line["quality"]) == (read["outcome"], read["quality"]["level"])
    assert line["frame"] == 1
    assert "Miller" not in log.path().read_text()
    assert answer("audit", "list", "--case", line["case"][:8]) == [line]
    assert answer("audit", "list", "--case", "ffff") == []

    whole = answer("audit", "check", "--entry", line["number"], "--hash", line["entry_hash"])
    assert whole == {
        "entries": 1, "whole": True, "entry_hash": line["entry_hash"], "cut_short": [], "recovered": [],
    }  # fmt: skip
    assert "has another hash" in refusal("audit", "check", "--entry", "1", "--hash", "abc")
    assert "belong together" in refusal("audit", "check", "--entry", "1")
    out = tmp_path / "table.csv"
    assert answer("audit", "export", "--out", out)["entries"] == 1
    assert line["entry_hash"] in out.read_text()

    assert "must end in .csv" in refusal("audit", "export", "--out", log.path())

    report = tmp_path / "report.json"
    assert answer("read", scan, "--model", MODEL, "--report", report)["report"] == str(report)
    last, _ = answer("audit", "list")
    (said,) = json.loads(report.read_text())["entries"]
    assert (said["number"], said["entry_hash"]) == (last["number"], last["entry_hash"])
    wrong = tmp_path / "report.pdf"
    assert "must end in one of" in refusal("read", scan, "--model", MODEL, "--report", wrong)
    assert "give --report" in refusal("read", scan, "--model", MODEL, "--picture")

    log.path().write_text(log.path().read_text().replace('"A. R."', '"B. B."'))
    assert "was changed after it was written" in refusal("audit", "check")


def test_what_cannot_be_entered_is_read_all_the_same(
    scan: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCANLINE_HOME", str(scan))  # a file: nothing can be kept there
    assert main(["read", str(scan), "--model", MODEL]) == 0
    out, err = capfd.readouterr()
    assert "outcome" in out and "could not be written" in err
