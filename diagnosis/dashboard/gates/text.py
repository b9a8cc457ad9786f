"""What the gates page says in words: what one looks at, and what the model answers."""

import streamlit as st

from diagnosis.dashboard.gates.context import Subject
from diagnosis.dashboard.glossary.terms import TERMS
from diagnosis.dashboard.widgets.escape import plain
from diagnosis.dashboard.widgets.version_picker import performance_link
from diagnosis.models.config import ModelConfig
from diagnosis.text.outcome import headline, sentences

_GATES = {
    "lstm": "An LSTM has three: the {input gate} lets what is new into the memory, the {forget gate} keeps "
    "what is there, the {output gate} shows it.",
    "gru": "A GRU has two: the {update gate} keeps the old state or lets the new one replace it, the "
    "{reset gate} says how much of the old state the new one is made from.",
    "simple_rnn": "A {SimpleRNN} has none, so each {timestep} overwrites part of what was kept.",
}


def introduction(config: ModelConfig) -> None:
    """Say in five sentences what one looks at, for a person who has never seen a gate."""
    if not config.recurrent:
        st.info(
            f"A {config.kind.title} looks at the whole picture at once, in no order: it has no gates, no "
            "states and no memory to look into. Which rows mattered to it can still be asked, below; for "
            "gates, choose an RNN, LSTM or GRU above."
        )
        return
    unit = config.encoder.steps.singular
    order = "from the last to the first" if config.encoder.steps.upward else "one after another"
    sentences = (
        f"The network reads the scan {unit} by {unit}, {order}, and carries a list of numbers from each "
        "to the next, its {hidden state}.",
        "Each number belongs to one {unit}: in the two coloured panels a column is a unit, and a line is "
        f"the {unit} beside it in the picture.",
        "A {gate} is a number between 0 (shut) and 1 (open) that decides how much may pass. "
        + _GATES[config.kind.cell],
        "Gates are drawn from dark blue (0) to yellow (1); states from blue (below 0) over the page's own "
        "colour (0) to orange (above 0).",
        "The {per-step prediction} is the prediction if the scan ended there: move the cursor to the "
        f"{unit} where it changes, and see which units change with it. No unit stands for a sign of disease.",
    )
    with st.expander("What am I looking at?"):
        st.markdown("\n".join(f"1. {_linked(sentence)}" for sentence in sentences))


def _linked(sentence: str) -> str:
    """Words in braces become links to the glossary."""
    links = {name: f"[{name}](glossary#{entry.anchor})" for name, entry in TERMS.items()}
    return sentence.format_map(links)


def answer(subject: Subject) -> None:
    """One line: what the model answers, and how sure that is; the page that reads scans has all of it."""
    prediction, config = subject.prediction, subject.config
    name = plain(config.classes[subject.target])
    probability = f"{prediction.probabilities[subject.target]:.2f}"
    title = headline(prediction.outcome, prediction.reasons)
    if prediction.outcome == "rejected":
        words = [
            f"**{plain(title)}.** {plain(' '.join(sentences(prediction.reasons)))} For “{name}” the "
            f"network computes {probability} all the same"
        ]
    else:
        words = [f"Estimated probability of “{name}”: **{probability}**"]
        if prediction.outcome == "indeterminate":
            words.insert(0, f"**{plain(title)}**")
        if prediction.threshold is not None:
            words.append(f"called from {prediction.threshold:.2f} on")
        if prediction.decision_step is not None:
            words.append(f"settled at {subject.axis.unit} {prediction.decision_step + 1}")
    if subject.case.label_text is not None:
        words.append(f"label in the data set: {plain(subject.case.label_text)}")
    st.markdown(" · ".join(words))
    performance_link(subject.version)
