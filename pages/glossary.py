"""The words on the screen, in plain language, with the equations behind them."""

import streamlit as st

from diagnosis.dashboard.glossary.term import Term
from diagnosis.dashboard.glossary.tooltips import SECTIONS, TERMS
from diagnosis.dashboard.shell import page

page.begin("Glossary", key="glossary")
st.title("Glossary")
st.markdown(
    "A network reads $x_t$, one row or slice at timestep $t$. $h$ is its hidden state and $c$ its "
    "cell state; $W$, $U$ and $b$ are weights that training found; $\\sigma$ squeezes any number "
    "into 0 to 1, $\\tanh$ into −1 to 1; $\\odot$ multiplies unit by unit."
)


def draw(entry: Term) -> None:
    """One term: what it means, and beside it how it is computed."""
    meaning, *beside = st.columns(2, gap="small") if entry.equations else [st.container()]
    with meaning:
        st.subheader(entry.title, anchor=entry.anchor)
        st.markdown(entry.meaning)
    for column in beside:
        for equation in entry.equations:
            column.latex(equation, width="content")


with st.container(key="glossary"):
    for section in SECTIONS:
        st.header(section, anchor=False)
        for entry in TERMS.values():
            if entry.section == section:
                draw(entry)
