"""The axis along which the slices of a volume are read."""

from dataclasses import replace

import numpy as np

from diagnosis.core.errors import InputError
from diagnosis.scans.geometry import AXES, NUMBERS, Axis, geometry, reordered, toward
from diagnosis.scans.scan import Scan


def reading_axes(scan: Scan) -> tuple[Axis, ...]:
    """The axes along which a volume can be read, its own first; none for pictures and stacks."""
    if scan.kind != "volume":
        return ()
    if scan.geometry is None:
        return NUMBERS
    own = scan.geometry.plane
    return (own, *(axis for axis in AXES if axis != own))


def along(scan: Scan, axis: Axis) -> Scan:
    """The same volume with its slices along an axis, laid out as a radiologist sees them.

    Nothing is copied or resampled. Oblique slices go by the plane they are nearest to. A volume without a
    place in the body keeps the order of its other axes.

    Raises:
        InputError: it has no such axis.
    """
    if axis not in reading_axes(scan):
        names = ", ".join(reading_axes(scan)) or "none, as it is no volume"
        raise InputError(
            f"The scan cannot be read along {axis!r}: choose one of its axes ({names})."
        )
    if scan.geometry is None:
        place = int(axis)
        sources = (place, *(other for other in (1, 2, 3) if other != place))
    else:
        nearest = toward(scan.geometry.steps)
        sources = tuple(
            nearest[ras] * (1 if new == 0 else -1) for new, ras in enumerate(AXES[axis])
        )
    if sources == (1, 2, 3):
        return scan
    pixels = scan.pixels.transpose(*(abs(source) - 1 for source in sources), 3)
    pixels = np.flip(pixels, tuple(new for new, source in enumerate(sources) if source < 0))
    spacing = scan.spacing and tuple(scan.spacing[abs(source) - 1] for source in sources)
    moved = None
    if scan.geometry is not None:
        moved = geometry(reordered(np.array(scan.geometry.affine), sources, scan.pixels.shape))
    aspect = spacing[1] / spacing[2] if spacing else 1.0
    return replace(
        scan,
        pixels=pixels,
        spacing=spacing,
        geometry=moved,
        shown=(),
        aspect=aspect if 0.1 <= aspect <= 10 else 1.0,
    )


def anisotropy(scan: Scan) -> float | None:
    """The largest distance between neighbouring pixels divided by the smallest; None if not known."""
    if scan.spacing is None or len(scan.spacing) != 3:
        return None
    return max(scan.spacing) / min(scan.spacing)
