"""The command line in processes of its own: noise, pipes, Ctrl-C."""

import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest

from diagnosis.__main__ import main
from diagnosis.core import strict_json
from tests.cli.given import QUICK, ROOT, command, no_constant


def test_json_is_strict() -> None:
    text = strict_json.dumps({"a": [float("nan"), (1.5, float("inf"))], "b": True})
    assert json.loads(text, parse_constant=no_constant) == {"a": [None, [1.5, None]], "b": True}


def test_a_read_in_its_own_process_says_nothing_but_its_answer(
    real_data: Path,
) -> None:
    scan = real_data / "scans" / "chest_normal_1.jpeg"
    done = subprocess.run(
        command("read", scan, "--model", "pneumoniamnist/lstm", "--json"),
        cwd=ROOT,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["outcome"] == "predicted"


@pytest.mark.long
def test_training_on_a_terminal_shows_a_bar_with_both_losses_and_no_noise(tmp_path: Path) -> None:
    terminal, side = pty.openpty()
    termios.tcsetwinsize(side, (24, 100))
    words = ("train", "toy", "lstm", *QUICK, "--json", "--out", tmp_path)
    process = subprocess.Popen(command(*words), cwd=ROOT, stdout=subprocess.PIPE, stderr=side)
    os.close(side)
    shown = b""
    try:
        while part := os.read(terminal, 4096):
            shown += part
    except OSError:  # how Linux says that the other side was closed
        pass
    assert process.stdout is not None
    assert json.loads(process.stdout.read())["epochs"] == 1
    assert process.wait(60) == 0
    bar = shown.decode()
    assert "1/1" in bar and re.search(r"[^_]loss=\d", bar) and "val_loss=" in bar
    assert not re.search(r"WARNING|absl|I0000|cpu_feature", bar), bar


def test_light_commands_import_nothing_heavy() -> None:
    script = (
        "import sys\n"
        "from diagnosis.__main__ import main\n"
        "assert main(['data', 'list']) == 0\n"
        "heavy = {'keras', 'tensorflow', 'pydicom', 'scipy', 'sklearn', 'pandas', 'PIL'}\n"
        "print(heavy & set(sys.modules), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, timeout=60, check=False
    )
    assert done.stderr == b"set()\n"


def test_help_goes_to_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    for words in ([], ["train"], ["read"], ["models", "export"], ["evaluate"]):
        with pytest.raises(SystemExit) as ended:
            main([*words, "--help"])
        assert ended.value.code == 0
        out, err = capsys.readouterr()
        assert "usage: python -m diagnosis" in out and err == ""


def test_nobody_reading_the_answer_is_no_traceback() -> None:
    process = subprocess.Popen(
        command("data", "list", "--json"), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()  # long before the answer is there
    assert process.stderr.read() == b""
    assert process.wait(60) == 141


@pytest.fixture
def heeds_ctrl_c() -> Iterator[None]:
    """What a shell starts in the background ignores Ctrl-C, and so would all that it starts in turn."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heeds_ctrl_c")
def test_ctrl_c_ends_with_130_and_without_a_traceback(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:  # takes the call and never answers
        mirror = f"http://127.0.0.1:{server.getsockname()[1]}"
        environment = os.environ | {"SCANLINE_MIRROR": mirror, "SCANLINE_CACHE": str(tmp_path)}
        process = subprocess.Popen(
            command("data", "fetch", "octmnist"),
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        server.settimeout(60)
        connection, _ = server.accept()
        with connection:
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, b"", b"Stopped.\n")
