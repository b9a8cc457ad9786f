"""Keras and its backend load in a background thread, so that the page is there before they are.

One job a process: import, load the default model and trace once (which compiles it), then freeze the heap.
Why, and what that does to the whole process: ``process``.

MLflow, which holds the runs, loads in the same thread, before Keras or between its steps when a page asks
for it: two threads that import at once may meet half-made modules.
"""

import importlib
import logging
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from types import ModuleType

import streamlit as st

from diagnosis.dashboard.shell.process import freeze, send_promptly, undisturbed

DEFAULT_MODELS = (
    "pneumoniamnist/lstm",
    "phantoms/lstm",
)  # the first that is there is the one traced
HEAD_START_S = 2.0  # the first page is drawn in it: the import would compete for the interpreter

NEEDED = (  # for a prediction: Keras with its backend, and the figures
    "diagnosis.inference.predictor",
    "diagnosis.dashboard.widgets.step_board",
    "diagnosis.dashboard.gates.sections",
    "diagnosis.dashboard.read.result_panel",
    "diagnosis.dashboard.read.viewer",
)
RECORDS = (  # the first one sets variables that MLflow reads when it is imported
    "diagnosis.jobs.tracking",
    "mlflow",
    "mlflow.store.tracking.sqlalchemy_store",
)

log = logging.getLogger(__name__)
_lock = threading.Lock()
_wanted = threading.Event()  # a page waits: no head start any more
_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="warm-up")
_job: Future[None] | None = None
_records_wanted = threading.Event()
_records_loaded = threading.Event()


def start() -> None:
    """Begin, unless it has begun. Returns at once; thread-safe, and harmless when repeated."""
    _started()


def hurry() -> None:
    """End the head start: the page that will need a model has drawn itself."""
    start()
    _wanted.set()


def wait(timeout: float | None = None) -> None:
    """Return when everything is loaded; starts the loading if it has not begun.

    Args:
        timeout: seconds; None waits as long as it takes.

    Raises:
        TimeoutError: it took longer than ``timeout``.
        Exception: whatever the import raised, every time.
    """
    _wanted.set()
    _started().result(timeout)


def ready() -> bool:
    """Whether everything is loaded, so that `wait` returns at once."""
    return _job is not None and _job.done() and _job.exception() is None


def browser_charts() -> None:
    """Have the browser fetch its charting code early, which takes seconds: the first case would wait for it.

    Draws a chart in a container that assets/shell.css hides.
    """
    with st.container(key="preload-charts"):
        st.plotly_chart({"data": [{"type": "heatmap", "z": [[0]]}]}, key="preload-chart")


def start_records() -> None:
    """Load MLflow, the store of runs, too. Returns at once, as `start` does."""
    start()
    with _lock:
        if not _records_wanted.is_set():
            _records_wanted.set()
            _thread.submit(_load_records)


def wait_records(timeout: float | None = None) -> bool:
    """Return when runs can be read without waiting for an import, or after ``timeout`` seconds.

    Returns:
        Whether they can.
    """
    start_records()
    _wanted.set()
    return _records_loaded.wait(timeout)


def default_model() -> str | None:
    """``data set/variant`` that is used by default; None before any is trained."""
    from diagnosis.models import store

    return next((name for name in DEFAULT_MODELS if store.active(name)), None)


def _started() -> Future[None]:
    global _job  # noqa: PLW0603 - of the process, not of a case
    with _lock:
        if _job is None:
            _job = _thread.submit(_load)
        return _job


def _load() -> None:
    send_promptly()
    _wanted.wait(HEAD_START_S)
    with undisturbed():
        _import_records()
        with _unseen("sklearn"):  # for wrappers that nothing here uses; Keras does without
            importlib.import_module("keras")
        for module in NEEDED:
            _import_records()
            importlib.import_module(module)
        _import_records()
        if name := default_model():
            try:
                _trace_once(name)
            except Exception:  # a damaged model is for the page that reads with it to report
                log.exception("The default model %s could not be read in advance", name)
        freeze()
    _thread.submit(_sweep)
    # The process that decodes files; an upload that comes before starts it itself.
    importlib.import_module("diagnosis.scans.apart.caller").start()
    importlib.import_module("diagnosis.dashboard.shell.leaving").start()


def _load_records() -> None:
    if not _records_loaded.is_set():
        with undisturbed():
            _import_records()


def _import_records() -> None:
    """If a page waits for them; called between the steps of loading Keras."""
    if _records_wanted.is_set() and not _records_loaded.is_set():
        for module in RECORDS:
            importlib.import_module(module)
        freeze()
        _records_loaded.set()


def _sweep() -> None:
    """Delete what unfinished imports and downloads left that ended with the last server."""
    from diagnosis.core.paths import cache_folder
    from diagnosis.datasets import unfinished

    unfinished.sweep()
    unfinished.sweep(cache_folder())


@contextmanager
def _unseen(package: str) -> Iterator[None]:
    """In this thread alone, imports of a package fail as if it were not installed."""
    finder = _Unseen(package, threading.get_ident())
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _Unseen(MetaPathFinder):
    def __init__(self, package: str, thread: int) -> None:
        self._package, self._thread = package, thread

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> None:
        if fullname == self._package and threading.get_ident() == self._thread:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)


def _trace_once(name: str) -> None:
    import numpy as np

    from diagnosis.dashboard.shell import caches
    from diagnosis.models import store

    version = store.active(name)
    if version is None:
        return
    model = caches.model(str(version.folder))
    encoder = model.config.encoder
    blank = np.zeros((1, *encoder.example_shape), np.uint8)
    (sequence,) = encoder.batch(blank)  # (timesteps, features)
    if model.tracer is not None:
        model.tracer(sequence)
