"""Data sets, models and the backend on this machine."""

import streamlit as st

from diagnosis.dashboard.shell import warmup
from diagnosis.dashboard.widgets.tables import details

POLL_S = 1.0


def machine() -> None:
    """Draw it; while Keras still loads, look again every second."""
    st.fragment(_machine, run_every=None if warmup.ready() else POLL_S)(polling=not warmup.ready())


def _machine(*, polling: bool) -> None:
    if polling and warmup.ready():
        st.rerun()  # of the whole page: that ends the polling
    details({"Data sets": _data_sets(), "Models": _models(), "Backend": _backend()})


def _data_sets() -> str:
    from diagnosis.dashboard.shell.caches import sizes_here
    from diagnosis.datasets import catalogue, own_files

    titles = [facts.full_title for facts in catalogue().values() if sizes_here(facts)]
    return ", ".join([*titles, *own_files()])


def _models() -> str:
    from diagnosis.models import store

    versions = store.versions()
    if not versions:
        return "none yet"
    active = sum(store.active(name) is not None for name in {version.name for version in versions})
    return f"{_count(len(versions), 'version')} of {_count(active, 'active model')}"


def _backend() -> str:
    if not warmup.ready():
        return "Keras is loading; the first case waits for it."
    import keras

    devices = keras.distribution.list_devices()
    gpus = sum(not device.lower().startswith("cpu") for device in devices)
    where = _count(gpus, "GPU") if gpus else "the processor (CPU)"
    return f"Keras {keras.__version__} with {keras.backend.backend()}, on {where}"


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}{'' if n == 1 else 's'}"
