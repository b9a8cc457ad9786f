"""The address of a page: a copy of it opens the same view, and the browser's Back undoes a choice.

Streamlit adds an entry to the browser's history for each change of ``st.query_params``, so only choices are
written there. The browser itself writes the defaults of a page, into the current entry. Streamlit tells the
server late or never, so they are remembered here, too.
"""

from collections.abc import Collection
from pathlib import Path

import streamlit as st

from diagnosis.dashboard.shell.escape import plain

JS = Path(__file__).with_name("address.js").read_text(encoding="utf-8")  # for other components, too
SHOWN = "address"  # in the session: the parameters that this run of the page has shown
ASKED = "address-asked"  # in the session: the parameters that were looked for, as a set
LONGEST = 40  # letters of an unknown value that are repeated
_mount = st.components.v2.component(
    "scanline_address", js=JS + "export default ({ data }) => intoAddress(data.page, data.shown);"
)


def begin() -> None:
    """Forget the parameters of the page before; the first call of every page."""
    st.session_state[SHOWN] = {}


def page() -> str:
    """The last part of the path, for the browser: a late change must not go to the next page."""
    return (st.context.url or "").rpartition("/")[2]


def asked(parameter: str, among: Collection[str]) -> str | None:
    """What the address asks for; None if it asks for nothing or for what there is not.

    A link with an unknown part is told so. Later, a choice that another model lacks is nothing to speak of.

    Args:
        parameter: of the address.
        among: the valid values.
    """
    seen = st.session_state.setdefault(ASKED, set())
    first = parameter not in seen
    seen.add(parameter)
    wanted = st.query_params.get(parameter)
    if wanted is None or wanted in among:
        return wanted
    if first:
        st.toast(
            plain(f"The address asks for {parameter} “{wanted[:LONGEST]}”, which is not here.")
        )
    return None


def remember(**parameters: str) -> None:
    """Know of parameters that the browser has written: whatever is written later leaves them there."""
    st.session_state[SHOWN] |= parameters


def show(**parameters: str) -> None:
    """Write parameters that nobody chose, without an entry in the history.

    Args:
        parameters: of the address, and their values.
    """
    remember(**parameters)
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
