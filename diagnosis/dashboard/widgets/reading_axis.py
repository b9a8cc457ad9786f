"""Along which axis a volume is read, as a choice that the address carries, and where its slices begin."""

import streamlit as st

from diagnosis.dashboard.shell.escape import plain
from diagnosis.dashboard.widgets.opened import Opened
from diagnosis.dashboard.widgets.persistent import addressed
from diagnosis.models.config import ModelConfig
from diagnosis.scans.geometry import AXES, Axis
from diagnosis.scans.reading_axis import anisotropy, reading_axes
from diagnosis.text.geometry import axis_title, reading_order, spacing_text

ANISOTROPIC = 2.0  # times as far between slices as within, from which on it is said


def choose_axis(opened: Opened, config: ModelConfig) -> Axis | None:
    """Ask for the reading axis of a volume and show the reading order.

    Args:
        opened: the open scan.
        config: of the model; one that is trained along an axis of the body turns every scan to it.

    Returns:
        The axis, where it is not the scan's own.
    """
    axes = reading_axes(opened.scan)
    if not axes:
        return None
    with st.container(
        key="reading-axis", horizontal=True, vertical_alignment="center", gap="small"
    ):
        fixed = getattr(config.encoder, "axis", None) if config.encoder.whole else None
        if fixed in AXES and fixed in axes:
            axis: str = fixed
            st.markdown(f"Read along: {axis_title(fixed)}, as the model is", width="content")
        else:
            axis = addressed(
                "Reading axis", axes, parameter="axis", key=f"axis-{opened.scan.sha256[:12]}",
                default=axes[0], format_func=axis_title, widget=st.segmented_control, required=True,
                label_visibility="collapsed", drops=("frame",), known=AXES,
            )  # fmt: skip
        turned: Axis | None = next(each for each in axes if each == axis)
        scan = opened.along(turned)
        apart = anisotropy(scan) or 1.0
        said = [reading_order(scan), spacing_text(scan)]
        if apart >= ANISOTROPIC:
            said.append(f"anisotropic, {apart:.2g} to 1")
        st.caption(plain("; ".join(word for word in said if word)), width="content")
    return None if turned == axes[0] else turned
