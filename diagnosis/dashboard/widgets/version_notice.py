"""What a session reads with after another version became active: never silently another one."""

import streamlit as st

from diagnosis.dashboard.widgets.escape import plain
from diagnosis.models import store
from diagnosis.models.store import Version

USED, STAYS = "version in use", "version to stay with"  # in the session, by model


def in_use(active: Version) -> Version:
    """The version that a session reads with: the active one, unless somebody chose to stay with another.

    When another version became active since this session began to use the model, a sentence says so until it
    is answered, with a way back.
    """
    used: dict[str, str] = st.session_state.setdefault(USED, {})
    stays: set[str] = st.session_state.setdefault(STAYS, set())
    name, now = active.name, active.version
    before = used.setdefault(name, now)
    if before == now:
        stays.discard(name)
        return active
    here = {version.version: version for version in store.versions(name)}

    def follow() -> None:
        used[name] = now

    stay = name in stays and before in here
    with st.container(border=True, gap="xsmall", key="version-in-use"):
        if stay:
            st.markdown(
                f"Version {plain(before)} reads for you; {plain(now)} is the active one by now."
            )
            st.button(f"Read with {now}", on_click=follow)
        else:
            st.markdown(
                f"Version {plain(now)} became active and reads now; until now {plain(before)} did."
            )
            with st.container(horizontal=True):
                st.button("Understood", on_click=follow)
                if before in here:
                    st.button(f"Stay with {before}", on_click=stays.add, args=(name,))
    return here[before] if stay else active
