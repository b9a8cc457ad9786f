"""Who sits in front of the screen: their account where one signs in, else as far as they said."""

import secrets

import streamlit as st

_NAME, _VISIT = "person", "visit"  # in the session


def account() -> str:
    """The name of the account, or its address; "" if nobody is signed in."""
    if not getattr(st.user, "is_logged_in", False):
        return ""
    return str(st.user.get("name") or st.user.get("email") or "")


def name() -> str:
    """The account, if there is one; else the name or initials that were given in this visit, or ""."""
    return account() or str(st.session_state.get(_NAME, ""))


def remember(given: str) -> None:
    """Keep a name for the rest of the visit; "" takes back the one before."""
    st.session_state[_NAME] = given


def visit() -> str:
    """A random word for this visit, which says nothing about the person."""
    return str(st.session_state.setdefault(_VISIT, secrets.token_hex(8)))
