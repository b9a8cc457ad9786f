"""What is drawn of a case beside its states and gates: one line of the drawing is one step."""

from dataclasses import dataclass

import numpy as np

from diagnosis.sequences.event_list import EventList


@dataclass(frozen=True, eq=False)
class PixelRows:
    """A picture whose rows are the steps, in their order.

    Attributes:
        pixels: uint8, ``(steps, width, channels)``.
    """

    pixels: np.ndarray

    @property
    def lines(self) -> np.ndarray:
        """One line a step: the pixels."""
        return self.pixels


@dataclass(frozen=True, eq=False)
class SliceStack:
    """The slices of a volume, in the order of the steps.

    Attributes:
        slices: uint8, ``(steps, height, width, channels)``.
    """

    slices: np.ndarray

    @property
    def lines(self) -> np.ndarray:
        """One line a slice, uint8 ``(steps, width, channels)``: its mean along its rows."""
        lines: np.ndarray = self.slices.mean(axis=1).astype(np.uint8)
        return lines


StepView = PixelRows | SliceStack | EventList
