"""The card of one model version: identity, data, error rates, decision rules, training."""

import streamlit as st

from diagnosis.core.dates import day
from diagnosis.dashboard.glossary.terms import terms
from diagnosis.dashboard.shell.escape import plain
from diagnosis.dashboard.widgets.charts import plot, theme
from diagnosis.dashboard.widgets.tables import details, table
from diagnosis.dashboard.widgets.version_picker import performance_link
from diagnosis.datasets import catalogue, marked
from diagnosis.figures.history import loss_curves
from diagnosis.inference.policy import abstention_rules
from diagnosis.models.card import ModelCard
from diagnosis.models.config import ModelConfig
from diagnosis.models.store import Version
from diagnosis.models.variants import variant
from diagnosis.text.evaluation import LABELS, figure, figure_of
from diagnosis.text.outcome import rule_sentences
from diagnosis.text.probability import best_epoch_of, fitted_on, split_use

HIDDEN = "not opened"  # in the place of a figure of the test split


def model_card(version: Version, *, active: bool, test: bool = True) -> None:
    """Draw it; without ``test`` the figures of the test split are hidden.

    Raises:
        ModelError: its configuration or its card cannot be read.
    """
    config, card = version.config, version.card
    kind = variant(config.variant)
    facts = catalogue().get(card.dataset.name)
    title = marked(facts.title if facts else card.dataset.name, card.dataset.synthetic)
    st.header(f"{kind.title} for {plain(title)}", anchor=False)
    st.markdown(f"**{plain(version.population.sentence)}**")
    st.markdown(kind.sentence, help=f"Source: {kind.source}")

    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Identity", anchor=False)
        details(
            _identity(version, config, card, active=active),
            monospace={"Version", "Weights, SHA-256"},
        )
        st.subheader("Training data", anchor=False)
        details(_data(card), monospace={"Data, SHA-256"})
    with right:
        st.subheader("Error rates", anchor=False)
        _metrics(card, test_shown=test)
        performance_link(version)
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Decision rule", anchor=False)
        _decision_rules(version)
        st.subheader("Limits", anchor=False)
        st.markdown("\n".join(f"- {plain(limit)}" for limit in card.limits))
    with right:
        st.subheader("Training", anchor=False)
        _training(version, card)


def _identity(
    version: Version, config: ModelConfig, card: ModelCard, *, active: bool
) -> dict[str, str]:
    encoder = config.encoder
    layers = f"{len(config.units)} layer{'s' if len(config.units) > 1 else ''}"
    reads = encoder.extent
    if config.kind.reads != "records":
        reads += f", {'grey' if encoder.expects_grey else 'RGB'}"
    if config.recurrent:
        reads += f", {encoder.steps.singular} by {encoder.steps.singular}"
        reads += ", from the last to the first" if encoder.steps.upward else ""
    return {
        "Version": version.version,
        "State": "active" if active else "not active",
        "Made": f"{day(card.created)}, code version {card.code_version}, {card.backend}",
        "Size": f"{layers}, {' + '.join(map(str, config.units))} {config.kind.unit_word}; "
        f"{card.parameters:,} parameters",
        "Reads": reads,
        "Predicts": f"{config.task}: {', '.join(config.classes)}",
        "Weights, SHA-256": card.weights_sha256,
    }


def _data(card: ModelCard) -> dict[str, str]:
    data = card.dataset
    rows = {
        "Data set": marked(data.name, data.synthetic),
        "Splits": ", ".join(f"{split} {n:,}" for split, n in data.counts.items()),
        "Licence": data.licence,
        "Citation": data.citation,
        "Data, SHA-256": data.sha256,
    }
    if data.notes:
        rows["Notes"] = "\n".join(data.notes)
    return rows


def _metrics(card: ModelCard, *, test_shown: bool) -> None:
    validation, test, apart = card.metrics.val, card.metrics.test, card.metrics.test_apart
    columns = [f"validation, n = {validation.n:,}", f"test, n = {test.n:,}"]
    without = [] if apart is None else [apart.estimates]
    columns += [f"test, none alike, n = {apart.n:,}"] if apart is not None else []
    table(
        ["figure", *columns],
        [
            (
                LABELS.get(name, name),
                figure_of(validation.estimates, name),
                figure(estimate) if test_shown else HIDDEN,
                *(figure_of(each, name) if test_shown else HIDDEN for each in without),
            )
            for name, estimate in test.estimates.items()
        ],
        key="card-figures",
        file="model-figures",
    )
    st.caption(
        f"Measured {day(card.created)}; in brackets the 95 % interval.",
        help=f"{split_use(card)} The test split was only measured.\n\n"
        + terms("AUC", "sensitivity", "specificity", "confidence interval"),
    )


def _decision_rules(version: Version) -> None:
    config, card = version.config, version.card
    calibration = card.calibration
    shifts = ", ".join(f"{shift:+.2f}" for shift in calibration.bias)
    threshold = "none: " + card.threshold_rule
    if card.threshold is not None and config.finding is not None:
        threshold = (
            f"“{config.classes[config.finding]}” is predicted from a probability of "
            f"{card.threshold:.3f}; {card.threshold_rule}"
        )
    details(
        {
            "Abstention": "\n".join(rule_sentences(abstention_rules(version))),
            "Calibration": f"{calibration.method}, {fitted_on(card)}: temperature "
            f"{calibration.temperature:.2f}, shift {shifts}",
            "Operating point": threshold,
        }
    )


def _training(version: Version, card: ModelCard) -> None:
    training = card.training
    history = training.history
    plot(
        loss_curves(
            history["loss"],
            history.get("val_loss", ()),
            best_epoch=training.best_epoch,
            theme=theme(),
        ),
        key=f"losses of {version.version}",
        alt="Training and validation loss by epoch",
    )
    details(
        {
            "Epochs": f"{training.epochs_run} of at most {training.epochs}; weights of epoch "
            f"{training.best_epoch}, {best_epoch_of(card)}",
            "Time": f"{training.seconds:g} s",
            "Optimiser": f"{training.optimizer}, learning rate {training.learning_rate:g} "
            f"({training.schedule}), batches of {training.batch_size}",
            "Class weights": "inverse to frequency" if training.balanced else "none",
            **(_of_records(card) if version.config.kind.reads == "records" else {}),
            "Seed": str(training.seed),
        }
    )


def _of_records(card: ModelCard) -> dict[str, str]:
    training = card.training
    return {
        "Thinning": f"up to {training.thinning:.0%} of a record's events left out, others in each epoch",
        "Target replication": f"{training.replication:.0%} of the loss is the mean over all events",
    }
