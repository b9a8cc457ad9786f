"""Pick any version of any model, active or not; and the link to its performance."""

from collections.abc import Sequence

import streamlit as st

from diagnosis.dashboard.shell import address, warmup
from diagnosis.dashboard.widgets.persistent import addressed, persistent
from diagnosis.models import store
from diagnosis.models.store import Version

MODEL, VERSION = "model", "version"  # in the address; the first is the key of its box, too
ACTIVE = "active"  # in the address: the version that is active when the link is opened
FOLLOWED = "model-followed"  # in the session: the model in use when the box was filled


def is_active(version: Version) -> bool:
    """Whether this version reads scans for its model."""
    active = store.active(version.name)
    return active is not None and active.version == version.version


def in_address(version: Version) -> str:
    """Its value of the parameter ``version``."""
    return ACTIVE if is_active(version) else version.version


def take(version: Version) -> None:
    """Choose it, as of the next run of the page; for a callback."""
    st.session_state[MODEL] = version.name
    st.session_state[_key(version.name)] = version.version
    address.write(**{MODEL: version.name, VERSION: in_address(version)})


def choose_version(versions: Sequence[Version], *, drops: Sequence[str] = ()) -> Version:
    """Ask for a model and a version of it; the address' ``model`` and ``version`` preset them.

    Without them it is the last choice, until this session reads with another model: then that one.

    Args:
        versions: at least one.
        drops: parameters of the address that belong to one version.
    """
    names = list(dict.fromkeys(version.name for version in versions))
    read_with = _read_with(names)
    if st.session_state.get(FOLLOWED) != read_with:
        st.session_state[FOLLOWED] = read_with
        st.session_state.pop(MODEL, None)
    left, right = st.columns(2)
    with left:
        name = addressed(
            "Model", names, parameter=MODEL, key=MODEL, default=read_with, drops=(VERSION, *drops)
        )  # fmt: skip
    here = {version.version: version for version in versions if version.name == name}
    active = next((each for each, version in here.items() if is_active(version)), None)
    usual, key = active or list(here)[-1], _key(name)

    def chosen() -> None:
        address.write(**{VERSION: in_address(here[st.session_state[key]])}, **dict.fromkeys(drops))

    asked = st.query_params.get(VERSION)
    if (
        asked is not None and asked == active
    ):  # promoted meanwhile: the link means the active version from now on
        address.write(**{VERSION: ACTIVE})
    if (asked := active if asked == ACTIVE else asked) in here:
        st.session_state[key] = asked
    elif asked is not None:
        address.ignore(VERSION)
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
    """The model that this session reads with, or would by default."""
    task = st.session_state.get("task")
    wished = (f"{task}/{st.session_state.get(f'model-{task}')}", warmup.default_model())
    return min(names, key=lambda name: wished.index(name) if name in wished else len(wished))


def _key(name: str) -> str:
    """Key of the box of a model's versions; it changes, and so shows the new one, after a promotion."""
    active = store.active(name)
    return f"version of {name}, active {active.version if active else 'none'}"


def performance_link(version: Version) -> None:
    """Draw a link to the measured error rates of this very version."""
    st.page_link(
        "pages/performance.py", label="Error rates",
        query_params={"model": version.name, "version": in_address(version)},
    )  # fmt: skip
