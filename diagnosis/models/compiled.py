"""Compile a function for the Keras backend in use. Only training on a CPU with TensorFlow names one, too."""

import logging
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from diagnosis.core.errors import InputError


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a pure function of tensors; arrays in, NumPy arrays out.

    Args:
        function: takes tensors, returns a tensor.

    Returns:
        The same function of float32 arrays. It is compiled once per input shape (TensorFlow and JAX by
        XLA), so callers use few shapes. Thread-safe: it only reads variables.
    """
    if _on_tensorflow():
        import tensorflow as tf

        run, to_backend, to_numpy = _graphs(function), tf.convert_to_tensor, np.asarray
    else:
        import jax

        run, to_backend, to_numpy = jax.jit(function), np.asarray, np.asarray

    def call(*arrays: np.ndarray) -> Any:
        return to_numpy(run(*[to_backend(array) for array in arrays]))

    return call


def value_and_gradient(
    function: Callable[..., Any],
) -> Callable[..., tuple[np.ndarray, np.ndarray]]:
    """Compile a function of many samples together with its gradient.

    Args:
        function: a pure function that maps a tensor ``(n, ...)`` to one value a sample, ``(n,)``. Further
            tensors may follow; nothing is differentiated by them.

    Returns:
        A function of float32 arrays: values ``(n,)`` and the gradient of their sum by the first array,
        ``(n, ...)``, both float32. A sample's value depends on that sample alone, so row k of it is the
        gradient of value k. Compiled once per input shape; thread-safe.
    """
    if _on_tensorflow():
        import tensorflow as tf

        def both(x: Any, *others: Any) -> Any:
            with tf.GradientTape() as tape:
                tape.watch(x)
                values = function(x, *others)
            return values, tape.gradient(values, x, unconnected_gradients="zero")

        run, to_backend, to_numpy = _graphs(both), tf.convert_to_tensor, np.asarray
    else:
        import jax

        def both(x: Any, *others: Any) -> Any:
            values, pull = jax.vjp(lambda x: function(x, *others), x)
            return values, pull(jax.numpy.ones_like(values))[0]

        run, to_backend, to_numpy = jax.jit(both), np.asarray, np.asarray

    def call(*arrays: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        values, gradient = run(*[to_backend(array) for array in arrays])
        return to_numpy(values), to_numpy(gradient)

    return call


def side_by_side() -> bool:
    """Whether functions that were compiled apart run at the same time: TensorFlow's, on a CPU."""
    if not _on_tensorflow():
        return False
    import tensorflow as tf

    return not tf.config.list_logical_devices("GPU")


def _on_tensorflow() -> bool:
    """Whether Keras runs on TensorFlow, or else on JAX.

    Raises:
        InputError: it runs on neither.
    """
    backend = keras.backend.backend()
    if backend not in ("tensorflow", "jax"):
        raise InputError(
            f"Keras runs on {backend} here, with which models cannot be traced: "
            "set KERAS_BACKEND to tensorflow or jax."
        )
    return bool(backend == "tensorflow")


def _graphs(function: Callable[..., Any]) -> Callable[..., Any]:
    """TensorFlow: a function compiled by XLA once per shape of its tensors."""
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

    return run
