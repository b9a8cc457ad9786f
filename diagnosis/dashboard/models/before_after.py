"""Candidate against active version: on the validation split, and on the test split once it is asked for."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from diagnosis.comparison.before_after import BeforeAfter, Change, Split, compare_versions, misfit
from diagnosis.comparison.predictions import predict
from diagnosis.core import access
from diagnosis.core.errors import InputError
from diagnosis.dashboard.glossary.terms import terms
from diagnosis.dashboard.models.text import looks_sentence
from diagnosis.dashboard.shell import caches, warmup
from diagnosis.dashboard.shell.escape import plain, show_error
from diagnosis.dashboard.widgets.tables import table
from diagnosis.datasets import Dataset, title_of
from diagnosis.figures.contact_sheet import contact_sheet, middle_slices
from diagnosis.inference.split_predictions import Predictions, stored
from diagnosis.models.card import Metrics
from diagnosis.models.store import Version
from diagnosis.registry import looks
from diagnosis.text.classes import class_text
from diagnosis.text.comparison import caution, difference_text, meaning
from diagnosis.text.evaluation import LABELS, figure_of

PAGE, SIDE = 6, 112  # cases shown at once; pixels a side
TITLES: dict[Split, str] = {"val": "Validation split", "test": "Test split"}
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
    dataset, problem = None, None
    if active is None:
        st.markdown("No version of this model is active: nothing to compare with.")
    else:
        try:
            dataset = caches.dataset(candidate.dataset, candidate.card.dataset.size)
            problem = misfit(candidate, active, dataset)
        except InputError as error:
            problem = f"The two versions cannot be compared: the cases are not available. {error}"
    if problem is not None:
        st.warning(plain(problem))
        active = None
    _split(candidate, active, dataset, "val")
    if _test_opened(candidate, active):
        _split(candidate, active, dataset, "test")
    return active is not None


def _split(
    candidate: Version, active: Version | None, dataset: Dataset | None, split: Split
) -> None:
    """The figures of a split; with an active version the differences and the cases that change."""
    st.subheader(TITLES[split], anchor=False)
    if active is None or dataset is None:
        _figures(candidate, split)
        return
    with st.spinner("Comparing the two versions"):
        compared = _computed(
            str(candidate.folder), str(active.folder), dataset.sha256, split, dataset
        )
    _differences(candidate, active, compared)
    _cases(compared, dataset, key=f"{candidate.name} {candidate.version} {active.version} {split}")


def _test_opened(candidate: Version, active: Version | None) -> bool:
    """Whether the test split has been asked for in this session; else the button that does it, and counts."""
    name = f"{candidate.name}/{candidate.version}"
    against = None if active is None else active.version
    sha256, opened = candidate.card.dataset.sha256, f"test split of {name} against {against}"

    def look() -> None:
        try:
            if not access.read_only():
                looks.record_look(sha256, name, against)
            st.session_state[opened] = True
        except InputError as error:
            st.session_state[opened] = str(error)

    if st.session_state.get(opened) is not True:
        st.button(
            "Open the test split", on_click=look, key=f"open the {opened}",
            help="A test split is independent only as long as nothing is chosen by it: each comparison that "
            "is opened on it is counted.",
        )  # fmt: skip
    if isinstance(problem := st.session_state.get(opened), str):
        show_error(problem)
    st.caption(looks_sentence(looks.count(sha256), title_of(candidate.dataset)))
    return st.session_state.get(opened) is True


@st.cache_resource(max_entries=32, show_spinner=False)
def _computed(
    candidate: str, active: str, sha256: str, split: Split, _dataset: Dataset
) -> BeforeAfter:
    """Cached for all sessions, since versions never change."""
    new, old = (Version(Path(folder)) for folder in (candidate, active))
    return compare_versions(
        new, old, _dataset, split, predict=lambda version: _predictions(version, _dataset, split)
    )


def _predictions(version: Version, dataset: Dataset, split: Split) -> Predictions:
    """As they were stored when it was measured; a version without them predicts again."""
    found = stored(version, split)
    if found is None:
        warmup.wait()
        found = predict(caches.model(str(version.folder)), dataset, split)
    return found


def _metrics(version: Version, split: Split) -> Metrics:
    found: Metrics = getattr(version.card.metrics, split)
    return found


def _figures(candidate: Version, split: Split) -> None:
    metrics = _metrics(candidate, split)
    table(
        ["figure", candidate.version],
        [
            (LABELS.get(name, name), figure_of(metrics.estimates, name))
            for name in metrics.estimates
        ],
        file=f"figures-{split}-{candidate.version}",
    )
    st.caption(_measured(candidate, split))


def _differences(candidate: Version, active: Version, compared: BeforeAfter) -> None:
    """The table of figures, and a sentence about the differences."""
    new, old = (_metrics(version, compared.split) for version in (candidate, active))
    differences = compared.differences
    table(
        ["figure", f"before: {active.version}", f"after: {candidate.version}", "difference"],
        [
            (
                LABELS.get(name, name),
                figure_of(old.estimates, name),
                figure_of(new.estimates, name),
                difference_text(differences[name]) if name in differences else "–",
            )
            for name in new.estimates
        ],
        file=f"before-after-{compared.split}-{candidate.version}",
    )
    st.caption(
        f"{_measured(candidate, compared.split)} Differences: after minus before, paired by case.",
        help=terms(
            "paired comparison", "DeLong", "McNemar", "p value", "confidence interval", "test split"
        ),
    )
    st.markdown(plain(meaning("The candidate", "the active version", differences)))
    st.caption(
        caution(len(differences))
        if compared.split == "test"
        else "The validation split chose the epoch and the threshold of both versions, so its figures are a "
        "little too good."
    )


def _measured(version: Version, split: Split) -> str:
    data = version.card.dataset
    synthetic = "synthetic " if data.synthetic else ""
    return (
        f"{TITLES[split]} of {plain(data.name)}, n = {_metrics(version, split).n:,} {synthetic}cases, "
        "95 % intervals."
    )


@st.fragment
def _cases(compared: BeforeAfter, dataset: Dataset, *, key: str) -> None:
    """The cases whose prediction changes, in groups, a page at a time. Another page reruns this part only."""
    groups = {
        right: [change for change in compared.changes if change.right == right] for right in GROUPS
    }
    synthetic = "synthetic " if dataset.facts.synthetic else ""
    counted = ", ".join(
        f"{len(changes):,} {GROUPS[right].lower()}" for right, changes in groups.items() if changes
    )
    cases = f"{synthetic}{'test' if compared.split == 'test' else 'validation'} cases"
    st.markdown(
        f"**Changed predictions:** {len(compared.changes):,} of the {compared.n:,} {cases}"
        + (f": {counted}." if counted else ".")
    )
    for right, changes in groups.items():
        if changes:
            st.markdown(f"**{GROUPS[right]}**", help="Largest change of probability first.")
            _gallery(changes, dataset, compared.split, key=f"{key} {right}")


def _gallery(changes: Sequence[Change], dataset: Dataset, split: Split, *, key: str) -> None:
    pages = -(-len(changes) // PAGE)
    page = 1
    if pages > 1:
        page = st.number_input(f"Page, 1 to {pages}", 1, pages, key=f"page {key}", width=160)
    with st.container(horizontal=True, gap="small"):
        for change in changes[(page - 1) * PAGE : page * PAGE]:
            with st.container(width=SIDE + 36, gap="xsmall"):
                _case(change, dataset, split)


def _case(change: Change, dataset: Dataset, split: Split) -> None:
    image = dataset.pictures(split)[change.index : change.index + 1]
    if dataset.facts.dimensions == 3:
        image = middle_slices(image)
    truth, before, after = (
        plain(class_text(names)) for names in (change.truth, change.before, change.after)
    )
    if dataset.facts.dimensions > 1:  # events are no picture
        words = f"Case {change.index + 1}, label {truth}"
        st.image(contact_sheet(image, columns=1, side=SIDE), alt=words)
    old, new = change.probability
    st.caption(
        f"**{change.index + 1}**, label: {truth}  \nbefore: {before}  \nafter: {after}  \n"
        f"{plain(change.moved)}: {old:.2f} → {new:.2f}"
    )
