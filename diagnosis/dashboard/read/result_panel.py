"""The prediction card: one outcome, one probability, for whom it holds; everything else under Details."""

from typing import TYPE_CHECKING

import streamlit as st

from diagnosis.core.reason import Reason
from diagnosis.dashboard.read.result_details import result_details
from diagnosis.dashboard.shell.escape import plain
from diagnosis.dashboard.widgets.charts import plot, theme
from diagnosis.dashboard.widgets.prevalence import choose_prevalence
from diagnosis.dashboard.widgets.step_board import most_probable
from diagnosis.evaluation.operating import at_prevalence
from diagnosis.figures.scores import probability_bars
from diagnosis.inference.probability_basis import known_prevalence
from diagnosis.models.config import ModelConfig
from diagnosis.models.store import Version
from diagnosis.text.outcome import sentence, short_reasons
from diagnosis.text.prediction import title
from diagnosis.text.probability import contrasts

if TYPE_CHECKING:  # it brings Keras, for which no page waits at its top
    from diagnosis.inference.prediction import Prediction

MOST_REASONS = 2  # in full; the headline names all of them, and Details have the rest


def result_panel(
    prediction: "Prediction",
    config: ModelConfig,
    version: Version,
    *,
    label: str | None,
    measured: bool = False,
) -> None:
    """Draw the card. A case that is not analysed has reasons instead of a probability.

    Args:
        prediction: of the case.
        config: the model's.
        version: that predicted.
        label: of the case in its data set, if it was asked for; None for an uploaded one.
        measured: whether the case is of the data set whose test split the model was measured on.
    """
    with st.container(key=f"result-{prediction.outcome}", gap="xsmall"):
        said, drawn = (st.container(), None) if prediction.is_rejected else st.columns([2, 3])
        with said:
            st.header(plain(title(prediction)), anchor=False)
            if drawn is not None:
                _probability(prediction, config, version)
        if drawn is not None:
            with drawn:
                _bars(prediction, config, version)
            for words in contrasts(
                prediction.by_class(prediction.probabilities), prediction.observed
            ):
                st.markdown(plain(words))
        rest = _reasons(prediction)
        if prediction.warnings and not prediction.is_rejected:
            st.warning(f"Caution: {plain(short_reasons(prediction.warnings))}; see Details.")
        st.caption(plain(prediction.population.sentence))
        with st.expander("Details"):
            result_details(prediction, config, version, rest, label=label, measured=measured)


def _reasons(prediction: "Prediction") -> list[Reason]:
    """Why it abstains, but for a small margin: the shaded zone shows that. What is left for Details."""
    told = [reason for reason in prediction.reasons if reason.code != "margin"][:MOST_REASONS]
    if told:
        show = st.error if prediction.is_rejected else st.markdown
        show(" ".join(plain(sentence(reason)) for reason in told))
    return [reason for reason in prediction.reasons if reason not in told]


def _probability(prediction: "Prediction", config: ModelConfig, version: Version) -> None:
    """The probability of the finding, once. Of several classes the numbers stand at their bars.

    It holds at one prevalence; at another that is chosen here it is a further number, and what is recorded
    and decided stays as it is: threshold and probability move together.
    """
    if config.finding is None:
        return
    name, value = config.classes[config.finding], float(prediction.probabilities[config.finding])
    st.markdown(f"Probability of {plain(name)}: **{value:.2f}**")
    known = known_prevalence(version)
    if known is None:
        return
    meaning = "as in the validation split" if version.card.cross_fit is None else "as stated"
    told = st.container(key="result-prevalence")
    with told.popover(f"At {100 * known:.0f} % prevalence", type="tertiary"):
        chosen = choose_prevalence(version.name, name, known, meaning)
    if chosen != known:
        there = at_prevalence(value, known=known, prevalence=chosen)
        told.markdown(f"At {100 * chosen:g} % prevalence: **{there:.2f}**")


def _bars(prediction: "Prediction", config: ModelConfig, version: Version) -> None:
    finding, abstention = config.finding, version.card.abstention
    plot(
        probability_bars(
            prediction.probabilities, config.classes, theme=theme(),
            shown=most_probable(prediction.probabilities) if finding is None else [finding],
            threshold=prediction.threshold, numbers=finding is None,
            zone=prediction.rule.indeterminate_zone(None if abstention is None else abstention.limit),
        ),
        key="result-bars",
        alt="Predicted probability, with the threshold and the indeterminate zone",
    )  # fmt: skip
