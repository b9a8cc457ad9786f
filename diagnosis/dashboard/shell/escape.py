"""Text that came with a file or from a person, shown as it is; errors among it."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import streamlit as st

from diagnosis.core.errors import InputError
from diagnosis.core.inert import markdown as plain

__all__ = ["plain", "show_error", "shows_errors"]
P = ParamSpec("P")


def show_error(error: InputError | str) -> None:
    """Its sentence, as it is."""
    st.error(plain(str(error)))


def shows_errors(draw: Callable[P, None]) -> Callable[P, None]:
    """For a part of a page that is drawn again by itself: an `InputError` shows there, and the page stays."""

    @wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            draw(*args, **kwargs)
        except InputError as error:
            show_error(error)

    return drawn
