"""A volume read slice by slice."""

from typing import Literal, Self

import numpy as np
from pydantic import ConfigDict, model_validator

from diagnosis.cases import Case
from diagnosis.core.errors import InputError
from diagnosis.sequences.encoder import register
from diagnosis.sequences.picture import PictureEncoder
from diagnosis.sequences.pixels import framed, resized_depth
from diagnosis.sequences.sequence import SLICE, SLICE_UPWARD, Sequence, StepKind
from diagnosis.sequences.view import SliceStack


@register
class SliceEncoder(PictureEncoder):
    """Slices from the first or from the last: ``(size, size · size · channels)``."""

    model_config = ConfigDict(title="encoder")

    kind: Literal["slices"] = "slices"

    @model_validator(mode="after")
    def _slices_have_no_columns(self) -> Self:
        if self.order == "columns":
            raise InputError("A volume is read slice by slice: choose rows or rows-reversed.")
        return self

    @property
    def whole(self) -> bool:
        """All slices are read."""
        return True

    @property
    def steps(self) -> StepKind:
        """Slices."""
        return SLICE_UPWARD if self.order == "rows-reversed" else SLICE

    def view(self, example: np.ndarray, sequence: Sequence | None = None) -> SliceStack:
        """The slices; see ``Encoder.view``."""
        return SliceStack(self._drawn(example, sequence))

    def _framed(self, case: Case) -> np.ndarray:
        """All frames, and as many slices as pixels along a side.

        Raises:
            InputError: the scan is a single picture.
        """
        scan = case.payload
        if scan.frames < 2:
            raise InputError(
                "This model reads volumes slice by slice, and the file is a single picture: "
                "give a NIfTI or a multi-frame file, or choose a model of pictures."
            )
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
