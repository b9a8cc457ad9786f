"""What the header of a NIfTI file says, read as NIfTI's reference code reads it (nifti1_io.c).

nibabel names the fields and their types; what it rejects and that code mends is mended here: sizes of
0, a quaternion a hair too long, a matrix of zeros, scales that are no numbers.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
from nibabel import Nifti1Header, Nifti2Header
from nibabel.affines import from_matvec
from nibabel.orientations import io_orientation
from nibabel.quaternions import quat2mat
from nibabel.spatialimages import HeaderDataError

from diagnosis.scans.content import nifti_version
from diagnosis.scans.scan import ScanError

HEADER = 544  # bytes of NIfTI-2's header and of the mark of extensions; NIfTI-1 has 352 of them
MILLIMETRES = {1: 1000.0, 3: 0.001}  # code of the unit of length: metre, micrometre


@dataclass(frozen=True)
class Header:
    """A header that has been made sense of.

    Attributes:
        size: bytes of it, without the 4 that mark extensions.
        order: ``<`` or ``>``.
        shape: at least one axis, none empty.
        dtype: of a voxel as stored; a plain number.
        offset: bytes before the voxels; None where the file gives none that can be.
        extended: whether extensions follow the header.
        slope, intercept: of the grey values.
        window: the range that the file asks to show, or None.
        orientation: which way each stored axis runs: nibabel's ``(3, 2)`` of RAS+ axis and direction.
        sizes: of a voxel along the stored axes, mm; NaN where the file does not say.
        affine: from voxels as stored to RAS+ mm; None where the file does not say how it lies.
        notes: what was mended.
    """

    size: int
    order: str
    shape: tuple[int, ...]
    dtype: np.dtype
    offset: int | None
    extended: bool
    slope: float
    intercept: float
    window: tuple[float, float] | None
    orientation: np.ndarray
    sizes: np.ndarray
    affine: np.ndarray | None
    notes: tuple[str, ...]

    def spacing(self, plane: tuple[int, int, int]) -> tuple[float, float, float] | None:
        """Slice, row and column spacing in mm, where all are known."""
        if np.isnan(self.sizes).any():
            return None
        along = {
            int(axis): float(size)
            for axis, size in zip(self.orientation[:, 0], self.sizes, strict=True)
        }
        return along[plane[0]], along[plane[1]], along[plane[2]]


def parsed_header(start: bytes | bytearray) -> Header:
    """Make sense of the first bytes of a file that `nifti_version` knows.

    Raises:
        ScanError: no voxels, more than 4 dimensions, or values that are no plain numbers.
    """
    kind, size = (Nifti1Header, 348) if nifti_version(start) == 1 else (Nifti2Header, 540)
    order = "<" if struct.unpack("<i", start[:4])[0] == size else ">"
    header = kind(start[:size], endianness=order, check=False)
    if len(start) < size:
        raise ScanError("The NIfTI file is cut short: copy or export it again.")
    dtype, shape = _dtype(header), _shape(header)
    offset = float(header["vox_offset"])
    slope, intercept = _good(header["scl_slope"]), _good(header["scl_inter"])
    low, high = float(header["cal_min"]), float(header["cal_max"])
    affine, placed, notes = _affine(header, shape)
    return Header(
        size=size,
        order=order,
        shape=shape,
        dtype=dtype,
        offset=int(offset) if size <= offset < 2**62 else None,  # false for NaN, too
        extended=start[size : size + 1] > b"\0",
        slope=slope or 1.0,
        intercept=intercept if slope else 0.0,  # without a slope there is no scale (nifti1.h)
        window=(low, high) if high > low else None,
        orientation=_orientation(affine),
        sizes=_sizes(header, affine),
        affine=affine * _millimetres(header) if placed else None,
        notes=notes,
    )


def _good(value: np.ndarray) -> float:
    """A number, or 0 for what is none."""
    return float(value) if np.isfinite(value) else 0.0


def _dtype(header: Nifti1Header) -> np.dtype:
    try:
        dtype = header.get_data_dtype()
    except (HeaderDataError, KeyError) as error:
        raise ScanError(
            f"The volume holds values of a kind that is not known (data type "
            f"{int(header['datatype'])}): export it as whole numbers or floats."
        ) from error
    if dtype.kind not in "iuf":
        raise ScanError(
            "The volume holds colours or complex numbers, and only plain grey values are read: "
            "export it as grey values."
        )
    plain: np.dtype = np.dtype(dtype)
    return plain


def _shape(header: Nifti1Header) -> tuple[int, ...]:
    """Sizes of the axes; one of 0 or less stands for 1, but for the first."""
    dimensions = int(header["dim"][0])
    if not 1 <= dimensions <= 7:
        raise ScanError(
            f"The volume says that it has {dimensions} dimensions, and there are 1 to 7: export it "
            "again."
        )
    first, *others = (int(size) for size in header["dim"][1 : dimensions + 1])
    shape = (first, *(max(size, 1) for size in others))
    if first < 1:
        raise ScanError(
            f"The volume has no voxels (it is {' × '.join(map(str, shape))}): export it again."
        )
    if any(size > 1 for size in shape[4:]):
        raise ScanError(
            f"The volume has {len(shape)} dimensions, and at most 4 are read: export one map or "
            "direction of it."
        )
    return shape


def _affine(
    header: Nifti1Header, shape: tuple[int, ...]
) -> tuple[np.ndarray, bool, tuple[str, ...]]:
    """From voxels to RAS+ by the sform, the qform or neither; whether by one of both; and a note on it."""
    unusable: tuple[str, ...] = ()
    if int(header["sform_code"]) > 0:
        affine = header.get_sform()
        if _usable(affine):
            return affine, True, ()
        unusable = ("The file's matrix (sform) is of no use; its place is taken from elsewhere.",)
    if int(header["qform_code"]) > 0:
        return _from_quaternion(header), True, unusable
    unknown = "The file does not say how it lies in the body; left and right may be swapped."
    return (
        np.diag([-1.0, 1.0, 1.0, 1.0]),
        False,
        (unknown,),
    )  # ANALYZE's: the first axis runs to the left


def _usable(affine: np.ndarray) -> bool:
    """Whether at most one axis has no direction (that of a single slice of no thickness)."""
    if not np.isfinite(affine).all() or not affine[:3, :3].any():
        return False
    return bool(np.isnan(io_orientation(affine)[:, 0]).sum() <= 1)


def _from_quaternion(header: Nifti1Header) -> np.ndarray:
    """The qform, by nifti_quatern_to_mat44: numbers that are none are 0, sizes that are none are 1."""
    b, c, d = (_good(header[f"quatern_{part}"]) for part in "bcd")
    rest = 1.0 - (b * b + c * c + d * d)
    if rest < 1e-7:  # half a turn, perhaps a hair too long
        scale = 1 / np.sqrt(b * b + c * c + d * d)
        a, b, c, d = 0.0, b * scale, c * scale, d * scale
    else:
        a = np.sqrt(rest)
    sizes = [_good(size) if _good(size) > 0 else 1.0 for size in header["pixdim"][1:4]]
    if header["pixdim"][0] < 0:
        sizes[2] = -sizes[2]
    offsets = [_good(header[f"qoffset_{axis}"]) for axis in "xyz"]
    return np.asarray(from_matvec(quat2mat([a, b, c, d]) @ np.diag(sizes), offsets))


def _orientation(affine: np.ndarray) -> np.ndarray:
    orientation = np.asarray(io_orientation(affine))
    unknown = np.isnan(orientation[:, 0])
    if unknown.sum() == 1:  # one slice of no thickness: its axis is the one that is left
        left = {0, 1, 2} - set(orientation[~unknown, 0].astype(int))
        orientation[unknown] = (left.pop(), 1)
    return orientation


def _sizes(header: Nifti1Header, affine: np.ndarray) -> np.ndarray:
    """Sizes of a voxel in mm; NaN for unknown ones."""
    sizes: np.ndarray = np.abs(np.asarray(header["pixdim"][1:4], float))
    if int(header["sform_code"]) > 0:
        lengths = np.linalg.norm(affine[:3, :3], axis=0)
        sizes = np.where(np.isfinite(sizes) & (sizes > 0), sizes, lengths)
    sizes[~(np.isfinite(sizes) & (sizes > 0))] = np.nan
    dimensions = int(header["dim"][0])
    sizes[dimensions:] = 1.0  # there is no such axis
    return sizes * _millimetres(header)


def _millimetres(header: Nifti1Header) -> float:
    """Of the header's unit of length; where none is given, mm is what tools mean."""
    return MILLIMETRES.get(int(header["xyzt_units"]) & 7, 1.0)
