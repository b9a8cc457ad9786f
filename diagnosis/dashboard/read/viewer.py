"""The scan as it came: one frame with window and level, and its technical facts."""

import io

import numpy as np
import streamlit as st
from PIL import Image

from diagnosis.cases import Case, Payload
from diagnosis.dashboard.shell.escape import plain

SHOWN = 900  # pixels on the longer side, as wide as a column of the screen

# Hounsfield units, level and width (Radiopaedia, "Windowing (CT)").
_CT_WINDOWS = {
    "soft tissue": (50, 400),
    "lung": (-600, 1500),
    "bone": (400, 1800),
    "brain": (40, 80),
}


@st.fragment
def viewer(case: Case) -> None:
    """Show one frame. A change of slice, window or level reruns this part of the page only.

    Args:
        case: whose selected frame is shown; of one that is read whole a slider chooses the frame.
    """
    scan, frame = case.payload, case.frame
    if case.selection.frame is None and scan.frames > 1:
        frame = st.slider(
            "Slice shown; the model reads all", 1, scan.frames, frame + 1, key=f"shown-{scan.sha256[:12]}"
        ) - 1  # fmt: skip
    low, high = _extremes(scan)
    stored = window = scan.window_of(frame)
    place = st.empty()
    if high > low:
        key = f"{scan.sha256[:12]}" + (f"-{frame}" if scan.shown else "")  # each has its own window
        presets = {"as stored": stored, "full range": (low, high)}
        if scan.tags.get("Modality") == "CT":
            presets |= {
                name: (level - width / 2, level + width / 2)
                for name, (level, width) in _CT_WINDOWS.items()
            }
        with st.expander("Window and level"):
            name = st.selectbox("Preset", list(presets), key=f"preset-{key}")
            wanted = presets[name]
            bounds = (min(low, wanted[0]), max(high, wanted[1]))
            step = 1.0 if bounds[1] - bounds[0] > 50 else (bounds[1] - bounds[0]) / 200
            level = st.slider(
                "Level (the grey value in the middle)",
                float(bounds[0]), float(bounds[1]), float(sum(wanted) / 2), step, key=f"level-{key}-{name}",
            )  # fmt: skip
            width = st.slider(
                "Window (from black to white)",
                step, float(bounds[1] - bounds[0]) * 2, float(wanted[1] - wanted[0]), step,
                key=f"width-{key}-{name}",
            )  # fmt: skip
            st.caption("Display only: the model always reads the stored window.")
            window = (level - width / 2, level + width / 2)
    place.image(_png(scan.display(frame, window)), width="stretch")


def _extremes(scan: Payload) -> tuple[float, float]:
    if scan.pixels.dtype == np.uint8:
        return 0.0, 255.0
    return float(scan.pixels.min()), float(scan.pixels.max())


def _png(pixels: np.ndarray) -> bytes:
    """PNG bytes of uint8 ``(height, width, channels)``, reduced to `SHOWN`."""
    picture = Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)
    picture.thumbnail((SHOWN, SHOWN))
    if max(picture.size) < SHOWN // 2:  # small pictures are shown as the squares they are
        factor = SHOWN // 2 // max(picture.size)
        picture = picture.resize(
            (picture.width * factor, picture.height * factor), Image.Resampling.NEAREST
        )
    file = io.BytesIO()
    picture.save(file, "PNG", compress_level=1)
    return file.getvalue()


def facts_of(case: Case) -> None:
    """Format, size, technical tags, and the notes of the decoder."""
    scan = case.payload
    height, width = scan.pixels.shape[1:3]
    frames = f", {scan.frames} frames" if scan.frames > 1 else ""
    st.caption(f"{plain(scan.format)}, {width} × {height} pixels{frames}, {scan.bits} bit")
    for note in scan.notes:
        st.caption(note)
    with st.expander("Technical tags"):
        if scan.tags:
            st.dataframe(
                {"tag": list(scan.tags), "value": list(scan.tags.values())},
                hide_index=True,
                height="content",
            )
        st.caption("SHA-256 of the file")
        st.code(scan.sha256, language=None, wrap_lines=True)
