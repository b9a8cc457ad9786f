"""A model as a file that opens without Scanline. Exports are written and never read back."""

import logging
import shutil
import tempfile
import warnings
from pathlib import Path
from typing import Literal

import keras
import numpy as np

from diagnosis.models import head_ops
from diagnosis.models.forward import Forward

Format = Literal["keras", "onnx"]


def export(forward: Forward, format: Format, path: Path) -> None:
    """Write a model that ends in scores by class.

    Input ``sequence``, float32 ``(batch, timesteps, features)``, prepared as ``config.encoder``
    says; output float32 ``(batch, classes)``: scores before calibration, ``Reading.scores``.

    Args:
        forward: of the version.
        format: ``keras`` opens in plain Keras 3, ``onnx`` in any ONNX runtime.
        path: exactly where; it is there whole or not at all.

    Raises:
        OSError: the file cannot be written.
    """
    model, config = forward.model, forward.config
    sequence = model.inputs[0]
    scored = keras.Model(
        sequence, head_ops.score_layers(model.outputs[0], config.task), name=config.variant
    )
    folder = Path(tempfile.mkdtemp(prefix=".export-", dir=path.parent))
    partial = folder / f"model.{format}"  # Keras takes no other ending
    try:
        if format == "keras":
            scored.save(partial)
        else:
            encoder = config.encoder
            blank = np.zeros((1, encoder.length, encoder.features), np.float32)
            scored(blank)  # Keras exports only what was called before
            _export_onnx(scored, partial)
        partial.replace(path)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _export_onnx(model: keras.Model, path: Path) -> None:
    """Keras' own export, which goes through tf2onnx, without what the two say to developers."""
    logging.getLogger("tf2onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.export(str(path), format="onnx", verbose=False)
