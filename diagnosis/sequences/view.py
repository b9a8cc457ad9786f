"""What is drawn of a case beside its states and gates: as many lines of the drawing to each step."""

from dataclasses import dataclass, replace
from functools import cached_property
from math import sqrt

import numpy as np
from PIL import Image

from diagnosis.sequences.event_list import EventList

FINEST = 8  # lines to a step of a film strip
EDGE = 70  # grey between its slices


@dataclass(frozen=True, eq=False)
class PixelRows:
    """A picture whose rows are the steps, in their order.

    Attributes:
        pixels: uint8, ``(steps, width, channels)``.
    """

    pixels: np.ndarray

    def __len__(self) -> int:
        """Steps."""
        return len(self.pixels)

    @property
    def lines(self) -> np.ndarray:
        """One line a step: the pixels."""
        return self.pixels


@dataclass(frozen=True, eq=False)
class SliceStack:
    """The slices of a volume, in the order of the steps.

    Attributes:
        slices: uint8, ``(steps, height, width, channels)``.
        upward: whether the steps run up the drawing, whose lines then are drawn from the last to the first.
    """

    slices: np.ndarray
    upward: bool = False

    def __len__(self) -> int:
        """Steps."""
        return len(self.slices)

    @property
    def columns(self) -> int:
        """Columns of the film strip: slice t stands in column ``t % columns``, as many steps high."""
        return max(2, round(sqrt(len(self) / 2)))

    @cached_property
    def lines(self) -> np.ndarray:
        """A film strip, uint8 ``(steps * n, width, channels)``: each slice small, its middle at its step.

        Slices that were as high as a step could not be seen: neighbours stand side by side instead. The first
        and last ones are cut off by the edge.
        """
        columns = self.columns
        fine = max(1, min(max(self.slices.shape[1:3]) // columns, FINEST))
        side = columns * fine
        strip = np.full((len(self) * fine, columns * side, self.slices.shape[3]), EDGE, np.uint8)
        for step, one in enumerate(self.slices):
            small = _small(one, side)[:-1, :-1]  # a line of the edge's grey between two
            if self.upward:
                small = small[::-1]
            top = step * fine - (side - fine) // 2
            first, last = max(0, -top), min(side - 1, len(strip) - top)
            left = step % columns * side
            strip[top + first : top + last, left : left + side - 1] = small[first:last]
        return strip


def _small(one: np.ndarray, side: int) -> np.ndarray:
    """One slice, ``(height, width, channels)``, with as many pixels on each side."""
    picture = Image.fromarray(one[..., 0] if one.shape[2] == 1 else one)
    resized = picture.resize((side, side), Image.Resampling.BILINEAR)
    return np.asarray(resized).reshape(side, side, one.shape[2])


@dataclass(frozen=True, eq=False)
class StudyView:
    """The parts of a study in the order of the steps.

    Attributes:
        record: the events, without padding; none if there is no record.
        places: steps of the record, padding counted in.
        image: the picture.
        seen: whether there is one; otherwise what is drawn of it is black.
    """

    record: EventList
    places: int
    image: PixelRows | SliceStack
    seen: bool

    def __len__(self) -> int:
        """Steps."""
        return self.places + len(self.image)

    @property
    def shown(self) -> "PixelRows | SliceStack | EventList | StudyView":
        """What is there: both without padding between them, or the one part that is not missing."""
        if not len(self.record):
            return self.image
        return replace(self, places=len(self.record)) if self.seen else self.record

    @property
    def lines(self) -> np.ndarray:
        """As many lines to a step as the picture has, uint8 ``(steps * n, width, channels)``."""
        rows = self.image.lines if self.seen else np.zeros_like(self.image.lines)
        fine = len(rows) // len(self.image)
        events = np.zeros((self.places * fine, *rows.shape[1:]), np.uint8)
        if len(self.record):
            events[: len(self.record) * fine] = np.repeat(self.record.lines, fine, axis=0)
        return np.concatenate([events, rows])


StepView = PixelRows | SliceStack | EventList | StudyView
