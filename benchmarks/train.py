"""How fast an LSTM(128) is trained on 28 rows of 28 pixels: ours, stock Keras and PyTorch, in turn.

    python -m benchmarks.train [--torch-python PATH] [--json]

Batches of 128, Adam, float32. They train in turn, so all meet the same noise. Ours is what ``training.fit``
does: ``Batches``, without and with augmentation, in halves, several in a row. Stock is ``model.fit`` on
arrays. PyTorch is not part of Scanline: name an interpreter of another environment that has it.
"""

import argparse
import contextlib
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np

from diagnosis.datasets import catalogue
from diagnosis.models.build import build
from diagnosis.models.config import config_for
from diagnosis.sequences import Augmentation
from diagnosis.training import tensorflow_cpu
from diagnosis.training.batches import Batches, in_a_row, targets
from diagnosis.training.config import TrainingConfig

UNITS, BATCH = 128, 128
ALONE = "augmenting alone"  # faster than training, or training would wait for it
Rates = dict[str, list[float]]


def main() -> None:
    """Print medians, ranges and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--batches", type=int, default=40, help="in one round")
    parser.add_argument("--torch-python", help="an interpreter that has PyTorch")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()

    about: dict[str, Any] = {}
    with contextlib.ExitStack() as stack:
        stack.enter_context(
            tensorflow_cpu.reused_memory()
        )  # as in a training; stock gains by it, too
        contenders = _ours_and_stock(options.batches)
        if options.torch_python:
            contenders["PyTorch"], about = stack.enter_context(
                _torch(options.torch_python, options.batches)
            )
        rates: Rates = {name: [] for name in (*contenders, "peak")}
        for _ in range(options.rounds):
            for name, train in contenders.items():
                rates[name].append(train())
            rates["peak"].append(_peak())
    result = _result(rates, about)
    print(json.dumps(result, indent=1) if options.json else _table(result))


def _ours_and_stock(batches: int) -> dict[str, Callable[[], float]]:
    """Functions that train one round and return images per second; each keeps its own model."""
    rng = np.random.default_rng(1)
    images = rng.integers(0, 256, (batches * BATCH, 28, 28), np.uint8)
    labels = rng.integers(0, 2, len(images))
    config = config_for("lstm", catalogue()["phantoms"], units=(UNITS,))

    divided = tensorflow_cpu.fits(config, TrainingConfig(batch_size=BATCH))
    together = in_a_row(len(images), BATCH, config.encoder)

    def ahead(augmentation: Augmentation | None) -> dict[str, Any]:
        batched = Batches(
            images,
            labels,
            config.encoder,
            batch_size=BATCH,
            augmentation=augmentation,
            class_weights=None,
            seed=1,
            in_a_row=together if divided else 1,
        )
        return {"x": batched, "shuffle": False}

    arrays: dict[str, Any] = {
        "x": config.encoder.batch(images),
        "y": targets(labels),
        "batch_size": BATCH,
    }

    def contender(given: dict[str, Any], *, ours: bool) -> Callable[[], float]:
        model = tensorflow_cpu.model(config, BATCH) if ours and divided else build(config)
        loss = keras.losses.BinaryCrossentropy(from_logits=True)
        steps = together if ours and not divided else 1
        model.compile("adam", loss, steps_per_execution=steps)
        timed = _SecondEpoch()

        def train() -> float:
            model.fit(**given, epochs=2, verbose=0, callbacks=[timed])
            return len(images) / timed.seconds

        train()  # compiles
        return train

    def prepare() -> float:
        """Make the augmented batches of an epoch, and train on none."""
        batched: Batches = ahead(Augmentation())["x"]
        started = time.perf_counter()
        for index in range(len(batched)):
            batched[index]
        return len(images) / (time.perf_counter() - started)

    return {
        ALONE: prepare,
        "stock Keras": contender(arrays, ours=False),
        "ours": contender(ahead(None), ours=True),
        "ours, augmented": contender(ahead(Augmentation()), ours=True),
    }


class _SecondEpoch(keras.callbacks.Callback):
    """Times the second of two epochs: in the first one ``fit`` prepares."""

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._started = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.seconds = time.perf_counter() - self._started


@contextlib.contextmanager
def _torch(python: str, batches: int) -> Iterator[tuple[Callable[[], float], dict[str, Any]]]:
    """A process of another interpreter that trains when it is asked to, and what it says of itself."""
    script = Path(__file__).with_name("torch_lstm.py")
    command = [python, str(script), *map(str, (UNITS, 28, 28, BATCH, batches))]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        requests, replies = process.stdin, process.stdout
        assert requests is not None and replies is not None

        def reply() -> Any:
            line = replies.readline()
            if not line:
                sys.exit(f"{python} ended: has it PyTorch?")
            return json.loads(line)

        def train() -> float:
            print(file=requests, flush=True)
            return float(reply())

        about = reply()
        yield train, about
        requests.close()


def _peak(side: int = 2048) -> float:
    """GFLOP/s of the backend's product of two square float32 matrices."""
    matrix = keras.random.normal((side, side), seed=1)
    started = time.perf_counter()
    np.asarray(keras.ops.matmul(matrix, matrix))
    return 2 * side**3 / (time.perf_counter() - started) / 1e9


def flops(timesteps: int = 28, features: int = 28, units: int = UNITS) -> int:
    """Of the matrix products of one image, forward and backward; an addition and a multiplication are two.

    Forward W x and U h; backward the gradients of W, of U and of h. Nobody asks for the pixels' gradient.
    """
    forward = features + units
    backward = features + 2 * units
    return 2 * timesteps * 4 * units * (forward + backward)


def _result(rates: Rates, about: dict[str, Any]) -> dict[str, Any]:
    """Medians and ranges, and the medians of the ratios round by round."""
    each = {
        name: {
            "images_per_s": statistics.median(values),
            "range": [min(values), max(values)],
            "gflop_per_s": None if name == ALONE else statistics.median(values) * flops() / 1e9,
        }
        for name, values in rates.items()
        if name != "peak"
    }
    ratios = {
        f"{ours} / {other}": statistics.median(
            a / b for a, b in zip(rates[ours], rates[other], strict=True)
        )
        for ours in ("ours", "ours, augmented")
        for other in ("stock Keras", "PyTorch", "ours")
        if other in rates and ours != other
    }
    return {
        "keras": keras.__version__,
        "backend": keras.backend.backend(),
        "rounds": len(rates["peak"]),
        "flop_per_image": flops(),
        "peak_gflop_per_s": {
            "median": statistics.median(rates["peak"]),
            "best": max(rates["peak"]),
        },
        "contenders": each,
        "ratios": ratios,
        "torch": about or None,
    }


def _table(result: dict[str, Any]) -> str:
    torch, peak = result["torch"], result["peak_gflop_per_s"]
    lines = [
        f"Keras {result['keras']} on {result['backend']}"
        + (f", PyTorch {torch['version']}" if torch else ", no PyTorch (--torch-python)")
        + f", {result['rounds']} rounds, medians",
        f"{'':18}{'images/s':>10}{'range':>18}{'GFLOP/s':>10}",
    ]
    for name, found in result["contenders"].items():
        low, high = found["range"]
        lines.append(
            f"{name:18}{found['images_per_s']:10,.0f}{f'{low:,.0f} to {high:,.0f}':>18}"
            + ("" if found["gflop_per_s"] is None else f"{found['gflop_per_s']:10.0f}")
        )
    lines.append(f"one image: {result['flop_per_image'] / 1e6:.1f} MFLOP forward and backward")
    lines.append(
        f"matrix product 2048 × 2048: {peak['median']:.0f} GFLOP/s, at best {peak['best']:.0f}"
        + (f"; PyTorch's {torch['peak']:.0f}" if torch else "")
    )
    lines.extend(f"{name:32}{ratio:6.2f}" for name, ratio in result["ratios"].items())
    return "\n".join(lines)


if __name__ == "__main__":
    main()
