"""The examples that come with Scanline, as thumbnails or numbers of which the address names one."""

from collections.abc import Mapping
from functools import cache

import streamlit as st

from diagnosis.cases import Case
from diagnosis.dashboard.shell import address
from diagnosis.dashboard.widgets.persistent import addressed
from diagnosis.dashboard.widgets.thumbnails import thumbnail
from diagnosis.datasets.examples import ShippedExample


def choose_example(task: str, examples: Mapping[str, ShippedExample]) -> Case:
    """Ask for one of a task's; the first by default.

    Args:
        task: theirs.
        examples: by id, at least one.
    """
    names = list(examples)
    name = addressed(
        "Example", names, parameter="example", key=f"example-{task}", default=names[0],
        widget=st.pills, required=True, wrap=True, label_visibility="collapsed", drops=address.OF_CASE,
        format_func=lambda name: _thumbnail(examples[name], names.index(name) + 1),
    )  # fmt: skip
    chosen = examples[name]
    altered = f", {chosen.altered}" if chosen.altered else ""
    st.caption(
        f"{chosen.short}. {chosen.credit}, {chosen.licence}.", width="content",
        help=f"{chosen.title}{altered}. {chosen.citation}.",
    )  # fmt: skip
    return chosen.case


@cache
def _thumbnail(example: ShippedExample, number: int) -> str:
    if example.kind == "record":
        return f"Record {number}"
    scan = example.case.scan
    return thumbnail(scan.display(scan.middle)[..., 0], f"Example {number}")
