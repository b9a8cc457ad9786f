"""NIfTI volumes lie as a radiologist expects, whatever the order of the axes in the file."""

import gzip
from itertools import permutations, product
from pathlib import Path

import nibabel
import numpy as np
import pytest

from diagnosis.scans import ScanError, read_scan, read_scan_file
from tests.scan_files import nifti

# A body in RAS+ order with a mark at its right, anterior and superior side each: (R, A, S).
BODY = np.zeros((5, 6, 7), np.int16)
BODY[4, :, :] += 100  # right
BODY[:, 5, :] += 20  # anterior
BODY[:, :, 6] += 3  # superior


def oriented(order: tuple[int, int, int], flips: tuple[bool, ...]) -> bytes:
    """The body stored with its axes permuted and flipped, and the affine that says so."""
    zooms = np.array([2.0, 3.0, 4.0])
    voxels = BODY.transpose(order)
    affine = np.eye(4)
    affine[:3, :3] = 0
    for stored, axis in enumerate(order):
        affine[axis, stored] = -zooms[axis] if flips[stored] else zooms[axis]
        if flips[stored]:
            voxels = np.flip(voxels, stored)
    return nifti(np.ascontiguousarray(voxels), affine)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_every_orientation_shows_the_same_axial_slices(order: tuple[int, int, int]) -> None:
    for flips in product((False, True), repeat=3):
        scan = read_scan(oriented(order, flips))
        assert scan.pixels.shape == (7, 6, 5, 1)
        assert scan.spacing == (4.0, 3.0, 2.0)
        values = scan.pixels[..., 0]
        assert (values[6] % 10 == 3).all()  # the last frame is the superior one
        assert (values[:, 0] // 10 % 10 == 2).all()  # the first row is anterior
        assert (values[:, :, 0] >= 100).all()  # the first column is the patient's right
        assert values[0, 5, 4] == 0


@pytest.mark.parametrize(("axis", "plane"), [(0, (7, 6)), (1, (7, 5)), (2, (6, 5))])
def test_a_single_slice_keeps_its_plane(axis: int, plane: tuple[int, int]) -> None:
    scan = read_scan(nifti(np.take(BODY, [0], axis)))
    assert scan.pixels.shape == (1, *plane, 1)
    first_row, first_column = scan.pixels[0, 0, :, 0], scan.pixels[0, :, 0, 0]
    assert (first_row % 10 == 3).all() if axis < 2 else (first_row // 10 % 10 == 2).all()
    assert (first_column >= 100).all() if axis else (first_column // 10 % 10 == 2).all()


def test_scale_is_applied_and_matches_nibabel(real_data: Path) -> None:
    path = real_data / "scans" / "someones_anatomy.nii.gz"
    scan = read_scan_file(path)
    canonical = nibabel.as_closest_canonical(nibabel.load(path)).get_fdata()
    expected = canonical.transpose(2, 1, 0)[:, ::-1, ::-1]
    np.testing.assert_allclose(scan.pixels[..., 0], expected, rtol=1e-5)


def test_first_time_point_of_a_4d_file(real_data: Path) -> None:
    path = real_data / "scans" / "example4d.nii.gz"
    scan = read_scan_file(path)
    canonical = nibabel.as_closest_canonical(nibabel.load(path)).get_fdata()[..., 0]
    np.testing.assert_array_equal(scan.pixels[..., 0], canonical.transpose(2, 1, 0)[:, ::-1, ::-1])
    assert scan.notes == ("The first of 2 time points is shown.",)
    assert scan.window == (0, 1162)  # the header's own range


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "int32", "float32", "float64"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_types_and_byte_orders(dtype: str, order: str) -> None:
    header = nibabel.Nifti1Header(endianness=order)
    image = nibabel.Nifti1Image(BODY.astype(dtype), np.eye(4), header, dtype=dtype)
    scan = read_scan(image.to_bytes())
    assert scan.bits == np.dtype(dtype).itemsize * 8
    assert scan.pixels.dtype.isnative
    np.testing.assert_array_equal(scan.pixels[..., 0], BODY.transpose(2, 1, 0)[:, ::-1, ::-1])


def test_nifti_2_and_gzip() -> None:
    data = nibabel.Nifti2Image(BODY, np.eye(4)).to_bytes()
    assert read_scan(data).pixels.shape == (7, 6, 5, 1)
    np.testing.assert_array_equal(read_scan(gzip.compress(data)).pixels, read_scan(data).pixels)


def test_unknown_orientation_is_said() -> None:
    image = nibabel.Nifti1Image(BODY, None)
    image.header.set_qform(None, code=0)
    image.header.set_sform(None, code=0)
    assert "left and right may be swapped" in read_scan(image.to_bytes()).notes[0]


def test_units_other_than_millimetres() -> None:
    image = nibabel.Nifti1Image(BODY, np.diag([0.002, 0.003, 0.004, 1]))
    image.header.set_xyzt_units("meter")
    spacing = read_scan(image.to_bytes()).spacing
    assert spacing == pytest.approx((4.0, 3.0, 2.0))


def test_a_few_gaps_are_filled_and_a_volume_of_gaps_is_refused() -> None:
    voxels = BODY.astype(np.float32) + 7
    voxels[2, 2, 2] = np.nan
    scan = read_scan(nifti(voxels))
    assert np.isfinite(scan.pixels).all()
    assert scan.pixels.min() == 7
    assert "(NaN)" in scan.notes[0]
    with pytest.raises(ScanError, match="NaN"):
        read_scan(nifti(np.full_like(voxels, np.nan)))


def test_colours_complex_numbers_and_vectors_are_refused() -> None:
    rgb = np.zeros((4, 4, 4), np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")]))
    for voxels in (rgb, BODY.astype(np.complex64)):
        with pytest.raises(ScanError, match="plain grey values"):
            read_scan(nifti(voxels))
    with pytest.raises(ScanError, match="5 dimensions"):
        read_scan(nifti(np.zeros((4, 4, 4, 1, 3), np.float32)))
