"""What a model of volumes reads, in three views: the slice at the step cursor, and two across it."""

import json
from pathlib import Path

import numpy as np
import streamlit as st

from diagnosis.dashboard.widgets.traced_case import Board
from diagnosis.scans import Scan
from diagnosis.sequences import SliceStack

MOST = 2**20  # values that are sent; of larger volumes every n-th along each side

_HTML = """
<div class="views" tabindex="0" role="group" aria-label="Three views of the model input">
  <figure><canvas role="img" data-view="slice"></canvas><figcaption></figcaption></figure>
  <figure><canvas role="img" data-view="line"></canvas><figcaption></figcaption></figure>
  <figure><canvas role="img" data-view="column"></canvas><figcaption></figcaption></figure>
</div>
"""
_CSS = """
.views { display: flex; gap: 0.75rem; font-family: var(--st-font); font-size: 0.8125rem;
  color: var(--st-text-color); }
figure { margin: 0; flex: 0 1 10.5rem; min-width: 0; }
canvas { display: block; width: 100%; aspect-ratio: 1; background: #000; cursor: crosshair;
  border: 1px solid var(--st-border-color); image-rendering: pixelated; }
figcaption { font-variant-numeric: tabular-nums; opacity: 0.85; padding-top: 0.15rem; }
.views:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
"""
_mount = st.components.v2.component(
    "scanline_slice_views",
    html=_HTML,
    css=_CSS,
    js=Path(__file__).with_name("slice_views.js").read_text(encoding="utf-8"),
)


def slice_views(board: Board, scan: object = None) -> None:
    """Draw them; nothing of a case that is no volume.

    Args:
        board: whose cursor chooses the slice.
        scan: that was read: of one that says how it lies, the views across have head or front on top.
    """
    if not isinstance(board.view, SliceStack):
        return
    placed = isinstance(scan, Scan) and scan.geometry is not None
    with st.container(key=f"{board.page}-slices"):
        _mount(key=f"{board.page}-slice-views", data=_packed(board, rising=placed))


def _packed(board: Board, *, rising: bool) -> bytes:
    """The facts' length in four bytes, the facts as JSON, uint8 ``(steps, height, width, channels)``."""
    assert isinstance(board.view, SliceStack)
    slices, thin = board.view.slices, 1
    while slices[:, ::thin, ::thin].size > MOST:
        thin += 1
    sent = np.ascontiguousarray(slices[:, ::thin, ::thin])
    steps = board.axis.steps
    facts = {
        "board": board.key, "shape": sent.shape, "unit": steps.singular,
        "rising": rising != steps.upward, "start": (board.start or 1) - 1,
    }  # fmt: skip
    text = json.dumps(facts).encode()
    return len(text).to_bytes(4, "little") + text + sent.tobytes()
