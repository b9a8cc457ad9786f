"""A volume read slice by slice."""

from typing import Annotated, Literal

import numpy as np
from pydantic import BeforeValidator, ConfigDict, Field

from diagnosis.cases import Case
from diagnosis.core.errors import InputError
from diagnosis.scans import Scan
from diagnosis.scans.geometry import AXES, Axis
from diagnosis.scans.reading_axis import along
from diagnosis.scans.scan import Frames
from diagnosis.sequences.encoder import register
from diagnosis.sequences.picture import PictureEncoder
from diagnosis.sequences.pixels import framed, resized_depth
from diagnosis.sequences.sequence import SLICE, SLICE_UPWARD, Sequence, StepKind
from diagnosis.sequences.view import SliceStack

# The names of orders before slices had their own, which models trained then have stored.
FORMER = {"rows": "slices", "rows-reversed": "slices-reversed"}
ALONG = (
    "axis along which a volume is read: 1, 2 or 3 of its array, or axial, coronal or sagittal, which every "
    "scan is turned to"
)


@register
class SliceEncoder(PictureEncoder):
    """Slices from the first or from the last: ``(size, size · size · channels)``.

    Along ``1`` the slices are read as they lie in a scan or an example. Arrays of a set that state no
    place in the body, as MedMNIST's, have numbered axes alone; of a model that reads along an axis of the
    body they are taken to be turned to it already.
    """

    model_config = ConfigDict(title="encoder")

    kind: Literal["slices"] = "slices"
    order: Annotated[
        Literal["slices", "slices-reversed"],
        BeforeValidator(
            lambda order: FORMER.get(order, order) if isinstance(order, str) else order
        ),
        Field(description="how a volume is read"),
    ] = "slices"
    axis: Annotated[Axis, Field(description=ALONG)] = "1"

    @property
    def whole(self) -> bool:
        """All slices are read."""
        return True

    @property
    def steps(self) -> StepKind:
        """Slices."""
        return SLICE_UPWARD if self.order == "slices-reversed" else SLICE

    def view(self, example: np.ndarray, sequence: Sequence | None = None) -> SliceStack:
        """The slices; see ``Encoder.view``."""
        return SliceStack(self._drawn(example, sequence), self.steps.upward)

    def shown_frames(self, frames: int) -> list[int]:
        """The frame nearest to each step; none where it reads across them. See ``Encoder.shown_frames``."""
        if self.axis in ("2", "3"):
            return []
        middles = (np.arange(self.length) + 0.5) * frames / self.length - 0.5
        nearest: list[int] = np.clip(np.rint(middles), 0, frames - 1).astype(int).tolist()
        return nearest[::-1] if self.steps.upward else nearest

    def _framed(self, case: Case) -> np.ndarray:
        """All frames, and as many slices as pixels along a side.

        Raises:
            InputError: the scan is a single picture, or does not say how it lies where the model reads
                along an axis of the body.
        """
        scan: Frames = case.scan
        if scan.frames < 2:
            raise InputError(
                "This model reads volumes slice by slice, and the file is a single picture: "
                "give a NIfTI or a multi-frame file, or choose a model of pictures."
            )
        if self.axis in AXES and isinstance(scan, Scan):
            scan = along(scan, self.axis)
        slices = [
            framed(
                scan.display(index),
                size=self.size,
                channels=self.channels,
                jpeg_quality=self.jpeg_quality,
            )
            for index in range(scan.frames)
        ]
        return resized_depth(np.stack(slices), self.size)

    @property
    def _framing(self) -> tuple[object, ...]:
        return (*super()._framing, self.axis if self.axis in AXES else "")

    def _in_order(self, examples: np.ndarray) -> np.ndarray:
        if self.axis in ("2", "3"):
            examples = np.moveaxis(examples, int(self.axis), 1)
        return examples[:, ::-1] if self.order == "slices-reversed" else examples
