"""Every pixel stays where it is in the body, along whichever axis a volume is read."""

from itertools import permutations, product
from pathlib import Path

import nibabel
import numpy as np
import pytest
from nibabel.orientations import aff2axcodes

from diagnosis.core.errors import InputError
from diagnosis.scans import Scan, ScanError, read_scan, read_scan_file
from diagnosis.scans.geometry import AXES
from diagnosis.scans.reading_axis import along, anisotropy, reading_axes
from diagnosis.scans.series import read_series
from diagnosis.text.geometry import axis_title, reading_order, spacing_text
from tests.scan_files import RAMP, dicom, grey_picture, nifti, png, written
from tests.series_files import CORONAL, files, series

VOXELS = np.arange(3 * 4 * 5, dtype=np.int16).reshape(3, 4, 5)
SIDES = {
    "L": "left",
    "R": "right",
    "P": "posterior",
    "A": "anterior",
    "I": "inferior",
    "S": "superior",
}


def turned(degrees: float) -> np.ndarray:
    """A turn about the axis from left to right."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[1, 0, 0], [0, c, -s], [0, s, c]])


def check_places(scan: Scan, voxels: np.ndarray, affine: np.ndarray) -> None:
    """Each pixel has the value that the file has at its place in the body."""
    assert scan.geometry is not None
    index = np.indices(scan.pixels.shape[:3]).reshape(3, -1)
    world = np.array(scan.geometry.affine) @ np.vstack([index, np.ones(index.shape[1])])
    stored = np.rint(np.linalg.inv(affine)[:3] @ np.vstack([world, np.ones(world.shape[1])]))
    expected = voxels[tuple(stored.astype(int))]
    np.testing.assert_array_equal(scan.pixels[..., 0].reshape(-1), expected)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_each_axis_of_each_orientation(order: tuple[int, int, int]) -> None:
    for flips in product((1, -1), repeat=3):
        affine = np.eye(4)
        affine[:3, :3] = turned(20) @ np.eye(3)[:, order] @ np.diag(np.multiply(flips, (2, 3, 4)))
        affine[:3, 3] = (-7, 11, 13)
        scan = read_scan(nifti(VOXELS, affine))
        check_places(scan, VOXELS, affine)
        assert reading_axes(scan)[0] == "axial" and set(reading_axes(scan)) == set(AXES)
        for axis in AXES:
            view = along(scan, axis)
            check_places(view, VOXELS, affine)
            assert view.geometry is not None and view.spacing is not None
            assert view.geometry.plane == axis
            assert np.linalg.norm(view.geometry.steps, axis=0) == pytest.approx(view.spacing)
            sides = [
                SIDES[side] for side in aff2axcodes(np.vstack([view.geometry.affine, [0, 0, 0, 1]]))
            ]
            assert view.geometry.ends[1] == sides[0]
            assert sides[0] in ("superior", "anterior", "right")
            assert sides[1] == ("posterior" if axis == "axial" else "inferior")
            assert sides[2] == ("posterior" if axis == "sagittal" else "left")
            assert np.shares_memory(view.pixels, scan.pixels)
            assert along(view, "axial").pixels.tobytes() == scan.pixels.tobytes()
            oblique = 0 if axis == "sagittal" else 20
            assert view.geometry.oblique == pytest.approx(oblique, abs=1e-3)


def test_a_series_of_coronal_slices_can_be_read_axially() -> None:
    scan = read_series(files(series([0, 5, 10, 15], axes=CORONAL))).scan
    assert reading_axes(scan)[0] == "coronal"
    view = along(scan, "axial")
    assert view.pixels.shape == (8, 4, 10, 1) and view.spacing == (0.5, 5.0, 0.75)
    assert view.aspect == pytest.approx(5 / 0.75)
    assert view.display(0).shape == (27, 10, 1)  # its pixels are shown square
    assert view.geometry is not None and view.geometry.ends == ("inferior", "superior")
    assert anisotropy(scan) == pytest.approx(10)


def test_a_volume_without_a_place_has_numbered_axes() -> None:
    nowhere = nibabel.Nifti1Image(VOXELS, None)
    scan = read_scan(nowhere.to_bytes())
    assert scan.geometry is None and reading_axes(scan) == ("1", "2", "3")
    assert along(scan, "1") is scan
    second, third = along(scan, "2"), along(scan, "3")
    np.testing.assert_array_equal(second.pixels, scan.pixels.transpose(1, 0, 2, 3))
    np.testing.assert_array_equal(third.pixels, scan.pixels.transpose(2, 0, 1, 3))
    assert reading_order(scan) == ""
    with pytest.raises(InputError):
        along(scan, "axial")


def test_pictures_have_no_axes() -> None:
    scan = read_scan(png(grey_picture()[..., None]))
    assert reading_axes(scan) == () and anisotropy(scan) is None
    with pytest.raises(InputError):
        along(scan, "1")


def test_a_multi_frame_file_lies_where_its_frames_lie() -> None:
    frames = np.stack([RAMP[:6, :8]] * 3) + np.arange(3, dtype=np.uint16)[:, None, None]
    dataset = dicom(frames)
    from pydicom.dataset import Dataset

    groups = []
    for height in (10.0, 0.0, 5.0):
        place, group = Dataset(), Dataset()
        place.ImagePositionPatient = [0, 0, height]
        group.PlanePositionSequence = [place]
        groups.append(group)
    dataset.PerFrameFunctionalGroupsSequence = groups
    dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    dataset.PixelSpacing = [2, 3]
    scan = read_scan(written(dataset))
    assert scan.kind == "volume" and scan.geometry is not None
    assert scan.pixels[:, 0, 0, 0].tolist() == [1, 2, 0]
    np.testing.assert_allclose(
        scan.geometry.affine, [[0, 0, -3, 0], [0, -2, 0, 0], [5, 0, 0, 0]], atol=1e-9
    )
    same = read_series(files([("one", written(dataset))])).scan
    assert np.array_equal(same.pixels, scan.pixels) and same.geometry == scan.geometry


def test_words_say_where_reading_begins() -> None:
    scan = read_scan(nifti(VOXELS))
    assert reading_order(scan) == "slice 1: feet, slice 5: head"
    assert [axis_title(axis) for axis in ("axial", "2")] == ["Axial", "Axis 2"]
    assert "4 mm" in spacing_text(scan)


def test_each_time_point_of_a_4d_file(real_data: Path) -> None:
    path = real_data / "scans" / "example4d.nii.gz"
    canonical = nibabel.as_closest_canonical(nibabel.load(path)).get_fdata()
    for time in (1, 2):
        scan = read_scan_file(path, time=time)
        expected = canonical[..., time - 1].transpose(2, 1, 0)[:, ::-1, ::-1]
        np.testing.assert_array_equal(scan.pixels[..., 0], expected)
        assert (scan.time, scan.times) == (time, 2)
    plain = nifti(np.stack([VOXELS, VOXELS + 100], axis=-1))
    assert read_scan(plain, time=2).pixels.min() == 100
    for time in (0, 3):
        with pytest.raises(ScanError):
            read_scan(plain, time=time)
    with pytest.raises(ScanError):
        read_scan(png(grey_picture()[..., None]), time=2)
