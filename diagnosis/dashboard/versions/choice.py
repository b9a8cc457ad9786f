"""Any version of any model, active or not: which one is looked at."""

from collections.abc import Sequence

import streamlit as st

from diagnosis.dashboard import warmup
from diagnosis.dashboard.choices import addressed
from diagnosis.models import store
from diagnosis.models.store import Version

MODEL, VERSION = "model", "version"  # in the address; the first is the key of its box, too


def is_active(version: Version) -> bool:
    """Whether its name stands for this version."""
    active = store.active(version.name)
    return active is not None and active.version == version.version


def take(version: Version) -> None:
    """Choose it, as of the next run of the page; for a callback."""
    st.session_state[MODEL] = st.query_params[MODEL] = version.name
    st.session_state[_key(version.name)] = version.version


def choose_version(versions: Sequence[Version]) -> Version:
    """Ask for a model and a version of it; the address' ``model`` and ``version`` preset them.

    Without a wish it is the model that this session reads with, and its active version.

    Args:
        versions: at least one.
    """
    names = list(dict.fromkeys(version.name for version in versions))
    left, right = st.columns(2)
    with left:
        name = addressed("Model", names, parameter=MODEL, key=MODEL, default=_usual(names))
    here = {version.version: version for version in versions if version.name == name}
    active = next((each for each, version in here.items() if is_active(version)), None)
    usual = active or list(here)[-1]
    asked = st.query_params.get(VERSION)
    with right:
        chosen = st.selectbox(
            "Version", list(here), index=list(here).index(asked if asked in here else usual),
            format_func=lambda each: f"{each}, active" if each == active else each,
            key=_key(name),
        )  # fmt: skip
    if chosen == usual:
        st.query_params.pop(VERSION, None)
    elif chosen != asked:
        st.query_params[VERSION] = chosen
    return here[chosen]


def _usual(names: Sequence[str]) -> str:
    task = st.session_state.get("task")
    read_with = f"{task}/{st.session_state.get(f'model-{task}')}"
    wished = (read_with, warmup.default_model())
    return min(names, key=lambda name: wished.index(name) if name in wished else len(wished))


def _key(name: str) -> str:
    """Of the box of a model's versions: when another one becomes active, the box shows that one."""
    active = store.active(name)
    return f"version of {name}, active {active.version if active else 'none'}"
