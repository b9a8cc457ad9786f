"""The events of a record as a list that can be searched, filtered and grouped, and moves with the cursor.

All of it happens in the browser: a search, a filter or a step needs no round trip.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import streamlit as st

from diagnosis.sequences import EventList, StepKind

_HTML = """
<div class="events">
  <div class="bar">
    <input type="search" placeholder="Search" aria-label="Search the events" />
    <select class="code" aria-label="Code"></select>
    <select class="group" aria-label="Group by">
      <option value="hour">by hour</option><option value="time">by time point</option>
      <option value="">ungrouped</option>
    </select>
  </div>
  <div class="list" role="listbox" tabindex="0" aria-label="Events"></div>
  <span class="shown" role="status"></span>
</div>
"""
_CSS = """
.events { font-family: var(--st-font); font-size: 0.875rem; color: var(--st-text-color); }
.bar { display: flex; flex-wrap: wrap; gap: 0.4rem; margin-bottom: 0.4rem; }
input, select { font: inherit; color: inherit; background: var(--st-secondary-background-color);
  border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius); padding: 0.15rem 0.4rem;
  min-height: 1.9rem; min-width: 0; box-sizing: border-box; }
input, .code { flex: 1 1 5.5rem; } .group { flex: 0 0 auto; }
.list { max-height: 25rem; overflow-y: auto; border: 1px solid var(--st-border-color); position: relative;
  border-radius: var(--st-base-radius); font-variant-numeric: tabular-nums; overscroll-behavior: contain; }
.head, .event { display: grid; grid-template-columns: 3.6rem minmax(0, 1fr) auto; gap: 0 0.6rem;
  padding: 0.12rem 0.6rem; }
.head { position: sticky; top: 0; background: var(--st-secondary-background-color); font-weight: 600; }
.head :first-child { grid-column: 1 / 3; }
.event { cursor: pointer; border-left: 3px solid transparent; }
.event:hover { background: var(--st-secondary-background-color); }
.event[aria-selected=true] { border-left-color: var(--st-primary-color); font-weight: 600;
  background: color-mix(in srgb, var(--st-primary-color) 14%, transparent); }
.what { overflow-wrap: anywhere; }
.shown { display: block; min-height: 1.2rem; padding-top: 0.2rem; font-size: 0.8125rem; opacity: 0.8; }
:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
@media (max-width: 40rem) { .list { max-height: 13rem; } .event { padding-block: 0.3rem; } }
"""
_mount = st.components.v2.component(
    "scanline_event_list",
    html=_HTML,
    css=_CSS,
    js=Path(__file__).with_name("event_list.js").read_text(encoding="utf-8"),
)


def event_list(
    board: str,
    events: EventList,
    labels: Sequence[str],
    codes: Sequence[str],
    steps: StepKind,
    *,
    probabilities: Mapping[str, np.ndarray] | None = None,
) -> None:
    """Draw it.

    Args:
        board: as in `step_cursor`: a press on an event moves its cursor, and the list follows that.
        events: of a record, without padding.
        labels: of them: what was measured or done, with value and unit.
        codes: their names, which the filter offers.
        steps: name of a step.
        probabilities: after each event, by name of the one class that is shown; none of a case that is not
            analysed, or is to be read independently first.
    """
    ((target, values),) = (probabilities or {"": np.full(len(events), np.nan)}).items()
    _mount(
        key=f"{board}-events",
        data={
            "board": board,
            "unit": steps.singular,
            "target": target,
            "events": [
                {
                    "hour": None if np.isnan(hour) else round(float(hour), 3),
                    "what": label,
                    "code": code,
                    "after": None if np.isnan(value) else round(float(value), 3),
                }
                for hour, label, code, value in zip(
                    events.hours, labels, codes, values, strict=True
                )
            ],
        },
    )
