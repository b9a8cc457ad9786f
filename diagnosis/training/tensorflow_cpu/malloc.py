"""Memory of a training: a step needs as much as the one before, so the process holds on to freed memory.

glibc would give it back to the system, which hands it out again page by page, filled with zeros: thousands of
page faults a step.
"""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager

import keras

# <malloc.h>: blocks from this size on are mapped and unmapped each by itself; so much may lie free.
_MMAP_THRESHOLD, _TRIM_THRESHOLD = -3, -1
_REUSING = {_MMAP_THRESHOLD: 32 * 2**20, _TRIM_THRESHOLD: 2**30}  # the first one: the most it takes
_USUAL = dict.fromkeys(_REUSING, 128 * 2**10)


@contextmanager
def reused_memory() -> Iterator[None]:
    """Keep freed memory for as long as the block lasts. Without glibc, nothing is done."""
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "mallopt"):
        yield
        return
    if keras.backend.backend() == "tensorflow":
        _let_tensorflow_choose()
    for name, value in _REUSING.items():
        libc.mallopt(name, value)
    try:
        yield
    finally:
        for name, value in _USUAL.items():
            libc.mallopt(name, value)
        libc.malloc_trim(0)


def _let_tensorflow_choose() -> None:
    """Its first data set that is made by a generator sets a small threshold for mapping, once a process."""
    import tensorflow as tf

    next(iter(tf.data.Dataset.from_generator(lambda: [0], tf.int32, ())))
