"""The prediction, never louder than its uncertainty."""

from typing import TYPE_CHECKING, Any

import streamlit as st

from diagnosis.dashboard.glossary.terms import term
from diagnosis.dashboard.shell.escape import plain
from diagnosis.dashboard.widgets.charts import theme
from diagnosis.datasets import catalogue
from diagnosis.figures.scores import probability_bars
from diagnosis.models.config import ModelConfig
from diagnosis.models.store import Version
from diagnosis.text.evaluation import observed_sentence
from diagnosis.text.outcome import (
    class_text,
    detail_sentence,
    headline,
    ood_sentence,
    sentences,
)

if TYPE_CHECKING:  # it brings Keras, for which no page waits at its top
    from diagnosis.inference.prediction import Prediction


def result_panel(
    prediction: "Prediction", config: ModelConfig, version: Version, *, label: str | None
) -> None:
    """Show outcome and reasons, probabilities, checks, and the model's error rates.

    Args:
        prediction: of the case.
        config: the model's.
        version: that predicted.
        label: of the case in its data set; None for an uploaded one.
    """
    rejected = prediction.outcome == "rejected"
    title = headline(prediction.outcome, prediction.reasons)
    with st.container(key=f"result-{prediction.outcome}"):
        if rejected:
            st.subheader(plain(title))
            st.error("  \n".join(map(plain, sentences(prediction.reasons))))
        else:
            _checks(prediction)
            if prediction.is_predicted:
                st.subheader(f"Prediction: {plain(class_text(prediction.predicted_classes))}")
            else:
                st.subheader(plain(title))
                st.warning("  \n".join(map(plain, sentences(prediction.reasons))))
        with st.expander("Probabilities computed all the same") if rejected else st.container():
            _probabilities(prediction, config, version, label)
        st.caption(f"{_error_rates(version.card, config)} Model version {version.version}.")
        if label is not None:
            st.caption(f"Label in the data set: {plain(label)}")


def _probabilities(
    prediction: "Prediction", config: ModelConfig, version: Version, label: str | None
) -> None:
    st.caption("Predicted probability, calibrated on the validation split")
    st.plotly_chart(
        probability_bars(
            prediction.probabilities, config.classes, theme=theme(),
            finding=config.finding, threshold=prediction.threshold,
        ),
        key="result-bars", config={"displayModeBar": False},
        alt="Predicted probability of every class",
    )  # fmt: skip
    for name, alike in prediction.observed.items():
        among = "" if label is None else " This image may be one of them."
        st.markdown(f"{plain(observed_sentence(alike, name))}{among}")
    if prediction.threshold is not None and config.finding is not None:
        st.caption(
            f"Dotted line: the threshold for “{plain(config.classes[config.finding])}”, "
            f"{prediction.threshold:.2f}, with the {version.card['threshold_rule']}."
        )


def _checks(prediction: "Prediction") -> None:
    """Quality, detail and out-of-distribution check of a case that is analysed."""
    if prediction.quality.level == "green":
        st.caption("Quality check: passed.")
    else:
        st.warning(f"Quality check, amber: {' '.join(sentences(prediction.quality.reasons))}")
    if prediction.detail is not None and prediction.detail.level != "green":
        st.warning(detail_sentence(prediction.detail))
    _ood(prediction)


def _ood(prediction: "Prediction") -> None:
    if prediction.ood is None:
        st.caption(
            "No out-of-distribution check: this version was trained before there was one. "
            "Train it again to have it."
        )
    elif prediction.ood.level == "green":
        st.caption(ood_sentence(prediction.ood), help=term("out-of-distribution"))
    else:
        st.warning(ood_sentence(prediction.ood))
        st.caption(
            f"Distance {prediction.ood.distance:.1f}, conformal p = {prediction.ood.p_value:.3f}; "
            f"rejected up to p = {prediction.ood.limit:.3f}.",
            help=term("out-of-distribution"),
        )


def _error_rates(card: dict[str, Any], config: ModelConfig) -> str:
    """The model's test figures with intervals, n, split and date, and its resolution."""
    figures = card["metrics"]["test"]
    names = ["auc", "accuracy"]
    if config.task == "binary":
        names = ["auc", "sensitivity", "specificity"]
    listed = ", ".join(
        f"{'AUC' if name == 'auc' else name} {figures[name]['estimate']:.2f} "
        f"({figures[name]['lower']:.2f}–{figures[name]['upper']:.2f})"
        for name in names
    )
    facts = catalogue().get(card["dataset"]["name"])
    title = card["dataset"]["name"] if facts is None else facts.title
    synthetic = "synthetic " if card["dataset"]["synthetic"] else ""
    return (
        f"On the {figures['n']} {synthetic}test images of {plain(title)}, {card['created'][:10]}: {listed}, "
        "with 95 % intervals. They hold for images like those, and for no others. "
        f"The model reads {config.encoder.extent}, far below the resolution that a radiologist needs."
    )
