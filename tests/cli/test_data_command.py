"""``python -m diagnosis data``: the handlers' answers, for programs and for people."""

import json
from pathlib import Path

import numpy as np
import pytest

from diagnosis.cli import data
from diagnosis.cli.parser import Parser
from diagnosis.cli.result import Result
from diagnosis.datasets import SPLITS, DatasetError, catalogue, load


def _run(*words: str) -> Result:
    common = Parser(add_help=False)
    common.add_argument("--json", action="store_true")
    parser = Parser()
    data.add_to(parser.add_subparsers(required=True), common)
    args = parser.parse_args(["data", *words])
    answer: Result = args.run(args)
    return answer


def _as_json(answer: Result) -> object:
    """What a program gets: the payload must survive the trip."""
    return json.loads(json.dumps(answer.payload))


@pytest.fixture(autouse=True)
def no_download(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCANLINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SCANLINE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("SCANLINE_MIRROR", "http://127.0.0.1:9")


@pytest.fixture
def data_folder(real_data: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The real data sets, here for the test."""
    monkeypatch.setenv("SCANLINE_DATA", str(real_data))
    return real_data


def test_list_has_every_set_with_the_documented_keys(data_folder: Path) -> None:
    answer = _run("list", "--json")
    listed = _as_json(answer)
    assert isinstance(listed, list) and [row["name"] for row in listed] == list(catalogue())
    keys = "name title task classes channels dimensions counts sizes licence synthetic available"
    assert all(set(row) == set(keys.split()) for row in listed)
    available = {row["name"] for row in listed if row["available"]}
    assert available == {
        "pneumoniamnist", "breastmnist", "adrenalmnist3d", "mnist", "icu2012", "cleveland",
        "recordphantoms", "phantoms", "ham10000", "studyphantoms", "scankinds", "pneumoniakinds",
        "chestxray64",
    }  # fmt: skip
    lines = answer.text.splitlines()
    assert len({line.index("28, 64") for line in lines if "28, 64" in line}) == 1  # aligned
    own = lines[-1].rpartition(": ")[2].partition(" (")[0].split(", ")  # by the files' names
    assert own == sorted(own) and {"bccd28", "mednist28"} <= set(own)
    assert "(synthetic)" in answer.text


def test_list_marks_nothing_but_phantoms_as_here_on_an_empty_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("SCANLINE_DATA", raising=False)
    assert [row["name"] for row in _run("list").payload if row["available"]] == [
        "recordphantoms", "studyphantoms", "phantoms",
    ]  # fmt: skip


def test_show_a_set_with_its_files_path_and_notes(data_folder: Path) -> None:
    answer = _run("show", "pneumoniamnist")
    shown = _as_json(answer)
    assert isinstance(shown, dict)
    assert shown["path"] == str(data_folder / "pneumoniamnist.npz") and shown["available"]
    assert shown["finding"] == "pneumonia" and "not the published file" in shown["notes"][0]
    assert [file["size"] for file in shown["files"]] == [28, 64]
    for text in (shown["files"][0]["md5"], shown["citation"], "1 pneumonia (train 3,494"):
        assert text in answer.text


def test_show_works_without_the_file_and_with_a_file_that_cannot_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCANLINE_DATA", str(tmp_path))
    shown = _run("show", "octmnist").payload
    assert shown["path"] is None and not shown["available"] and shown["notes"] == []
    (tmp_path / "octmnist.npz").write_text("not an archive")
    shown = _run("show", "octmnist").payload
    assert shown["path"] and "damaged or not an NPZ archive" in shown["notes"][0]
    with pytest.raises(DatasetError, match="only at 28 and 64"):
        _run("show", "octmnist", "--size", "99")
    with pytest.raises(DatasetError, match="Did you mean octmnist"):
        _run("show", "ocmnist")


def test_show_phantoms_and_a_file_of_ones_own(tmp_path: Path) -> None:
    assert "Synthetic" in _run("show", "phantoms").payload["notes"][0]
    arrays: dict[str, np.ndarray] = {}
    for split in SPLITS:
        arrays[f"{split}_images"] = np.zeros((4, 5, 5), np.uint8)
        arrays[f"{split}_labels"] = np.arange(4) % 2
    np.savez(tmp_path / "Mine.npz", **arrays)  # type: ignore[arg-type]
    shown = _run("show", str(tmp_path / "Mine.npz")).payload
    assert shown["name"] == "mine" and shown["available"] and shown["sizes"] == [5]


def test_fetch_answers_where_the_checked_set_lies(data_folder: Path) -> None:
    fetched = _as_json(_run("fetch", "breastmnist"))
    assert fetched == {
        "name": "breastmnist",
        "size": 28,
        "path": str(data_folder / "breastmnist.npz"),
        "sha256": load("breastmnist").sha256,
        "notes": list(load("breastmnist").notes),
    }
    with pytest.raises(DatasetError, match="the server cannot be reached"):
        _run("fetch", "breastmnist", "--size", "64")
