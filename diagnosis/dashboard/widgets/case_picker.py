"""The case of a session: an example that comes with Scanline, a file, or a sample of a data set.

It stays open when the person goes to another page. The address names it (``example``, ``sample``), except for
a file, which never leaves the session. All parts stand in one container: what comes and goes among them does
not move what follows on the page.
"""

from collections.abc import Mapping

import streamlit as st

from diagnosis.cases import Case
from diagnosis.dashboard.shell import address
from diagnosis.dashboard.widgets import (
    case_label,
    example_picker,
    sample_picker,
    uploaded_case,
    uploaded_record,
    uploaded_study,
)
from diagnosis.dashboard.widgets.persistent import persistent
from diagnosis.datasets.examples import ShippedExample, examples_of
from diagnosis.models.config import ModelConfig
from diagnosis.models.store import Version

EXAMPLE, UPLOAD, SAMPLE = "Example", "Upload", "Sample"


def choose(
    version: Version, config: ModelConfig, several: uploaded_case.Several | None = None
) -> Case | None:
    """Ask for a case of a model's task; None while there is none, with a way to one.

    Args:
        version: of the model that will read it.
        config: the version's.
        several: draws a list of several uploaded files; None where the page reads one.
    """
    task = version.dataset
    sample_picker.say_opened()
    examples = examples_of(task, config.encoder.data_size)
    with st.container(key="case-picker", horizontal=True, vertical_alignment="center"):
        source = _source(task, config, examples)
        in_line = source == EXAMPLE or (
            source == SAMPLE and sample_picker.is_here(task, config.encoder.data_size)
        )
        with st.container(
            key=f"case-{source.lower()}", horizontal=in_line, vertical_alignment="center", gap="xsmall",
            width="content" if in_line else "stretch",
        ):  # fmt: skip
            if source == EXAMPLE:
                case: Case | None = example_picker.choose_example(task, examples)
            elif source == SAMPLE:
                case = sample_picker.choose_sample(version, config)
            elif config.encoder.parts:
                case = uploaded_study.uploaded_study(version, config)
            elif config.encoder.embedded:
                case = uploaded_record.uploaded_record(version, config)
            else:
                case = uploaded_case.uploaded_case(version, config, several)
            if source != UPLOAD and "frame" in st.query_params:
                address.ignore(
                    "frame"
                )  # of a file: an example or a sample is one picture, or read whole
            if case is not None:
                case_label.offer(case)
            elif examples:
                st.button("Try an example", key="try-example", on_click=_open_example)
    return case


def _open_example() -> None:
    st.session_state["source"] = EXAMPLE
    address.write_case()


def _source(task: str, config: ModelConfig, examples: Mapping[str, ShippedExample]) -> str:
    """Where the case comes from: as the address implies, as it was chosen, or where there is one."""
    sources = [*([EXAMPLE] if examples else []), UPLOAD, SAMPLE]
    if (implied := _implied(examples)) is not None:
        st.session_state["source"] = implied
    if "source" not in st.session_state or st.session_state["source"] not in sources:
        here = bool(examples) or sample_picker.is_here(task, config.encoder.data_size)
        st.session_state["source"] = sources[0] if examples else SAMPLE if here else UPLOAD

    def chosen() -> None:
        tab = uploaded_case.TAB if st.session_state["source"] == UPLOAD else None
        address.write_case(source=tab)

    source: str = st.segmented_control(
        "Case from", sources, **persistent("source", sources[0]), required=True,
        label_visibility="collapsed", on_change=chosen,
    )  # fmt: skip
    return source


def _implied(examples: Mapping[str, ShippedExample]) -> str | None:
    """The source that the address asks for; None without one."""
    asked = st.query_params
    if "example" in asked:
        if asked["example"] in examples:
            return EXAMPLE
        address.ignore("example")
    elif "sample" in asked:
        return SAMPLE
    elif "source" in asked:
        if asked["source"] in (uploaded_case.TAB, uploaded_case.FILE):
            return UPLOAD
        address.ignore("source")
    return None
