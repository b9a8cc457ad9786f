"""The page Glossary: a search, an index, and the terms in chapters, each with its own address."""

import streamlit as st

from diagnosis.dashboard.glossary.terms import TERMS, Term, found
from diagnosis.dashboard.shell.escape import plain


def draw() -> None:
    """Draw it."""
    query = st.text_input(
        "Search terms and synonyms", key="term", type="search", live=True, max_chars=60, width=360,
        bind="query-params", placeholder="recall, forget gate, f …",
    )  # fmt: skip
    shown = found(query or "")
    if len(shown) == len(TERMS):
        with st.expander("Index"):
            _index()
        st.markdown(
            "In the equations $x_t$ is the row or slice read at timestep $t$, $h$ the hidden state, $c$ the "
            "cell state; $W$, $U$ and $b$ are weights; $\\sigma$ maps to 0…1, $\\tanh$ to −1…1; $\\odot$ "
            "multiplies unit by unit."
        )
    elif not shown:
        st.markdown(f"No term or text has “{plain(query or '')}”.")
    with st.container(key="glossary"):
        for chapter in dict.fromkeys(entry.chapter for entry in shown):
            st.header(chapter, anchor=False)
            for entry in shown:
                if entry.chapter == chapter:
                    _term(entry)


def _index() -> None:
    """Terms and synonyms by the alphabet."""
    names = {entry.title: entry for entry in TERMS.values()}
    names |= {synonym: entry for entry in TERMS.values() for synonym in entry.also}
    with st.container(key="glossary-index"):
        st.markdown(
            "\n".join(
                f"- [{plain(name)}](#{names[name].anchor})"
                for name in sorted(names, key=str.casefold)
            )
        )


def _term(entry: Term) -> None:
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
