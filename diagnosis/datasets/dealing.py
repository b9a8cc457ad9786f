"""Dealing patients to parts by their numbers: the same on every machine and in every version of a library."""

import hashlib
from collections.abc import Hashable, Sequence

import numpy as np


def deal(
    patients: Sequence[str], strata: Sequence[Hashable], parts: int, *, seed: int
) -> np.ndarray:
    """A part for each patient: each stratum is shuffled, and all are dealt in turn, stratum by stratum.

    So each stratum's patients are spread over the parts as evenly as can be, and the parts differ by one
    patient at most. The order of shuffling is that of the SHA-256 of ``seed/patient``.

    Args:
        patients: each once.
        strata: of each patient, such as the label; they are dealt in the order of their text.
        parts: how many.
        seed: of the shuffling.

    Returns:
        int, ``(n,)``, from 0.
    """
    digests = [hashlib.sha256(f"{seed}/{patient}".encode()).digest() for patient in patients]
    order = sorted(range(len(patients)), key=lambda k: (str(strata[k]), digests[k]))
    dealt = np.empty(len(patients), int)
    dealt[order] = np.arange(len(patients)) % parts
    return dealt
