"""The moving picture of a board: a frame a step, bounded, and nothing of what was not read yet."""

from io import BytesIO

import numpy as np
import pytest
from PIL.GifImagePlugin import GifImageFile

from diagnosis.figures.animation import MOST_FRAMES, Heatmap, animated_board
from diagnosis.sequences import StepKind
from diagnosis.sequences.sequence import ROW, ROW_UPWARD

OPEN = (254, 232, 56)  # an end of cividis


def drawn(steps: int, kind: StepKind = ROW, *, channels: int = 1) -> GifImageFile:
    """A gate that is open at every step."""
    lines = np.full((steps, steps, channels), 200, np.uint8)
    gate = Heatmap("gate", np.ones((steps, 4), np.float32), gate=True)
    data = animated_board(
        lines, [("#0072b2", np.linspace(0, 1, steps))], [gate, gate], steps=kind,
        readouts=["0.5"] * steps, title="a model", notice="for research", theme="light",
    )  # fmt: skip
    return GifImageFile(BytesIO(data))


def open_pixels(picture: GifImageFile, frame: int) -> np.ndarray:
    """Which lines of the picture show an open gate."""
    picture.seek(frame)
    near = np.abs(np.asarray(picture.convert("RGB"), int) - OPEN).max(axis=2) < 8
    lines: np.ndarray = near.any(axis=1)
    return lines


@pytest.mark.parametrize("upward", [False, True])
def test_each_frame_shows_what_was_read_so_far(upward: bool) -> None:
    picture = drawn(10, ROW_UPWARD if upward else ROW)
    assert picture.n_frames == 10
    shares = [int(open_pixels(picture, frame).sum()) for frame in range(10)]
    assert shares == sorted(shares) and shares[4] == pytest.approx(shares[9] / 2, abs=4)
    first = np.flatnonzero(open_pixels(picture, 0))
    assert (first.mean() > picture.size[1] / 2) == upward


def test_the_number_of_frames_is_bounded_and_the_last_step_is_there() -> None:
    picture = drawn(224, channels=3)
    assert picture.n_frames <= MOST_FRAMES
    picture.seek(picture.n_frames - 1)
    assert picture.info["duration"] >= 1000


def test_padding_is_drawn_as_nothing() -> None:
    gate = Heatmap("gate", np.full((4, 4), np.nan), gate=True)
    data = animated_board(
        np.zeros((4, 4, 1), np.uint8), [("#0072b2", np.full(4, np.nan))], [gate], steps=ROW,
        readouts=["padding"] * 4, title="", notice="", theme="dark",
    )  # fmt: skip
    assert not open_pixels(GifImageFile(BytesIO(data)), 3).any()
