"""Real series, broken and odd ones among them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from diagnosis.datasets.importing.opening import open_series
from diagnosis.scans import Scan
from diagnosis.scans.reading_axis import along
from diagnosis.scans.series import Arrangement, SeriesError, read_series, read_volume, survey
from diagnosis.text.series import fault_sentences, stopped_sentence

# File, codes of its faults, slices of the volume, times, plane, whether it needs the largest consistent part.
SERIES = [
    ("ct_chest.zip", [], 20, 1, "axial", False),
    ("ct_head_tilt.zip", ["uneven", "tilt"], 14, 1, "axial", True),
    ("mr_fmri_4d.zip", ["times"], 15, 10, "axial", False),
    ("odd/enhanced_philips_64f.dcm", ["times"], 32, 2, "axial", False),
    ("odd/enhanced_siemens_fmri_4x6f.zip", ["times"], 6, 4, "axial", False),
    ("odd/enhanced_philips_fmri_32f.dcm", ["times"], 8, 4, "axial", False),
    ("odd/enhanced_hyperfine_8f.dcm", [], 8, 1, "axial", False),
    ("odd/two_orientations_4.zip", ["stacks"], 2, 1, "sagittal", True),
    ("odd/dti_ge_8.zip", ["times"], 4, 2, "axial", False),
    ("odd/jpeg2000_4.zip", [], 4, 1, "sagittal", False),
    ("odd/rle_4.zip", [], 4, 1, "sagittal", False),
    ("odd/hitachi_oblique_4.zip", ["oblique"], 4, 1, "sagittal", False),
    ("odd/rgb_4.zip", ["colour"], 4, 1, "axial", False),
]


def arranged(path: Path, **choice: bool | int) -> Arrangement:
    with open_series(path) as files:
        return survey(files).arrange(**choice)  # type: ignore[arg-type]


def volume(path: Path, **choice: bool | int) -> Scan:
    with open_series(path) as files:
        return read_series(files, **choice).scan  # type: ignore[arg-type]


@dataclass(frozen=True)
class Expected:
    """What a real series is; ``largest``: whether it needs its largest consistent part."""

    name: str
    codes: list[str]
    slices: int
    times: int
    plane: str
    largest: bool


@pytest.mark.parametrize("expected", [Expected(*facts) for facts in SERIES], ids=lambda it: it.name)
def test_real_series(real_data: Path, expected: Expected) -> None:
    with open_series(real_data / "dicom" / expected.name) as files:
        surveyed = survey(files)
        found = surveyed.arrange()
        assert [fault.code for fault in found.faults] == expected.codes
        assert all(fault_sentences(found.faults))
        if expected.largest:
            assert found.remedy and stopped_sentence(found)
            with pytest.raises(SeriesError):
                read_volume(surveyed, found)
            found = surveyed.arrange(largest=True)
        scan = read_volume(surveyed, found).scan
    assert (scan.kind, scan.frames, scan.times) == ("volume", expected.slices, expected.times)
    assert scan.geometry is not None and scan.spacing is not None
    assert scan.geometry.plane == expected.plane
    used = sorted((row for row in found.table if row.used), key=lambda row: row.slice or 0)
    assert (np.diff([row.position or 0 for row in used]) > 0).all()


def test_a_mosaic_is_no_volume(real_data: Path) -> None:
    mosaic = arranged(real_data / "dicom" / "odd" / "mosaic_siemens_2.zip")
    assert [fault.code for fault in mosaic.faults] == ["mosaic"] and not mosaic.remedy


def test_each_compression_gives_the_same_volume(real_data: Path) -> None:
    first, *others = (
        volume(real_data / "dicom" / "odd" / f"{name}_4.zip")
        for name in ("rle", "jpeg2000", "jpegls", "jpeg_lossless")
    )
    for scan in others:
        np.testing.assert_array_equal(scan.pixels, first.pixels)
        assert (scan.geometry, scan.window) == (first.geometry, first.window)


def test_names_run_against_positions_and_gaps_are_where_files_are_missing(real_data: Path) -> None:
    path = real_data / "dicom" / "ct_chest.zip"
    table = arranged(path).table
    assert [row.slice for row in table] == list(range(20, 0, -1))
    assert table[0].name < table[-1].name and table[0].position is not None
    with open_series(path) as files:
        lacking = survey([file for number, file in enumerate(files) if number not in (5, 6)])
        found = lacking.arrange()
        (fault,) = found.faults
        (gap,) = fault.facts["gaps"]
        assert (fault.code, gap["missing"], gap["after"], gap["distance"]) == ("gaps", 2, 13, 15.0)
        assert gap["files"] == [[6], [5]]  # numbers of what is left
        assert len(lacking.arrange(largest=True).slices) == 13


def test_the_tilted_head_is_evenly_spaced_in_its_largest_part(real_data: Path) -> None:
    found = arranged(real_data / "dicom" / "ct_head_tilt.zip")
    uneven, tilt = found.faults
    assert (uneven.facts["least"], uneven.facts["most"]) == (1.081, 6.999)
    assert tilt.facts["degrees"] == 18.5
    scan = volume(real_data / "dicom" / "ct_head_tilt.zip", largest=True)
    assert scan.spacing is not None and scan.spacing[0] == pytest.approx(4.002, abs=1e-3)
    assert scan.geometry is not None and scan.geometry.tilt == pytest.approx(18.5, abs=0.05)


def test_each_time_of_the_fmri_is_another_volume_of_the_same_place(real_data: Path) -> None:
    path = real_data / "dicom" / "mr_fmri_4d.zip"
    first, last = volume(path), volume(path, time=10)
    assert first.geometry == last.geometry and first.sha256 != last.sha256
    assert not np.array_equal(first.pixels, last.pixels)
    ratio = np.corrcoef(first.pixels.reshape(-1), last.pixels.reshape(-1))[0, 1]
    assert ratio > 0.9
    coronal = along(first, "coronal")
    assert coronal.pixels.shape == (64, 15, 64, 1)


def test_the_two_stacks_can_each_be_chosen(real_data: Path) -> None:
    path = real_data / "dicom" / "odd" / "two_orientations_4.zip"
    found = arranged(path)
    assert found.faults[0].facts["parts"][1]["degrees"] > 30
    spacings = [volume(path, part=number).spacing for number in (1, 2)]
    assert all(spacing is not None for spacing in spacings) and spacings[0] != spacings[1]


def test_a_patient_from_another_series_is_noticed(real_data: Path) -> None:
    dicom = real_data / "dicom"
    with (
        open_series(dicom / "ct_chest.zip") as chest,
        open_series(dicom / "odd" / "jpeg2000_4.zip") as other,
    ):
        found = survey([*other, *chest]).arrange()
        (fault,) = found.faults
        assert fault.code == "patients"
        assert [part["slices"] for part in fault.facts["parts"]] == [20, 4]
        assert fault.facts["parts"][1]["files"] == [1, 2, 3, 4]
