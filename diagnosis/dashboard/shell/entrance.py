"""Who gets past the frame of a page, and what everybody is told about who else does."""

from collections.abc import Mapping
from pathlib import Path

import streamlit as st
from streamlit import config
from streamlit.errors import StreamlitAuthError

from diagnosis.core import access
from diagnosis.core.errors import InputError
from diagnosis.dashboard.widgets.escape import show_error

FAILED = "sign-in-failed"  # in the session


def notices() -> None:
    """Say that this server is open, or read-only."""
    try:
        said = [
            sentence
            for sentence, holds in (
                (_opened(), access.beyond_loopback(config.get_option("server.address"))),
                (access.ONLY_READING, access.read_only()),
            )
            if holds
        ]
    except InputError:  # `pass_or_stop` says it
        return
    if said:
        st.warning("  \n".join(said))


def pass_or_stop() -> None:
    """End the page here for who may not use it, and who has yet to sign in (Streamlit's ``[auth]``)."""
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
    named = [name for name, value in account.items() if isinstance(value, Mapping)]
    for provider in named or (None,):
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
    except StreamlitAuthError as error:  # what is set up is not whole, or Authlib is not installed
        st.session_state[FAILED] = f"Nobody can sign in: {error}"


def _opened() -> str:
    return access.OPENED if _accounts() is None else access.OPENED_TO_ACCOUNTS


def _accounts() -> Mapping[str, object] | None:
    """How people sign in: ``[auth]`` of Streamlit's secrets; None if nobody needs to.

    Raises:
        InputError: there is a file of secrets, and it cannot be read; what it asks for is not known.
    """
    if not st.secrets.load_if_toml_exists():
        if any(Path(path).exists() for path in config.get_option("secrets.files")):
            raise InputError(
                "Streamlit's secrets.toml cannot be read, so nobody is let in: correct it, or remove it."
            )
        return None
    found = st.secrets.get("auth")
    return found if isinstance(found, Mapping) else None
