"""Who gets past the frame of a page, and what everybody is told about who else does."""

from collections.abc import Mapping

import streamlit as st
from streamlit import config

from diagnosis import access
from diagnosis.errors import InputError


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
    except InputError as error:
        st.error(str(error))
        st.stop()
    account = _accounts()
    if account is None or getattr(st.user, "is_logged_in", False):
        return
    st.markdown("Sign in to use Scanline.")
    providers = [name for name, value in account.items() if isinstance(value, Mapping)]
    for provider in providers or [None]:
        label = "Sign in" if provider is None else f"Sign in with {provider}"
        st.button(
            label, key=f"sign-in-{provider}", type="primary", on_click=st.login, args=[provider]
        )
    st.stop()


def _opened() -> str:
    return access.OPENED if _accounts() is None else access.OPENED_TO_ACCOUNTS


def _accounts() -> Mapping[str, object] | None:
    """How people sign in: ``[auth]`` of Streamlit's secrets; None if nobody needs to."""
    if not st.secrets.load_if_toml_exists():
        return None
    found = st.secrets.get("auth")
    return found if isinstance(found, Mapping) else None
