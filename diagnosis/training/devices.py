"""Where a training runs: on the processor, on a GPU, or on several at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import keras

from diagnosis.core.errors import InputError
from diagnosis.training.config import Device


def found(kind: Literal["cpu", "gpu"]) -> list[str]:
    """Names of the devices of a kind on this machine."""
    try:
        return list(keras.distribution.list_devices(kind))
    except RuntimeError:  # JAX, of a kind that it has no support for
        return []


@contextmanager
def placed(device: Device, count: int = 1) -> Iterator[None]:
    """Build and train within this block on the chosen device, or on ``count`` that share each batch.

    Several at once are Keras' own data parallelism (``keras.distribution``).

    Raises:
        InputError: there are not as many, or the backend cannot share a batch.
    """
    if device == "auto" and count == 1:
        yield
        return
    kind: Literal["cpu", "gpu"] = "cpu" if device == "cpu" else "gpu"
    here = found(kind)
    if len(here) < count:
        raise InputError(
            f"This machine has {len(here)} device{'s' * (len(here) != 1)} of the kind {kind}, not {count}: "
            "choose the CPU, or fewer."
        )
    if count == 1:
        with keras.device(f"{kind}:0"):
            yield
        return
    if keras.backend.backend() != "jax":
        raise InputError(
            f"Keras shares a batch between devices with JAX only, not with {keras.backend.backend()}: set "
            "KERAS_BACKEND=jax, or choose one device."
        )
    with keras.distribution.DataParallel(devices=here[:count]).scope():
        yield
