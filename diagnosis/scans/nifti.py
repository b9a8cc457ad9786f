"""NIfTI volumes, laid out as a radiologist sees them: axial, anterior on top, right on the left."""

from __future__ import annotations

import gzip
from io import BytesIO
from math import prod

import numpy as np
from nibabel import Nifti1Header, Nifti2Header
from nibabel.orientations import apply_orientation, io_orientation, ornt2axcodes

from diagnosis.scans.content import is_gzip, nifti_version
from diagnosis.scans.limits import Limits
from diagnosis.scans.samples import finite, rescaled, usable_window
from diagnosis.scans.scan import Scan, ScanError

HEADER = 540  # bytes; NIfTI-1 has 348 of them
MILLIMETRES = {1: 1000.0, 3: 0.001}  # code of the unit of length: metre, micrometre

# Axes of an array in RAS+ order that become slices, rows and columns, by the axis that is sliced.
PLANES = {2: (2, 1, 0), 1: (1, 2, 0), 0: (0, 2, 1)}  # axial, coronal, sagittal


def read_nifti(data: bytes, *, sha256: str, limits: Limits) -> Scan:
    """Read a volume, of several time points the first.

    Slices run from inferior to superior, rows from anterior to posterior, columns from the
    patient's right to left. A file of a single coronal or sagittal slice keeps that plane, superior
    on top.

    Raises:
        ScanError: colours or complex numbers, no voxels, cut short, over a limit.
    """
    header, values = _voxels(data, limits)
    shape = header.get_data_shape()
    slope, intercept = header.get_slope_inter()
    orientation = _orientation(header)
    notes = []
    if int(header["qform_code"]) <= 0 and int(header["sform_code"]) <= 0:
        notes.append(
            "The file does not say how it lies in the body; left and right may be swapped."
        )
    if len(shape) > 3 and shape[3] > 1:
        notes.append(f"The first of {shape[3]} time points is shown.")

    canonical = apply_orientation(values, orientation)  # (right, anterior, superior)
    sliced = canonical.shape.index(1) if 1 in canonical.shape and canonical.shape[2] > 1 else 2
    ordered = canonical.transpose(PLANES[sliced])[:, ::-1, ::-1]
    pixels, gaps = finite(
        rescaled(
            np.ascontiguousarray(ordered)[..., np.newaxis],
            1.0 if slope is None else slope,
            0.0 if intercept is None else intercept,
        )
    )
    low, high = float(header["cal_min"]), float(header["cal_max"])
    window, remark = usable_window((low, high) if high > low else None, pixels)
    return Scan(
        pixels=pixels,
        kind="volume",
        format="NIfTI",
        bits=values.dtype.itemsize * 8,
        window=window,
        spacing=_spacing(header, orientation, PLANES[sliced]),
        sha256=sha256,
        tags={
            "Voxels": " × ".join(str(size) for size in shape),
            "Data type": values.dtype.newbyteorder("=").name,
            "Axes as stored": "".join(ornt2axcodes(orientation)),
        },
        notes=(*notes, *(note for note in (gaps, remark) if note)),
    )


def _voxels(data: bytes, limits: Limits) -> tuple[Nifti1Header, np.ndarray]:
    """The header, and the first time point as stored, ``(i, j, k)``.

    A compressed file is inflated just as far as its own header says, which is checked first: what
    comes after cannot fill the memory.
    """
    with gzip.open(BytesIO(data)) if is_gzip(data) else BytesIO(data) as stream:
        start = stream.read(HEADER)
        kind = Nifti1Header if nifti_version(start) == 1 else Nifti2Header
        header = kind.from_fileobj(BytesIO(start), check=False)
        shape = tuple(int(size) for size in header.get_data_shape())
        if not shape or min(shape) < 1:
            raise ScanError(
                f"The volume has no voxels (it is {' × '.join(map(str, shape)) or 'empty'}): "
                "export it again."
            )
        if prod(shape[4:]) > 1:
            raise ScanError(
                f"The volume has {len(shape)} dimensions, and at most 4 are read: export one map "
                "or direction of it."
            )
        shape3 = (*shape[:3], 1, 1)[:3]
        limits.check_pixels(rows=shape3[0], columns=shape3[1], frames=max(shape3))
        limits.check_pixels(rows=shape3[0] * shape3[1], columns=prod(shape[2:]))
        dtype = header.get_data_dtype()
        if dtype.kind not in "iuf":
            raise ScanError(
                "The volume holds colours or complex numbers, and only plain grey values are read: "
                "export it as grey values."
            )
        offset = int(header.get_data_offset()) or kind().get_data_offset()
        limits.check_bytes(offset)
        stream.seek(offset)
        size = prod(shape) * dtype.itemsize
        raw = stream.read(size)
        stream.read(1)  # at the end of a gzip file this checks its sum
    if len(raw) < size:
        raise ScanError("The NIfTI file is cut short: copy or export it again.")
    values = np.frombuffer(raw, dtype, count=prod(shape3)).reshape(shape3, order="F")
    return header, values


def _orientation(header: Nifti1Header) -> np.ndarray:
    """Which way each stored axis runs: nibabel's ``(3, 2)`` array of RAS+ axis and direction."""
    orientation = io_orientation(header.get_best_affine())
    unknown = np.isnan(orientation[:, 0])
    if unknown.sum() == 1:  # one slice of no thickness: its axis is the one that is left
        left = {0, 1, 2} - set(orientation[~unknown, 0].astype(int))
        orientation[unknown] = (left.pop(), 1)
    return orientation


def _spacing(
    header: Nifti1Header, orientation: np.ndarray, plane: tuple[int, int, int]
) -> tuple[float, float, float] | None:
    """Slice, row and column spacing in mm (where no unit is given, mm is what tools mean)."""
    zooms = (*(float(zoom) for zoom in header.get_zooms()), 1.0, 1.0)[:3]
    if not all(0 < zoom < np.inf for zoom in zooms):
        return None
    unit = MILLIMETRES.get(int(header["xyzt_units"]) & 7, 1.0)
    stored = {int(axis): zoom * unit for axis, zoom in zip(orientation[:, 0], zooms, strict=True)}
    return stored[plane[0]], stored[plane[1]], stored[plane[2]]
