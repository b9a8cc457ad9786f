"""Names that lead elsewhere, in every command that takes one: a sentence, and nothing is read or written."""

import shutil
from pathlib import Path

import pytest

from tests.cli.given import Run
from tests.own_versions import own_version

COMMANDS = (
    "data show {}",
    "data get {}",
    "data remove {}",
    "data import pictures --name {}",
    "train {} lstm",
    "train phantoms {}",
    "tune {} lstm",
    "tune phantoms {}",
    "tune phantoms lstm --name {}",
    "tune --show {}",
    "tune --stop {}",
    "tune --resume {}",
    "evaluate {}",
    "evaluate phantoms/lstm --against {}",
    "read scan.png --model {}",
    "compare scan.png {} phantoms/lstm",
    "models show {}",
    "models export {} --format onnx --out model.onnx",
    "models promote {} --why x",
    "models archive {} --why x",
    "models rollback {} --why x",
    "models history {}",
    "runs show {}",
    "runs stop {}",
    "runs kill {}",
    "runs resume {}",
)
NAMES = {
    "above": "../../outside",
    "above, of a model": "../outside/x",
    "absolute": "/etc/passwd",
    "absolute folder": "/etc",
    "here": ".",
    "parent": "..",
    "nothing": "",
    "NUL": "phantoms\0/lstm",
    "newline": "phantoms\n/lstm",
    "escape": "\x1b[2Jphantoms/lstm",
    "someone's home": "~root/x",
    "nobody's home": "~nobody-of-that-name/x",
    "link": "link",
    "loop": "loop",
    "long": "x" * 5000,
    "address": "file:///etc/passwd",
    "server": "\\\\server\\share",
    "no text": "\udcff\udcfe",
}


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with files and links that names may lead to."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "kept").write_text("kept")
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "link").symlink_to("/etc/passwd")
    (tmp_path / "here" / "loop").symlink_to("loop")
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
@pytest.mark.parametrize("command", COMMANDS)
def test_a_name_that_leads_elsewhere_gets_a_sentence(
    command: str, name: str, outside: Path, home: Path, refusal: Run
) -> None:
    before = sorted(path for path in home.rglob("*") if "runs" not in path.parts)
    said = refusal(*(name if word == "{}" else word for word in command.split()))
    assert "\0" not in said and "\x1b" not in said and len(said) < 1500
    assert sorted(path for path in home.rglob("*") if "runs" not in path.parts) == before
    assert sorted(path.name for path in outside.rglob("*")) == [
        "here", "kept", "link", "loop", "outside"
    ]  # fmt: skip


def test_a_link_to_a_version_is_read_and_not_decided_about(
    outside: Path, answer: Run, refusal: Run
) -> None:
    elsewhere = outside / "outside" / "toy" / "lstm" / "1"
    shutil.copytree(own_version("phantoms/gru", 7).folder, elsewhere)
    Path("version").symlink_to(elsewhere)
    assert answer("models", "show", "version")["path"] == str(elsewhere)
    for word in ("promote", "archive"):
        assert "not among the models" in refusal("models", word, "version", "--why", "x")
    assert (elsewhere / "config.json").is_file()
