"""NIfTI headers as tools write them: extensions, offsets, places, sizes, scales, types, gzip's ends."""

import gzip
import struct
import tracemalloc
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import nibabel
import numpy as np
import pytest

from diagnosis.scans import Limits, Scan, ScanError, read_scan

VOXELS = (np.arange(20 * 24 * 16).reshape(20, 24, 16) % 997).astype(np.int16)


def as_seen(values: np.ndarray) -> np.ndarray:
    """Slices, rows and columns of values in RAS+ order."""
    return values.transpose(2, 1, 0)[:, ::-1, ::-1]


def volume(
    values: np.ndarray = VOXELS,
    *,
    edit: Callable[[Any], None] | None = None,
    extensions: bytes = b"",
    version: int = 1,
    order: str = "<",
) -> bytes:
    """A file of 2 × 2 × 3 mm, its header changed at the end; extensions as they stand in the file."""
    kind = nibabel.Nifti1Header if version == 1 else nibabel.Nifti2Header
    header = kind(endianness=order)
    header.set_data_dtype(values.dtype)
    header.set_data_shape(values.shape)
    header.set_zooms((2, 2, 3, *([1] * (values.ndim - 3)))[: values.ndim])
    affine = np.diag([2, 2, 3, 1.0])
    header.set_sform(affine, 1)
    header.set_qform(affine, 1)
    header["magic"] = header.single_magic
    header["vox_offset"] = len(header.binaryblock) + 4 + len(extensions)
    if edit:
        edit(header)
    flag = bytes([bool(extensions), 0, 0, 0])
    stored = values if order == "<" else values.byteswap()
    return bytes(header.binaryblock + flag + extensions + stored.tobytes(order="F"))


def assert_seen(data: bytes, values: np.ndarray = VOXELS) -> Scan:
    scan = read_scan(data)
    np.testing.assert_array_equal(scan.pixels[..., 0], as_seen(values))
    return scan


def refusal(data: bytes, limits: Limits | None = None) -> str:
    with pytest.raises(ScanError) as caught:
        read_scan(data, limits=limits)
    return str(caught.value)


def extension(size: int, order: str = "<", *, says: int | None = None, code: int = 4) -> bytes:
    content = b"<AFNI_attributes" + b"x" * (size - 24)
    return (struct.pack(f"{order}2i", size if says is None else says, code) + content)[:size]


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("size", [16, 160, 176, 2640, 3 * 2**20])
@pytest.mark.parametrize("packed", [False, True])
def test_extensions_of_any_size_are_passed_over(
    version: int, order: str, size: int, packed: bool
) -> None:
    data = volume(extensions=extension(size, order) * 2, version=version, order=order)
    assert_seen(gzip.compress(data, 1) if packed else data)


@pytest.mark.parametrize("says", [0, 7, -16, 2**30, 24])
def test_extensions_that_give_a_wrong_size(says: int) -> None:
    assert_seen(volume(extensions=extension(64, says=says)))


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("offset", [0, 1, 347, -1, np.nan])
@pytest.mark.parametrize("extended", [0, 1, 2])
@pytest.mark.parametrize("packed", [False, True])
def test_without_an_offset_voxels_follow_header_and_extensions(
    version: int, order: str, offset: float, extended: int, packed: bool
) -> None:
    if version == 2 and np.isnan(offset):
        offset = -(2**40)  # a whole number there

    def edit(header: Any) -> None:
        header["vox_offset"] = offset

    extensions = extension(48, order, code=6) * extended
    data = volume(VOXELS + 1, edit=edit, extensions=extensions, version=version, order=order)
    assert_seen(gzip.compress(data) if packed else data, VOXELS + 1)


@pytest.mark.parametrize("gap", [1, 3, 8, 1000])
def test_an_offset_that_is_odd_or_no_whole_number(gap: int) -> None:
    def edit(header: Any) -> None:
        header["vox_offset"] = 352 + gap + (0.5 if gap == 3 else 0)

    data = volume(edit=edit)
    assert_seen(data[:352] + bytes(gap) + data[352:])


@pytest.mark.parametrize("code", ["sform", "qform", "both"])
def test_a_matrix_of_zeros_or_of_no_numbers_gives_way(code: str) -> None:
    for wrong in (0, np.nan, np.inf):

        def edit(header: Any, wrong: float = wrong) -> None:
            for row in "xyz":
                header[f"srow_{row}"] = wrong
            header["qform_code"] = 0 if code == "sform" else 1

        scan = read_scan(volume(edit=edit))
        if code == "sform":  # nothing else says how it lies: ANALYZE's first axis runs to the left
            np.testing.assert_array_equal(scan.pixels[..., 0], as_seen(VOXELS[::-1]))
            assert "left and right" in scan.notes[0]
        else:
            np.testing.assert_array_equal(scan.pixels[..., 0], as_seen(VOXELS))
            assert "sform" in scan.notes[0]
        assert scan.spacing == (3, 2, 2)


@pytest.mark.parametrize("codes", [(0, 1), (1, 0), (2, 3), (4, 4), (-1, 1)])
def test_codes_choose_the_matrix(codes: tuple[int, int]) -> None:
    """The sform where its code is above 0, else the qform; here both say the same."""

    def edit(header: Any) -> None:
        header["sform_code"], header["qform_code"] = codes

    assert_seen(volume(edit=edit))


@pytest.mark.parametrize("length", [1.0, 1 + 5e-7, 1.001, 1.5])
@pytest.mark.parametrize(
    ("axis", "turned"),
    [
        ("b", VOXELS[:, ::-1, ::-1]),
        ("c", VOXELS[::-1, :, ::-1]),
        ("d", VOXELS[::-1, ::-1]),
    ],
)
def test_half_a_turn_by_a_quaternion_a_hair_too_long(
    length: float, axis: str, turned: np.ndarray
) -> None:
    def edit(header: Any) -> None:
        header["sform_code"] = 0
        header[f"quatern_{axis}"] = length

    assert_seen(volume(edit=edit), turned)


def test_a_quaternion_of_no_numbers_is_no_turn_and_a_negative_factor_mirrors() -> None:
    def edit(header: Any) -> None:
        header["sform_code"] = 0
        header["quatern_b"] = np.nan
        header["qoffset_x"] = np.inf

    def mirrored(header: Any) -> None:
        header["sform_code"], header["pixdim"][0] = 0, -1

    def nothing(header: Any) -> None:
        header["sform_code"], header["pixdim"][0] = 0, 0

    assert_seen(volume(edit=edit))
    assert_seen(volume(edit=mirrored), VOXELS[..., ::-1])
    assert_seen(volume(edit=nothing))


@pytest.mark.parametrize("size", [0, -2, np.nan, np.inf])
@pytest.mark.parametrize("codes", [(1, 1), (0, 1), (0, 0)])
def test_sizes_that_are_none(size: float, codes: tuple[int, int]) -> None:
    def edit(header: Any) -> None:
        header["sform_code"], header["qform_code"] = codes
        header["pixdim"][1:4] = size

    scan = assert_seen(volume(edit=edit), VOXELS if any(codes) else VOXELS[::-1])
    if size == -2:
        assert scan.spacing == (2, 2, 2)
    else:
        assert scan.spacing == ((3, 2, 2) if codes[0] else None)


@pytest.mark.parametrize("axis", [2, 3, 4, 5, 7])
@pytest.mark.parametrize("size", [0, -1])
def test_an_axis_of_nothing_stands_for_one(axis: int, size: int) -> None:
    values = VOXELS.copy()
    values = values[:, :1] if axis == 2 else values[..., :1] if axis == 3 else values

    def edit(header: Any) -> None:
        header["dim"][0] = max(axis, 3)
        header["dim"][axis] = size
        header["dim"][4:axis] = 1

    scan = read_scan(volume(values, edit=edit))
    assert scan.pixels.size == values.size
    assert sorted(scan.pixels.ravel()) == sorted(values.ravel())


@pytest.mark.parametrize("dimensions", [0, -1, 8, 3072])
def test_dimensions_out_of_range_are_named(dimensions: int) -> None:
    def edit(header: Any) -> None:
        header["dim"][0] = dimensions

    assert f"has {dimensions} dimensions" in refusal(volume(edit=edit))


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize(
    ("slope", "intercept", "scale"),
    [
        (1, np.nan, (1, 0)),
        (2, np.inf, (2, 0)),
        (0, 5, (1, 0)),
        (np.nan, np.nan, (1, 0)),
        (np.inf, 3, (1, 0)),
        (-1, 10, (-1, 10)),
        (0.5, -3, (0.5, -3)),
    ],
)
def test_scales_that_are_no_numbers(
    version: int, slope: float, intercept: float, scale: tuple[float, float]
) -> None:
    def edit(header: Any) -> None:
        header["scl_slope"], header["scl_inter"] = slope, intercept

    scan = read_scan(volume(edit=edit, version=version))
    np.testing.assert_allclose(scan.pixels[..., 0], as_seen(VOXELS * scale[0] + scale[1]))


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    "dtype",
    ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64"],
)  # fmt: skip
def test_every_type_to_its_ends(version: int, order: str, dtype: str) -> None:
    values = VOXELS.astype(dtype)
    info = np.iinfo(dtype) if np.dtype(dtype).kind in "iu" else np.finfo("float32")
    values[0, 0, :2] = info.min, info.max
    scan = read_scan(volume(values, version=version, order=order))
    np.testing.assert_array_equal(scan.pixels[..., 0], as_seen(values.astype(np.float32)))


def test_other_types_are_named() -> None:
    for dtype in ("complex64", "complex128"):
        assert "complex numbers" in refusal(volume(VOXELS.astype(dtype)))
    colours = np.zeros((4, 4, 4), [("R", "u1"), ("G", "u1"), ("B", "u1")])
    assert "colours" in refusal(nibabel.Nifti1Image(colours, np.eye(4)).to_bytes())

    def edit(header: Any) -> None:
        header["datatype"] = 1234

    assert "data type 1234" in refusal(volume(edit=edit))


@pytest.mark.parametrize(
    "behind", [b"\r\n", b"\0" * 512, b"\x1f\x8b", b"\x1f\x8b\x07garbage", b"x" * 3_000_000]
)
@pytest.mark.parametrize("times", [1, 3])
def test_bytes_behind_a_gzip_are_ignored(behind: bytes, times: int) -> None:
    values = np.stack([VOXELS, VOXELS + 1, VOXELS + 2][:times], -1)
    assert_seen(gzip.compress(volume(values)) + behind)


@pytest.mark.parametrize("cuts", [(100,), (352,), (4000, 9000), tuple(range(500, 15_000, 500))])
def test_a_gzip_of_several_members(cuts: tuple[int, ...]) -> None:
    data = volume()
    ends = (0, *cuts, len(data))
    parts = [data[start:end] for start, end in pairwise(ends)]
    assert_seen(b"".join(map(gzip.compress, parts)) + b"\n")


def test_a_gzip_whose_end_is_missing_or_wrong() -> None:
    data = gzip.compress(volume())
    for end in (-1, -4, -8, -9, -100, len(data) // 2):
        assert "cut short" in refusal(data[:end])
    for place in (-1, -5, -8):
        broken = bytearray(data)
        broken[place] ^= 255
        assert "sum are wrong" in refusal(bytes(broken))
    assert "cut short" in refusal(gzip.compress(volume()[:-1]))
    assert "cut short" in refusal(volume()[:-1])


@pytest.mark.parametrize("shape", [(512, 512, 60), (512, 512, 1), (3000, 3000, 1), (60, 512, 512)])
def test_the_shapes_of_ct_and_film(shape: tuple[int, ...]) -> None:
    values = np.zeros(shape, np.uint8)
    values[:, 0, 0] = np.arange(shape[0]) % 251
    assert_seen(gzip.compress(volume(values), 1), values)


def test_frames_are_counted_along_the_slices() -> None:
    assert "frames" in refusal(volume(), Limits(frames=15))
    assert read_scan(volume(), limits=Limits(frames=16)).frames == 16
    assert "limit is 7,679" in refusal(volume(), Limits(pixels=7679))


def peak(data: bytes) -> int:
    tracemalloc.start()
    try:
        read_scan(data)
    finally:
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return most


def test_later_time_points_are_not_kept() -> None:
    one = np.zeros((100, 100, 100), np.uint8)
    one[:, 0, 0] = range(100)
    packed = gzip.compress(volume(np.stack([one] * 40, -1)), 1)
    assert_seen(packed, one)
    assert peak(packed) < 12_000_000


def test_no_copies_in_floats_twice_as_wide() -> None:
    values = np.zeros((200, 200, 100), np.float64)  # 32 MB; 16 MB as shown
    values[:, 0, 0] = np.linspace(0, 1, 200)
    assert peak(gzip.compress(volume(values), 1)) < 75_000_000


def test_what_a_header_claims_is_not_allocated() -> None:
    def edit(header: Any) -> None:
        header["dim"][1:4] = 460

    data = volume(edit=edit)
    assert "cut short" in refusal(data)
    tracemalloc.start()
    assert "cut short" in refusal(gzip.compress(data))
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()


def test_voxels_that_are_not_square_are_shown_square() -> None:
    def edit(header: Any) -> None:
        header["pixdim"][1:4] = 1, 2, 3
        header["srow_x"], header["srow_y"] = (1, 0, 0, 0), (0, 2, 0, 0)

    scan = assert_seen(volume(edit=edit))
    assert scan.display(3).shape == (48, 20, 1)
