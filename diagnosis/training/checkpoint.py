"""The state of a training after each epoch, so that another process can go on as if nothing had been.

Keras' ``BackupAndRestore`` keeps weights and the epoch in two files that are overwritten in place, and
neither the best weights so far nor what other callbacks count. Here it is one file, replaced whole.
"""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from diagnosis.core.private_files import private

FILE = "training.npz"


class BestWeights(keras.callbacks.Callback):
    """Holds the weights of the epoch with the lowest validation loss, and stops early."""

    def __init__(self, patience: int, *, latest: bool = False) -> None:
        """Stop after ``patience`` epochs without a better one; 0 for never.

        ``latest``: there is no validation split, and the last epoch is the one that counts.
        """
        super().__init__()
        self._latest = latest
        self.weights: list[np.ndarray] | None = None
        self.epoch, self.loss = 0, float("inf")  # epochs are counted from 1
        self._patience = patience

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Compare."""
        loss = (logs or {}).get("val_loss", np.nan)
        if self._latest:
            if np.isfinite((logs or {}).get("loss", np.nan)):
                self.epoch, self.weights = epoch + 1, self.model.get_weights()
        elif loss < self.loss:
            self.loss, self.epoch, self.weights = float(loss), epoch + 1, self.model.get_weights()
        elif self._patience and epoch + 1 - self.epoch >= self._patience:
            self.model.stop_training = True


class Checkpoint(keras.callbacks.Callback):
    """Writes the state after each whole epoch, and puts it back."""

    def __init__(
        self,
        folder: Path,
        best: BestWeights,
        counting: Sequence[keras.callbacks.Callback] = (),
    ) -> None:
        """Write it to ``folder``; ``counting`` are callbacks whose plain attributes belong to the state."""
        super().__init__()
        self._path, self._best, self._counting = folder / FILE, best, counting
        self._history: dict[str, list[float]] = {}
        self._counts: list[dict[str, Any]] = []
        self._whole = True

    def restore(self, model: keras.Model) -> tuple[int, dict[str, list[float]]]:
        """Put back what was written; a compiled model. Returns the epochs done, and their history."""
        if not self._path.is_file():
            return 0, {}
        model.optimizer.build(model.trainable_variables)
        with np.load(self._path, allow_pickle=False) as saved:
            state = json.loads(str(saved["state"]))
            for number, variable in enumerate(_variables(model)):
                variable.assign(saved[f"variable_{number}"])
            if state["best_epoch"]:
                self._best.weights = [saved[f"best_{n}"] for n in range(len(model.weights))]
        self._best.epoch, self._best.loss = state["best_epoch"], state["best_loss"] or float("inf")
        self._history, self._counts = state["history"], state["counts"]
        return state["epochs"], self._history

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Callbacks forget when a training begins; this one comes last and reminds them."""
        for callback, counts in zip(self._counting, self._counts, strict=False):
            vars(callback).update(counts)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """An epoch that is stopped in its middle is not kept: it will be done again."""
        self._whole = True

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """See whether the epoch ends before its last batch."""
        self._whole = not self.model.stop_training or batch + 1 >= self.params["steps"]

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Write."""
        if not self._whole:
            return
        for name, value in (logs or {}).items():
            self._history.setdefault(name, []).append(float(value))
        best = self._best
        state = {
            "epochs": epoch + 1,
            "history": self._history,
            "best_epoch": best.epoch,
            "best_loss": best.loss if best.epoch else None,
            "counts": [_counts(callback) for callback in self._counting],
        }
        arrays = {f"variable_{n}": value.numpy() for n, value in enumerate(_variables(self.model))}
        arrays |= {f"best_{n}": value for n, value in enumerate(best.weights or ())}
        replace_arrays(self._path, {"state": np.array(json.dumps(state)), **arrays})


def replace_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write an NPZ that is there whole or not at all, in the place of the one before.

    Raises:
        OSError: the one before stays.
    """
    partial = path.with_suffix(".partial")
    private(path.parent)
    try:
        with partial.open("wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError:  # what is left of this one must not fill the disk
        partial.unlink(missing_ok=True)
        raise


def _variables(model: keras.Model) -> list[Any]:
    """Weights, seeds of the dropout, and the optimizer's own; the metrics begin each epoch anew."""
    watched = {id(variable) for variable in model.metrics_variables}
    own = [variable for variable in model.variables if id(variable) not in watched]
    return [*own, *model.optimizer.variables]


def _counts(callback: keras.callbacks.Callback) -> dict[str, Any]:
    return {
        name: value
        for name, value in vars(callback).items()
        if isinstance(value, (int, float)) and not name.startswith("_")
    }
