"""From the arrays of an archive to images and labels per split, checked."""

from dataclasses import dataclass

import numpy as np

from diagnosis.datasets.archive import Archive
from diagnosis.datasets.dataset import SPLITS, DatasetError


@dataclass(frozen=True, eq=False)
class Splits:
    """Images and labels by split; all images have one square or cubic shape."""

    images: dict[str, np.ndarray]  # uint8 (n, H, W), (n, H, W, 3) or (n, D, H, W)
    labels: dict[str, np.ndarray]  # int64 (n,) or (n, columns > 1), 0 or more
    channels: int
    dimensions: int
    size: int
    notes: tuple[str, ...]


def arrange(archive: Archive) -> Splits:
    """Check and arrange the arrays of one archive.

    A last axis of 3 means red, green and blue: ``(n, H, W, 3)`` is colour, any other
    ``(n, D, H, W)`` a volume. A last axis of 1 is dropped.

    Raises:
        DatasetError: shapes or numbers of label columns differ between splits, images are no squares,
            numbers of images and labels differ, or a label is negative or no number of a class.
    """
    arrays, notes = archive.arrays, []
    if "x_train" in arrays:
        arrays = _hold_back_validation(archive)
        n = len(arrays["val_images"])
        notes.append(f"It has no validation split: {n} training images are held back as one.")
    images = {split: _images(arrays[f"{split}_images"]) for split in SPLITS}
    shapes = {split: images[split].shape[1:] for split in SPLITS}
    if len(set(shapes.values())) > 1:
        described = ", ".join(f"{split} {_by(shape)}" for split, shape in shapes.items())
        raise DatasetError(f"{archive.path}: image shapes differ between splits ({described}).")
    channels, dimensions, size = _geometry(shapes["train"], archive)
    labels = {}
    for split in SPLITS:
        labels[split] = _labels(arrays[f"{split}_labels"], split, archive)
        if len(labels[split]) != len(images[split]):
            raise DatasetError(
                f"{archive.path}: {split} has {len(images[split])} images but {len(labels[split])} "
                "labels."
            )
    if len({array.shape[1:] for array in labels.values()}) > 1:
        raise DatasetError(f"{archive.path}: the numbers of label columns differ between splits.")
    return Splits(images, labels, channels, dimensions, size, tuple(notes))


def _hold_back_validation(archive: Archive) -> dict[str, np.ndarray]:
    """Keras' layout has no validation split: take every tenth training image, ordered by label.

    So each class gives a tenth (± 1), the same images every time.
    """
    images, labels = archive.arrays["x_train"], archive.arrays["y_train"]
    if labels.shape[:1] != images.shape[:1]:
        raise DatasetError(
            f"{archive.path}: x_train has shape {images.shape} and y_train {labels.shape}; "
            "expected one label for each image."
        )
    columns = labels.reshape(len(labels), -1)
    ordered = columns if columns.shape[1] == 1 else columns == 0  # one-hot as its numbers would be
    held = np.zeros(len(labels), dtype=bool)
    held[np.lexsort(ordered.T[::-1])[::10]] = True
    return {
        "train_images": images[~held],
        "train_labels": labels[~held],
        "val_images": images[held],
        "val_labels": labels[held],
        "test_images": archive.arrays["x_test"],
        "test_labels": archive.arrays["y_test"],
    }


def _images(array: np.ndarray) -> np.ndarray:
    return array[..., 0] if array.ndim == 4 and array.shape[-1] == 1 else array


def _geometry(shape: tuple[int, ...], archive: Archive) -> tuple[int, int, int]:
    """Channels, dimensions and size of images of one shape."""
    colour = len(shape) == 3 and shape[-1] == 3
    sides = shape[:2] if colour else shape
    if len(set(sides)) > 1:
        raise DatasetError(
            f"{archive.path}: the images are {_by(shape)}; expected squares, or cubes for volumes."
        )
    return (3 if colour else 1), len(sides), sides[0]


def _labels(array: np.ndarray, split: str, archive: Archive) -> np.ndarray:
    if array.dtype.kind == "f" and not np.isin(array, (0, 1)).all():  # one-hot from Keras is float
        raise DatasetError(
            f"{archive.path}: the {split} labels are {array.dtype}; expected whole numbers from 0, or in "
            "several columns 0 and 1."
        )
    lowest, highest = int(array.min()), int(array.max())
    if lowest < 0 or highest > np.iinfo(np.int32).max:
        raise DatasetError(
            f"{archive.path}: a {split} label is {lowest if lowest < 0 else highest}; labels "
            "number the classes from 0."
        )
    labels = array.astype(np.int64)
    return labels[:, 0] if labels.ndim == 2 and labels.shape[1] == 1 else labels


def _by(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape))
