"""The introduction of the page Gates, and the prediction in one line."""

import streamlit as st

from diagnosis.dashboard.gates import present
from diagnosis.dashboard.gates.context import Subject
from diagnosis.dashboard.glossary.terms import TERMS
from diagnosis.dashboard.shell.escape import plain
from diagnosis.dashboard.widgets.version_picker import performance_link
from diagnosis.models.config import ModelConfig
from diagnosis.text.outcome import sentences
from diagnosis.text.prediction import decision_of, title
from diagnosis.text.probability import contrasts

_GATES = {
    "lstm": "An LSTM has three: the {input gate} adds the candidate to the memory, the {forget gate} retains "
    "the memory, the {output gate} passes it on.",
    "gru": "A GRU has two: the {update gate} retains the old state or lets the candidate replace it, the "
    "{reset gate} sets how much of the old state the candidate sees.",
    "simple_rnn": "A {SimpleRNN} has none, so each {timestep} overwrites part of the state.",
}


def introduction(config: ModelConfig) -> None:
    """Explain the board in five sentences."""
    if not config.recurrent:
        st.info(
            f"A {config.kind.title} reads the whole picture at once: it has no steps, no gates and no "
            "states. Attribution and similar cases are below; for gates, choose an RNN, LSTM or GRU above."
        )
        return
    step = config.encoder.steps.singular
    what, place = ("record", "list") if config.encoder.embedded else ("scan", "picture")
    if config.encoder.parts:
        what, place = "record and then the picture", "list or picture"
    order = "from the last to the first" if config.encoder.steps.upward else "in order"
    explained = (
        f"The network reads the {what} {step} by {step}, {order}, and carries a list of numbers from each "
        "to the next, its {hidden state}.",
        "Each number belongs to one {unit}: in the coloured panels a column is a unit, and a line is "
        f"the {step} beside it in the {place}.",
        "A {gate} is a number between 0 (shut) and 1 (open) that decides how much may pass. "
        + _GATES[config.kind.cell],
        "Gates are drawn from dark blue (0) to yellow (1); states from blue (below 0) over the page's own "
        "colour (0) to orange (above 0).",
        f"The {{per-step prediction}} is the prediction if the {what} ended there: move the cursor to the "
        f"{step} where it changes, and see which units change with it. No unit stands for a sign of disease.",
    )
    with st.expander("What am I looking at?"):
        st.markdown(f"{config.kind.title}: {config.kind.sentence}")
        st.markdown("\n".join(f"1. {_linked(sentence)}" for sentence in explained))


def _linked(sentence: str) -> str:
    """Words in braces become links to the glossary."""
    links = {name: f"[{name}](glossary#{entry.anchor})" for name, entry in TERMS.items()}
    return sentence.format_map(links)


def presented_line(subject: Subject) -> None:
    """What is presented, without the prediction: a class may guess first. The way back is beside it."""
    prediction, step = subject.prediction, subject.steps.singular
    words = f"**{subject.config.kind.title}** reads the case {step} by {step}"
    if prediction.is_rejected:
        words += (
            f". **{plain(title(prediction))}**: {plain(' '.join(sentences(prediction.reasons)))}"
        )
    else:
        words += f": {plain(subject.config.classes[subject.target])}?"
    with st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
    ):
        st.markdown(words, width="content")
        present.button()


def prediction_line(subject: Subject) -> None:
    """The prediction in one line; the page Read a scan has all of it."""
    prediction = subject.prediction
    words = [f"**{plain(title(prediction))}**"]
    if prediction.is_rejected:
        words.append(plain(" ".join(sentences(prediction.reasons))))
    else:
        name = plain(subject.config.classes[subject.target])
        words.append(f"probability of “{name}” {prediction.probabilities[subject.target]:.2f}")
        if prediction.threshold is not None:
            words.append(f"threshold {prediction.threshold:.2f}")
        drawn = subject.board.prediction  # its steps are those of the board
        if decision := decision_of(drawn, subject.steps.singular):
            words.append(f"decision step: {decision}")
        probabilities = prediction.by_class(prediction.probabilities)
        words += map(plain, contrasts(probabilities, prediction.observed))
    if subject.label is not None:
        words.append(f"label in the data set: {plain(subject.label)}")
    st.markdown(" · ".join(words))
    performance_link(subject.version)
