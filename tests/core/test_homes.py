"""Homes as people have them: of any name, read-only, full, locked, with two servers: a sentence, no more."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from threading import Thread

import pytest

from diagnosis.__main__ import main
from diagnosis.core import paths
from diagnosis.core.errors import InputError
from diagnosis.jobs import local_plan, locks, record
from diagnosis.jobs.plan import Plan
from diagnosis.jobs.tracking import artifacts, client, database, runs_folder
from diagnosis.models import store
from diagnosis.registry import registry
from tests.dashboard import test_pages as pages
from tests.dashboard.train import test_train_page as train_page
from tests.disks import read_only, small_disk, unprivileged
from tests.jobs.test_runs import SMALL, write_few
from tests.own_versions import own_version

ROOT = Path(__file__).resolve().parents[2]
TRAIN = (*("--epochs", "20", "--units", "4", "--patience", "0"), "--no-augmentation")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty_registry: Path) -> Path:
    monkeypatch.setenv("SCANLINE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    shutil.copytree(empty_registry, runs_folder())
    return tmp_path / "home"


@pytest.mark.long
@pytest.mark.parametrize("name", ["100% a b %20", "what?x=1&y#z;", "Lück:e'\""])
def test_a_home_may_have_any_name(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SCANLINE_HOME", str(tmp_path / name))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    assert main(["runs", "list"]) == 0
    run = record.create(SMALL)
    artifacts(run).log_text(run, "x", "version/x.txt")
    assert [run.id for run in record.runs()] == [run]
    with closing(sqlite3.connect(tmp_path / name / "runs" / "mlflow.db")) as there:
        assert there.execute("SELECT count(*) FROM runs").fetchone() == (1,)
        assert there.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    from diagnosis.tuning import studies

    assert studies.storage() is not None and (tmp_path / name / "runs" / "studies.db").is_file()
    assert [path.name for path in tmp_path.iterdir()] == [name]  # nothing is made beside it


def test_a_home_may_be_named_from_where_one_is_or_from_ones_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    for given, meant in (("x/../mine", "mine"), ("~/mine", "me/mine"), ("~", "me"), (".", ".")):
        monkeypatch.setenv("SCANLINE_HOME", given)
        monkeypatch.setenv("SCANLINE_DATA", given)
        assert paths.home() == (tmp_path / meant).resolve()
        # a process in another folder has the same
        assert paths.environment()["SCANLINE_HOME"] == str(paths.home())
        assert paths.environment()["SCANLINE_DATA"] == str(paths.home())
    for given in ("~nobody-of-that-name/x", "loop/x"):
        (tmp_path / "loop").unlink(missing_ok=True)
        (tmp_path / "loop").symlink_to("loop")
        monkeypatch.setenv("SCANLINE_HOME", given)
        with pytest.raises(InputError, match="SCANLINE_HOME names no folder of this machine"):
            paths.home()


EACH = """
import json, sys
from diagnosis.__main__ import main
for words in json.loads(sys.argv[1]):
    print(f"# {main(words)} {' '.join(words)}", file=sys.stderr, flush=True)
"""
COMMANDS: list[list[str]] = [
    ["runs", "list"],
    ["train", "phantoms", "gru", *TRAIN],
    ["models", "rollback", "phantoms/lstm", "--why", "x"],
    ["models", "history", "phantoms/lstm"],
    ["models", "discard", "phantoms/lstm/20270001-00000001", "--why", "x"],
    ["tune", "phantoms", "gru", "--trials", "1"],
    ["data", "remove", "toy"],
    ["audit", "list"],
]


@pytest.mark.long
@pytest.mark.parametrize("kept", ["whole", "empty"])
def test_in_a_read_only_home_every_command_says_so(kept: str, home: Path) -> None:
    own_version("phantoms/lstm", 1)
    if kept == "empty":
        shutil.rmtree(home)
        home.mkdir()
    script = unprivileged(sys.executable, "-c", EACH, json.dumps(COMMANDS))
    with read_only(home):
        done = subprocess.run(script, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr and done.returncode == 0, done.stderr
    codes = [line.split()[1] for line in done.stderr.splitlines() if line.startswith("# ")]
    assert codes[:2] == ["2", "2"] and set(codes) <= {"0", "2"}, done.stderr
    assert "cannot be used: see that Scanline may write to it" in done.stderr
    assert list(store.versions("phantoms/lstm"))


def _locked(work: Callable[[], None]) -> None:
    path = database()
    assert path is not None
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        work()
        other.execute("ROLLBACK")


@pytest.mark.long
def test_a_locked_record_is_read_and_what_cannot_be_written_is_said(
    home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    version = registry.register(own_version("phantoms/lstm", 1), None).version
    before, _ = store.active("phantoms/lstm"), record.create(SMALL)

    def tried() -> None:
        assert main(["runs", "list"]) == 0
        for words in (
            ["train", "phantoms", "gru", *TRAIN],
            ["models", "promote", f"phantoms/lstm/{version}", "--why", "x"],
        ):
            assert main(words) == 2
            _, err = capfd.readouterr()
            assert "is held by another process" in err and "Traceback" not in err
        assert store.active("phantoms/lstm") == before

    _locked(tried)
    assert main(["models", "promote", f"phantoms/lstm/{version}", "--why", "x"]) == 0
    found = store.active("phantoms/lstm")
    assert found is not None and found.version == version


@pytest.mark.parametrize("page", ["train", "models"])
def test_a_page_says_that_the_record_cannot_be_opened(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCANLINE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    (tmp_path / "home").mkdir()
    own_version("phantoms/lstm", 1)
    runs_folder().write_text("a file where the folder should be")
    app = train_page.opened() if page == "train" else pages.opened(page)
    assert any("The record of runs and versions" in each.value for each in app.error)


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("room", [0, 60, 200, 500], ids=lambda room: f"{room} kB")
def test_a_training_on_a_full_disk_says_so_and_goes_on_with_room(
    room: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    empty_registry: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    few = write_few(tmp_path / "few.npz")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with small_disk(tmp_path / "disk", 12_000) as disk:
        monkeypatch.setenv("SCANLINE_HOME", str(disk / "home"))
        shutil.copytree(empty_registry, runs_folder())
        client()
        free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
        (disk / "filler").write_bytes(bytes(free - 1024 * room))
        assert main(["train", str(few), "gru", *TRAIN]) == 2
        out, err = capfd.readouterr()
        assert "The disk is full: make room" in err and "Traceback" not in err and not out, err
        assert store.versions("few/gru") == []
        (disk / "filler").unlink()
        runs = record.runs()
        assert all(run.state != "running" for run in runs)
        if runs and runs[0].resumable:
            assert main(["runs", "resume", runs[0].id]) == 0
            assert record.find(runs[0].id).state == "finished"
        else:
            assert main(["train", str(few), "gru", *TRAIN]) == 0
        assert len(store.versions("few/gru")) == 1


@pytest.mark.long
def test_two_servers_decide_on_one_home_one_after_the_other(home: Path) -> None:
    """Each is a process with its own connections; whoever decides meets what the other has decided."""
    model = "phantoms/lstm"
    versions = [registry.register(own_version(model, n), None).version for n in (1, 2)]
    script = (
        "import sys; from diagnosis.core.errors import InputError; from diagnosis.registry import registry\n"
        "for _ in range(10):\n"
        "    try: registry.promote('phantoms/lstm', sys.argv[1], by=sys.argv[1], why='x')\n"
        "    except InputError as error: assert 'already' in str(error), error\n"
    )
    servers = [
        subprocess.Popen([sys.executable, "-c", script, each], cwd=ROOT) for each in versions
    ]
    assert [server.wait(200) for server in servers] == [0, 0]
    history = registry.history(model)
    assert [each.number for each in history] == list(range(len(history), 0, -1))
    for later, earlier in pairwise(history):
        assert later.before == earlier.version != later.version
    found = store.active(model)
    assert found is not None and found.version == history[0].version


def _written_by_a_server(plan: Plan) -> str:
    """A run that was not asked for here: only MLflow has it."""
    run = record.create(plan)
    shutil.rmtree(locks.folder(run))
    return run


@pytest.mark.parametrize(
    "wrong",
    [
        {"dataset": "/etc/passwd"},
        {"dataset": "../../secret.npz"},
        {"dataset": "~/secret.npz"},
        {"dataset": "phantoms/../x"},
        {"out": "/opt/scanline"},
        {"out": "../../x"},
        {"out": "models"},
    ],
    ids=str,
)
def test_a_run_that_was_not_asked_for_here_names_no_place_of_its_own(
    wrong: dict[str, str], home: Path
) -> None:
    plan = Plan(**({"dataset": "phantoms", "variant": "gru"} | wrong))  # type: ignore[arg-type]
    run = record.create(plan)
    local_plan.check_plan(run, plan)  # asked for here: a person typed it
    with pytest.raises(InputError, match="was not requested on this machine"):
        local_plan.check_plan(run, Plan(dataset="/elsewhere/x.npz", variant="gru"))
    run = _written_by_a_server(plan)
    with pytest.raises(InputError, match="was not requested on this machine"):
        local_plan.check_plan(run, plan)


def test_a_run_of_a_known_data_set_may_be_asked_for_anywhere(home: Path) -> None:
    for plan in (
        Plan(dataset="phantoms", variant="gru"),
        Plan(dataset="PneumoniaMNIST", variant="gru", out=str(store.own_models())),
    ):
        local_plan.check_plan(_written_by_a_server(plan), plan)


def test_a_run_that_a_server_says_reads_files_is_not_worked_on(home: Path) -> None:
    from diagnosis.jobs.work import work

    ending = work(_written_by_a_server(Plan(dataset="/etc/passwd", variant="gru")))
    assert ending.state == "failed" and "was not requested on this machine" in ending.sentence


@pytest.mark.parametrize("place", ["file:///etc", "/etc", "s3://bucket/x", "file:///HOME/../x"])
def test_files_of_a_run_are_nowhere_else(place: str, home: Path) -> None:
    run = record.create(SMALL)
    path = database()
    assert path is not None
    with closing(sqlite3.connect(path)) as there, there:
        uri = place.replace("/HOME", str(home))
        there.execute("UPDATE runs SET artifact_uri = ? WHERE run_uuid = ?", (uri, run))
    for act in (record.gate_epochs, lambda run: record.gates(run, 0), artifacts):
        with pytest.raises(InputError, match=r"where none of Scanline's are"):
            act(run)


@pytest.mark.parametrize("run_id", ["../" * 10 + "x/", "/etc", "A" * 32, "", "0" * 31 + "/"])
def test_ids_of_runs_are_no_paths(run_id: str, home: Path) -> None:
    with pytest.raises(InputError, match="no run"):
        locks.folder(run_id)
    with pytest.raises(InputError, match="run"):
        record.find(run_id)


def test_a_run_that_is_no_run_hides_no_other(home: Path) -> None:
    good, bad = record.create(SMALL), record.create(SMALL)
    for text in (
        "{",
        "[]",
        '{"dataset": 1}',
        "null",
        json.dumps(SMALL.to_json() | {"variant": "x"}),
    ):
        client().set_tag(bad, record.PLAN, text)
        assert [run.id for run in record.runs()] == [good]
        with pytest.raises(InputError, match="no run"):
            record.find(bad)


def test_who_reads_does_not_wait_for_who_writes(home: Path) -> None:
    run = record.create(SMALL)
    found: list[str] = []

    def read() -> None:
        reader = Thread(target=lambda: found.append(record.find(run).state))
        reader.start()
        reader.join()

    _locked(read)
    assert found == ["waiting"]
