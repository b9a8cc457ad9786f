"""The glossary: the terms on the screen, their synonyms, and their equations."""

import streamlit as st

from diagnosis.dashboard.glossary.terms import CHAPTERS, TERMS, Term
from diagnosis.dashboard.shell import page

page.begin("Glossary", key="glossary")
st.title("Glossary")
st.markdown(
    "A network reads $x_t$, one row or slice at timestep $t$. $h$ is its hidden state and $c$ its "
    "cell state; $W$, $U$ and $b$ are trained weights; $\\sigma$ squeezes any number into 0 to 1, "
    "$\\tanh$ into −1 to 1; $\\odot$ multiplies unit by unit."
)


def draw(entry: Term) -> None:
    """One term: what it means, and beside it how it is computed."""
    left, *right = st.columns(2, gap="small") if entry.equations else [st.container()]
    with left:
        st.subheader(entry.title, anchor=entry.anchor)
        st.markdown(entry.text)
        source = f"Source: {entry.source}" if entry.source else ""
        if notes := [note for note in (entry.synonyms, source) if note]:
            st.caption(". ".join(notes))
    for column in right:
        for equation in entry.equations:
            column.latex(equation, width="content")


with st.container(key="glossary"):
    for chapter in CHAPTERS:
        st.header(chapter, anchor=False)
        for entry in TERMS.values():
            if entry.chapter == chapter:
                draw(entry)
