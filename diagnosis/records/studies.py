"""Studies as a data set holds them: the picture and the record of each in one element of one array."""

import numpy as np

RECORD, IMAGE, SEEN = (
    "record",
    "image",
    "seen",
)  # fields of an element; the last: is there a picture?
PARTS = (RECORD, IMAGE)  # in the order in which they are read


def studies(images: np.ndarray, records: np.ndarray, seen: np.ndarray | None = None) -> np.ndarray:
    """Pictures and records as one array.

    Args:
        images: as a data set of pictures has them, ``(n, ...)``.
        records: float32 ``(n, events, 3)``, see ``records.examples``; one that is missing is all padding.
        seen: bool ``(n,)``: whose picture is there; all by default.

    Returns:
        ``(n,)``, of the fields ``record``, ``image`` and ``seen``.
    """
    fields = [
        (RECORD, records.dtype, records.shape[1:]),
        (IMAGE, images.dtype, images.shape[1:]),
        (SEEN, bool),
    ]
    array = np.zeros(len(images), np.dtype(fields))
    array[RECORD], array[IMAGE] = records, images
    array[SEEN] = True if seen is None else seen
    return array


def is_study(values: np.ndarray) -> bool:
    """Whether an array, or an element of one, is of `studies`."""
    return values.dtype.names is not None


def part(values: np.ndarray, name: str) -> np.ndarray:
    """The pictures or the records of studies; what is no study is returned itself."""
    return np.asarray(values[name]) if is_study(values) else values
