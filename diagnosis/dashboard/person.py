"""Who sits in front of the screen, as far as they said."""

import secrets

import streamlit as st

_NAME, _VISIT = "person", "visit"  # in the session


def name() -> str:
    """The name or initials that were given in this visit, else those of the account; "" if there are none."""
    if _NAME not in st.session_state and getattr(st.user, "is_logged_in", False):
        return str(st.user.get("name") or st.user.get("email") or "")
    return str(st.session_state.get(_NAME, ""))


def remember(given: str) -> None:
    """Keep a name for the rest of the visit; "" takes back the one before."""
    st.session_state[_NAME] = given


def visit() -> str:
    """A random word for this visit, which says nothing about the person."""
    return str(st.session_state.setdefault(_VISIT, secrets.token_hex(8)))
