"""Edited timesteps are changed as said, all others not at all, and the picture shows what was read."""

import numpy as np
import pytest

from diagnosis.core.errors import InputError
from diagnosis.datasets import load
from diagnosis.explanations.mean_sequence import mean_sequence
from diagnosis.explanations.perturbation import Perturbation
from diagnosis.models.config import config_for
from diagnosis.sequences import How, PictureEncoder, RowEncoder, Sequence, SliceEncoder, SliceStack

ENCODERS: dict[str, PictureEncoder] = {
    "rows": RowEncoder(),
    "upwards": RowEncoder(order="rows-reversed"),
    "columns": RowEncoder(order="columns"),
    "as they are": RowEncoder(standardise=False),
    "colour": RowEncoder(channels=3),
    "volume": SliceEncoder(size=8),
}
ROWS = range(3, 6)


def _case(encoder: PictureEncoder, seed: int = 1) -> tuple[np.ndarray, Sequence]:
    """An image and its sequence."""
    rng = np.random.default_rng(seed)
    image = rng.integers(20, 200, encoder.example_shape).astype(np.uint8)
    return image, encoder.sequence(encoder.batch(image[None])[0])


def _drawn(
    encoder: PictureEncoder, image: np.ndarray, sequence: Sequence | None = None
) -> np.ndarray:
    """What is drawn of each step."""
    view = encoder.view(image, sequence)
    return view.slices if isinstance(view, SliceStack) else view.lines


@pytest.mark.parametrize("how", ["hide", "blur", "replace"])
@pytest.mark.parametrize("name", ENCODERS)
def test_only_the_chosen_timesteps_change(name: str, how: How) -> None:
    encoder = ENCODERS[name]
    image, sequence = _case(encoder)
    _, other = _case(encoder, seed=2)
    before = sequence.values.copy()
    perturbed = encoder.perturb(sequence, ROWS, how, other=other)
    changed = perturbed.values
    np.testing.assert_array_equal(sequence.values, before)
    assert (changed.dtype, changed.shape) == (np.float32, before.shape)
    untouched = np.delete(np.arange(len(sequence)), ROWS)
    np.testing.assert_array_equal(changed[untouched], before[untouched])
    assert (changed[ROWS] != before[ROWS]).mean() > 0.9
    picture, original = _drawn(encoder, image, perturbed), _drawn(encoder, image)
    np.testing.assert_array_equal(picture[untouched], original[untouched])
    assert (picture[ROWS] != original[ROWS]).any()


@pytest.mark.parametrize("name", ENCODERS)
def test_the_picture_of_an_unchanged_sequence_is_the_image(name: str) -> None:
    encoder = ENCODERS[name]
    image, sequence = _case(encoder)
    nearly = sequence.with_values(
        sequence.values + np.float32(1e-6)
    )  # every step differs, and no grey level does
    np.testing.assert_array_equal(_drawn(encoder, image, nearly), _drawn(encoder, image))


def test_hidden_is_the_mean_of_the_set_or_of_the_picture() -> None:
    encoder = RowEncoder()
    images = load("phantoms").images["train"][:150]
    sequences = encoder.batch(images)
    mean = mean_sequence(images, encoder)
    np.testing.assert_allclose(mean, sequences.mean(axis=0), atol=1e-5)
    first = encoder.sequence(sequences[0])
    hidden = encoder.perturb(first, ROWS, "hide", mean=mean)
    np.testing.assert_array_equal(hidden.values[ROWS], mean[ROWS])
    hidden = encoder.perturb(first, ROWS, "hide")
    np.testing.assert_allclose(hidden.values[ROWS], 0, atol=1e-6)
    picture = encoder.view(images[0], hidden).lines
    np.testing.assert_allclose(picture[ROWS], images[0].mean(), atol=0.51)
    raw = RowEncoder(standardise=False)
    (sequence,) = raw.batch(images[:1])
    hidden = raw.perturb(raw.sequence(sequence), ROWS, "hide")
    np.testing.assert_allclose(hidden.values[ROWS] * 255, images[0].mean(), atol=1e-3)


def test_replaced_is_the_other_case() -> None:
    encoder = RowEncoder(order="columns")
    (_, sequence), (_, other) = _case(encoder), _case(encoder, seed=2)
    changed = encoder.perturb(sequence, ROWS, "replace", other=other)
    np.testing.assert_array_equal(changed.values[ROWS], other.values[ROWS])


def test_blur_smooths_within_and_across_rows_and_not_across_colours() -> None:
    """One bright red pixel of 28 × 28: a Gaussian of 2 pixels, 0.0398 = 1 / (2π 2²) at its middle."""
    encoder = RowEncoder(channels=3, standardise=False)
    picture = np.zeros((28, 28, 3), np.float32)
    picture[14, 10, 0] = 1
    sequence = encoder.sequence(picture.reshape(28, 84))
    blurred = encoder.perturb(sequence, range(28), "blur").values.reshape(28, 28, 3)
    assert not blurred[..., 1:].any()
    red = blurred[..., 0]
    assert red[14, 10] == pytest.approx(1 / (8 * np.pi), rel=0.01)
    assert red.sum() == pytest.approx(1, abs=1e-4)
    # 2 pixels away in either direction: e^(-1/2) of the middle
    assert red[16, 10] == pytest.approx(red[14, 10] * np.exp(-0.5), rel=0.01)
    assert red[14, 12] == pytest.approx(red[16, 10], rel=1e-5)


def test_what_cannot_be_done_is_said() -> None:
    encoder = RowEncoder()
    _, sequence = _case(encoder)
    with pytest.raises(InputError, match="another case of the same size"):
        encoder.perturb(sequence, ROWS, "replace")
    with pytest.raises(InputError, match="within 1 to 28, not 21 to 30"):
        encoder.perturb(sequence, range(20, 30), "hide")


def test_it_fits_what_reads_row_by_row() -> None:
    facts = load("phantoms").facts
    assert Perturbation().misfit(config_for("gru", facts), None) is None
    misfit = Perturbation().misfit(config_for("cnn", facts), None)
    assert misfit is not None and misfit.code == "no_states"
