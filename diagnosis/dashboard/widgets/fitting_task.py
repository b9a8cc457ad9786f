"""Which model fits a file: a line, and a button that switches the task, where another task's model does."""

from collections.abc import Iterable
from contextlib import suppress

import streamlit as st

from diagnosis.core.errors import InputError
from diagnosis.core.population import NOT_STATED, Population
from diagnosis.dashboard.shell import address
from diagnosis.dashboard.shell.escape import plain
from diagnosis.dashboard.widgets.model_picker import active_versions
from diagnosis.datasets import task_title
from diagnosis.models.store import Version
from diagnosis.scans import Scan
from diagnosis.scans.mismatch import fits, mismatches


def fitting_task(scan: Scan, chosen: Version) -> None:
    """Propose a task whose population the file states, if it states another one than the chosen model's.

    Args:
        scan: an uploaded file.
        chosen: the model.
    """
    (own,) = _populations([chosen]).values() or (NOT_STATED,)
    if not mismatches(scan, own):
        return
    for name, population in _populations(active_versions()).items():
        if fits(scan, population):
            with st.container(key="fitting-task", horizontal=True, vertical_alignment="center"):
                st.markdown(
                    f"Its modality, {plain(scan.tags['Modality'])}, is that of another task: "
                    f"**{plain(task_title(name))}**", width="content",
                )  # fmt: skip
                st.button("Switch to it", key="switch-task", on_click=_switch, args=(name,))
            return


def _switch(task: str) -> None:
    st.session_state["task"] = task
    address.write_case(task=task, model=None, models=None)


def _populations(versions: Iterable[Version]) -> dict[str, Population]:
    """Of each task that they are for."""
    found: dict[str, Population] = {}
    for version in versions:
        with suppress(InputError):  # damaged versions are reported elsewhere
            found.setdefault(version.dataset, version.population)
    return found
