"""Many files, one volume: the order is that of positions, and every fault has its code and numbers."""

import json
import random
import tracemalloc
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from diagnosis.core.reason import Reason
from diagnosis.scans import Limits, ScanError
from diagnosis.scans.series import (
    Arrangement,
    SeriesError,
    SeriesFile,
    in_memory,
    read_series,
    read_volume,
    survey,
)
from diagnosis.scans.series.assembly import Assembly
from diagnosis.text.series import fault_sentence, part_text, stopped_sentence, why_text
from tests.scan_files import grey_picture, nifti, png
from tests.series_files import (
    CORONAL,
    SAGITTAL,
    ZERO,
    Named,
    files,
    series,
    slice_file,
)

EVEN = [5.0 * step for step in range(-3, 5)]  # mm


def arranged(given: Sequence[SeriesFile], **choice: Any) -> Arrangement:
    return survey(given).arrange(**choice)


def the(arrangement: Arrangement, code: str) -> Reason:
    """The one fault of that code, which has a sentence."""
    (fault,) = [fault for fault in arrangement.faults if fault.code == code]
    assert fault_sentence(fault)
    json.dumps(fault.to_json(), allow_nan=False)
    return fault


def greys(pixels: np.ndarray) -> list[int]:
    return [int(value) - ZERO for value in pixels[:, -1, -1, 0]]


def test_slices_lie_by_position_whatever_their_names_and_numbers() -> None:
    draw = random.Random(7)
    numbers, names = list(range(8)), list(range(8))
    draw.shuffle(numbers)
    draw.shuffle(names)
    named = [
        (f"IM{name}.dcm", slice_file(height, InstanceNumber=number))
        for height, number, name in zip(EVEN, numbers, names, strict=True)
    ]
    draw.shuffle(named)
    found = read_series(in_memory(named))
    scan = found.scan
    assert (scan.kind, scan.format, scan.frames) == ("volume", "DICOM", 8)
    assert greys(scan.pixels) == [int(height) for height in EVEN]
    assert scan.spacing == (5.0, 0.5, 0.75)
    assert found.faults == ()
    rows = {row.name: row for row in found.arrangement.table}
    for (name, data), number in zip(named, range(1, 9), strict=True):
        row = rows[name]
        assert (row.file, row.used, row.why) == (number, True, None)
        assert row.position == EVEN[(row.slice or 0) - 1]
        assert in_memory([(name, data)])[0].read(Limits()) == data
    assert [row.name for row in found.arrangement.table] == [name for name, _ in named]
    other = read_series(in_memory(named[::-1])).scan
    assert other.sha256 == scan.sha256 and np.array_equal(other.pixels, scan.pixels)


@pytest.mark.parametrize(
    ("axes", "ends"),
    [
        ((1, 0, 0, 0, 1, 0), ("inferior", "superior")),
        ((1, 0, 0, 0, -1, 0), ("inferior", "superior")),  # the normal points to the feet
        (CORONAL, ("posterior", "anterior")),
        (SAGITTAL, ("left", "right")),
    ],
)
def test_slice_1_lies_at_the_feet_the_back_or_the_left(
    axes: tuple[float, ...], ends: tuple[str, str]
) -> None:
    scan = read_series(files(series(EVEN, axes=axes))).scan
    assert scan.geometry is not None
    assert scan.geometry.ends == ends
    assert scan.geometry.tilt == pytest.approx(0, abs=1e-4)
    first = np.array(scan.geometry.affine) @ [0, 0, 0, 1]
    normal = np.cross(axes[:3], axes[3:]) * [-1, -1, 1]  # RAS+
    assert round(float(first @ normal)) == greys(scan.pixels)[0]


def test_patients_are_never_mixed() -> None:
    jane, john = series(EVEN), series(EVEN[:3], PatientID="0815", PatientName="Doe^John")
    mixed = files(john, jane)
    arrangement = arranged(mixed)
    fault = the(arrangement, "patients")
    assert fault.facts["count"] == 2
    assert [part["slices"] for part in fault.facts["parts"]] == [8, 3]
    assert fault.facts["parts"][1]["files"] == [1, 2, 3]
    assert arrangement.slices == () and arrangement.stops[0] is fault and arrangement.remedy
    with pytest.raises(SeriesError) as raised:
        read_series(mixed)
    assert raised.value.arrangement.stops[0].code == "patients"
    largest = read_series(mixed, largest=True)
    assert largest.scan.frames == 8 and the(largest.arrangement, "patients")
    assert {row.why for row in largest.arrangement.table if not row.used} == {"another part"}
    second = read_series(mixed, part=2)
    assert second.scan.frames == 3 and second.faults == ()
    assert "3 of 11" in second.scan.notes[-1]
    assert {row.patient for row in arrangement.parts} == {1, 2}


def test_the_same_name_in_another_case_is_the_same_patient() -> None:
    one, other = series(EVEN[:4]), series(EVEN[4:], PatientName="DOE^JANE^^")
    assert read_series(files(one, other)).scan.frames == 8


def test_nothing_that_names_a_person_is_in_what_comes_out() -> None:
    named = series(EVEN, PatientBirthDate="19700102", InstitutionName="St. Elsewhere")
    surveyed = survey(in_memory(named))
    found = read_volume(surveyed, surveyed.arrange())
    said = repr(surveyed.headers) + json.dumps(found.arrangement.to_json()) + repr(found.scan.tags)
    for word in ("Doe", "4711", "1970", "Elsewhere", "1.2.3", ".dcm"):
        assert word not in said
    assert "001.dcm" in json.dumps(found.arrangement.to_json(names=True))
    again = survey(in_memory(named))  # a code means nothing in another survey
    assert again.headers[0] != surveyed.headers[0]


def test_studies_and_series_are_parts() -> None:
    studies = arranged(files(series(EVEN), series(EVEN, StudyInstanceUID="1.9")))
    assert the(studies, "studies").facts["count"] == 2
    both = arranged(files(series(EVEN), series(EVEN[:4], SeriesInstanceUID="1.9")))
    assert [part["slices"] for part in the(both, "series").facts["parts"]] == [8, 4]
    assert [part_text(part) for part in both.parts]


def test_a_localizer_is_named() -> None:
    scout = ("000.dcm", slice_file(0, axes=CORONAL, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"]))
    arrangement = arranged(files([scout], series(EVEN)))
    assert the(arrangement, "localizer").facts == {"slices": 1, "files": [1]}
    assert [fault.code for fault in arrangement.faults] == ["localizer"]
    assert read_series(files([scout], series(EVEN)), largest=True).scan.frames == 8


def test_several_stacks_sizes_spacings_modalities_and_colours() -> None:
    stacks = the(arranged(files(series(EVEN), series(EVEN[:3], axes=SAGITTAL))), "stacks")
    assert [part.get("degrees") for part in stacks.facts["parts"]] == [0.0, 90.0]
    sizes = the(arranged(files(series(EVEN), series([50, 55], shape=(6, 6)))), "sizes")
    assert sizes.facts["parts"][1] == {"slices": 2, "files": [9, 10], "rows": 6, "columns": 6}
    spacings = the(arranged(files(series(EVEN), series([50, 55], PixelSpacing=[1, 1]))), "spacings")
    assert spacings.facts["parts"][1]["spacing"] == [1.0, 1.0]
    modalities = the(arranged(files(series(EVEN), series([50, 55], Modality="PT"))), "modalities")
    assert modalities.facts["parts"][1]["modality"] == "PT"
    colours = the(arranged(files(series(EVEN), series([50, 55], colour=True))), "colours")
    assert colours.facts["parts"][1]["colour"] is True


def test_a_gap_is_named_with_slices_files_and_millimetres() -> None:
    arrangement = arranged(files(series([0, 5, 10, 15, 30, 35, 40])))
    (gap,) = the(arrangement, "gaps").facts["gaps"]
    assert gap == {
        "after": 4,
        "from": 15.0,
        "to": 30.0,
        "distance": 15.0,
        "missing": 2,
        "files": [[4], [5]],
    }
    assert [row.slice for row in arrangement.table] == [1, 2, 3, 4, 5, 6, 7]
    assert {row.why for row in arrangement.table} == {"stopped"}
    found = read_series(files(series([0, 5, 10, 15, 30, 35, 40])), largest=True)
    assert greys(found.scan.pixels) == [0, 5, 10, 15]
    assert {row.file: row.why for row in found.arrangement.table if not row.used} == {
        5: "run",
        6: "run",
        7: "run",
    }


def test_uneven_distances_state_their_tolerance() -> None:
    arrangement = arranged(files(series([0, 5, 10, 17, 24, 31, 38])))
    uneven = the(arrangement, "uneven").facts
    assert (uneven["least"], uneven["most"], uneven["tolerance"]) == (5.0, 7.0, 0.05)
    assert greys(arranged_pixels(files(series([0, 5, 10, 17, 24, 31, 38])))) == [10, 17, 24, 31, 38]
    slightly = [0, 5, 10.1, 15, 20, 25.1]  # rounded, as some scanners write them
    assert read_series(files(series(slightly))).faults == ()


def arranged_pixels(given: Sequence[SeriesFile]) -> np.ndarray:
    return read_series(given, largest=True).scan.pixels


def test_a_doubled_position_is_named_and_used_once_if_asked_for() -> None:
    given = files(series(EVEN), [("copy.dcm", slice_file(EVEN[2], grey=1))])
    fault = the(arranged(given), "duplicates")
    assert fault.facts["places"] == [{"slice": 3, "position": EVEN[2], "count": 2, "files": [3, 9]}]
    found = read_series(given, largest=True)
    assert found.scan.frames == 8
    (left,) = [row for row in found.arrangement.table if not row.used]
    assert left.why == "duplicate" and left.slice == 3
    assert all(why_text(row.why) or row.used for row in found.arrangement.table)


def test_times_are_chosen() -> None:
    volumes = [
        (f"{time}-{height}", slice_file(height, grey=100 * time, TemporalPositionIdentifier=time))
        for height in EVEN
        for time in (3, 1, 2)
    ]
    arrangement = arranged(in_memory(volumes))
    assert the(arrangement, "times").facts == {"times": 3, "positions": 8}
    assert arrangement.stops == () and arrangement.times == 3
    for time in (1, 2, 3):
        scan = read_series(in_memory(volumes), time=time).scan
        assert set(scan.pixels[:, -1, -1, 0].tolist()) == {100 * time}
        assert (scan.time, scan.times, scan.frames) == (time, 3, 8)
    with pytest.raises(ScanError, match=r"from 1 to 3"):
        arranged(in_memory(volumes), time=4)
    short = in_memory(volumes[:-1])  # the last volume lacks a slice
    assert the(arranged(short), "duplicates").facts["times"] == 2
    assert read_series(short, largest=True, time=2).scan.frames == 8


def test_a_tilted_gantry_is_a_remark() -> None:
    tilted = files(
        [
            (f"{height}", slice_file(height, beside=np.tan(np.radians(20)) * height))
            for height in EVEN
        ]
    )
    found = read_series(tilted)
    fault = the(found.arrangement, "tilt")
    assert fault.facts == {"degrees": 20.0, "shift": 1.82}
    assert found.scan.geometry is not None
    assert found.scan.geometry.tilt == pytest.approx(20, abs=0.01)
    assert found.scan.spacing == (pytest.approx(5), 0.5, 0.75)


def test_oblique_slices_are_a_remark() -> None:
    c, s = np.cos(np.radians(30)), np.sin(np.radians(30))
    found = read_series(files(series(EVEN, axes=(1, 0, 0, 0, c, s))))
    assert the(found.arrangement, "oblique").facts == {"plane": "axial", "degrees": 30.0}


def test_one_slice_and_no_positions_make_no_volume() -> None:
    one = arranged(files(series([5])))
    assert the(one, "one slice").facts == {"position": 5.0, "files": [1]}
    assert not one.remedy
    nowhere = arranged(files(series(EVEN, ImagePositionPatient=None)))
    assert the(nowhere, "positions").facts["slices"] == 8
    for arrangement in (one, nowhere):
        assert arrangement.slices == () and stopped_sentence(arrangement)
    with pytest.raises(SeriesError):
        read_series(files(series([5])), largest=True)


def test_a_mosaic_is_no_volume() -> None:
    mosaic = arranged(files(series(EVEN, ImageType=["ORIGINAL", "PRIMARY", "M", "MOSAIC"])))
    assert the(mosaic, "mosaic").facts["files"] == list(range(1, 9))
    assert mosaic.slices == () and not mosaic.remedy


def test_a_coloured_volume_stays_coloured() -> None:
    found = read_series(files(series(EVEN, colour=True)))
    assert the(found.arrangement, "colour")
    assert found.scan.pixels.shape == (8, 8, 10, 3)


def test_other_files_are_told_apart_from_slices() -> None:
    strangers: list[Named] = [
        ("readme.txt", b"Not a slice.\n"),
        ("picture.png", png(grey_picture()[..., None])),
        ("volume.nii", nifti(np.zeros((3, 3, 3), np.int16))),
        ("empty", b""),
    ]
    found = read_series(files(strangers, series(EVEN)))
    assert the(found.arrangement, "unreadable").facts == {"files": [1, 2, 3, 4], "of": 12}
    rows = found.arrangement.table[:4]
    assert {row.why for row in rows} == {"unreadable"} and all(row.said for row in rows)
    none = arranged(in_memory(strangers))
    assert the(none, "nothing").facts == {"files": 4} and none.parts == ()
    with pytest.raises(ScanError, match="no part to choose"):
        arranged(in_memory(strangers), part=1)
    with pytest.raises(ScanError):
        survey(())


def test_a_damaged_slice_is_named_when_it_is_decoded() -> None:
    named = series(EVEN)
    named[2] = ("cut.dcm", named[2][1][:-20])
    with pytest.raises(ScanError, match=r"^File 3 "):
        read_series(in_memory(named))


def test_limits_of_a_series() -> None:
    given = files(series(EVEN))
    read_series(given, limits=Limits(series=8 * 80))
    with pytest.raises(ScanError, match="SCANLINE_MAX_SERIES"):
        read_series(given, limits=Limits(series=8 * 80 - 1))
    with pytest.raises(ScanError, match="SCANLINE_MAX_FRAMES"):
        survey(given, limits=Limits(frames=7))


def test_what_progress_raises_ends_the_work() -> None:
    seen = []

    def progress(done: int, of: int) -> None:
        seen.append((done, of))
        if len(seen) == 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_series(files(series(EVEN)), progress=progress)
    assert seen == [*((done, 8) for done in range(1, 9)), (1, 8), (2, 8)]


def test_slices_of_a_rescaled_series_share_one_scale_and_window() -> None:
    named = [
        (
            str(height),
            slice_file(height, RescaleSlope=slope, RescaleIntercept=-1024, RescaleType="HU"),
        )
        for height, slope in zip(EVEN, (1, 1, 1, 1, 0.5, 1, 1, 1), strict=True)
    ]
    scan = read_series(in_memory(named)).scan
    assert scan.pixels.dtype == np.float32
    expected = [ZERO + height - 1024 for height in EVEN]
    expected[4] = (ZERO + EVEN[4]) / 2 - 1024
    np.testing.assert_allclose(scan.pixels[:, -1, -1, 0], expected)
    assert scan.window == (scan.pixels.min(), scan.pixels.max()) and scan.shown == ()
    windows = [
        (str(height), slice_file(height, WindowCenter=1000 + step, WindowWidth=401))
        for step, height in enumerate(EVEN)
    ]
    scan = read_series(in_memory(windows)).scan
    assert scan.window == (803.0, 1203.0) and scan.shown == ()  # their medians
    assert any("windows" in note for note in scan.notes)


def test_the_array_is_as_narrow_as_its_values_allow() -> None:
    def assembled(*frames: np.ndarray) -> np.ndarray:
        assembly = Assembly(len(frames), 1, 2, 1)
        for index, frame in enumerate(frames):
            assembly.put(index, frame.reshape(1, 2, 1))
        return assembly.pixels()[:, 0, :, 0]

    small, negative = np.array([1, 32_767], np.uint16), np.array([-5, 3], np.int16)
    large, byte = np.array([1, 65_535], np.uint16), np.array([0, 255], np.uint8)
    for frames, dtype in (
        ((small, negative), np.int16),
        ((negative, small), np.int16),
        ((large, negative), np.float32),
        ((negative, large), np.float32),
        ((byte, large), np.uint16),
        ((byte, negative), np.int16),
        ((small, np.array([0.5, 1], np.float32)), np.float32),
    ):
        found = assembled(*frames)
        assert found.dtype == dtype
        np.testing.assert_array_equal(found, np.stack(frames).astype(dtype))


def test_no_slice_is_held_twice() -> None:
    side, count = 128, 60
    data = [slice_file(height, shape=(side, side), grey=1) for height in range(count)]
    given = in_memory((str(number), one) for number, one in enumerate(data))
    surveyed = survey(given)
    arrangement = surveyed.arrange()
    tracemalloc.start()
    found = read_volume(surveyed, arrangement)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.5 * found.scan.pixels.nbytes
