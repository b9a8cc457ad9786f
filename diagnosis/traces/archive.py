"""A trace as one ``.npz`` file."""

from pathlib import Path

import numpy as np

from diagnosis.traces.trace import Trace


def arrays(trace: Trace, probabilities: np.ndarray, per_step: np.ndarray) -> dict[str, np.ndarray]:
    """Every array of a trace by its name in the file.

    ``sequence`` (timesteps, features), ``probabilities`` (classes,), ``per_step``
    (timesteps, classes), and per recurrent layer ``<layer>/input``, ``<layer>/difference`` and
    ``<layer>/<signal>`` (timesteps, units); bidirectional layers have ``<layer>/<direction>/…``.

    Args:
        trace: what to write.
        probabilities: of the trace's logits, calibrated as the model's card says.
        per_step: of its per-step logits, likewise.
    """
    named: dict[str, np.ndarray] = {
        "sequence": trace.sequence,
        "probabilities": np.asarray(probabilities, np.float32),
        "per_step": np.asarray(per_step, np.float32),
    }
    for layer in trace.layers:
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
