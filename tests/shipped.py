"""Shipped models, loaded and compiled once for all tests of a process: nothing in them ever changes."""

from functools import cache

from diagnosis.inference.predictor import Predictor
from diagnosis.models import store
from diagnosis.models.variants import image_variants, recurrent_variants
from diagnosis.traces.tracer import Tracer


def variants_of(dataset: str, *, recurrent: bool = False) -> list[str]:
    """Names of the variants of images that are shipped for a set, in the table's order."""
    names = recurrent_variants() if recurrent else image_variants()
    return [name for name in names if (store.SHIPPED / dataset / name).is_dir()]


@cache
def shipped(name: str) -> Predictor:
    """The active version of a model, ``data set/variant``."""
    return Predictor(store.find(name))


def tracer_of(name: str) -> Tracer:
    """The tracer of a recurrent one."""
    tracer = shipped(name).tracer
    assert tracer is not None
    return tracer
