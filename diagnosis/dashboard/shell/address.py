"""The address: a copy of it opens what is seen, and the browser's Back undoes what a person chose.

Streamlit makes an entry of the browser's history of each change of ``st.query_params``. So only choices are
written there. What a page shows unasked the browser writes itself, into the entry that there is. Streamlit
tells the server of that late or never, so what is shown is remembered here, too.
"""

from pathlib import Path

import streamlit as st

JS = Path(__file__).with_name("address.js").read_text(encoding="utf-8")  # for other components, too
SHOWN = "address"  # in the session: what this run of the page has shown so far
_mount = st.components.v2.component(
    "scanline_address", js=JS + "export default ({ data }) => intoAddress(data.page, data.shown);"
)


def begin() -> None:
    """Forget what the page showed before; for the first call of every page."""
    st.session_state[SHOWN] = {}


def page() -> str:
    """The last part of its path, for the browser: what is shown late must not go to the next page."""
    return (st.context.url or "").rpartition("/")[2]


def show(**parameters: str) -> None:
    """Write what is seen, though nobody chose it: no entry of the history.

    Args:
        parameters: of the address, and their values.
    """
    st.session_state[SHOWN] |= parameters
    _mount(
        key=f"address-{'-'.join(parameters)}",
        # After each change of the address once more: the change may have been made without these.
        data={"page": page(), "shown": parameters, "beside": st.query_params.to_dict()},
    )


def write(**parameters: str | None) -> None:
    """Write what was chosen: an entry of the history, unless the browser has written the same already.

    Args:
        parameters: of the address, and their values; None for one that means nothing any more.
    """
    st.session_state[SHOWN] |= parameters
    whole = st.query_params.to_dict() | st.session_state[SHOWN]
    st.query_params.from_dict(
        {name: value for name, value in sorted(whole.items()) if value is not None}
    )
