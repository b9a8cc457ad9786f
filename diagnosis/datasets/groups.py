"""Which pictures of a published set belong together: of one patient, or near copies of each other.

The sets have no such numbers themselves. ``assets/groups`` has, for each picture, eight bytes of its pixels'
SHA-256, a group and the series that it came from; ``benchmarks.groups`` wrote it.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from diagnosis.core.paths import ASSETS

FOLDER = ASSETS / "groups"
GROUPED_BY = {"pneumoniamnist": "patient", "breastmnist": "near copies"}


@dataclass(frozen=True, eq=False)
class Groups:
    """What is known of the pictures of one set."""

    keys: np.ndarray  # uint64 (pictures,), ascending
    groups: np.ndarray  # uint16 (pictures,)
    series: np.ndarray  # uint8 (pictures,), into ``series_names``
    series_names: tuple[str, ...]

    def of(self, images: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The group of each picture by split, int64 ``(n,)``, -1 where it is not known."""
        return {split: self._looked_up(self.groups, each) for split, each in images.items()}

    def series_of(self, images: np.ndarray) -> np.ndarray:
        """The series of each picture, text ``(n,)``, empty where it is not known."""
        found: np.ndarray = np.array([*self.series_names, ""])[self._looked_up(self.series, images)]
        return found

    def _looked_up(self, values: np.ndarray, images: np.ndarray) -> np.ndarray:
        keys = picture_keys(images)
        at = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        found: np.ndarray = np.where(self.keys[at] == keys, values[at].astype(np.int64), -1)
        return found


@cache
def groups(name: str) -> Groups | None:
    """The groups of a published set; None if none are known."""
    path = Path(FOLDER / f"{name}.npz")
    if name not in GROUPED_BY or not path.is_file():
        return None
    with np.load(path, allow_pickle=False) as stored:
        names = tuple(map(str, stored["series_names"]))
        return Groups(stored["keys"], stored["groups"], stored["series"], names)


def picture_keys(images: np.ndarray) -> np.ndarray:
    """By what a picture is known: uint64 ``(n,)`` of uint8 ``(n, H, W)``."""
    digests = (hashlib.sha256(image.tobytes()).digest()[:8] for image in images)
    return np.frombuffer(b"".join(digests), dtype="<u8")
