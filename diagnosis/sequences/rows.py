"""A picture read row by row."""

from dataclasses import replace
from typing import Annotated, Literal

import numpy as np
from pydantic import ConfigDict, Field

from diagnosis.cases import Case
from diagnosis.cases.selection import check_frame
from diagnosis.sequences.encoder import register
from diagnosis.sequences.picture import PictureEncoder
from diagnosis.sequences.pixels import framed
from diagnosis.sequences.sequence import COLUMN, ROW, ROW_UPWARD, Sequence, StepKind
from diagnosis.sequences.view import PixelRows


@register
class RowEncoder(PictureEncoder):
    """Rows from the top or from the bottom, or columns from the left: ``(size, size · channels)``."""

    model_config = ConfigDict(title="encoder")

    kind: Literal["rows"] = "rows"
    order: Annotated[
        Literal["rows", "rows-reversed", "columns"], Field(description="how a scan is read")
    ] = "rows"

    @property
    def steps(self) -> StepKind:
        """Rows or columns."""
        if self.order == "columns":
            return COLUMN
        return ROW_UPWARD if self.order == "rows-reversed" else ROW

    @property
    def across(self) -> StepKind:
        """Columns or rows."""
        return ROW if self.order == "columns" else replace(COLUMN, upward=self.steps.upward)

    def view(self, example: np.ndarray, sequence: Sequence | None = None) -> PixelRows:
        """The picture; see ``Encoder.view``."""
        return PixelRows(self._drawn(example, sequence))

    def _framed(self, case: Case) -> np.ndarray:
        """The selected frame.

        Raises:
            InputError: there is no such frame.
        """
        check_frame(case.scan, case.frame)
        return framed(
            case.scan.display(case.frame),
            size=self.size,
            channels=self.channels,
            jpeg_quality=self.jpeg_quality,
        )

    def _in_order(self, examples: np.ndarray) -> np.ndarray:
        if self.order == "rows-reversed":
            return examples[:, ::-1]
        return examples.swapaxes(1, 2) if self.order == "columns" else examples
