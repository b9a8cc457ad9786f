"""Kill processes that decide about versions, at random moments, and see that everything stays true.

``python -m tests.killed_decisions 50`` with ``SCANLINE_HOME`` set to an empty folder.
"""

import os
import random
import signal
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import mlflow  # noqa: F401 - once, for all processes that are forked

from diagnosis.models import store
from diagnosis.registry import local, registered, registry
from tests.own_versions import own_version

MODEL = "phantoms/gru"


def main(kills: int) -> None:
    """Decide, kill, look; as often as asked."""
    chance = random.Random(1)
    store.own_models().mkdir(parents=True, exist_ok=True)
    for number in range(kills):
        started = store.own_models() / f"started-{number}"
        process = _forked(lambda n=number, s=started: _decide(n, s))  # type: ignore[misc]
        while not started.exists():
            if os.waitpid(process, os.WNOHANG) != (0, 0):
                raise SystemExit(f"not true after {number} kills")
            time.sleep(0.001)
        time.sleep(chance.uniform(0, 0.6))
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
    _wait(_forked(_look))
    print(f"{kills} kills, all true")


def _decide(number: int, started: Path) -> None:
    """Look; then register versions and decide about them, one after the other, until killed."""
    if number:
        _look()
    started.write_text("")
    for each in range(100 * number, 100 * number + 100):
        version = registry.register(own_version(MODEL, each), None).version
        who = {"by": "K", "why": f"number {each}"}
        before = store.active(MODEL)
        registry.promote(MODEL, version, **who)
        if before is not None and before.folder.is_relative_to(store.own_models()):
            registry.archive(MODEL, before.version, **who)


def _look() -> None:
    """What must be true after any death, once somebody has looked."""
    listed = registry.entries(MODEL)
    found, model = store.active(MODEL), registered.read(MODEL)
    assert found is not None and model is not None
    found.weights()  # whole
    assert set(local.decisions(MODEL)) <= set(model.decisions) and local.is_clear(MODEL)
    promoted = [decision for decision in model.decisions if decision.promotes]
    if promoted:  # nothing became active without a decision
        assert promoted[0].version == found.version
    for later, earlier in pairwise(promoted):
        assert later.before == earlier.version
    here = {version.version for version in store.versions(MODEL)}
    for entry in listed:
        assert (entry.version in here) == (entry.status != "archived"), entry
    assert here <= {entry.version for entry in listed}
    for version in store.versions(MODEL):
        version.weights()


def _forked(work: Callable[[], None]) -> int:
    """A process that does the work in its own copy of this one; its id."""
    process = os.fork()
    if process:
        return process
    try:
        work()
    except BaseException:
        sys.excepthook(*sys.exc_info())
        os._exit(1)
    os._exit(0)


def _wait(process: int) -> None:
    _, status = os.waitpid(process, 0)
    assert os.waitstatus_to_exitcode(status) == 0


if __name__ == "__main__":
    main(int(sys.argv[1]))
