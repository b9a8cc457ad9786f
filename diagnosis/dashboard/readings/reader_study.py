"""The effect of AI assistance: independent against AI-assisted reads, in a table and a sentence."""

from collections.abc import Sequence

import streamlit as st

from diagnosis.audit import Recorded
from diagnosis.audit.reader_study import AIEffect, Pair, ai_effect, pairs
from diagnosis.dashboard.glossary.terms import terms
from diagnosis.dashboard.widgets.tables import table
from diagnosis.text.evaluation import percent

ENOUGH = 10  # cases; for fewer no rates are given


def ai_effects(recorded: Sequence[Recorded]) -> None:
    """Draw it: all together, and by model and reader where there are several."""
    read = pairs(recorded)
    effect = ai_effect(read)
    if effect is None:
        st.info(
            "No reads yet: open a labelled example, turn on the independent read, and record your read "
            "before and after the prediction."
        )
        st.page_link("pages/read.py", label="Read a scan", query_params={"independent": "first"})
        return
    if effect.n < ENOUGH:
        st.info(
            f"{effect.n} of {ENOUGH} labelled cases have an independent and an AI-assisted read; rates are "
            "given from then on."
        )
        return
    rows = [("all", effect), *_groups(read)]
    table(
        ["", "cases", "independent", "model", "AI-assisted", "corrected", "made wrong"],
        [_row(name, each) for name, each in rows],
        key="ai-effect",
        file="ai-effect",
    )
    st.markdown(_sentence(effect))
    st.caption(
        "Share of correct reads and predictions on samples of test splits, with 95 % intervals.",
        help="Each case counts once per reader: the read before its prediction was first seen, and the last "
        f"one after; “cannot tell” counts as wrong. Difference and p: {effect.difference.method}, which "
        "treat all reads as unrelated. Lists of test images on other pages show labels: who looked there was "
        "not blinded."
        f"\n\n{terms('independent read', 'AI-assisted read', 'reader study')}",
    )


def _groups(read: Sequence[Pair]) -> list[tuple[str, AIEffect]]:
    groups: dict[str, list[Pair]] = {}
    names: dict[str, str] = {}  # as it was written first
    for pair in read:
        groups.setdefault(f"model {pair.shown.model}", []).append(pair)
    for pair in read:
        name = f"reader {pair.assisted.by or 'without a name'}"
        groups.setdefault(names.setdefault(name.casefold(), name), []).append(pair)
    effects = {name: ai_effect(members) for name, members in groups.items()}
    everything = sum(pair.assisted.label is not None for pair in read)
    return [(name, each) for name, each in effects.items() if each and each.n < everything]


def _row(name: str, effect: AIEffect) -> tuple[str, ...]:
    rates = (effect.before, effect.network, effect.after)
    cells = [percent(each) if effect.n >= ENOUGH else "too few" for each in rates]
    return (name, f"{effect.n:,}", *cells, f"{effect.turned_right:,}", f"{effect.turned_wrong:,}")


def _sentence(effect: AIEffect) -> str:
    change, p = effect.difference.figure, effect.difference.p
    assert p is not None  # of two shares there is a test
    points = [
        f"{round(100 * each):+d}".replace("-", "−")
        for each in (change.estimate, change.lower, change.upper)
    ]
    sentence = (
        f"With the model's prediction, the share of correct reads changed by {points[0]} percentage points "
        f"({points[1]} to {points[2]}; {'p < 0.001' if p < 0.001 else f'p = {p:.3f}'})."
    )
    if effect.wrong_predictions:
        sentence += (
            f" The model was wrong in {effect.wrong_predictions:,} cases; readers agreed with "
            f"{effect.agreed:,} of these predictions, and in {effect.followed:,} of them had changed a "
            "different independent read."
        )
    return sentence
