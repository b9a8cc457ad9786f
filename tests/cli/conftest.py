"""A home with made-up data sets and a model, and commands run in this process."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from diagnosis.__main__ import main
from diagnosis.jobs.tracking import runs_folder
from tests.cli.given import QUICK, Run, no_constant, trained, write_sets
from tests.conftest import made_once


@pytest.fixture(scope="session")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Made-up data sets in ``data``, a tiny LSTM trained on phantoms in ``home``, and that MODEL/VERSION."""

    def make(folder: Path) -> None:
        (folder / "data").mkdir()
        write_sets(folder / "data")
        with pytest.MonkeyPatch.context() as patch:
            _move_in(folder, patch)
            own = trained("phantoms", "lstm", *QUICK)
        (folder / "reader").write_text(f"{own['model']}/{own['version']}")

    folder = made_once(tmp_path_factory, "made-up", make)
    return folder, (folder / "reader").read_text()


@pytest.fixture(scope="module")
def home(
    made_up: tuple[Path, str], empty_registry: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The folder that holds our versions in ``home`` and the made-up data sets in ``data``; one a file."""
    folder = tmp_path_factory.mktemp("scanline")
    shutil.copytree(made_up[0], folder, dirs_exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        _move_in(folder, patch)
        shutil.copytree(empty_registry, runs_folder())
    return folder


def _move_in(home: Path, patch: pytest.MonkeyPatch) -> None:
    """Make it the home for as long as the patch lasts; nothing can be downloaded there."""
    patch.setenv("SCANLINE_HOME", str(home / "home"))
    patch.setenv("SCANLINE_DATA", str(home / "data"))
    patch.setenv("SCANLINE_CACHE", str(home / "cache"))
    patch.setenv("SCANLINE_MIRROR", "http://127.0.0.1:9")
    patch.delenv("MLFLOW_TRACKING_URI", raising=False)


@pytest.fixture(scope="module")
def reader(home: Path, made_up: tuple[Path, str]) -> str:
    """The tiny LSTM, which is at home, MODEL/VERSION."""
    del home
    return made_up[1]


@pytest.fixture(autouse=True)
def at_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test is at home."""
    _move_in(home, monkeypatch)


@pytest.fixture
def answer(capfd: pytest.CaptureFixture[str]) -> Run:
    """Run a command that must succeed in silence; its JSON, or with ``text=True`` its text."""

    def run(*words: str | Path, text: bool = False) -> Any:
        code = main([*map(str, words), *([] if text else ["--json"])])
        out, err = capfd.readouterr()
        assert (code, err) == (0, ""), err
        return out if text else json.loads(out, parse_constant=no_constant)

    return run


@pytest.fixture
def refusal(capfd: pytest.CaptureFixture[str]) -> Run:
    """Run a command that must end with 2, one line on stderr and nothing on stdout; that line."""

    def run(*words: str | Path) -> str:
        code = main([*map(str, words), "--json"])
        out, err = capfd.readouterr()
        assert (code, out) == (2, "")
        assert re.fullmatch(r"[^\n]+[.?]\n", err), err
        return err

    return run
