"""Candidate against active version: figures, paired differences, and cases whose prediction changes."""

from collections.abc import Sequence

import streamlit as st

from diagnosis.comparison.before_after import BeforeAfter, Change, compare_versions, misfit
from diagnosis.core.dates import day
from diagnosis.core.errors import InputError
from diagnosis.dashboard.compare import cached
from diagnosis.dashboard.glossary.terms import terms
from diagnosis.dashboard.shell import caches
from diagnosis.dashboard.shell.escape import plain
from diagnosis.dashboard.widgets.tables import table
from diagnosis.datasets import Dataset
from diagnosis.figures.contact_sheet import contact_sheet, middle_slices
from diagnosis.models.store import Version
from diagnosis.text.comparison import caution, difference_text, meaning
from diagnosis.text.evaluation import LABELS, figure_of
from diagnosis.text.outcome import class_text

PAGE, SIDE = 6, 112  # cases shown at once; pixels a side
GROUPS = {  # right before, right after
    (True, False): "Right before, wrong after",
    (False, True): "Wrong before, right after",
    (False, False): "Wrong before and after, differently",
}


def before_after(candidate: Version, active: Version | None) -> bool:
    """Draw it.

    Returns:
        Whether the two were compared; if not, the page says why and shows the candidate's figures alone.

    Raises:
        InputError: the candidate cannot be read.
    """
    if active is None:
        _figures(candidate, None, None)
        st.markdown("No version of this model is active: nothing to compare with.")
        return False
    try:
        dataset = caches.dataset(candidate.dataset, candidate.card.dataset.size)
        problem = misfit(candidate, active, dataset)
    except InputError as error:
        problem = f"The two versions cannot be compared: the test cases are not available. {error}"
    if problem is not None:
        st.warning(plain(problem))
        _figures(candidate, None, None)
        return False
    with st.spinner("Reading the test split with both versions"):
        compared = _comparison(candidate, active, dataset)
    _figures(candidate, active, compared)
    _cases(compared, dataset, key=f"{candidate.name} {candidate.version} {active.version}")
    return True


def _comparison(candidate: Version, active: Version, dataset: Dataset) -> BeforeAfter:
    return _computed(str(candidate.folder), str(active.folder), dataset.sha256, dataset)


@st.cache_resource(max_entries=32, show_spinner=False)
def _computed(candidate: str, active: str, sha256: str, _dataset: Dataset) -> BeforeAfter:
    """Cached for all sessions, since versions never change."""
    new, old = (caches.model(folder).version for folder in (candidate, active))
    return compare_versions(
        new, old, _dataset, predict=lambda version: cached.predictions(version, _dataset)
    )


def _figures(candidate: Version, active: Version | None, compared: BeforeAfter | None) -> None:
    """The table of figures, and a sentence about the differences."""
    new = candidate.card.metrics.test
    old = None if active is None else active.card.metrics.test
    names = list(new.estimates)
    if active is None or old is None or compared is None:
        table(
            ["", candidate.version],
            [(LABELS.get(name, name), figure_of(new.estimates, name)) for name in names],
        )
        st.caption(_measured(candidate, new.n))
        return
    table(
        ["", f"before: {active.version}", f"after: {candidate.version}", "difference"],
        [
            (
                LABELS.get(name, name),
                figure_of(old.estimates, name),
                figure_of(new.estimates, name),
                difference_text(compared.differences[name])
                if name in compared.differences
                else "–",
            )
            for name in names
        ],
    )
    st.caption(
        f"{_measured(candidate, new.n)} The active version was measured on the same cases on "
        f"{day(active.card.created)}. Differences: after minus before, paired by case.",
        help=terms(
            "paired comparison", "DeLong", "McNemar", "p value", "confidence interval", "test split"
        ),
    )
    st.markdown(plain(meaning("The candidate", "the active version", compared.differences)))
    st.caption(caution(len(compared.differences)))


def _measured(version: Version, n: int) -> str:
    data = version.card.dataset
    synthetic = "synthetic " if data.synthetic else ""
    return (
        f"Test split of {plain(data.name)}, n = {n:,} {synthetic}cases, measured "
        f"{day(version.card.created)}; in brackets the 95 % interval."
    )


@st.fragment
def _cases(compared: BeforeAfter, dataset: Dataset, *, key: str) -> None:
    """The cases whose prediction changes, in groups, a page at a time. Another page reruns this part only."""
    st.subheader("Changed predictions", anchor=False)
    groups = {
        right: [change for change in compared.changes if change.right == right] for right in GROUPS
    }
    synthetic = "synthetic " if dataset.facts.synthetic else ""
    counted = ", ".join(
        f"{len(changes):,} {GROUPS[right].lower()}" for right, changes in groups.items() if changes
    )
    st.markdown(
        f"The prediction changes for {len(compared.changes):,} of the {compared.n:,} {synthetic}test cases"
        + (f": {counted}." if counted else ".")
    )
    for right, changes in groups.items():
        if changes:
            st.markdown(f"**{GROUPS[right]}**, largest change of probability first")
            _gallery(changes, dataset, key=f"{key} {right}")


def _gallery(changes: Sequence[Change], dataset: Dataset, *, key: str) -> None:
    pages = -(-len(changes) // PAGE)
    page = 1
    if pages > 1:
        page = st.number_input(f"Page, 1 to {pages}", 1, pages, key=f"page {key}", width=160)
    with st.container(horizontal=True, gap="small"):
        for change in changes[(page - 1) * PAGE : page * PAGE]:
            with st.container(width=SIDE + 36, gap="xsmall"):
                _case(change, dataset)


def _case(change: Change, dataset: Dataset) -> None:
    image = dataset.images["test"][change.index : change.index + 1]
    if dataset.facts.dimensions == 3:
        image = middle_slices(image)
    st.image(contact_sheet(image, columns=1, side=SIDE))
    old, new = change.probability
    truth, before, after = (
        plain(class_text(names)) for names in (change.truth, change.before, change.after)
    )
    st.caption(
        f"**{change.index + 1}**, label: {truth}  \nbefore: {before}  \nafter: {after}  \n"
        f"{plain(change.moved)}: {old:.2f} → {new:.2f}"
    )
