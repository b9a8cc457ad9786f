"""Any version of any model, active or not: which one is looked at."""

from collections.abc import Sequence

import streamlit as st

from diagnosis.dashboard import warmup
from diagnosis.dashboard.choices import addressed
from diagnosis.dashboard.kept import kept
from diagnosis.models import store
from diagnosis.models.store import Version

MODEL, VERSION = "model", "version"  # in the address; the first is the key of its box, too
FOLLOWED = "model-followed"  # in the session: the model that was read with when the box was filled


def is_active(version: Version) -> bool:
    """Whether its name stands for this version."""
    active = store.active(version.name)
    return active is not None and active.version == version.version


def take(version: Version) -> None:
    """Choose it, as of the next run of the page; for a callback."""
    st.session_state[MODEL] = st.query_params[MODEL] = version.name
    st.session_state[_key(version.name)] = st.query_params[VERSION] = version.version


def choose_version(versions: Sequence[Version]) -> Version:
    """Ask for a model and a version of it; the address' ``model`` and ``version`` preset them.

    Without a wish it is what was chosen last, until this session reads with another model: then that one.

    Args:
        versions: at least one.
    """
    names = list(dict.fromkeys(version.name for version in versions))
    read_with = _read_with(names)
    if st.session_state.get(FOLLOWED) != read_with:
        st.session_state[FOLLOWED] = read_with
        st.session_state.pop(MODEL, None)
    left, right = st.columns(2)
    with left:
        name = addressed(
            "Model", names, parameter=MODEL, key=MODEL, default=read_with, drops=VERSION
        )  # fmt: skip
    here = {version.version: version for version in versions if version.name == name}
    active = next((each for each, version in here.items() if is_active(version)), None)
    usual, key = active or list(here)[-1], _key(name)

    def tell_address() -> None:
        """An address without a version goes on meaning whichever is active."""
        if st.session_state[key] == usual:
            st.query_params.pop(VERSION, None)
        elif st.session_state[key] != st.query_params.get(VERSION):
            st.query_params[VERSION] = st.session_state[key]

    if (asked := st.query_params.get(VERSION)) in here:
        st.session_state[key] = asked
    with right:
        chosen = st.selectbox(
            "Version", list(here), **kept(key, usual, here), on_change=tell_address,
            format_func=lambda each: f"{each}, active" if each == active else each,
        )  # fmt: skip
    tell_address()
    return here[chosen]


def _read_with(names: Sequence[str]) -> str:
    """The model that this session reads with; before it has, the one that it would."""
    task = st.session_state.get("task")
    wished = (f"{task}/{st.session_state.get(f'model-{task}')}", warmup.default_model())
    return min(names, key=lambda name: wished.index(name) if name in wished else len(wished))


def _key(name: str) -> str:
    """Of the box of a model's versions: when another one becomes active, the box shows that one."""
    active = store.active(name)
    return f"version of {name}, active {active.version if active else 'none'}"
