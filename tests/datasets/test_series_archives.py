"""Where the files of a series come from: folders, ZIPs and uploads, hostile ones among them."""

import os
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import numpy as np
import pytest

from diagnosis.datasets import DatasetError
from diagnosis.datasets.importing import opening
from diagnosis.datasets.importing.opening import open_series
from diagnosis.scans import ScanError
from diagnosis.scans.series import read_series
from tests.series_files import series, slice_file, zipped

NAMED = series([0, 5, 10, 15])


def test_folder_zip_and_upload_give_the_same_volume(tmp_path: Path) -> None:
    folder = tmp_path / "series"
    (folder / "deep" / "er").mkdir(parents=True)
    for place, (name, data) in zip(
        (folder, folder, folder / "deep", folder / "deep" / "er"), NAMED, strict=True
    ):
        (place / name).write_bytes(data)
    (folder / ".hidden").write_bytes(b"?")
    (folder / "link").symlink_to(folder / NAMED[0][0])
    archive = tmp_path / "series.zip"
    archive.write_bytes(zipped([*NAMED, ("__MACOSX/._1.dcm", b"?"), (".DS_Store", b"?")]))
    scans = []
    for given in (folder, archive, BytesIO(archive.read_bytes())):
        with open_series(given) as files:
            assert len(files) == 4
            scans.append(read_series(files).scan)
    assert len({scan.sha256 for scan in scans}) == 1
    assert all(np.array_equal(scan.pixels, scans[0].pixels) for scan in scans)


def test_a_single_file_is_a_series_of_one(tmp_path: Path) -> None:
    path = tmp_path / NAMED[0][0]
    path.write_bytes(NAMED[0][1])
    for given in (path, BytesIO(NAMED[0][1])):
        with open_series(given) as (file,), pytest.raises(ScanError):
            read_series([file])


def test_hostile_archives_are_rejected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(NAMED[0][1])
    bomb = slice_file(0) + bytes(2**23)
    link = BytesIO()
    with ZipFile(link, "w", ZIP_DEFLATED) as file:
        info = ZipInfo("link.dcm")
        info.external_attr = 0o120777 << 16
        file.writestr(info, os.fsencode(secret))
    for data in (
        zipped([("../secret", NAMED[0][1]), *NAMED[1:]]),
        zipped([(str(secret), NAMED[0][1])]),
        zipped([("1.dcm", bomb), *NAMED[1:]]),
        zipped([("inner.zip", zipped(NAMED))]),
        zipped([("inner.dcm", zipped(NAMED)), *NAMED]),
        link.getvalue(),
        zipped(NAMED)[:-30],
        zipped([]),
    ):
        with pytest.raises(DatasetError), open_series(BytesIO(data)) as files:
            read_series(files)
    monkeypatch.setattr(opening, "MAX_SERIES", 2 * sum(len(data) for _, data in NAMED) - 1)
    with pytest.raises(DatasetError), open_series(BytesIO(zipped(NAMED))) as files:
        read_series(files)
    with pytest.raises(DatasetError), open_series(tmp_path / "none") as files:
        pass
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(DatasetError), open_series(empty) as files:
        pass
