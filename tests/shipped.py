"""Shipped models, loaded and compiled once for all tests of a process: nothing in them ever changes."""

from functools import cache

from diagnosis.inference.predictor import Predictor
from diagnosis.models import store
from diagnosis.traces.tracer import Tracer


@cache
def shipped(name: str) -> Predictor:
    """The active version of a model, ``data set/variant``."""
    return Predictor(store.find(name))


def tracer_of(name: str) -> Tracer:
    """The tracer of a recurrent one."""
    tracer = shipped(name).tracer
    assert tracer is not None
    return tracer
