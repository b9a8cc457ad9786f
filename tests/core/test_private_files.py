"""What is kept is its owner's alone, and commands ask nobody on another machine."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from diagnosis.core.private_files import keep_private
from tests.conftest import ROOT
from tests.watched import asked, watching


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("SCANLINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SCANLINE_CACHE", str(tmp_path / "cache"))
    before = os.umask(0)
    yield tmp_path / "home"
    os.umask(before)


def open_to_others(folder: Path) -> list[Path]:
    return [path for path in (folder, *folder.rglob("*")) if path.lstat().st_mode & 0o077]


def test_what_there_is_is_closed(home: Path, tmp_path: Path) -> None:
    for place in (home, tmp_path / "cache"):
        (place / "a" / "b").mkdir(parents=True)
        (place / "a" / "b" / "scan.npz").write_bytes(b"x")
        (place / "a" / "run").write_bytes(b"x")
        (place / "a" / "run").chmod(0o755)
    outside = tmp_path / "others.txt"
    outside.write_text("x")
    (home / "a" / "link").symlink_to(outside)
    keep_private()
    assert [path.name for path in open_to_others(home)] == ["link"]  # which has no mode of its own
    assert not open_to_others(tmp_path / "cache")
    assert (home / "a" / "run").stat().st_mode & 0o777 == 0o700
    assert outside.stat().st_mode & 0o777 == 0o666  # no link is followed


def test_what_comes_is_closed(home: Path) -> None:
    keep_private()
    (home / "new").mkdir(parents=True)
    (home / "new" / "file").write_text("x")
    assert not open_to_others(home)
    child = f"import pathlib; pathlib.Path({str(home / 'new' / 'child')!r}).write_text('x')"
    subprocess.run([sys.executable, "-c", child], check=True)
    assert not open_to_others(home)


def test_importing_changes_no_process() -> None:
    code = "import os; os.umask(0o22); import diagnosis, diagnosis.core.private_files; print(os.umask(0))"
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
    assert int(said.stdout) == 0o22


def test_a_home_of_somebody_else_is_named(
    home: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCANLINE_HOME", "/proc/self")  # nobody can change its rights
    keep_private()
    assert "chmod -R go=" in caplog.text


@pytest.mark.long
def test_commands_ask_no_other_machine_and_keep_things_closed(home: Path, tmp_path: Path) -> None:
    """Training, exporting, reading and a report, with everything but this machine refused."""
    environment = os.environ | watching(tmp_path)

    def run(*words: str) -> None:
        ended = subprocess.run(
            [sys.executable, "-m", "diagnosis", *words],
            cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert ended.returncode == 0, ended.stderr

    run("train", "phantoms", "gru", "--epochs", "1", "--units", "4")
    run("models", "export", "phantoms/gru", "--format", "onnx", "--out", str(tmp_path / "gru.onnx"))
    run("audit", "export", "--out", str(tmp_path / "trail.csv"))
    assert asked(tmp_path) == []
    assert not open_to_others(home)
    assert list(home.glob("models/phantoms/gru/*/card.json"))
