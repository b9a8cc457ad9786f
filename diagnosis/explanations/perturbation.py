"""Perturbation: hide, blur or replace some steps, or ablate units, and predict again.

The change is made to the sequence, after the preparation: were it made to the picture, standardising it again
would change every other timestep with it.
"""

from typing import Literal

import numpy as np
from scipy import ndimage

from diagnosis.core.errors import InputError
from diagnosis.datasets import Dataset
from diagnosis.explanations.explanation import Explanation, Misfit, lacks_states
from diagnosis.models.config import ModelConfig
from diagnosis.sequences import Preparation, as_pictures
from diagnosis.sequences.preparation import standard

How = Literal["hide", "blur", "replace"]
BLUR = 1 / 14  # standard deviation of the Gaussian, of the picture's side: 2 pixels of 28


class Perturbation(Explanation):
    """The same case with some steps hidden, blurred or replaced, or with units ablated, predicted again."""

    title = "Perturbation"
    caption = (
        "The network was never trained on perturbed cases, and their edges are not anatomy. A change of the "
        "prediction shows that the network uses the perturbed part in this case. No change does not show the "
        "opposite, because other parts may carry the same information."
    )

    def misfit(self, config: ModelConfig, dataset: Dataset | None) -> Misfit | None:
        return lacks_states(config)


def edited(
    sequence: np.ndarray,
    timesteps: range,
    how: How,
    *,
    preparation: Preparation,
    mean: np.ndarray | None = None,
    other: np.ndarray | None = None,
) -> np.ndarray:
    """A sequence with some timesteps changed; the others keep their values.

    Args:
        sequence: float32, ``(timesteps, features)``.
        timesteps: which ones, from 0.
        how: "hide" puts ``mean`` in their place, "blur" smooths them along and across (and within the slices
            of a volume), "replace" takes them from ``other``.
        preparation: of the sequence.
        mean: what a data set's sequences are on average, ``(timesteps, features)``; without it a hidden
            timestep gets the sequence's own mean: the picture's mean grey.
        other: the sequence of another case; needed for "replace".

    Returns:
        float32, ``(timesteps, features)``, a new array.

    Raises:
        InputError: there are no such timesteps, or there is nothing to replace them with.
    """
    if not 0 <= timesteps.start <= timesteps.stop <= len(sequence):
        raise InputError(
            f"Choose timesteps within 1 to {len(sequence)}, "
            f"not {timesteps.start + 1} to {timesteps.stop}."
        )
    if how == "blur":
        source = _blurred(sequence, preparation)
    elif how == "hide":
        source = np.full_like(sequence, sequence.mean()) if mean is None else mean
    elif other is None or other.shape != sequence.shape:
        raise InputError("To replace timesteps, choose another case of the same size.")
    else:
        source = other
    changed = sequence.copy()
    rows = slice(timesteps.start, timesteps.stop)
    changed[rows] = source[rows]
    return changed


def edited_picture(
    image: np.ndarray, changed: np.ndarray, timesteps: range, preparation: Preparation
) -> np.ndarray:
    """What an edited sequence looks like in the case's own greys; for showing only.

    Args:
        image: uint8, ``preparation.image_shape``: that the sequence was made of before it was changed.
        changed: of ``edited``, ``(timesteps, features)``.
        timesteps: the ones that were changed; all others are shown as they are in the image.
        preparation: of the sequence.

    Returns:
        uint8, ``(timesteps, width, channels)``, as ``as_pictures`` gives.
    """
    mean, divisor = np.float32(0), np.float32(1)
    if preparation.standardise:
        mean, divisor = (part.item() for part in standard(image[None] / np.float32(255)))
    greys = (changed * divisor + mean).reshape(_spatial(preparation)) * 255
    if preparation.volume:
        greys = greys.mean(axis=1)  # one line a slice
    (picture,) = as_pictures(image[None], preparation)
    picture = picture.copy()
    rows = slice(timesteps.start, timesteps.stop)
    picture[rows] = np.clip(np.rint(greys[rows]), 0, 255)
    return picture


def _blurred(sequence: np.ndarray, preparation: Preparation) -> np.ndarray:
    """A Gaussian along every axis of the picture or volume, not across colours."""
    picture = sequence.reshape(_spatial(preparation))
    sigma = [BLUR * preparation.size] * (picture.ndim - 1) + [0]
    return ndimage.gaussian_filter(picture, sigma, mode="nearest").reshape(sequence.shape)


def _spatial(preparation: Preparation) -> tuple[int, ...]:
    """Shape of a sequence as a picture, time first, colours last."""
    sides = (preparation.size,) * (3 if preparation.volume else 2)
    return (*sides, preparation.channels)
