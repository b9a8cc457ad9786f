"""``data import`` and ``data remove``: from a person's own files to a trained model, and away again."""

import json
import os
import pty
import re
import shutil
import signal
import subprocess
import termios
import time
from pathlib import Path

import numpy as np
import pytest

from diagnosis.__main__ import main
from diagnosis.datasets import SPLITS
from diagnosis.datasets.imported import imports_folder
from tests.cli.given import QUICK, ROOT, Run, command, trained
from tests.cli.test_processes import heeds_ctrl_c  # noqa: F401 - a fixture
from tests.import_sources import chest_pictures, folder_of, zip_of


@pytest.fixture(scope="module")
def source(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ZIP of 30 real chest X-rays of each class."""
    path = tmp_path_factory.mktemp("source") / "Doe Jane.zip"
    path.write_bytes(zip_of(chest_pictures(real_data, 30)).getvalue())
    return path


def test_import_list_show_train_read_and_remove(
    source: Path, real_data: Path, answer: Run, refusal: Run
) -> None:
    stored = answer("data", "import", source, "--name", "xrays", "--finding", "normal")
    assert set(stored) == {"name", "path", "sha256", "report"} and stored["name"] == "xrays"
    report = stored["report"]
    assert report["ok"] and report["counts"] == {"train": [21, 21], "val": [4, 5], "test": [5, 4]}
    (row,) = [row for row in answer("data", "list") if row["name"] == "xrays"]
    assert row["available"] and row["counts"] == {"train": 42, "val": 9, "test": 9}
    shown = answer("data", "show", "xrays")
    assert shown["finding"] == "normal" and shown["path"] == f"{stored['path']}/xrays.npz"
    assert shown["class_counts"] == report["counts"]
    assert "Doe" not in json.dumps(shown) + Path(stored["path"], "set.json").read_text()
    made = trained("xrays", "lstm", *QUICK)
    assert made["model"] == "xrays/lstm" and made["n"] == 9
    assert answer("evaluate", "xrays/lstm")["sha256"] == stored["sha256"]
    scan = real_data / "scans" / "chest_normal_1.jpeg"
    assert answer("read", scan, "--model", "xrays/lstm")["outcome"] == "predicted"
    assert "imported set xrays already" in refusal("data", "import", source, "--name", "xrays")
    assert "no imported set 'xray'. Did you mean xrays" in refusal("data", "remove", "xray")
    assert answer("data", "remove", "xrays") == {"name": "xrays", "path": stored["path"]}
    assert not Path(stored["path"]).exists()
    assert "no data set 'xrays'" in refusal("data", "show", "xrays")
    assert Path(made["path"]).is_dir()  # what was learned from it stays
    shutil.rmtree(Path(made["path"]).parents[1])  # this home is shared by all tests


def test_a_check_reports_and_stores_nothing(source: Path, answer: Run) -> None:
    checked = answer("data", "import", source, "--check")
    assert checked["name"] is checked["path"] is checked["sha256"] is None
    assert [finding["code"] for finding in checked["report"]["findings"]] == ["few", "no-patients"]
    assert checked["report"]["finding"] == "pneumonia"
    told = answer("data", "import", source, "--check", text=True)
    assert "A ZIP of class folders: 60 pictures, of which 60 can be stored as grey images" in told
    assert re.search(r"^normal +21 +4 +5$", told, re.MULTILINE) and "It can be stored" in told
    assert not (imports_folder() / "xrays").exists()


def test_a_list_sizes_colour_and_shares(source: Path, tmp_path: Path, answer: Run) -> None:
    names = [f"normal/{i:03d}.png" for i in range(30)] + [
        f"pneumonia/{i:03d}.png" for i in range(30)
    ]
    lines = [
        f"{name};{'ill' if 'pneu' in name else 'well'};{i // 3}" for i, name in enumerate(names)
    ]
    (tmp_path / "labels.csv").write_text("file;label;patient\n" + "\n".join(lines))
    stored = answer(
        *("data", "import", source, "--manifest", tmp_path / "labels.csv", "--name", "people"),
        *("--size", "32", "--channels", "3", "--val", "0.2", "--test", "0.3", "--seed", "5"),
    )
    report = stored["report"]
    assert report["patients"] == {"train": 10, "val": 4, "test": 6} and report["classes"] == [
        "ill",
        "well",
    ]
    with np.load(Path(stored["path"]) / "people.npz") as arrays:
        assert arrays["train_images"].shape == (30, 32, 32, 3)
        assert [len(arrays[f"{split}_patients"]) for split in SPLITS] == [30, 12, 18]
    told = answer(
        "data", "import", source, "--manifest", tmp_path / "labels.csv", "--check", text=True
    )
    assert re.search(r"^\(patients\) +14 +3 +3$", told, re.MULTILINE)
    answer("data", "remove", "people")


def test_wrong_words_and_unusable_sources(
    source: Path, tmp_path: Path, refusal: Run, answer: Run
) -> None:
    folder_of({"a/1.png": b"", "a/2.png": b"x", "b/\x1b[2J.png": b"\x89PNG"}, tmp_path / "bad")
    cases: list[tuple[list[Path | str], str]] = [
        ([source], "Give the set a name with --name"),
        ([source, "--name", "X Y"], "such as x-y"),
        ([source, "--name", "toy"], "a file toy in $SCANLINE_DATA"),
        ([source, "--name", "x", "--channels", "2"], "1 channel (grey) or 3 (RGB), not 2"),
        ([source, "--name", "x", "--val", "0.9"], "share of the val split"),
        ([source, "--name", "x", "--finding", "norml"], "Did you mean normal"),
        ([tmp_path / "none.zip", "--name", "x"], "no file or folder"),
        ([tmp_path / "bad", "--name", "x"], "Not readable"),
    ]
    for words, said in cases:
        assert said in refusal("data", "import", *words)
    text = answer("data", "import", tmp_path / "bad", "--check", text=True)
    assert "It cannot be stored as it is." in text and "\x1b" not in text
    assert "b/\N{REPLACEMENT CHARACTER}[2J.png" in text
    assert not (imports_folder() / "x").exists()


def test_a_damaged_set_does_not_hide_the_others(source: Path, answer: Run) -> None:
    stored = answer("data", "import", source, "--name", "damaged")
    (Path(stored["path"]) / "set.json").write_text("{")
    assert "damaged" not in [row["name"] for row in answer("data", "list")]
    assert "imported set damaged has no readable set.json" in answer("data", "list", text=True)
    answer("data", "remove", "damaged")


@pytest.mark.usefixtures("heeds_ctrl_c")
def test_ctrl_c_in_the_middle_shows_a_bar_and_leaves_nothing(
    real_data: Path, tmp_path: Path
) -> None:
    """Large real pictures, so that there is a middle; the bar is on a terminal's standard error."""
    scan = (real_data / "scans" / "chest_normal_1.jpeg").read_bytes()
    files = {f"{name}/{i}.jpeg": scan + bytes([i]) for name in ("a", "b") for i in range(100)}
    folder_of(files, tmp_path / "large")
    terminal, side = pty.openpty()
    termios.tcsetwinsize(side, (24, 100))
    process = subprocess.Popen(
        command("data", "import", tmp_path / "large", "--name", "large"),
        cwd=ROOT,
        env=os.environ | {"SCANLINE_HOME": str(tmp_path / "home")},
        stdout=subprocess.PIPE,
        stderr=side,
    )
    os.close(side)
    shown = b""
    deadline = time.monotonic() + 60
    while not re.search(rb" [1-9]\d*/200 ", shown):
        assert time.monotonic() < deadline, shown
        shown += os.read(terminal, 4096)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, b"")
    assert not [path for path in (tmp_path / "home").rglob("*") if path.is_file()]


def test_listing_imported_sets_imports_nothing_heavy(source: Path, answer: Run) -> None:
    answer("data", "import", source, "--name", "light")
    script = (
        "import sys\n"
        "from diagnosis.__main__ import main\n"
        "assert main(['data', 'list']) == 0\n"
        "print({'scipy', 'sklearn', 'pandas', 'PIL', 'keras'} & set(sys.modules), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [*command()[:1], "-c", script], cwd=ROOT, capture_output=True, timeout=60, check=False
    )
    assert b"light" in done.stdout and done.stderr == b"set()\n"
    assert main(["data", "remove", "light", "--json"]) == 0
