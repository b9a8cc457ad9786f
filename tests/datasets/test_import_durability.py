"""An imported set is there whole or not at all, and is its owner's alone: killed, on a full disk, shared."""

import io
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from diagnosis.core.errors import InputError
from diagnosis.datasets import DatasetError, load
from diagnosis.datasets.imported import imported_files, imports_folder
from diagnosis.datasets.importing import Options, open_source, prepare, remove, store, within_roots
from diagnosis.datasets.unfinished import sweep, working_folder
from tests.import_sources import chest_pictures, folder_of, zip_of

posix = pytest.mark.skipif(os.name != "posix", reason="POSIX permissions, signals and limits")
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SCANLINE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture(scope="module")
def chests(real_data: Path) -> dict[str, bytes]:
    return chest_pictures(real_data, 12)


@pytest.fixture
def umask() -> Iterator[None]:
    """The one that takes nothing away."""
    before = os.umask(0)
    yield
    os.umask(before)


def _stored(files: dict[str, bytes], name: str = "chests", *, originals: bool = False) -> Path:
    with open_source(zip_of(files)) as source:
        return store(prepare(source), name, Options(), keep_originals=originals)


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@posix
@pytest.mark.usefixtures("umask")
def test_files_and_folders_are_the_owners_alone(chests: dict[str, bytes], home: Path) -> None:
    folder = _stored(chests, originals=True)
    paths = [home, home / "datasets", folder, *folder.rglob("*")]
    assert {_mode(path) for path in paths if path.is_dir()} == {0o700}
    assert {_mode(path) for path in paths if path.is_file()} == {0o600} and len(paths) > 24
    (home / "datasets").chmod(0o755)  # as older versions made it
    _stored(chests, "again")
    assert _mode(home / "datasets") == 0o700


KILLED = """
import os, signal, sys
from pathlib import Path
from diagnosis.datasets.importing import Options, open_source, prepare, remove, store
event, left = sys.argv[2], int(sys.argv[3])
def hook(name, args):
    global left
    if name == event and ".partial-" in str(args[0]):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(hook)
if sys.argv[1] == "remove":
    remove("chests")
else:
    with open_source(Path(sys.argv[1])) as source:
        store(prepare(source), "chests", Options(), keep_originals=True)
"""


def _killed(argument: str, event: str, number: int) -> None:
    """An import of a folder, or a removal, killed at one event in its working folder: the first, second …"""
    command = [sys.executable, "-c", KILLED, argument, event, str(number)]
    ran = subprocess.run(command, check=False, cwd=ROOT, capture_output=True)
    assert ran.returncode == -signal.SIGKILL, ran.stderr


@posix
@pytest.mark.parametrize(
    ("event", "number"),
    [pytest.param("open", 2, marks=pytest.mark.long), ("open", 20), ("os.rename", 1)],
)
def test_a_killed_import_leaves_nothing_half_and_the_next_one_works(
    chests: dict[str, bytes], tmp_path: Path, event: str, number: int
) -> None:
    _killed(str(folder_of(chests, tmp_path / "pictures")), event, number)
    assert imported_files() == {}
    assert [path for path in imports_folder().glob(".partial-*") if path.is_dir()]
    with pytest.raises(DatasetError, match="no data set"):
        load("chests")
    with open_source(zip_of(chests)):  # a next import has only begun
        assert list(imports_folder().iterdir()) == []
    _stored(chests)
    assert load("chests").facts.classes == ("normal", "pneumonia")


@posix
def test_a_killed_removal_leaves_no_half_of_a_set(chests: dict[str, bytes]) -> None:
    _stored(chests)
    _killed("remove", "shutil.rmtree", 1)
    assert imported_files() == {} and list(imports_folder().glob(".partial-*/chests/chests.npz"))
    sweep()
    assert list(imports_folder().iterdir()) == []


@posix
def test_what_is_in_use_is_not_swept_away(chests: dict[str, bytes]) -> None:
    with working_folder() as first:
        (first / "half").write_bytes(b"1")
        with working_folder() as second:
            sweep()
            assert first.is_dir() and second.is_dir()
        _stored(chests)
        assert (first / "half").read_bytes() == b"1" and not second.exists()
    assert [path.name for path in imports_folder().iterdir()] == ["chests"]


def test_what_older_versions_left_is_swept_at_once(home: Path) -> None:
    for name in (".partial-abc", ".removed-abc"):
        (home / "datasets" / name / "x").mkdir(parents=True)
        (home / "datasets" / name / "x" / "picture.npz").write_bytes(b"1")
    (home / "datasets" / ".partial-def.lock").touch()
    sweep()
    assert list((home / "datasets").iterdir()) == []


def test_two_imports_of_one_name_give_one_set_and_a_sentence(chests: dict[str, bytes]) -> None:
    with open_source(zip_of(chests)) as source:
        prepared = prepare(source)
    store(prepared, "chests", Options())
    before = (imports_folder() / "chests" / "chests.npz").read_bytes()
    with pytest.raises(DatasetError, match="There is an imported set chests already"):
        store(prepared, "chests", Options())
    assert (imports_folder() / "chests" / "chests.npz").read_bytes() == before
    remove("chests")
    assert list(imports_folder().iterdir()) == []


FULL = """
import resource, signal, sys
from pathlib import Path
from diagnosis.datasets.importing import Options, open_source, prepare, store
from diagnosis.core.errors import InputError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with open_source(Path(sys.argv[1])) as source:
    prepared = prepare(source)
    for room in (0, 1, 2_000, 9_000):
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
        try:
            store(prepared, "chests", Options())
        except InputError as error:
            print(error)
"""


@posix
def test_a_file_that_cannot_be_written_whole_is_not_there_at_all(
    chests: dict[str, bytes], tmp_path: Path
) -> None:
    """The system itself refuses to write on, as on a full disk."""
    command = [sys.executable, "-c", FULL, str(folder_of(chests, tmp_path / "pictures"))]
    ran = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)
    assert ran.returncode == 0, ran.stderr
    said = ran.stdout.splitlines()
    assert len(said) == 4 and all("could not be written" in sentence for sentence in said)
    assert list(imports_folder().iterdir()) == []
    _stored(chests)
    assert load("chests").facts.classes == ("normal", "pneumonia")


@posix
def test_a_hard_link_in_a_root_of_others_is_not_followed(
    chests: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "root"
    folder = folder_of(chests, root / "set")
    for number in range(2):
        secret = tmp_path / f"secret{number}.png"
        secret.write_bytes(chests["normal/000.png"])
        os.link(secret, folder / "normal" / f"secret{number}.png")
    os.link(tmp_path / "secret0.png", root / "single.png")
    monkeypatch.setenv("SCANLINE_IMPORT_ROOTS", str(root))
    root.chmod(0o700)
    with open_source(folder) as source:  # nobody else can have put them there
        assert len(source.pictures) == 26
    assert within_roots("single.png") == root / "single.png"
    for writable in (root, folder, folder / "normal"):
        writable.chmod(0o777)
        with open_source(within_roots("set")) as source:
            assert len(source.pictures) == 24
        (links,) = [finding for finding in source.findings if finding.code == "links"]
        assert links.groups == (("normal/secret0.png",), ("normal/secret1.png",))
        if writable == root:
            with pytest.raises(InputError, match="no such folder or file"):
                within_roots("single.png")
        writable.chmod(0o700)


@posix
def test_what_is_put_in_a_files_place_after_it_was_listed_is_not_read(
    chests: dict[str, bytes], tmp_path: Path
) -> None:
    folder = folder_of(chests, tmp_path / "set")
    elsewhere = folder_of({"secret.png": chests["normal/000.png"]}, tmp_path / "elsewhere")
    with open_source(folder) as source:
        (folder / "normal" / "000.png").unlink()
        (folder / "normal" / "000.png").symlink_to(elsewhere / "secret.png")
        (folder / "normal" / "001.png").unlink()
        os.mkfifo(folder / "normal" / "001.png")
        report = prepare(source).report
    (unreadable,) = report.of("error")
    assert unreadable.groups == (("normal/000.png",), ("normal/001.png",))


def test_pictures_are_decoded_by_what_is_given(chests: dict[str, bytes]) -> None:
    """A page may have them decoded in another process, which it can end."""
    from diagnosis.scans import Limits, Scan, ScanError, read_scan
    from diagnosis.scans.decode import DECODE

    seen = []

    def decode(data: bytes, *, limits: Limits | None = None) -> Scan:
        seen.append(data)
        if data == chests["normal/000.png"]:
            raise ScanError("It took too long.")
        return read_scan(data, limits=limits)

    token = DECODE.set(decode)
    try:
        with open_source(io.BytesIO(zip_of(chests).getvalue())) as source:
            report = prepare(source).report
    finally:
        DECODE.reset(token)
    assert len(seen) == 24 and set(seen) == set(chests.values())
    (unreadable,) = report.of("error")
    assert unreadable.groups == (("normal/000.png",),) and "too long" in unreadable.sentence
