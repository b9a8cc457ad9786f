"""Pick any version of any model, active or not; and the link to its performance."""

from collections.abc import Sequence

import streamlit as st

from diagnosis.dashboard.shell import address, warmup
from diagnosis.dashboard.widgets.persistent import addressed, persistent
from diagnosis.models import store
from diagnosis.models.store import Version

MODEL, VERSION = "model", "version"  # in the address; the first is the key of its box, too
ACTIVE = "active"  # in the address: whichever version is active when it is opened
FOLLOWED = "model-followed"  # in the session: the model that was read with when the box was filled


def is_active(version: Version) -> bool:
    """Whether its name stands for this version."""
    active = store.active(version.name)
    return active is not None and active.version == version.version


def in_address(version: Version) -> str:
    """What the address' ``version`` says of it."""
    return ACTIVE if is_active(version) else version.version


def take(version: Version) -> None:
    """Choose it, as of the next run of the page; for a callback."""
    st.session_state[MODEL] = version.name
    st.session_state[_key(version.name)] = version.version
    address.write(**{MODEL: version.name, VERSION: in_address(version)})


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

    def chosen() -> None:
        address.write(**{VERSION: in_address(here[st.session_state[key]])})

    asked = st.query_params.get(VERSION)
    if (
        asked is not None and asked == active
    ):  # it has become so: whichever will be is meant from now on
        address.write(**{VERSION: ACTIVE})
    if (asked := active if asked == ACTIVE else asked) in here:
        st.session_state[key] = asked
    with right:
        version = here[
            st.selectbox(
                "Version", list(here), **persistent(key, usual, here), on_change=chosen,
                format_func=lambda each: f"{each}, active" if each == active else each,
            )
        ]  # fmt: skip
        address.show(**{VERSION: in_address(version)})
    return version


def _read_with(names: Sequence[str]) -> str:
    """The model that this session reads with; before it has, the one that it would."""
    task = st.session_state.get("task")
    wished = (f"{task}/{st.session_state.get(f'model-{task}')}", warmup.default_model())
    return min(names, key=lambda name: wished.index(name) if name in wished else len(wished))


def _key(name: str) -> str:
    """Of the box of a model's versions: when another one becomes active, the box shows that one."""
    active = store.active(name)
    return f"version of {name}, active {active.version if active else 'none'}"


def performance_link(version: Version) -> None:
    """Draw a link to the measured error rates of this very version."""
    st.page_link(
        "pages/performance.py", label="How often it errs, and when",
        query_params={"model": version.name, "version": in_address(version)},
    )  # fmt: skip
