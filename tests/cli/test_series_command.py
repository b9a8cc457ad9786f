"""``read`` and ``scan`` of a series: a folder or a ZIP is one volume, and broken ones say why not."""

from pathlib import Path

import numpy as np
import pytest

from tests.cli.given import Run
from tests.scan_files import grey_picture, nifti, png
from tests.series_files import series, slice_file, zipped

EVEN = [5.0 * step for step in range(6)]


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """A folder of six slices, whose names run against their positions."""
    folder = tmp_path / "series"
    folder.mkdir()
    for number, height in enumerate(EVEN[::-1]):
        (folder / f"Doe{number}.dcm").write_bytes(slice_file(height, shape=(32, 40)))
    return folder


def test_a_series_is_rejected_by_a_model_of_projections_with_its_table(
    whole: Path, reader: str, answer: Run
) -> None:
    read = answer("read", whole, "--model", reader)
    assert read["outcome"] == "rejected" and read["prediction"] is None
    assert read["scan"]["kind"] == "volume" and read["scan"]["frames"] == 6
    assert read["frame"] == 4
    table = read["series"]["table"]
    assert [row["slice"] for row in table] == [6, 5, 4, 3, 2, 1]
    assert all(row["used"] and "name" not in row for row in table)
    assert "Doe" not in answer("read", whole, "--model", reader, text=True)
    assert answer("read", whole, "--model", reader, "--names")["series"]["table"][0]["name"]


def test_broken_series_say_what_can_be_chosen(
    tmp_path: Path, reader: str, answer: Run, refusal: Run
) -> None:
    archive = tmp_path / "series.zip"
    gap = series([*EVEN, 50.0], shape=(32, 40))
    archive.write_bytes(zipped([*gap, ("other.dcm", slice_file(7, PatientID="0815"))]))
    said = refusal("read", archive, "--model", reader)
    assert "2 patients" in said and "003.dcm" not in said
    assert "other.dcm" in refusal("read", archive, "--model", reader, "--names")
    read = answer("read", archive, "--model", reader, "--largest")
    assert read["scan"]["frames"] == 6
    assert {fault["code"] for fault in read["series"]["faults"]} == {"patients", "gaps"}
    assert "part 9" in refusal("read", archive, "--model", reader, "--part", "9")
    facts = answer("scan", archive)
    assert facts["scan"] is None and facts["series"]["slices"] == 0
    assert len(facts["series"]["parts"]) == 2 and len(facts["series"]["table"]) == 8
    assert "2 patients" in answer("scan", archive, text=True)


def test_scan_says_how_a_volume_lies(
    whole: Path, answer: Run, refusal: Run, tmp_path: Path
) -> None:
    facts = answer("scan", whole)
    assert facts["spacing"] == [5.0, 0.5, 0.75] and facts["axes"][0] == "axial"
    assert (facts["geometry"]["first"], facts["geometry"]["last"]) == ("inferior", "superior")
    coronal = answer("scan", whole, "--axis", "coronal")
    assert coronal["scan"]["shape"] == [32, 6, 40, 1] and coronal["axes"][0] == "coronal"
    assert "axial" in refusal("scan", whole, "--axis", "1")
    path = tmp_path / "times.nii"
    path.write_bytes(nifti(np.zeros((4, 5, 6, 3), np.int16)))
    assert answer("scan", path, "--time", "3")["time"] == 3
    assert "3" in refusal("scan", path, "--time", "4")
    text = answer("scan", whole, text=True)
    assert "feet" in text and "Doe" not in text
    assert "Doe" in answer("scan", whole, "--names", text=True)


def test_options_of_a_series_need_one(
    whole: Path, reader: str, refusal: Run, tmp_path: Path
) -> None:
    path = tmp_path / "one.png"
    path.write_bytes(png(grey_picture()[..., None]))
    assert "--largest" in refusal("read", path, "--model", reader, "--largest")
    assert "--part" in refusal("scan", path, "--part", "1")
    out = tmp_path / "table.csv"
    for option in (["--largest"], ["--part", "1"], ["--time", "2"]):
        assert option[0] in refusal("read", whole, "--model", reader, "--out", out, *option)
    assert "--workers" in refusal(
        "read", _zip(whole, tmp_path), "--model", reader, "--workers", "2"
    )


def test_a_time_of_a_file_of_several_frames(real_data: Path, answer: Run) -> None:
    path = real_data / "dicom" / "odd" / "enhanced_philips_fmri_32f.dcm"
    assert answer("scan", path)["scan"]["kind"] == "stack"  # 32 frames, as they are stored
    facts = answer("scan", path, "--time", "2")
    assert (facts["time"], facts["times"], facts["scan"]["frames"]) == (2, 4, 8)


def test_compare_reads_a_series(whole: Path, reader: str, answer: Run) -> None:
    compared = answer("compare", whole, "--models", reader, "phantoms/cnn")
    assert compared["scan"]["kind"] == "volume" and len(compared["series"]["table"]) == 6
    assert compared["agreement"]["rejected"] == 2


def _zip(folder: Path, tmp_path: Path) -> Path:
    archive = tmp_path / "whole.zip"
    archive.write_bytes(zipped([(path.name, path.read_bytes()) for path in folder.iterdir()]))
    return archive
