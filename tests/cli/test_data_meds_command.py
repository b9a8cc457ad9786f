"""``data meds``: a set of records as a folder of MEDS, from the catalogue or from a folder of one's own."""

import json
from pathlib import Path

import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest

from diagnosis.__main__ import main
from diagnosis.datasets import load


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, object]:
    assert main([*map(str, arguments), "--json"]) == 0
    said: dict[str, object] = json.loads(capsys.readouterr().out)
    return said


def test_a_set_is_written_and_opens_again_as_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "meds"
    said = run(capsys, "data", "meds", "recordphantoms", folder)
    assert said["patients"] == {"train": 1200, "val": 300, "test": 500} and said["codes"] == 7
    assert load(folder).sha256 == load("recordphantoms").sha256
    codes = pq.read_table(folder / "metadata/codes.parquet").to_pylist()
    assert {"code": "Lactate", "description": "Lactate (mmol/L)", "parent_codes": None} in codes
    again = run(capsys, "data", "meds", folder, tmp_path / "again")
    assert again["events"] == said["events"]


def test_what_is_no_set_of_records_and_what_is_in_the_way(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "file").touch()
    for name, folder in (("phantoms", "new"), ("nothing", "new"), ("recordphantoms", "there")):
        assert main(["data", "meds", name, str(tmp_path / folder)]) != 0
        assert capsys.readouterr().err.strip().endswith(".")
