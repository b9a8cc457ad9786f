"""The configurations of the versions, side by side."""

from collections.abc import Sequence

import streamlit as st

from diagnosis.comparison.configuration import ABSENT, configuration, differing
from diagnosis.core.errors import InputError
from diagnosis.dashboard.compare.version_choice import Choice
from diagnosis.dashboard.widgets.tables import table
from diagnosis.text.configuration import field_label, value_text


@st.fragment
def configurations(choices: Sequence[Choice]) -> None:
    """Draw them: the differences, or all fields."""
    only = st.toggle("Only differences", value=True, key="compare-only-differences")
    readable, titles = [], []
    for choice in choices:
        try:
            readable.append(configuration(choice.version))
            titles.append(choice.title)
        except InputError:  # its column of the case says what is wrong with it
            continue
    if not readable:
        return
    fields = (
        differing(readable) if only else list(dict.fromkeys(f for each in readable for f in each))
    )
    if not fields:
        st.markdown("Their configurations are the same.")
        return
    table(
        ["setting", *titles],
        [
            (field_label(field), *(_cell(field, each.get(field, ABSENT)) for each in readable))
            for field in fields
        ],
        key="compare-configuration",
        file="compare-configuration",
    )


def _cell(field: str, value: object) -> str:
    """A value; of a hash its beginning."""
    return value_text(value)[:12] if field.endswith("sha256") else value_text(value)
