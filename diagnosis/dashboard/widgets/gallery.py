"""Cases of a test split as pictures, a page of them at a time, each with a button that opens it."""

from collections.abc import Callable, Sequence

import streamlit as st

from diagnosis.dashboard.widgets.persistent import persistent
from diagnosis.dashboard.widgets.sample_picker import open_sample
from diagnosis.datasets import Dataset
from diagnosis.figures.contact_sheet import contact_sheet, middle_slices

PAGE, SIDE = 12, 112  # cases on a page; pixels a side


def gallery(
    cases: Sequence[int],
    dataset: Dataset,
    caption: Callable[[int], Sequence[str]],
    *,
    key: str,
    of: str,
    opened: Callable[[], None] | None,
) -> None:
    """Draw them; within a fragment another page of them reruns that alone.

    Args:
        cases: their indices in the test split, in order.
        dataset: theirs.
        caption: lines of Markdown to a case.
        key: of this gallery.
        of: identifies the list; another list starts at its first page.
        opened: goes to the page of the case after it was opened; None if cases cannot be opened.
    """
    pages = -(-len(cases) // PAGE)
    page = 1
    if pages > 1:
        page = st.number_input(
            f"Page, 1 to {pages}",
            1,
            pages,
            width=160,
            **persistent(f"{key}-page-{of}", 1, range(1, pages + 1)),
        )
    with st.container(key=key, horizontal=True, gap="small"):
        for case in cases[(page - 1) * PAGE : page * PAGE]:
            with st.container(width=SIDE + 48, gap="xsmall"):
                image = dataset.pictures("test")[case : case + 1]
                if dataset.facts.dimensions == 3:
                    image = middle_slices(image)
                if dataset.facts.dimensions > 1:  # events are no picture
                    st.image(
                        contact_sheet(image, columns=1, side=SIDE), alt=f"Test image {case + 1}"
                    )
                st.caption("  \n".join(caption(case)))
                if opened is None:
                    continue
                sample = (dataset.facts.name, case + 1, dataset.holds)
                if st.button("Open", key=f"{key}-open-{case}", on_click=open_sample, args=sample):
                    opened()
