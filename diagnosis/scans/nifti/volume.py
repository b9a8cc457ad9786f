"""NIfTI volumes, laid out as a radiologist sees them: axial, anterior on top, right on the left."""

from __future__ import annotations

import struct
import zlib
from math import prod

import numpy as np
from nibabel.orientations import apply_orientation, ornt2axcodes

from diagnosis.scans.content import is_gzip
from diagnosis.scans.geometry import AXES, Geometry, geometry, reordered
from diagnosis.scans.gzipped import Gunzip
from diagnosis.scans.limits import Limits
from diagnosis.scans.nifti.header import HEADER, Header, parsed_header
from diagnosis.scans.samples import check_memory, finite, rescaled, usable_window
from diagnosis.scans.scan import SQUARE, Scan, ScanError, check_time

# Axes of an array in RAS+ order that become slices, rows and columns, by the axis that is sliced.
PLANES = {slices: (slices, rows, columns) for slices, rows, columns in AXES.values()}


def read_nifti(data: bytes, *, sha256: str, limits: Limits, time: int = 1) -> Scan:
    """Read a volume, of several time points the one of that number.

    Slices run from inferior to superior, rows from anterior to posterior, columns from the
    patient's right to left. A file of a single coronal or sagittal slice keeps that plane, superior
    on top.

    Raises:
        ScanError: colours or complex numbers, no voxels, damaged, cut short, over a limit, or there is no
            such time point.
    """
    try:
        header, plane, values = _voxels(data, limits, time)
    except EOFError as error:
        raise ScanError("The NIfTI file is cut short: copy or export it again.") from error
    except zlib.error as error:
        raise ScanError(
            "The NIfTI file's compression is damaged (its data or their sum are wrong): copy or "
            "export it again."
        ) from error
    notes = list(header.notes)
    times = prod(header.shape[3:])
    if times > 1:
        which = "The first" if time == 1 else f"Number {time}"
        notes.append(f"{which} of {times} time points is shown.")

    canonical = apply_orientation(values, header.orientation)  # (right, anterior, superior)
    ordered = canonical.transpose(plane)[:, ::-1, ::-1]
    pixels, gaps = finite(rescaled(ordered[..., np.newaxis], header.slope, header.intercept))
    window, remark = usable_window(header.window, pixels)
    spacing = header.spacing(plane)
    aspect = 1.0 if spacing is None else spacing[1] / spacing[2]
    aspect = aspect if 0.1 <= aspect <= 10 else 1.0
    square = (
        f"Its pixels are {aspect:.3g} times as high as wide; it is shown with square ones."
        if abs(aspect - 1) > SQUARE
        else None
    )
    return Scan(
        pixels=pixels,
        kind="volume",
        format="NIfTI",
        bits=values.dtype.itemsize * 8,
        window=window,
        spacing=spacing,
        sha256=sha256,
        tags={
            "Voxels": " × ".join(str(size) for size in header.shape),
            "Data type": values.dtype.newbyteorder("=").name,
            "Axes as stored": "".join(ornt2axcodes(header.orientation)),
        },
        notes=(*notes, *(note for note in (gaps, remark, square) if note)),
        aspect=aspect,
        geometry=_geometry(header, plane, values.shape),
        times=times,
        time=time,
    )


def _geometry(
    header: Header, plane: tuple[int, int, int], shape: tuple[int, ...]
) -> Geometry | None:
    """Of the array as it is laid out: slices upward, rows and columns downward along their RAS+ axes."""
    if header.affine is None:
        return None
    toward = {
        int(axis): int(direction) * stored
        for stored, (axis, direction) in enumerate(header.orientation, 1)
    }
    sources = (toward[plane[0]], -toward[plane[1]], -toward[plane[2]])
    return geometry(reordered(header.affine, sources, shape))


def _voxels(
    data: bytes, limits: Limits, time: int
) -> tuple[Header, tuple[int, int, int], np.ndarray]:
    """The header, which axes are slices, rows and columns, and one time point, ``(i, j, k)``.

    A compressed file is inflated just as far as its own header says, which is checked first: what
    comes after cannot fill the memory.
    """
    packed = is_gzip(data)
    header = parsed_header(Gunzip(data).read(HEADER) if packed else data[:HEADER])
    shape = (*header.shape[:3], 1, 1)[:3]
    axes = list(header.orientation[:, 0])
    sizes = [shape[axes.index(axis)] for axis in range(3)]  # right, anterior, superior
    plane = PLANES[sizes.index(1) if 1 in sizes and sizes[2] > 1 else 2]
    slices, rows, columns = (sizes[axis] for axis in plane)
    limits.check_pixels(rows=rows, columns=columns, frames=slices)
    limits.check_pixels(rows=prod(shape), columns=prod(header.shape[3:]))
    size = prod(shape) * header.dtype.itemsize
    check_memory(size, limits)
    offset = header.offset
    if offset is None:
        offset = _behind_extensions(Gunzip(data).read(limits.bytes) if packed else data, header)
    limits.check_bytes(offset)
    times = prod(header.shape[3:])
    check_time(time, times)
    earlier, later = size * (time - 1), size * (times - time)  # bytes of other time points
    offset += earlier
    if packed:
        stream = Gunzip(data)
        stream.skip(offset)
        raw: bytes | bytearray = stream.read(size)
        complete = stream.skip(later) == later
        stream.read(1)  # at the end of the file this checks its sum
    else:
        raw = data[offset : offset + size]
        complete = len(data) >= offset + size + later
    if len(raw) < size or not complete:
        raise EOFError
    values = np.frombuffer(raw, header.dtype, count=prod(shape)).reshape(shape, order="F")
    return header, plane, values


def _behind_extensions(data: bytes | bytearray, header: Header) -> int:
    """Where the voxels begin if the file does not say: behind the header and its extensions.

    Each begins with its own size, a multiple of 16, and with the code of its kind, an even one.
    """
    at = header.size + 4
    while header.extended and at + 8 <= len(data):
        size, code = struct.unpack_from(f"{header.order}2i", data, at)
        if size < 16 or size % 16 or code % 2 or not 0 <= code < 100 or at + size > len(data):
            break
        at += size
    return at
