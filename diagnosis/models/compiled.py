"""Compile a function for the Keras backend in use. The only place that names a backend."""

import logging
from collections.abc import Callable
from typing import Any

import keras
import numpy as np


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a pure function of tensors; arrays in, NumPy arrays out.

    Args:
        function: takes tensors, returns tensors in any nesting of tuples and dicts.

    Returns:
        The same function of float32 arrays. It is compiled once per input shape (TensorFlow and JAX by
        XLA), so callers keep to few shapes. Safe to call from several threads: it only reads variables.
    """
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        # One function a model version is meant, and TensorFlow warns of many functions on stderr.
        logging.getLogger("tensorflow").setLevel(logging.ERROR)
        run = tf.function(function, jit_compile=True, autograph=False, reduce_retracing=False)
        convert = tf.convert_to_tensor
    elif backend == "jax":
        import jax

        run, convert = jax.jit(function), np.asarray
    else:
        import torch

        run, convert = torch.no_grad()(function), keras.ops.convert_to_tensor

    def call(*arrays: np.ndarray) -> Any:
        return keras.tree.map_structure(
            keras.ops.convert_to_numpy, run(*(convert(array) for array in arrays))
        )

    return call
