"""How a volume lies and in which order its slices are read, in words."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from diagnosis.scans.geometry import Axis, End
    from diagnosis.scans.scan import Scan

_ENDS: dict["End", str] = {
    "inferior": "feet",
    "superior": "head",
    "posterior": "back",
    "anterior": "front",
    "left": "left",
    "right": "right",
}


def axis_title(axis: "Axis") -> str:
    """A reading axis as a choice: *Axial*, or *Axis 1* where the volume has no place in the body."""
    return f"Axis {axis}" if axis.isdigit() else axis.capitalize()


def reading_order(scan: "Scan") -> str:
    """Where the slices begin and end: *slice 1: feet, slice 20: head*; empty where that is not known."""
    if scan.geometry is None:
        return ""
    first, last = scan.geometry.ends
    return f"slice 1: {_ENDS[first]}, slice {scan.frames:,}: {_ENDS[last]}"


def spacing_text(scan: "Scan") -> str:
    """Distances between neighbouring pixels: *5 mm between slices, 0.7 × 0.7 mm within*."""
    if scan.spacing is None:
        return "distances not stated"
    *between, row, column = scan.spacing
    within = f"{row:.3g} × {column:.3g} mm"
    return f"{between[0]:.3g} mm between slices, {within} within" if between else within
