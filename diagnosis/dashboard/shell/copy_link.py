"""The button that copies the address of what is on the screen, the cursor's present step included.

An uploaded file is not in the address: it stays on this machine, and whoever opens the link has to open it.
"""

from pathlib import Path

import streamlit as st

_HTML = """
<div class="link">
  <button type="button">Copy link</button>
  <div class="said" hidden><span role="status"></span>
    <input readonly aria-label="Link to this view" hidden /></div>
</div>
"""
_CSS = """
.link { position: relative; font-family: var(--st-font); font-size: 0.875rem; color: var(--st-text-color); }
button { font: inherit; color: inherit; background: var(--st-background-color); white-space: nowrap;
  border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius); padding: 0.25rem 0.75rem;
  min-height: 2.5rem; cursor: pointer; }
button:hover { border-color: var(--st-primary-color); }
button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
[hidden] { display: none !important; }
.said { position: absolute; z-index: 1000; top: calc(100% + 0.25rem); width: max-content; max-width: 18rem;
  padding: 0.4rem 0.6rem; font-size: 0.875rem; background: var(--st-secondary-background-color);
  border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius); }
.said.left { right: 0; }
input { display: block; width: 16rem; margin-top: 0.3rem; font: inherit; color: inherit;
  background: var(--st-background-color); border: 1px solid var(--st-border-color); }
"""
_mount = st.components.v2.component(
    "scanline_copy_link",
    html=_HTML,
    css=_CSS,
    js=Path(__file__).with_name("copy_link.js").read_text(encoding="utf-8"),
)
STAYS = "The file does not travel: this link opens the page without it."


def copy_link(*, travels: bool = True, key: str = "copy-link") -> None:
    """Draw the button.

    Args:
        travels: whether the address holds the case; for an upload it does not, and the button says so.
        key: of the button.
    """
    _mount(key=key, data={"stays": "" if travels else STAYS}, width="content")
