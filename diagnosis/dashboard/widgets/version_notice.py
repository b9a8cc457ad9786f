"""The version a session uses: after a promotion it says so, and offers to stay with the version before."""

import streamlit as st

from diagnosis.dashboard.shell.escape import plain
from diagnosis.models import store
from diagnosis.models.store import Version

USED, STAYS = "version in use", "version to stay with"  # in the session, by model


def in_use(active: Version) -> Version:
    """The version that a session uses: the active one, unless its user chose to stay with the one before.

    If another version became active since this session began to use the model, a notice says so until a
    button is pressed.
    """
    used: dict[str, str] = st.session_state.setdefault(USED, {})
    stays: set[str] = st.session_state.setdefault(STAYS, set())
    name, now = active.name, active.version
    before = used.setdefault(name, now)
    if before == now:
        stays -= {name}
        return active
    here = {version.version: version for version in store.versions(name)}

    def follow() -> None:
        used[name] = now

    stay = name in stays and before in here
    with st.container(border=True, gap="xsmall", key="version-in-use"):
        if stay:
            st.markdown(
                f"You are using version {plain(before)}. Version {plain(now)} is now active."
            )
            st.button(f"Use {now}", key="version-follow", on_click=follow)
        else:
            st.markdown(
                f"Version {plain(now)} is now active and used here, instead of {plain(before)}."
            )
            with st.container(horizontal=True):
                st.button("OK", key="version-follow", on_click=follow)
                if before in here:
                    st.button(
                        f"Stay with {before}", key="version-stay", on_click=stays.add, args=(name,)
                    )
    return here[before] if stay else active
