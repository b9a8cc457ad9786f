"""Parts of a page that are drawn again by themselves: why one cannot be drawn is said in its place."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import streamlit as st

from diagnosis.core.errors import InputError
from diagnosis.dashboard.widgets.escape import plain

P = ParamSpec("P")


def told(draw: Callable[P, None]) -> Callable[P, None]:
    """The same part; an `InputError` is a sentence in it, and the page around it stays."""

    @wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            draw(*args, **kwargs)
        except InputError as error:
            st.error(plain(str(error)))

    return drawn
