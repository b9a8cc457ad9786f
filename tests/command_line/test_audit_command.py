"""``audit``: what ``read`` entered, whether it is whole, and the same as a table."""

import json
from pathlib import Path

import pytest
from PIL import Image

from diagnosis.__main__ import main
from diagnosis.audit import trail
from diagnosis.models import store
from tests.command_line.given import Run
from tests.scan_files import grey_picture


def test_readings_are_entered_listed_checked_and_exported(
    reader: str, answer: Run, refusal: Run, tmp_path: Path
) -> None:
    scan = tmp_path / "Miller.png"
    Image.fromarray(grey_picture()).save(scan)
    read = answer("read", scan, "--model", reader, "--by", "A. R.")
    (line,) = answer("audit", "list", "--limit", "1")
    assert (line["action"], line["by"], line["source"]) == ("answer shown", "A. R.", "file")
    assert line["case"] == read["scan"]["sha256"]
    assert (f"{line['model']}/{line['version']}", line["outcome"]) == (reader, read["outcome"])
    assert line["frame"] == 1 and line["quality"] == read["quality"]["level"]
    assert "Miller" not in trail.path().read_text()
    assert answer("audit", "list", "--case", line["case"][:8])[0] == line
    assert "A. R." in answer("audit", "list", text=True)

    whole = answer("audit", "check", "--line", line["line"], "--seal", line["seal"])
    assert whole == {"lines": line["line"], "whole": True, "seal": line["seal"]}
    assert "is not the one" in refusal("audit", "check", "--line", "1", "--seal", "abc")
    assert "belong together" in refusal("audit", "check", "--line", "1")

    out = tmp_path / "table.csv"
    assert answer("audit", "export", "--out", out)["lines"] == line["line"]
    assert line["seal"] in out.read_text()

    report = tmp_path / "report.json"
    reported = answer("read", scan, "--model", reader, "--report", report)
    assert reported["report"] == str(report)
    (last,) = answer("audit", "list", "--limit", "1")
    (said,) = json.loads(report.read_text())["readings"]
    assert (said["line"], said["seal"]) == (last["line"], last["seal"])
    wrong = tmp_path / "report.pdf"
    assert "must end in one of" in refusal("read", scan, "--model", reader, "--report", wrong)
    assert "give --report" in refusal("read", scan, "--model", reader, "--picture")
    path = trail.path()
    path.write_text(path.read_text().replace('"A. R."', '"B. B."'))
    assert "was changed after it was written" in refusal("audit", "check")
    path.unlink()


def test_what_cannot_be_entered_is_read_all_the_same(
    reader: str,
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scan = tmp_path / "scan.png"
    Image.fromarray(grey_picture()).save(scan)
    folder = store.find(reader).folder
    monkeypatch.setenv("SCANLINE_HOME", str(scan))  # a file: nothing can be kept there
    assert main(["read", str(scan), "--model", str(folder)]) == 0
    out, err = capfd.readouterr()
    assert "outcome" in out and "could not be written" in err
