"""The reader of this session: the account that is signed in, or the name that was entered."""

import secrets

import streamlit as st

_NAME, _SESSION = "person", "session"  # in the session


def account() -> str:
    """The name of the account, or its address; "" if nobody is signed in."""
    if not getattr(st.user, "is_logged_in", False):
        return ""
    return str(st.user.get("name") or st.user.get("email") or "")


def name() -> str:
    """The account, if there is one; else the name or initials that were entered in this session, or ""."""
    return account() or str(st.session_state.get(_NAME, ""))


def remember(entered: str) -> None:
    """Keep a name for the rest of the session; "" takes back the one before."""
    st.session_state[_NAME] = entered


def session() -> str:
    """A random word for this session, which says nothing about the person."""
    return str(st.session_state.setdefault(_SESSION, secrets.token_hex(8)))
