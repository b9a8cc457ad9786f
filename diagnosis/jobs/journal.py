"""The record that a training keeps while it runs, and the requests that it obeys."""

import json
import tempfile
import time
from collections import deque
from pathlib import Path
from typing import Any

import keras
import numpy as np

from diagnosis.datasets import Dataset
from diagnosis.jobs import locks, record
from diagnosis.jobs.endings import KILLED, Obeyed, at_once
from diagnosis.jobs.tracking import artifacts, client
from diagnosis.models import heads
from diagnosis.models.config import ModelConfig
from diagnosis.traces.tracer import Tracer

CHECKS_EVERY_S = 0.5
LINES = 60  # of the log, the latest
SNAPSHOTS = 100  # at most, about; of a long training not every epoch is kept


class Journal(keras.callbacks.Callback):
    """Metrics and a line of log after each epoch, the phase; checks between batches for a request to end."""

    def __init__(self, run_id: str, *, elsewhere: bool = False) -> None:
        """For a run; ``elsewhere``: not on its supervisor's machine, which cannot kill it then."""
        super().__init__()
        self.stopped = False
        self._run_id, self._checked, self._began = run_id, 0.0, 0.0
        self._seconds: list[float] = []
        self._lines: deque[str] = deque(maxlen=LINES)
        self._elsewhere, self._measuring = elsewhere, False

    def say(self, line: str) -> None:
        """Add a line to the log."""
        self._lines.append(f"{time.strftime('%H:%M:%S', time.gmtime())} {line}")
        text = "\n".join(self._lines)[-record.TAG_LIMIT :]
        client().set_tag(self._run_id, record.LOG, text)

    def measures(self, *, stopped: bool = False) -> None:
        """The training is over, because it was ``stopped`` or by itself: what follows is measuring."""
        if not self._measuring:
            self._measuring, self.stopped = True, stopped
            record.set_phase(self._run_id, "measuring", stopped=stopped)
            self.say(f"{'stopped' if stopped else 'trained'}; the best epoch is being measured")

    def commit(self) -> None:
        """From here on the version is saved, and this process is not ended any more.

        Raises:
            Obeyed: that was requested before.
        """
        self._obey(record.requested(self._run_id))
        if not self._elsewhere and not locks.claim(self._run_id):
            raise Obeyed(at_once(record.requested(self._run_id)) or KILLED)

    def _obey(self, wanted: record.Request | None) -> None:
        if (ending := at_once(wanted)) is not None:
            raise Obeyed(ending)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """The first batch compiles."""
        record.set_phase(self._run_id, "compiling")

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Calibrating, measuring and saving follow."""
        self.measures()

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Start the clock."""
        self._began = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Check for a request now and then."""
        if not self._checked:
            record.set_phase(self._run_id, "training")
        if time.monotonic() - self._checked > CHECKS_EVERY_S:
            wanted = record.requested(self._run_id)
            self._obey(wanted)
            if wanted == "stop":  # the epoch is left, which takes its validation yet
                self.model.stop_training = True
                self.measures(stopped=True)
            self._checked = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Write down the epoch, counted from 1."""
        from mlflow.entities import Metric

        figures = {name: float(value) for name, value in (logs or {}).items()}
        self._seconds.append(time.perf_counter() - self._began)
        now = int(time.time() * 1000)
        shown = figures | {
            "epoch": epoch + 1,
            "epoch_seconds": self._seconds[-1],
            # the first epoch compiles, so the mean leaves it out as soon as there is another
            "mean_epoch_seconds": float(np.mean(self._seconds[1:] or self._seconds)),
        }
        client().log_batch(
            self._run_id,
            metrics=[Metric(name, value, now, epoch + 1) for name, value in shown.items()],
        )
        told = ", ".join(
            f"{name.replace('_', ' ')} {figures[name]:.4f}"
            for name in ("loss", "val_loss", "val_auc", "val_accuracy")
            if name in figures
        )
        self.say(f"epoch {epoch + 1}: {told}; {self._seconds[-1]:.1f} s")


class FoldJournal(keras.callbacks.Callback):
    """A line of log after each fifth of a fold, and the same checks for a request to end as elsewhere."""

    def __init__(self, journal: Journal, number: int, of: int) -> None:
        """For the fold with that number, from 0."""
        super().__init__()
        self._journal, self._name = journal, f"fold {number + 1} of {of}"
        self._checked = 0.0

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Check for a request now and then."""
        if time.monotonic() - self._checked > CHECKS_EVERY_S:
            self._journal.check_request()
            self._checked = time.monotonic()
        self.model.stop_training = self.model.stop_training or self._journal.stopped

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Write a line down."""
        epochs = self.params["epochs"]
        if (epoch + 1) % max(1, epochs // 5) == 0:
            loss = float((logs or {}).get("val_loss", np.nan))
            self._journal.say(
                f"{self._name}, epoch {epoch + 1} of {epochs}: held-out loss {loss:.4f}"
            )


class GateSnapshots(keras.callbacks.Callback):
    """States and gates of one fixed scan after each epoch, stored with the run."""

    def __init__(self, run_id: str, config: ModelConfig, dataset: Dataset) -> None:
        """Choose the scan: the first case of the validation split that shows the finding."""
        super().__init__()
        self._run_id, self._task = run_id, config.task
        labels = dataset.labels["val"]
        shows = (
            labels == config.finding
            if config.finding is not None
            else labels.reshape(len(labels), -1)[:, 0]
        )
        case = int(np.argmax(shows))
        self._image = dataset.images["val"][case]
        self._encoder = json.dumps(config.encoder.to_json())
        self._sequence = config.encoder.batch(self._image[None])[0]
        self._tracer: Tracer | None = None

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Read it before the first epoch."""
        self._tracer = Tracer(self.model)
        if not record.gate_epochs(self._run_id):
            self._store(0)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Read it again."""
        if (epoch + 1) % max(1, self.params["epochs"] // SNAPSHOTS) == 0:
            self._store(epoch + 1)

    def _store(self, epoch: int) -> None:
        assert self._tracer is not None
        trace = self._tracer(self._sequence)
        named = {
            f"{layer.key}/{signal}": values.astype(np.float16)
            for layer in trace.layers
            for signal, values in layer.signals.items()
        }
        named["probabilities"] = heads.probabilities(trace.logits, self._task).astype(np.float32)
        with tempfile.TemporaryDirectory() as scratch:
            path = Path(scratch) / f"epoch-{epoch:04}.npz"
            np.savez_compressed(
                path,
                image=self._image,
                encoder=np.array(self._encoder),
                **named,  # type: ignore[arg-type]
            )
            artifacts(self._run_id).log_artifact(self._run_id, str(path), "gates")
