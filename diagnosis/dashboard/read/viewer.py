"""The scan as it came, in a viewer that windows, zooms and plays in the browser, and its technical facts."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from diagnosis.cases import Case, Payload
from diagnosis.dashboard.read.frame_bytes import Levels, film_bytes, frame_bytes, levels
from diagnosis.dashboard.shell import address
from diagnosis.dashboard.shell.escape import plain
from diagnosis.dashboard.widgets.tables import details

# Hounsfield units, level and width (Radiopaedia, "Windowing (CT)").
_CT_WINDOWS = {
    "Soft tissue": (50, 400),
    "Lung": (-600, 1500),
    "Bone": (400, 1800),
    "Brain": (40, 80),
}

_HTML = """
<div class="viewer">
  <div class="stage" tabindex="0" role="application" aria-label="Scan viewer" aria-describedby="keys">
    <canvas role="img"></canvas>
    <span class="said"></span>
  </div>
  <div class="bar">
    <span class="film" hidden>
      <button type="button" class="previous" aria-label="Previous">‹</button>
      <button type="button" class="play">Play</button>
      <button type="button" class="next" aria-label="Next">›</button>
      <span class="place"></span>
    </span>
    <select aria-label="Window and level"></select>
    <button type="button" class="invert" aria-pressed="false">Invert</button>
    <button type="button" class="hand" aria-pressed="false">Move</button>
    <span>
      <button type="button" class="less" aria-label="Zoom out">−</button>
      <button type="button" class="more" aria-label="Zoom in">+</button>
    </span>
    <button type="button" class="reset">Reset</button>
    <button type="button" class="full">Full screen</button>
    <button type="button" class="help" aria-label="Keys and gestures">?</button>
  </div>
  <dl class="keys" id="keys" hidden>
    <dt>Drag</dt><dd>sideways: window · up and down: level</dd>
    <dt class="alone">Wheel, two fingers</dt><dd class="alone">zoom · double press: reset</dd>
    <dt class="stepped">Wheel, up and down, Page Up, Page Down</dt>
    <dd class="stepped">slices, with the step cursor · space: play</dd>
    <dt class="stepped">Ctrl or Shift and wheel, two fingers</dt>
    <dd class="stepped">zoom · double press: reset</dd>
    <dt>Shift or right button and drag</dt><dd>move, as after <b>Move</b></dd>
    <dt class="of-frames alone">Shift and wheel, Page Up, Page Down</dt>
    <dd class="of-frames alone">frames · space: play</dd>
    <dt class="alone">Arrows</dt><dd class="alone">window and level · with Shift: move</dd>
    <dt class="stepped">Left, right</dt><dd class="stepped">window · with Shift: move</dd>
    <dt>+ − 0 i f</dt><dd>zoom, reset, invert, full screen</dd>
  </dl>
  <p>Display only: the model always gets the stored window.</p>
</div>
"""
_CSS = """
.viewer { font-family: var(--st-font); font-size: 0.875rem; color: var(--st-text-color); }
.stage { position: relative; width: 100%; max-height: min(70vh, 40rem); background: #000; overflow: hidden;
  border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius); cursor: crosshair;
  touch-action: pan-y; user-select: none; -webkit-user-select: none; }
.stage.moves { cursor: grab; touch-action: none; }
canvas { position: absolute; inset: 0; width: 100%; height: 100%; display: block; }
.said { position: absolute; left: 0.5rem; bottom: 0.4rem; color: #fff; background: rgb(0 0 0 / 0.65);
  padding: 0 0.35rem; border-radius: 0.25rem; font-variant-numeric: tabular-nums; pointer-events: none; }
.bar { display: flex; flex-wrap: wrap; gap: 0.35rem; align-items: center; padding-top: 0.5rem; }
.bar > span { display: inline-flex; gap: 0.35rem; align-items: center; }
[hidden] { display: none !important; }
button, select { font: inherit; color: inherit; background: var(--st-secondary-background-color);
  border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius); padding: 0.15rem 0.55rem;
  min-height: 1.9rem; min-width: 1.9rem; cursor: pointer; }
button[aria-pressed=true] { border-color: var(--st-primary-color);
  box-shadow: inset 0 0 0 1px var(--st-primary-color); }
button:disabled, select:disabled { opacity: 0.45; cursor: default; }
.stage:focus-visible, button:focus-visible, select:focus-visible { outline: 2px solid var(--st-primary-color);
  outline-offset: 2px; }
.place { font-variant-numeric: tabular-nums; white-space: nowrap; }
.play { min-width: 3.4rem; }
.keys { display: grid; grid-template-columns: auto 1fr; gap: 0.15rem 0.75rem; margin: 0.5rem 0 0; }
dt { opacity: 0.8; }
dd { margin: 0; }
p { margin: 0.4rem 0 0; opacity: 0.8; font-size: 0.8125rem; }
.viewer:fullscreen { display: flex; flex-direction: column; background: #000; color: #eee;
  padding: 0.5rem; }
.viewer:fullscreen .stage { flex: 1; max-height: none; aspect-ratio: auto !important; border: 0;
  touch-action: none; }
.viewer:fullscreen :is(button, select) { background: #222; border-color: #555; }
"""
_view = st.components.v2.component(
    "scanline_viewer",
    html=_HTML,
    css=_CSS,
    js=Path(__file__).with_name("viewer.js").read_text(encoding="utf-8"),
)
_film = st.components.v2.component(
    "scanline_film",
    js="""
export default function ({ data }) {
  document.scanlineFilm = data;
  document.dispatchEvent(new CustomEvent("scanline-film"));
}
""",
)
FILM = "viewer-film-asked"  # in the session: whose frames the browser has asked for


@st.fragment
def viewer(case: Case, steps: Sequence[int] = ()) -> None:
    """Show one frame. Window, zoom and playing are the browser's: they run nothing here.

    Another frame that is chosen there is the frame of the page's own slider, and is read when it rests.

    Args:
        case: whose selected frame is shown; of one that is read whole any frame can be.
        steps: of one that is read whole the frame at each step of the board, whose cursor and this viewer
            then move together.
    """
    payload, frame = case.scan, case.frame
    sha = case.key
    whole = case.selection.frame is None
    slider = f"{'shown' if whole else 'frame'}-{sha}"
    if whole:
        frame = min(st.session_state.get(slider, frame + 1), payload.frames) - 1
    elif st.session_state.get(slider, frame + 1) != frame + 1:
        st.rerun()  # the viewer has moved the page's slider: the page reads that frame
    _view(
        key="viewer",
        data=frame_bytes(payload, frame, {**_facts(payload, frame, sha), "steps": list(steps)}),
        on_frame_change=partial(_take_over, slider, payload.frames),
        on_film_change=partial(st.session_state.update, {FILM: sha}),
    )
    with st.container(key="viewer-film"):
        if st.session_state.pop(FILM, None) == sha:  # once: the browser keeps it
            _film(key="viewer-frames", data=film_bytes(payload, {"key": sha}))


def _take_over(slider: str, frames: int) -> None:
    """Set a slider to the frame at which the viewer rests."""
    frame = st.session_state["viewer"].get("frame")
    if isinstance(frame, int) and 1 <= frame <= frames:
        st.session_state[slider] = frame
        if "frame" in st.query_params:
            address.write(frame=str(frame))


def _facts(payload: Payload, frame: int, sha: str) -> dict[str, Any]:
    """What the browser must know of a frame besides its values."""
    scale = levels(payload.pixels)
    sigmoid = bool(payload.shown) and payload.shown[frame].sigmoid
    return {
        "key": sha,
        "frames": payload.frames,
        "what": "Slice" if payload.kind == "volume" else "Frame",
        "aspect": getattr(payload, "aspect", 1.0),
        "step": scale.step,
        "range": [scale.low, scale.high],
        "sigmoid": sigmoid,
        "presets": _presets(payload, frame, scale),
    }


def _presets(payload: Payload, frame: int, scale: Levels) -> dict[str, tuple[float, float]]:
    """Name to the values shown as black and as white; the first is the file's own."""
    found = {"As stored": payload.window_of(frame), "Full range": (scale.low, scale.high)}
    if payload.tags.get("Modality") == "CT":
        found |= {
            name: (level - width / 2, level + width / 2)
            for name, (level, width) in _CT_WINDOWS.items()
        }
    return found


def facts_of(case: Case) -> None:
    """Format, size, technical tags, and the notes of the decoder."""
    scan = case.scan
    height, width = scan.pixels.shape[1:3]
    frames = f", {scan.frames} frames" if scan.frames > 1 else ""
    st.caption(f"{plain(scan.format)}, {width} × {height} pixels{frames}, {scan.bits} bit")
    for note in scan.notes:
        st.caption(note)
    with st.expander("Technical tags"):
        details({**scan.tags, "SHA-256": scan.sha256}, monospace=("SHA-256",))
