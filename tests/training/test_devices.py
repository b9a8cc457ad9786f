"""Several devices at once: Keras' own data parallelism, on JAX and two devices of the processor."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from diagnosis.core.errors import InputError
from diagnosis.training.devices import found, placed
from tests.cli.given import QUICK, ROOT, command
from tests.jobs.test_runs import write_few


@pytest.mark.long
def test_two_devices_share_each_batch_and_find_what_one_does(tmp_path: Path) -> None:
    few = write_few(tmp_path / "few.npz")
    environment = os.environ | {
        "KERAS_BACKEND": "jax",
        "XLA_FLAGS": "--xla_force_host_platform_device_count=2",
        "SCANLINE_HOME": str(tmp_path / "home"),
    }
    made = []
    for devices in ("1", "2"):
        done = subprocess.run(
            command("train", few, "gru", *QUICK, "--device", "cpu", "--devices", devices, "--json"),
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        made.append(json.loads(done.stdout))
    alone, shared = made
    assert shared["state"] == "finished" and shared["run"] != alone["run"]
    for name, estimate in alone["metrics"].items():
        assert shared["metrics"][name]["estimate"] == pytest.approx(estimate["estimate"], abs=0.02)


def test_devices_that_are_not_there_are_counted() -> None:
    there = len(found("cpu"))
    with pytest.raises(InputError, match=f"has {there} device"), placed("cpu", there + 1):
        pass
