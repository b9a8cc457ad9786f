"""A data set's own picture, volume or record, prepared by those who made the set: it needs no framing."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np

from diagnosis.records.studies import IMAGE, is_study, part
from diagnosis.scans.scan import Kind, windowed


@dataclass(frozen=True, eq=False)
class Example:
    """One case of a data set.

    Attributes:
        values: uint8, as the set holds it: ``(H, W)``, ``(H, W, 3)`` or ``(D, H, W)``, read-only; of a record
            float32 ``(events, 3)``, see ``records.examples``; of a study an element of ``records.studies``.
        volume: whether axis 0 counts slices.
        dataset: name of the set.
        title: of the set.
        split: "train", "val" or "test".
        number: in the split, from 1.
        synthetic: drawn by a program.
    """

    values: np.ndarray
    volume: bool
    dataset: str
    title: str
    split: str
    number: int
    synthetic: bool = False

    bits: ClassVar[int] = 8
    tags: ClassVar[Mapping[str, str]] = MappingProxyType({})  # a set's picture states nothing
    notes: ClassVar[tuple[str, ...]] = ()
    shown: ClassVar[tuple[Any, ...]] = ()  # every frame is shown alike

    @property
    def name(self) -> str:
        """Which one it is, for people and for the audit log."""
        what = self.kind if self.kind in ("record", "study") else "image"
        return f"{self.dataset}, {self.split} {what} {self.number}"

    @property
    def format(self) -> str:
        """What stands where a file has its format."""
        return f"{self.title}, {self.split} split" + (" (synthetic)" if self.synthetic else "")

    @property
    def kind(self) -> Kind:
        """A picture or a volume, as a scan is; or a record, or both together."""
        if is_study(self.values):
            return "study"
        if self.values.dtype == np.float32:
            return "record"
        return "volume" if self.volume else "picture"

    @cached_property
    def sha256(self) -> str:
        """Of the values."""
        return hashlib.sha256(self.values.tobytes()).hexdigest()

    @property
    def pixels(self) -> np.ndarray:
        """The values as a scan has them, ``(frames, height, width, channels)``; of a study its picture's."""
        values = part(self.values, IMAGE)
        frames = values if self.volume else values[None]
        return frames if frames.ndim == 4 else frames[..., None]

    @property
    def frames(self) -> int:
        """How many slices there are; 1 for a picture."""
        return len(self.values) if self.volume else 1

    @property
    def middle(self) -> int:
        """The middle slice of a volume, from 0."""
        return self.frames // 2

    def window_of(self, frame: int) -> tuple[float, float]:
        """The grey values that are shown as black and as white."""
        return 0, 255

    def display(self, frame: int = 0, window: tuple[float, float] | None = None) -> np.ndarray:
        """One frame, uint8 ``(height, width, channels)``; see ``Scan.display``."""
        low, high = window or self.window_of(frame)
        return windowed(self.pixels[frame], low, high)

    def to_json(self) -> dict[str, Any]:
        """What is known about it: no pixels; as ``Scan.to_json``."""
        return {
            "format": self.format,
            "kind": self.kind,
            "bits": self.bits,
            "frames": self.frames,
            "shape": list(self.pixels.shape),
            "sha256": self.sha256,
            "notes": [],
        }
