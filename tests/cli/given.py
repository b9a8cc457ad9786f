"""What the tests of the command line share: words, and data sets of every task."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from diagnosis.__main__ import parser
from diagnosis.cli import train
from diagnosis.datasets import SPLITS, catalogue, load
from diagnosis.models import store

ROOT = Path(__file__).resolve().parent.parent.parent
QUICK = ("--epochs", "1", "--units", "6", "--no-augmentation")
ESTIMATE = {"estimate", "lower", "upper", "level"}

Run = Callable[..., Any]  # words of a command; see the fixtures `answer` and `refusal`


def command(*words: str | Path) -> list[str]:
    """A command line of a process of its own."""
    return [sys.executable, "-m", "diagnosis", *map(str, words)]


def trained(*words: str | Path, activate: bool = True) -> dict[str, Any]:
    """Train in this process, without a record, and make it active; what `train` answers.

    The command does the same in a process of its own, which takes seconds to start (tests/jobs/test_runs.py).
    """
    from diagnosis.jobs.experiment import train_version

    plan = train._plan(parser().parse_args(["train", *map(str, words)]))
    dataset = load(plan.dataset, size=plan.size)
    root = None if plan.out is None else Path(plan.out)
    version = train_version(plan.config(dataset), plan.training, dataset, root=root)
    if activate:
        store.activate(version, root=root)
    return train._payload("none", "finished", version)


def no_constant(name: str) -> Any:
    """What `json` calls for NaN and Infinity."""
    raise AssertionError(f"{name} is not JSON")


def write_sets(folder: Path) -> None:
    """Made-up sets: ``toy`` (binary), ``findings`` (multi-label), and one shaped as RetinaMNIST."""
    bits = np.array([1, 2, 4])
    small = (48, 24, 24)
    write_set(folder / "toy.npz", lambda n: np.arange(n) % 2, small, colour=False)
    write_set(
        folder / "findings.npz",
        lambda n: (np.arange(n)[:, None] & bits > 0).astype(int),
        small,
        colour=False,
    )
    counts = tuple(catalogue()["retinamnist"].counts[split] for split in SPLITS)
    write_set(folder / "retinamnist.npz", lambda n: np.arange(n)[:, None] % 5, counts, colour=True)


def write_set(
    path: Path, labels: Callable[[int], np.ndarray], counts: tuple[int, ...], *, colour: bool
) -> None:
    rng = np.random.default_rng(3)
    arrays: dict[str, np.ndarray] = {}
    for split, n in zip(SPLITS, counts, strict=True):
        shape = (n, 28, 28, 3) if colour else (n, 28, 28)
        arrays[f"{split}_images"] = rng.integers(0, 256, shape, np.uint8)
        arrays[f"{split}_labels"] = labels(n)
    np.savez(path, **arrays)  # type: ignore[arg-type]
