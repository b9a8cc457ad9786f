"""Sign-in, and notices that a server is open to others or read-only."""

from collections.abc import Mapping
from pathlib import Path

import streamlit as st
from streamlit import config
from streamlit.errors import StreamlitAuthError

from diagnosis.core import access
from diagnosis.core.errors import InputError
from diagnosis.dashboard.shell.escape import show_error

FAILED = "sign-in-failed"  # in the session


def notices() -> None:
    """Say that this server is open, or read-only."""
    try:
        sentences = [
            sentence
            for sentence, holds in (
                (_opened(), access.beyond_loopback(config.get_option("server.address"))),
                (access.ONLY_READING, access.read_only()),
            )
            if holds
        ]
    except InputError:  # `pass_or_stop` reports it
        return
    if sentences:
        st.warning("  \n".join(sentences))


def pass_or_stop() -> None:
    """End the page here for a user who has to sign in first (Streamlit's ``[auth]``)."""
    try:
        access.check_address(config.get_option("server.address"))
        access.read_only()
        account = _accounts()
    except InputError as error:
        st.error(str(error))
        st.stop()
    if account is None or getattr(st.user, "is_logged_in", False):
        return
    st.markdown("Sign in to use Scanline.")
    providers = [name for name, value in account.items() if isinstance(value, Mapping)]
    for provider in providers or (None,):
        label = "Sign in" if provider is None else f"Sign in with {provider}"
        st.button(
            label, key=f"sign-in-{provider}", type="primary", on_click=_sign_in, args=[provider]
        )
    if failed := st.session_state.pop(FAILED, None):
        show_error(failed)
    st.stop()


def _sign_in(provider: str | None) -> None:
    try:
        st.login(provider)
    except StreamlitAuthError as error:  # incomplete settings, or Authlib is not installed
        st.session_state[FAILED] = f"Signing in failed: {error}"


def _opened() -> str:
    return access.OPENED if _accounts() is None else access.OPENED_TO_ACCOUNTS


def _accounts() -> Mapping[str, object] | None:
    """How users sign in: ``[auth]`` of Streamlit's secrets; None if they need not.

    Raises:
        InputError: there is a file of secrets that cannot be read, so its rules are unknown.
    """
    if not st.secrets.load_if_toml_exists():
        if any(Path(path).exists() for path in config.get_option("secrets.files")):
            raise InputError(
                "Streamlit's secrets.toml cannot be read, so access is closed: correct it, or remove it."
            )
        return None
    auth = st.secrets.get("auth")
    return auth if isinstance(auth, Mapping) else None
