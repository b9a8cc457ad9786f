"""What the pages change of the whole interpreter: when garbage is collected, and how long a thread's turn is.

* While Keras and its like are imported nothing is collected, since what an import makes stays, and turns are
  short, so that pages which run meanwhile get theirs. Looking through the heap took a third of a second.
* What is there after that is frozen: no collection looks through it again.
* ``runner.postScriptGC`` is off (.streamlit/config.toml): Streamlit would collect everything after each run
  of each visit, which was most of what many visits at once cost. Python collects by itself, as new objects
  come; benchmarks/load.py --soak shows what that does to the memory.
"""

import gc
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

SWITCH_INTERVAL_S = 0.0005  # while importing; 0.005 is usual
_one = threading.Lock()  # two at once would put back each other's values


@contextmanager
def undisturbed() -> Iterator[None]:
    """No garbage collection, and a short turn for each thread."""
    with _one:
        before = sys.getswitchinterval()
        gc.disable()
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        try:
            yield
        finally:
            sys.setswitchinterval(before)
            gc.enable()


def freeze() -> None:
    """Whatever is there now stays: no collection looks at it from now on."""
    gc.freeze()
