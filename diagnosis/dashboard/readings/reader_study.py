"""What seeing answers did to people's readings, in a table and in a sentence."""

from collections.abc import Sequence

import streamlit as st

from diagnosis.audit import Recorded
from diagnosis.audit.reader_study import AIEffect, Pair, ai_effect, pairs
from diagnosis.dashboard.widgets.tables import table
from diagnosis.text.evaluation import percent

ENOUGH = 10  # cases; of fewer no share is shown


def ai_effects(found: Sequence[Recorded]) -> None:
    """Draw it: all together, and by model and person where there is more than one."""
    read = pairs(found)
    counted = ai_effect(read)
    if counted is None:
        st.info(
            "Nothing can be told yet. On the page Read a scan take a sample, turn on “My own reading first”, "
            "say what you see, look at the answer, and record your reading once more."
        )
        return
    if counted.n < ENOUGH:
        st.info(
            f"{counted.n} labelled {'case was' if counted.n == 1 else 'cases were'} read before and after "
            f"the answer so far; of fewer than {ENOUGH} no share is shown."
        )
        return
    rows = [("all", counted), *_groups(read)]
    table(
        ["", "cases", "right before", "the network", "right after", "turned right", "turned wrong"],
        [_row(name, each) for name, each in rows],
    )
    st.markdown(_sentence(counted))
    st.caption(
        "Samples of test splits alone, for only they have a label; shares with 95 % intervals. “The network” "
        "is the share of its calls that are right, of the same cases; it is the one that the last reading is "
        "about. A case counts once for each name, or visit of nobody named: with the reading before its "
        "answer was first seen, and the last one after; “cannot tell” is not right. Interval of the "
        f"difference and p: {counted.difference.method}, which take all readings for independent; those of "
        "one person, or of one case by several, are not quite. Lists of test images on other pages show "
        "labels, and whoever looked there did not read blind."
    )


def _groups(read: Sequence[Pair]) -> list[tuple[str, AIEffect]]:
    groups: dict[str, list[Pair]] = {}
    names: dict[str, str] = {}  # as it was written first
    for pair in read:
        groups.setdefault(f"with {pair.shown.model}", []).append(pair)
    for pair in read:
        name = f"by {pair.assisted.by or 'nobody named'}"
        groups.setdefault(names.setdefault(name.casefold(), name), []).append(pair)
    counted = {name: ai_effect(members) for name, members in groups.items()}
    everything = sum(pair.assisted.label is not None for pair in read)
    return [(name, each) for name, each in counted.items() if each and each.n < everything]


def _row(name: str, counted: AIEffect) -> tuple[str, ...]:
    shares = (counted.before, counted.network, counted.after)
    shown = [percent(each) if counted.n >= ENOUGH else "too few" for each in shares]
    return (
        name, f"{counted.n:,}", *shown, f"{counted.turned_right:,}", f"{counted.turned_wrong:,}",
    )  # fmt: skip


def _sentence(counted: AIEffect) -> str:
    change, p = counted.difference.figure, counted.difference.p
    assert p is not None  # of two shares there is a test
    points = [
        f"{round(100 * each):+d}".replace("-", "−")
        for each in (change.estimate, change.lower, change.upper)
    ]
    said = (
        f"From before to after the share that is right changed by {points[0]} percentage points "
        f"({points[1]} to {points[2]}; {'p < 0.001' if p < 0.001 else f'p = {p:.3f}'})."
    )
    if counted.wrong_predictions:
        said += (
            f" The network called {counted.wrong_predictions:,} wrongly; in the end people agreed with "
            f"{counted.agreed:,} of these, and {counted.followed:,} of them they had read otherwise before."
        )
    return said
