"""The address of a page: a copy of it opens the same view, and the browser's Back undoes a choice.

Streamlit adds an entry to the browser's history for each change of ``st.query_params``, so only choices are
written there. The browser itself writes the defaults of a page, into the current entry. Streamlit tells the
server late or never, so they are remembered here, too.

What an address asks for and is not here is said on the page in one line, and ignored.
"""

from collections.abc import Collection
from pathlib import Path

import streamlit as st

from diagnosis.dashboard.shell.escape import plain

JS = Path(__file__).with_name("address.js").read_text(encoding="utf-8")  # for other components, too
OF_CASE = (
    "source",
    "example",
    "sample",
    "frame",
    "axis",
)  # what names a case; another case drops them
KNOWN = frozenset({
    *OF_CASE, "task", "model", "models", "version", "row", "layer", "layer2", "gate", "gate2", "unit",
    "order", "section", "present", "threshold", "independent", "run", "set", "study", "term",
})  # fmt: skip
# In the session: parameters that this run of the page has shown; ignored ones; where the page says so; by
# parameter the unknown value that came first.
SHOWN, IGNORED, PLACE = "address", "address-ignored", "address-place"
ASKED, RUN = "address-asked", "address-run"  # RUN: how many runs of pages there were
NAMED = 4  # of the ignored parameters; a line has no room for more
# While a run goes on the browser may draw an element of the one before anew: what that has written into one
# entry of the history is nothing for the next entry, out of which a choice may just have taken it.
SHOW = """
export default ({ data }) => {
  const written = (document.scanlineWritten ??= {});
  const [wanted, name] = [JSON.stringify(data), Object.keys(data.shown).join()];
  const entry = globalThis.navigation?.currentEntry?.key;
  if (written[name]?.wanted === wanted && written[name].entry !== entry) return;
  written[name] = { wanted, entry };
  intoAddress(data.page, data.shown);
};
"""
_mount = st.components.v2.component("scanline_address", js=JS + SHOW)


def begin(*, others: bool = False) -> None:
    """Forget the parameters of the page before; the first call of every page.

    Args:
        others: whether the page itself looks after parameters that are not `KNOWN`.
    """
    st.session_state[SHOWN] = {}
    st.session_state[RUN] = st.session_state.get(RUN, 0) + 1
    st.session_state[IGNORED] = []
    st.session_state[PLACE] = st.empty()
    for name in st.query_params:
        if name not in KNOWN and not others:
            ignore(name)


def ignore(parameter: str) -> None:
    """Say that the value of a parameter, or the parameter, is not known here. The value is not repeated."""
    ignored: list[str] = st.session_state[IGNORED]
    if parameter in ignored:
        return
    ignored.append(parameter)
    names = [plain(name[:20]) for name in ignored[:NAMED]]
    more = f" and {len(ignored) - NAMED} more" if len(ignored) > NAMED else ""
    st.session_state[PLACE].caption(
        f"Ignored in the address, as not known here: {', '.join(names)}{more}."
    )


def page() -> str:
    """The last part of the path, for the browser: a late change must not go to the next page."""
    return (st.context.url or "").rpartition("/")[2]


def asked(parameter: str, among: Collection[str], *, known: Collection[str] = ()) -> str | None:
    """What the address asks for; None if it asks for nothing or for what there is not.

    A link with an unknown part is told so. Later, a choice that another model lacks is nothing to speak of.

    Args:
        parameter: of the address.
        among: the valid values.
        known: values that are valid elsewhere, and ignored here without a word.
    """
    wanted = st.query_params.get(parameter)
    lacking = wanted is not None and wanted not in among
    first = st.session_state.setdefault(ASKED, {}).setdefault(
        parameter, wanted if lacking else None
    )
    if not lacking:
        return wanted
    if wanted == first and wanted not in known:
        ignore(parameter)
    return None


def remember(**parameters: str) -> None:
    """Know of parameters that the browser has written: whatever is written later leaves them there."""
    st.session_state[SHOWN] |= parameters


def number(parameter: str, first: int, last: int) -> int | None:
    """A whole number that the address asks for; None, and a line on the page if it is out of range."""
    wanted = st.query_params.get(parameter)
    if wanted is None:
        return None
    digits = wanted.isascii() and wanted.isdigit() and len(wanted) <= len(str(last))
    if digits and first <= int(wanted) <= last:
        return int(wanted)
    ignore(parameter)
    return None


def show(**parameters: str) -> None:
    """Write parameters that nobody chose, without an entry in the history.

    Args:
        parameters: of the address, and their values.
    """
    remember(**parameters)
    _mount(
        key=f"address-{'-'.join(parameters)}",
        # Again in each run, and after each change of the address, which may have been made without these.
        data={
            "page": page(),
            "shown": parameters,
            "run": st.session_state[RUN],
            "beside": st.query_params.to_dict(),
        },
    )


def write(**parameters: str | None) -> None:
    """Write a choice, as an entry in the history unless the browser has written the same already.

    Args:
        parameters: of the address, and their values; None for one that no longer applies.
    """
    st.session_state[SHOWN] |= parameters
    ignored = st.session_state[IGNORED]
    wanted = {name: value for name, value in st.query_params.items() if name not in ignored}
    whole = wanted | st.session_state[SHOWN]
    st.query_params.from_dict(
        {name: value for name, value in sorted(whole.items()) if value is not None}
    )


def write_case(**parameters: str | None) -> None:
    """Write the choice of another case; what named the one before is dropped.

    Args:
        parameters: of `OF_CASE`, and their values.
    """
    write(**dict.fromkeys(OF_CASE) | parameters)
