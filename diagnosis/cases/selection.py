"""Which frame of several is read: the one rule for page, command line, batch and comparison."""

from dataclasses import dataclass

from diagnosis.core.errors import InputError
from diagnosis.scans.geometry import Axis
from diagnosis.scans.scan import Frames


@dataclass(frozen=True)
class Selection:
    """A frame, from 0; None for all, as a volume's slices are read. And how a volume was turned."""

    frame: int | None = 0
    axis: Axis | None = None  # along which its slices lie, where that is not the file's own

    @property
    def number(self) -> int | None:
        """The frame as people count, from 1; None if all are read."""
        return None if self.frame is None else self.frame + 1


FIRST = Selection()


def select(payload: Frames, number: int | None = None, *, whole: bool = False) -> Selection:
    """The frame of that number; by default a volume's middle slice, or the first frame.

    Args:
        payload: a scan or an example.
        number: from 1, if one is asked for.
        whole: whether the model reads all frames.

    Raises:
        InputError: there is no such frame, or all are read and one is asked for.
    """
    if whole:
        if number is not None:
            raise InputError("This model reads all slices of a volume: leave --frame out.")
        return Selection(None)
    if number is None:
        return Selection(payload.middle)
    check_frame(payload, number - 1)
    return Selection(number - 1)


def check_frame(payload: Frames, frame: int) -> None:
    """See that there is a frame of that index.

    Raises:
        InputError: there is none.
    """
    frames = payload.frames
    if not 0 <= frame < frames:
        raise InputError(
            f"There is no frame {frame + 1}: the file has {frames:,}; choose 1 to {frames}."
            if frames > 1
            else f"There is no frame {frame + 1}: the file is a single picture, so leave --frame out."
        )
