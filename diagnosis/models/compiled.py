"""Compile a function for the Keras backend in use. The only place that names a backend."""

import logging
from collections.abc import Callable
from typing import Any

import keras
import numpy as np


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a pure function of tensors; arrays in, NumPy arrays out.

    Args:
        function: takes tensors, returns a tensor.

    Returns:
        The same function of float32 arrays. It is compiled once per input shape (TensorFlow and JAX by
        XLA), so callers keep to few shapes. Safe to call from several threads: it only reads variables.
    """
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        # One function a model version is meant, and TensorFlow warns of many functions on stderr.
        logging.getLogger("tensorflow").setLevel(logging.ERROR)
        traced = tf.function(function, jit_compile=True, autograph=False)
        by_shape: dict[
            Any, Any
        ] = {}  # asking the function which of its graphs fits costs 0.1 ms a call

        def run(*tensors: Any) -> Any:
            shapes = tuple(tensor.shape for tensor in tensors)
            if shapes not in by_shape:
                by_shape[shapes] = traced.get_concrete_function(*tensors)
            return by_shape[shapes](*tensors)

        to_backend, to_numpy = tf.convert_to_tensor, np.asarray
    elif backend == "jax":
        import jax

        run, to_backend, to_numpy = jax.jit(function), np.asarray, np.asarray
    else:
        import torch

        run = torch.no_grad()(function)
        to_backend, to_numpy = keras.ops.convert_to_tensor, keras.ops.convert_to_numpy

    def call(*arrays: np.ndarray) -> Any:
        return to_numpy(run(*[to_backend(array) for array in arrays]))

    return call
