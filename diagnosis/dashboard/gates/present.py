"""Present: the board alone, as high as the screen and in large letters, for a projector.

The address' ``present=1`` opens it. Escape, the button or the browser's Back leaves it.
"""

from pathlib import Path

import streamlit as st

from diagnosis.dashboard.shell import address
from diagnosis.dashboard.widgets.traced_case import board_axis
from diagnosis.figures.frame import Axis
from diagnosis.models.config import ModelConfig

PARAMETER, ON = "present", "1"
TEXT = 18  # pixels high, of the smallest letters
USUAL_HEIGHT = 1080  # pixels of a window whose height is not known yet
AROUND = 484  # pixels of it that are not the steps: lines above the panels, and their margins
LAYER = 70  # more of them where there are layers to choose from
_KEY = "present"

_HTML = '<button type="button"></button>'
_CSS = """
button { font-family: var(--st-font); font-size: 0.875rem; color: var(--st-text-color); white-space: nowrap;
  background: var(--st-background-color); border: 1px solid var(--st-border-color);
  border-radius: var(--st-base-radius); padding: 0.25rem 0.75rem; min-height: 2.5rem; cursor: pointer; }
button:hover { border-color: var(--st-primary-color); }
button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
"""
_mount = st.components.v2.component(
    "scanline_present",
    html=_HTML,
    css=_CSS,
    js=Path(__file__).with_name("present.js").read_text(encoding="utf-8"),
)


def presented() -> bool:
    """Whether the page is presented."""
    return address.asked(PARAMETER, {ON}) == ON


def axis(config: ModelConfig) -> Axis:
    """The vertical axis of the board: as high as the window allows."""
    height = min(max(_window(), 600), 2400)
    around = AROUND + LAYER * (len(config.units) > 1 or config.kind.directions > 1)
    return board_axis(config, height=height - around, text=TEXT)


def button() -> None:
    """Draw the button that enters or leaves it. Not in a fragment: all of the page changes."""
    on = presented()

    def pressed() -> None:
        address.write(**{PARAMETER: None if on else ON})

    _mount(
        key=_KEY, data={"on": on, "height": _window()}, width="content",
        on_pressed_change=pressed, on_height_change=lambda: None,
    )  # fmt: skip


def _window() -> int:
    """Pixels that the window is high, as the browser has said."""
    told = st.session_state.get(_KEY) or {}
    return int(told.get("height") or USUAL_HEIGHT)
