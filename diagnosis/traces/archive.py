"""A trace as one ``.npz`` file."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import numpy as np

from diagnosis.traces.trace import SIGNALS, Direction, LayerTrace, Trace


def arrays(trace: Trace, probabilities: np.ndarray, per_step: np.ndarray) -> dict[str, np.ndarray]:
    """Every array of a trace by its name in the file.

    ``sequence`` (timesteps, features), ``probabilities`` (classes,), ``per_step`` (timesteps, classes),
    ``per_step_logits`` (timesteps, logits), and per recurrent layer ``<layer>/input``,
    ``<layer>/difference`` and ``<layer>/<signal>`` (timesteps, units); bidirectional layers have
    ``<layer>/<direction>/…``. Of a model of several branches ``parts`` has their layers as JSON, and
    ``<layer>/previous`` is as in ``LayerTrace``.

    Args:
        trace: what to write.
        probabilities: of the trace's logits, calibrated as the model's card says.
        per_step: of its per-step logits, likewise.
    """
    named: dict[str, np.ndarray] = {
        "sequence": trace.sequence,
        "probabilities": np.asarray(probabilities, np.float32),
        "per_step": np.asarray(per_step, np.float32),
        "per_step_logits": trace.per_step_logits,
    }
    if trace.parts:
        named["parts"] = np.array(json.dumps({name: list(of) for name, of in trace.parts.items()}))
    for layer in trace.layers:
        if layer.previous is not None:
            named[f"{layer.key}/previous"] = layer.previous
        named[f"{layer.key}/input"] = layer.input
        named[f"{layer.key}/difference"] = np.array(layer.difference, np.float32)
        for signal, values in layer.signals.items():
            named[f"{layer.key}/{signal}"] = values
    return named


def write(path: Path, named: dict[str, np.ndarray]) -> None:
    """Write arrays as a compressed ``.npz`` under exactly this path, never half."""
    partial = path.with_name(path.name + ".partial")
    try:
        with partial.open("wb") as file:
            np.savez_compressed(file, **named)  # type: ignore[arg-type]
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def read(path: Path) -> Trace:
    """The trace that `write` wrote the `arrays` of."""
    with np.load(path, allow_pickle=False) as file:
        named = dict(file)
    layers = tuple(
        _layer(name.removesuffix("/difference"), named)
        for name in named
        if name.endswith("/difference")
    )
    logits = named["per_step_logits"]
    reread = any(layer.direction is not None for layer in layers)
    of = json.loads(str(named["parts"])) if "parts" in named else {}
    parts = {name: tuple(keys) for name, keys in of.items()}
    return Trace(named["sequence"], logits[-1], logits, reread, layers, parts)


def _layer(key: str, named: Mapping[str, np.ndarray]) -> LayerTrace:
    own = {
        name.removeprefix(f"{key}/"): values
        for name, values in named.items()
        if name.startswith(f"{key}/")
    }
    received, difference = own.pop("input"), float(own.pop("difference"))
    previous = own.pop("previous", None)
    cell = next(cell for cell, signals in SIGNALS.items() if set(signals) == set(own))
    layer, _, direction = key.partition("/")
    way = cast("Direction", direction) or None
    return LayerTrace(layer, way, cell, own, received, difference, previous)
