"""The slices of a volume as they are drawn: small, each with its middle at its step."""

import numpy as np
import pytest

from diagnosis.figures.frame import Axis
from diagnosis.figures.panels import picture_panel
from diagnosis.sequences import RowEncoder, SliceEncoder, SliceStack
from diagnosis.sequences.sequence import SLICE, SLICE_UPWARD

STEPS = 28
GREYS = (8 * np.arange(STEPS) + 20).astype(np.uint8)


@pytest.mark.parametrize("channels", [1, 3])
def test_each_slice_stands_at_its_step(channels: int) -> None:
    view = SliceStack(np.broadcast_to(GREYS[:, None, None, None], (STEPS, 28, 28, channels)))
    strip, fine = view.lines, len(view.lines) // STEPS
    side = strip.shape[1] // view.columns
    assert len(view) == STEPS and side == view.columns * fine
    for step, grey in enumerate(GREYS):
        middle = strip[step * fine + fine // 2, step % view.columns * side + side // 2]
        assert (middle == grey).all()


def test_a_slice_is_never_upside_down() -> None:
    """Where steps run up the drawing its lines are drawn from the last to the first."""
    slices = np.zeros((STEPS, 28, 28, 1), np.uint8)
    slices[:, :14] = 255  # the upper half
    down, up = SliceStack(slices).lines, SliceStack(slices, upward=True).lines
    fine = len(down) // STEPS
    above = 14 * fine - fine  # somewhat before the middle of slice 15, in its column
    column = 14 % SliceStack(slices).columns * (down.shape[1] // SliceStack(slices).columns) + 3
    assert (down[above, column, 0], up[above, column, 0]) == (255, 0)


@pytest.mark.parametrize("steps", [1, 2, 3, 10, 64, 200])
def test_any_number_of_slices_has_a_strip(steps: int) -> None:
    view = SliceStack(np.full((steps, 9, 7, 1), 200, np.uint8))
    assert len(view.lines) % steps == 0 and view.lines.max() == 200


@pytest.mark.parametrize("kind", [SLICE, SLICE_UPWARD])
def test_the_panel_has_a_number_for_each_slice_and_says_how_many_stand_side_by_side(
    kind: object,
) -> None:
    view = SliceStack(np.zeros((STEPS, 28, 28, 1), np.uint8))
    figure = picture_panel(view, Axis(kind)).to_plotly_json()  # type: ignore[arg-type]
    (trace,) = figure["data"]
    lines = len(view.lines)
    places = trace["y0"] + trace["dy"] * np.array([-0.5, lines - 0.5])
    np.testing.assert_allclose(places, [0.5, STEPS + 0.5])
    assert figure["layout"]["meta"]["film"] == view.columns


def test_each_step_knows_the_slice_nearest_to_it() -> None:
    encoder = SliceEncoder(size=28)
    assert encoder.shown_frames(28) == list(range(28))
    assert encoder.shown_frames(56)[:3] == [0, 2, 4] and encoder.shown_frames(14)[-1] == 13
    assert SliceEncoder(order="slices-reversed").shown_frames(28) == list(range(28))[::-1]
    assert SliceEncoder(axis="2").shown_frames(28) == [] == RowEncoder().shown_frames(28)
