"""The address of a page: a copy of it opens the same view, and the browser's Back undoes a choice.

Streamlit adds an entry to the browser's history for each change of ``st.query_params``, so only choices are
written there. The browser itself writes the defaults of a page, into the current entry. Streamlit tells the
server late or never, so they are remembered here, too.
"""

from pathlib import Path

import streamlit as st

JS = Path(__file__).with_name("address.js").read_text(encoding="utf-8")  # for other components, too
SHOWN = "address"  # in the session: the parameters that this run of the page has shown
_mount = st.components.v2.component(
    "scanline_address", js=JS + "export default ({ data }) => intoAddress(data.page, data.shown);"
)


def begin() -> None:
    """Forget the parameters of the page before; the first call of every page."""
    st.session_state[SHOWN] = {}


def page() -> str:
    """The last part of the path, for the browser: a late change must not go to the next page."""
    return (st.context.url or "").rpartition("/")[2]


def show(**parameters: str) -> None:
    """Write parameters that nobody chose, without an entry in the history.

    Args:
        parameters: of the address, and their values.
    """
    st.session_state[SHOWN] |= parameters
    _mount(
        key=f"address-{'-'.join(parameters)}",
        # Again after each change of the address, which may have been made without these.
        data={"page": page(), "shown": parameters, "beside": st.query_params.to_dict()},
    )


def write(**parameters: str | None) -> None:
    """Write a choice, as an entry in the history unless the browser has written the same already.

    Args:
        parameters: of the address, and their values; None for one that no longer applies.
    """
    st.session_state[SHOWN] |= parameters
    whole = st.query_params.to_dict() | st.session_state[SHOWN]
    st.query_params.from_dict(
        {name: value for name, value in sorted(whole.items()) if value is not None}
    )
