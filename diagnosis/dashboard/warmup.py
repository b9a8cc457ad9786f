"""Keras and its backend load in a background thread, so that the page is there before they are.

One job a process: import, load the default model and trace once (which compiles it), then freeze the heap.
Streamlit collects garbage after every run of a page; with TensorFlow's objects in the heap that takes half a
second, once they are frozen some twenty milliseconds.
"""

import gc
import importlib
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress

from diagnosis.errors import InputError

DEFAULT_MODELS = (
    "pneumoniamnist/lstm",
    "phantoms/lstm",
)  # the first that is there is the one traced
HEAD_START_S = 2.0  # the first page is drawn in it: the import would compete for the interpreter

NEEDED = (  # by a reading: Keras with its backend, the figures, the decoders
    "diagnosis.reading",
    "diagnosis.dashboard.board",
    "diagnosis.dashboard.answer",
    "diagnosis.dashboard.viewer",
    "diagnosis.scans.dicom",
    "diagnosis.scans.nifti",
)

_lock = threading.Lock()
_wanted = threading.Event()  # somebody waits: no head start any more
_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="warm-up")
_job: Future[None] | None = None


def start() -> None:
    """Begin, unless it has begun. Returns at once; safe to call from any thread, any number of times."""
    _started()


def hurry() -> None:
    """End the head start: the page that will need a model has drawn itself."""
    start()
    _wanted.set()


def wait(timeout: float | None = None) -> None:
    """Return when everything is loaded; starts the loading if nobody has.

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


def default_model() -> str | None:
    """``data set/variant`` that is read with unless somebody chooses; None before any is trained."""
    from diagnosis.models import store

    return next((name for name in DEFAULT_MODELS if store.active(name)), None)


def _started() -> Future[None]:
    global _job  # noqa: PLW0603 - of the process, not of a case
    with _lock:
        if _job is None:
            _job = _thread.submit(_load)
        return _job


def _load() -> None:
    _wanted.wait(HEAD_START_S)
    for module in NEEDED:
        importlib.import_module(module)
    if name := default_model():
        with suppress(InputError):  # a damaged model is for the page that reads with it to report
            _trace_once(name)
    gc.collect()
    gc.freeze()


def _trace_once(name: str) -> None:
    import numpy as np

    from diagnosis.dashboard import models
    from diagnosis.models import store
    from diagnosis.sequences import as_sequences

    version = store.active(name)
    if version is None:
        return
    model = models.model(str(version.folder))
    preparation = model.config.preparation
    blank = np.zeros((1, *preparation.image_shape), np.uint8)
    (sequence,) = as_sequences(blank, preparation)  # (timesteps, features)
    if model.tracer is not None:
        model.tracer(sequence)
