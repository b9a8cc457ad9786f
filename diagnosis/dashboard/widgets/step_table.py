"""The numbers of a board's heatmaps at the cursor's step, as a table for screen readers and for copying.

It is made in the browser, of what the charts hold, once it is opened: nothing is sent for it.
"""

from pathlib import Path

import streamlit as st

from diagnosis.sequences import StepKind

_HTML = """
<details>
  <summary></summary>
  <button type="button">Copy table</button> <span role="status"></span>
  <div class="wide" tabindex="0"><table><caption></caption><thead></thead><tbody></tbody></table></div>
</details>
"""
_CSS = """
details { font-family: var(--st-font); font-size: 0.875rem; color: var(--st-text-color); }
summary { cursor: pointer; min-height: 1.75rem; width: fit-content; }
.wide { overflow: auto; max-height: 20rem; width: fit-content; max-width: 100%; margin-top: 0.5rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding-bottom: 0.3rem; }
th, td { padding: 0.15rem 1rem 0.15rem 0; text-align: right; font-weight: 400;
  border-bottom: 1px solid var(--st-border-color); }
thead th { position: sticky; top: 0; background: var(--st-background-color); }
button { font: inherit; color: inherit; background: var(--st-background-color); min-height: 1.75rem;
  cursor: pointer; border: 1px solid var(--st-border-color);
  border-radius: var(--st-base-radius); padding: 0.2rem 0.7rem;
}
:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
"""
_mount = st.components.v2.component(
    "scanline_step_table",
    html=_HTML,
    css=_CSS,
    js=Path(__file__).with_name("step_table.js").read_text(encoding="utf-8"),
)


def step_table(board: str, steps: StepKind) -> None:
    """Draw it, closed.

    Args:
        board: as in `step_cursor`. Panels of units are known by their ``layout.meta``: ``column``, the head
            of their column, and ``units`` as there.
        steps: name of a step.
    """
    _mount(key=f"{board}-table", data={"board": board, "unit": steps.singular})
