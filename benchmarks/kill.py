"""Kill trainings at random moments, and look at what is left.

    python -m benchmarks.kill --times 50

Each time a training is started through the command line, and all of its processes are ended by ``kill -9``
at a moment drawn from the time that a whole one takes. Then every version on disk must load, every run must
say what is true of it, and at the end an interrupted run must go on to its end.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np

from diagnosis.datasets import SPLITS, load
from diagnosis.jobs import locks, record
from diagnosis.jobs.plan import Plan
from diagnosis.models import store
from diagnosis.registry import registry
from diagnosis.training.config import TrainingConfig

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Print what was left after each kill, and the counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=50, help="how often to kill (default 50)")
    parser.add_argument("--seed", type=int, default=1, help="of the moments")
    arguments = parser.parse_args()
    moments = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SCANLINE_HOME"] = folder
        plan = _plan(Path(folder) / "few.npz")
        started = time.perf_counter()
        _train(plan).wait()
        takes = time.perf_counter() - started
        print(f"undisturbed: {takes:.1f} s, {record.runs()[0].state}", flush=True)
        ends: Counter[str] = Counter()
        for number in range(arguments.times):
            seed = plan.training.changed(seed=number + 2)  # other weights: another version
            before, moment = len(record.runs(1000)), moments.uniform(0, takes)
            process = _train(plan.changed(training=seed))
            time.sleep(moment)
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            ends[_looked_at(before, number, moment)] += 1
        broken = [problem for version in store.versions() if (problem := _problem(version))]
        untrue = [run for run in record.runs(1000) if _untrue(run)]
        print(f"killed {arguments.times} times: {dict(ends)}")
        print(f"versions on disk: {len(store.versions('few/gru'))}, broken: {len(broken)}")
        print(f"runs: {len(record.runs(1000))}, in an untrue state: {len(untrue)}")
        resumed = _resumed()
        print(f"an interrupted run that is resumed: {resumed}")
    sys.exit(bool(broken or untrue or not resumed.startswith("finished")))


def _plan(path: Path) -> Plan:
    """A training of seconds on real pixels: 96 phantoms a split."""
    phantoms = load("phantoms")
    arrays = {f"{split}_images": phantoms.images[split][:96] for split in SPLITS}
    arrays |= {f"{split}_labels": phantoms.labels[split][:96, None] for split in SPLITS}
    np.savez(path, **arrays)  # type: ignore[arg-type]
    return Plan(
        dataset=str(path),
        variant="gru",
        units=(4,),
        training=TrainingConfig(epochs=30, patience=0, augmentation=None),
    )


def _train(plan: Plan) -> "subprocess.Popen[bytes]":
    """Start it in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "diagnosis", *plan.words()],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _looked_at(before: int, number: int, moment: float) -> str:
    """What the kill left; printed."""
    runs = record.runs(1000)
    latest = runs[0].state if len(runs) > before else "not recorded yet"
    problems = [problem for version in store.versions() if (problem := _problem(version))]
    print(
        f"{number + 1:3} after {moment:5.1f} s: {latest}; {'; '.join(problems) or 'all load'}",
        flush=True,
    )
    return latest


def _problem(version: store.Version) -> str | None:
    """Why a version cannot be used; None if it can. Candidates are known to the registry, too."""
    try:
        version.weights()
        _ = version.config, version.card
        registry.entries(version.name)
    except Exception as error:
        return f"{version.folder}: {error}"
    return None


def _untrue(run: record.Run) -> bool:
    """Whether a run says that it lives, or that it left a version which is not there."""
    missing = run.version is not None and run.version not in {
        version.version for version in store.versions(run.model)
    }
    return missing or (run.state == "running" and not locks.is_alive(run.id))


def _resumed() -> str:
    """How the latest interrupted run ends."""
    for run in record.runs(1000):
        if run.state == "interrupted" and run.epoch:
            words = [sys.executable, "-m", "diagnosis", "runs", "resume", run.id]
            subprocess.run(words, cwd=ROOT, check=False, capture_output=True)
            after = record.find(run.id)
            return f"{after.state} at epoch {after.epoch}, interrupted at {run.epoch}"
    return "finished: none was interrupted in its middle"


if __name__ == "__main__":
    main()
