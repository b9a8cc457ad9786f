"""A case as a network reads it: steps in order, each a row of numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True)
class StepKind:
    """The name of a step, and where the next one lies in a drawing."""

    singular: str  # "row", "column", "slice", "event"
    plural: str
    upward: bool = False  # whether the steps run up the picture instead of down


ROW = StepKind("row", "rows")
ROW_UPWARD = StepKind("row", "rows", upward=True)
COLUMN = StepKind("column", "columns")
SLICE = StepKind("slice", "slices")
SLICE_UPWARD = StepKind("slice", "slices", upward=True)
EVENT = StepKind("event", "events")
STEP = StepKind("step", "steps")  # events and rows, one after the other


@dataclass(frozen=True)
class Part:
    """Which steps of a sequence one branch of a network reads; a masked one has 0 as its first number."""

    name: str  # "record" or "image"
    start: int
    stop: int
    features: int  # the numbers of a step that count, the first one included
    embedded: int = 0  # as of ``Encoder``


@dataclass(frozen=True)
class Step:
    """One step of a sequence."""

    label: str  # its name on a page: "row 7"
    source: int | None = None  # which part of the case it was made of, from 0; None if of several
    time: float | None = None  # of an event, in hours from the first; None where there is no clock


@dataclass(frozen=True, eq=False)
class Sequence:
    """What a network reads of a case.

    Attributes:
        inputs: by the name of the network's input: float32 or int32, ``(steps, ...)``.
        mask: bool, ``(steps,)``; False where a step is padding.
        steps: what each step is.
    """

    inputs: Mapping[str, np.ndarray]
    mask: np.ndarray
    steps: tuple[Step, ...]

    @property
    def values(self) -> np.ndarray:
        """The one input of a network that has one, float32 ``(steps, features)``."""
        (values,) = self.inputs.values()
        return values

    def __len__(self) -> int:
        """Steps."""
        return len(self.steps)

    def with_values(self, values: np.ndarray) -> "Sequence":
        """The same steps with other values."""
        (name,) = self.inputs
        return replace(self, inputs={name: values})
