"""Which tests are unit tests: they load no Keras, open no page and start no server, worker or cluster.

``pytest --unit`` passes over the folders and files listed here before they are imported, and over tests
marked ``system`` in files that have tests of both kinds. Meanwhile Keras cannot be imported, so a test that
belongs on the list fails and says so.
"""

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from pathlib import Path
from types import ModuleType

import pytest

TESTS = Path(__file__).parent
SYSTEM = frozenset(
    TESTS / name
    for name in (
        "batch",
        "cli",
        "comparison",
        "core/test_access.py",
        "core/test_cluster.py",
        "core/test_executors.py",
        "core/test_homes.py",
        "dashboard",
        "datasets/test_import_durability.py",
        "explanations/test_gate_statistics.py",
        "explanations/test_neighbours.py",
        "explanations/test_attribution.py",
        "inference",
        "jobs",
        "models",
        "report",
        "scans/test_apart.py",
        "scans/test_population.py",
        "sequences/test_study.py",
        "test_extension_points.py",
        "traces",
        "training",
    )
)
FORBIDDEN = frozenset({"keras", "tensorflow", "jax", "torch"})


class NoKeras(MetaPathFinder):
    """Refuses to import Keras and what it computes with."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> None:
        if fullname.partition(".")[0] in FORBIDDEN:
            raise ModuleNotFoundError(
                f"A unit test imports {fullname}: list its file in tests/unit.py, or mark it `system`.",
                name=fullname,
            )


def forbid_keras() -> None:
    """From now on importing Keras fails in this process."""
    sys.meta_path.insert(0, NoKeras())


def is_unit(item: pytest.Item) -> bool:
    """Whether a test from a file that is not passed over is a unit test."""
    return not any(item.get_closest_marker(name) for name in ("system", "long", "browser"))
