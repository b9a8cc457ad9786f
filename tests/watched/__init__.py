"""Processes that are watched from inside by ``sitecustomize.py`` of this folder."""

from pathlib import Path

from tests.conftest import ROOT


def watching(folder: Path) -> dict[str, str]:
    """The environment of a process whose notes and whose temporary folder are in ``folder``."""
    (folder / "tmp").mkdir(parents=True, exist_ok=True)
    return {
        "PYTHONPATH": f"{Path(__file__).parent}:{ROOT}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "TMPDIR": str(folder / "tmp"),
        "WATCHED": str(folder / "watched.txt"),
    }


def wrote(folder: Path) -> list[str]:
    """Files that were opened to be written."""
    return _noted(folder, "wrote ")


def asked(folder: Path) -> list[str]:
    """Addresses of other machines that were asked for."""
    return _noted(folder, "asked ")


def _noted(folder: Path, what: str) -> list[str]:
    lines = (folder / "watched.txt").read_text(encoding="utf-8").splitlines()
    return [line.removeprefix(what) for line in lines if line.startswith(what)]
