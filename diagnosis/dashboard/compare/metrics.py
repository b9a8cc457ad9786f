"""Facts and test figures, a column a model; and their spread over seeds."""

from collections.abc import Mapping, Sequence

import streamlit as st

from diagnosis.comparison.case_predictions import problem_of
from diagnosis.comparison.seeds import seed_groups
from diagnosis.comparison.timing import ROUNDS, Timing
from diagnosis.core.dates import day
from diagnosis.core.errors import InputError
from diagnosis.dashboard.compare import cached
from diagnosis.dashboard.compare.version_choice import Choice
from diagnosis.dashboard.glossary.terms import terms
from diagnosis.dashboard.shell.escape import plain
from diagnosis.dashboard.widgets.tables import csv_button, table
from diagnosis.models import store
from diagnosis.models.variants import variant
from diagnosis.text.evaluation import LABELS, figure_of

FIGURES = {
    "binary": ("auc", "accuracy", "sensitivity", "specificity"),
    "multi-class": ("auc", "accuracy", "balanced_accuracy"),
    "ordinal": ("auc", "accuracy", "balanced_accuracy", "mean_absolute_error"),
    "multi-label": ("auc", "accuracy"),
}
MEASURING = "…"


@st.fragment
def metrics(choices: Sequence[Choice]) -> None:
    """Draw the table; prediction times appear when they are measured."""
    place = st.empty()
    with place:
        _table(choices, {})
    timings: dict[str, Timing | None] = {}
    with st.spinner("Measuring how long one scan takes"):
        for choice in choices:
            try:
                timings[choice.token] = cached.timing(str(choice.version.folder))
            except Exception as error:  # whatever it is, it is this model's alone
                timings[choice.token] = None
                st.caption(plain(f"{choice.title}: {problem_of(choice.version, error)}"))
    with place:
        _table(choices, timings)
    st.caption(
        "Test split, 95 % intervals; times of one scan on this machine.",
        help="Figures were measured once, when each version was made. Times: median of "
        f"{ROUNDS} in this process, compiled, the scan already encoded; “prediction” computes the output "
        "alone, “trace” also all states, gates and the per-step prediction. Other work on this machine adds "
        "to them.\n\n"
        + terms(
            "AUC", "accuracy", "sensitivity", "specificity", "confidence interval", "test split"
        ),
    )
    csv_button(*_rows(choices, timings), file="compare-figures")


def _table(choices: Sequence[Choice], timings: Mapping[str, Timing | None]) -> None:
    header, rows = _rows(choices, timings)
    table(header, rows, key="compare-figures")


def _rows(
    choices: Sequence[Choice], timings: Mapping[str, Timing | None]
) -> tuple[list[str], list[tuple[str, ...]]]:
    """Header and rows; the figures first, which are what one compares."""
    columns = [_column(choice, timings) for choice in choices]
    labels = list(dict.fromkeys(label for column in columns for label in column))
    rows = [(label, *(column.get(label, "–") for column in columns)) for label in labels]
    return ["figure", *(choice.title for choice in choices)], rows


def _column(choice: Choice, timings: Mapping[str, Timing | None]) -> dict[str, str]:
    """Label to value of one version; what cannot be read is left out."""
    version = choice.version
    try:
        card, config = version.card, version.config
    except InputError:
        return {"version": version.version}
    test = card.metrics.test
    synthetic = " (synthetic)" if card.dataset.synthetic else ""
    figures = {
        LABELS.get(name, name): figure_of(test.estimates, name) for name in FIGURES[config.task]
    }
    return figures | {
        "parameters": f"{card.parameters:,}",
        "prediction, ms": _time(choice, timings, "forward"),
        "trace, ms": _time(choice, timings, "trace"),
        "n": f"{test.n:,}",
        "measured on": f"test, {card.dataset.name}{synthetic}",
        "seed": str(card.training.seed),
        "made": day(card.created),
        "version": version.version,
    }


def _time(choice: Choice, timings: Mapping[str, Timing | None], kind: str) -> str:
    if choice.token not in timings:
        return MEASURING
    found = timings[choice.token]
    milliseconds: float | None = None if found is None else getattr(found, kind)
    return "–" if milliseconds is None else f"{milliseconds:.2f}"


def spread_over_seeds(choices: Sequence[Choice]) -> None:
    """Mean and standard deviation where versions differ in the seed only, chosen or not."""
    task = choices[0].version.dataset
    chosen = {choice.version.folder for choice in choices}
    groups = [
        group
        for group in seed_groups([v for v in store.versions() if v.dataset == task])
        if chosen & {version.folder for version in group.versions}
    ]
    if not groups:
        st.markdown("None of these models was trained with more than one seed.")
        return
    figures = list(dict.fromkeys(name for group in groups for name in group.figures))
    table(
        ["model", "versions", "seeds", *(LABELS.get(name, name) for name in figures)],
        [
            (
                f"{variant(group.versions[0].variant).title}, "
                f"{' + '.join(map(str, group.versions[0].config.units))} "
                f"{group.versions[0].config.kind.unit_word}",
                str(len(group.seeds)),
                ", ".join(map(str, group.seeds)),
                *(str(group.figures[name]) if name in group.figures else "–" for name in figures),
            )
            for group in groups
        ],
        key="compare-seeds",
        file="compare-seeds",
    )
    counts = {group.versions[0].card.metrics.test.n for group in groups}
    st.caption(
        "Mean ± standard deviation of versions that differ in the seed alone, "
        f"n = {', '.join(f'{n:,}' for n in sorted(counts))}.",
        help="It is the spread of training, not of the cases, and two or three seeds estimate it roughly."
        f"\n\n{terms('seed')}",
    )
