"""A folder through a model: what the table holds, what it does not, and what a run that is ended leaves."""

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from filelock import FileLock
from PIL import Image
from pyarrow import parquet  # type: ignore[import-untyped]

from diagnosis.__main__ import main
from diagnosis.audit import entries
from diagnosis.batch.folder import Summary, parts_of, read_folder
from diagnosis.batch.listing import CHUNK, listing
from diagnosis.batch.rows import Job
from diagnosis.batch.running import KILLED, completed
from diagnosis.core.errors import InputError
from diagnosis.core.intended_use import IN_SHORT
from diagnosis.core.reason import Reason
from diagnosis.datasets.phantoms import draw
from diagnosis.models import store
from diagnosis.models.store import sha256_of
from diagnosis.scans import Limits
from diagnosis.text.outcome import sentence
from tests.executor_tasks import always_die, read_or_die
from tests.scan_files import nifti

MODEL = "phantoms/lstm"
PHANTOMS = 40
# Of the two indeterminate ones, one is too close to call, one unusual: a PNG states no modality.
OUTCOMES = {"predicted": PHANTOMS - 2, "indeterminate": 2, "rejected": 2, "unreadable": 2}


@pytest.fixture(scope="module")
def scans(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Phantoms in folders, a volume, and what cannot be read, must not be, or is none of ours."""
    folder = tmp_path_factory.mktemp("patients")
    for number, image in enumerate(
        draw(np.arange(PHANTOMS) % 2 == 1, 28, np.random.default_rng(5))
    ):
        place = folder / f"ward {number % 3}"
        place.mkdir(exist_ok=True)
        Image.fromarray(image).save(place / f"Miller_{number:03}.png")
    (folder / "letter.txt").write_text("Dear Mrs Miller")
    (folder / "empty.dcm").write_bytes(b"")
    Image.new("L", (64, 64), 90).save(folder / '=blank #1, "Miller".png')
    volume = np.random.default_rng(1).integers(0, 900, (32, 40, 5)).astype(np.int16)
    (folder / "volume.nii").write_bytes(nifti(volume))
    (folder / ".hidden.png").write_bytes(b"")
    (folder / "link.png").symlink_to(folder / "ward 0" / "Miller_000.png")
    (folder / "round").symlink_to(folder)
    return folder


@pytest.fixture(scope="module")
def table(scans: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The CSV of those scans, without names."""
    out = tmp_path_factory.mktemp("tables") / "table.csv"
    assert main(["read", str(scans), "--model", MODEL, "--out", str(out), "--workers", "1"]) == 0
    return out


def _head(path: Path) -> list[str]:
    return [line for line in path.read_text().splitlines() if line.startswith("# ")]


def test_every_file_has_one_row_that_says_what_read_says_of_it(
    scans: Path, table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = pd.read_csv(table, comment="#")
    files = [file.path for file in listing(scans).files]
    assert list(frame["file"]) == list(range(1, PHANTOMS + 5))
    assert list(frame["sha256"]) == [sha256_of(scans / path) for path in files]
    assert Counter(frame["outcome"]) == OUTCOMES
    indeterminate = files[frame.index[frame["outcome"] == "indeterminate"][0]]
    for path in ("ward 1/Miller_004.png", "volume.nii", '=blank #1, "Miller".png', indeterminate):
        assert main(["read", str(scans / path), "--model", MODEL, "--json"]) == 0
        one = json.loads(capsys.readouterr().out)
        row = frame.iloc[files.index(path)]
        assert (row["model"], row["version"]) == (one["model"], one["version"])
        assert (row["outcome"], row["quality"]) == (one["outcome"], one["quality"]["level"])
        assert row["frame"] == one["frame"]
        assert row["ood p"] == pytest.approx(one["ood"]["p_value"], abs=1e-6)
        if one["prediction"] is None:
            assert pd.isna(row["prediction"])
            assert row["reasons"] == "; ".join(each["code"] for each in one["reasons"])
            assert sentence(Reason.from_json(one["reasons"][0])) in row["details"]
        else:
            assert row["prediction"] == one["prediction"] and pd.isna(row["reasons"])
        if one["outcome"] == "rejected":
            assert pd.isna(row["probability opacity"])
        else:
            for name, probability in one["probabilities"].items():
                assert row[f"probability {name}"] == pytest.approx(probability, abs=1e-6)
    entered = {each.entry.case for each in entries()}
    assert entered >= set(frame["sha256"][frame["outcome"] != "unreadable"])
    letter = frame.iloc[files.index("letter.txt")]
    assert "text file" in letter["error"] and pd.isna(letter["quality"])


def test_the_table_says_what_it_is_for_and_names_nobody(scans: Path, table: Path) -> None:
    head = _head(table)
    assert head[0].startswith(f"# intended use: {IN_SHORT}")
    said = "\n".join(head)
    version = store.find(MODEL)
    for part in (version.version, version.card.weights_sha256, "threshold", "sensitivity 0.7"):
        assert part in said, part
    whole = table.read_text()
    assert "Miller" not in whole and "ward" not in whole and str(scans) not in whole
    assert not parts_of(table).exists() and [*table.parent.iterdir()] == [table]


@pytest.mark.long
def test_parquet_holds_the_same_rows_with_types_and_names_if_asked(
    scans: Path, table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "table.parquet"
    words = ["read", str(scans), "--model", MODEL, "--out", str(out), "--names", "--workers", "1"]
    assert main([*words, "--json"]) == 0
    said: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert said["files"] == PHANTOMS + 4 and said["resumed"] == 0
    assert said["outcomes"] == OUTCOMES
    assert sum(said["predictions"].values()) == OUTCOMES["predicted"]
    assert (said["passed_over"], said["links"]) == (1, 2)
    read = parquet.read_table(out)
    metadata = {key.decode(): value.decode() for key, value in read.schema.metadata.items()}
    assert [f"# {label}: {words}" for label, words in metadata.items()] == _head(table)
    paths = read.column("path").to_pylist()
    assert paths[0] == './=blank #1, "Miller".png'  # no formula in a spreadsheet
    assert paths == [f"./{file.path}" for file in listing(scans).files]
    with table.open() as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("# ")))
    for row, values in zip(rows, read.drop_columns("path").to_pylist(), strict=True):
        assert row == {name: "" if value is None else str(value) for name, value in values.items()}


@pytest.mark.long
def test_a_run_that_is_ended_goes_on_where_it_was(scans: Path, table: Path, tmp_path: Path) -> None:
    out, found, version = tmp_path / "table.csv", listing(scans), store.find(MODEL)
    seen: list[int] = []

    def end(count: int) -> None:
        seen.append(count)
        if sum(seen) >= CHUNK:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_folder(found, version, out, workers=1, progress=end)
    assert not out.exists()
    kept = [path.read_text() for path in parts_of(out).glob("*.json")]
    assert kept and not any("Miller" in text for text in kept)
    (parts_of(out) / f"{'0' * 64}.json").write_text("[")  # and one that was cut short
    seen.clear()
    with FileLock(parts_of(out) / ".lock"), pytest.raises(InputError, match="being made already"):
        read_folder(found, version, out, workers=1)
    summary: Summary = read_folder(found, version, out, workers=1, progress=seen.append)
    assert summary.resumed == seen[0] >= CHUNK and sum(seen) == summary.files == len(found.files)
    assert out.read_bytes() == table.read_bytes()
    assert [*tmp_path.iterdir()] == [out]


def test_no_file_stops_the_others() -> None:
    paths = [f"{number}" for number in range(40)]
    paths[7] = "deadly"
    jobs = [
        Job(f"{start}", Path("/"), tuple(paths[start : start + 4]), Path("/"), Limits())
        for start in range(0, 40, 4)
    ]
    done = {job.name: rows for job, rows in completed(jobs, workers=2, read=read_or_die)}
    rows = [row for job in jobs for row in done[job.name]]
    assert [row.sha256 for row in rows] == [None if path == "deadly" else path for path in paths]
    assert rows[7].outcome == "unreadable" and rows[7].error == KILLED
    with pytest.raises(InputError, match="more than a gigabyte of memory"):
        list(completed(jobs[:1], workers=1, read=always_die))


def test_what_a_worker_elsewhere_does_not_reach(scans: Path, tmp_path: Path) -> None:
    from diagnosis.batch.rows import read_files

    job = Job("name", tmp_path / "not mounted", ("a.png",), tmp_path, Limits())
    with pytest.raises(InputError, match=r"there is no folder .*not mounted: every worker needs"):
        read_files(job)


def test_wrong_words(
    scans: Path, table: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "none").mkdir()
    picture, out = scans / "ward 0" / "Miller_000.png", tmp_path / "a.csv"
    for words, said in (
        ([scans], "give --out table.csv"),
        ([scans, "--out", tmp_path / "a.xlsx"], "must end in .csv or .parquet"),
        ([scans, "--out", scans / "a.csv"], "lies in the folder that is read"),
        ([scans, "--out", table], "add --force"),
        ([scans, "--out", out, "--workers", "0"], "--workers must be 1 to 256"),
        ([scans, "--out", out, "--frame", "2"], "--frame is for a single file"),
        ([tmp_path / "none", "--out", out], "no file to read"),
        ([tmp_path / "gone", "--out", out], "gone is none"),
        ([picture, "--names"], "--names is for a folder"),
    ):
        code = main(["read", *map(str, words), "--model", MODEL, "--json"])
        shown, error = capfd.readouterr()
        assert (code, shown) == (2, "") and said in error, error
    assert [path.name for path in tmp_path.iterdir()] == ["none"]
