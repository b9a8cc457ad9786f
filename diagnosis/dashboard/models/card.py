"""The card of one model version, in plain words: what it is, what it learned from, how often it errs."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import streamlit as st

from diagnosis.dashboard.glossary.tooltips import term
from diagnosis.dashboard.widgets.escape import plain
from diagnosis.dashboard.widgets.performance_link import errors_link
from diagnosis.dashboard.widgets.tables import details, table
from diagnosis.datasets import catalogue
from diagnosis.figures.history import loss_curves
from diagnosis.inference.policy import abstention_rules
from diagnosis.models.config import ModelConfig
from diagnosis.models.store import Version
from diagnosis.models.variants import variant
from diagnosis.text.evaluation import LABELS, figure_of
from diagnosis.text.outcome import rule_sentences


def model_card(version: Version, *, active: bool) -> None:
    """Draw it.

    Raises:
        ModelError: its configuration or its card cannot be read.
    """
    config, card = version.config, version.card
    kind = variant(config.variant)
    facts = catalogue().get(card["dataset"]["name"])
    synthetic = " (synthetic)" if card["dataset"]["synthetic"] else ""
    title = facts.title if facts else card["dataset"]["name"]
    st.header(f"{kind.title} for {plain(title)}{synthetic}", anchor=False)
    st.markdown(f"**{plain(version.population.sentence)}**")
    st.markdown(kind.sentence)
    st.caption(f"Source: {kind.source}")

    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("What it is", anchor=False)
        details(
            _identity(version, config, card, active=active),
            monospace={"Version", "Weights, SHA-256"},
        )
        st.subheader("What it learned from", anchor=False)
        details(_data(card), monospace={"Data, SHA-256"})
    with right:
        st.subheader("How often it errs", anchor=False)
        _metrics(card)
        errors_link(version)
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("From score to answer", anchor=False)
        _answer(version)
        st.subheader("Limits", anchor=False)
        st.markdown("\n".join(f"- {plain(limit)}" for limit in card["limits"]))
    with right:
        st.subheader("Training", anchor=False)
        _training(version, card)


def _identity(
    version: Version, config: ModelConfig, card: Mapping[str, Any], *, active: bool
) -> dict[str, str]:
    encoder = config.encoder
    layers = f"{len(config.units)} layer{'s' if len(config.units) > 1 else ''}"
    reads = f"{encoder.extent}, {'grey' if encoder.expects_grey else 'RGB'}"
    if config.recurrent:
        reads += f", {encoder.steps.singular} by {encoder.steps.singular}"
        reads += ", from the last to the first" if encoder.steps.upward else ""
    return {
        "Version": version.version,
        "State": "active: its name stands for it" if active else "not active",
        "Made": f"{_date(card)}, code version {card['code_version']}, {card['backend']}",
        "Size": f"{layers}, {' + '.join(map(str, config.units))} {config.kind.unit_word}; "
        f"{card['parameters']:,} parameters",
        "Reads": reads,
        "Answers": f"{config.task}: {', '.join(config.classes)}",
        "Weights, SHA-256": card["weights_sha256"],
    }


def _data(card: Mapping[str, Any]) -> dict[str, str]:
    data = card["dataset"]
    rows = {
        "Data set": data["name"] + (" (synthetic)" if data["synthetic"] else ""),
        "Splits": ", ".join(f"{split} {n:,}" for split, n in data["counts"].items()),
        "Licence": data["licence"],
        "Citation": data["citation"],
        "Data, SHA-256": data["sha256"],
    }
    if data["notes"]:
        rows["Notes"] = "\n".join(data["notes"])
    return rows


def _metrics(card: Mapping[str, Any]) -> None:
    validation, test = card["metrics"]["val"], card["metrics"]["test"]
    names = [name for name in test if name != "n"]
    table(
        ["", f"validation, n = {validation['n']:,}", f"test, n = {test['n']:,}"],
        [
            (LABELS.get(name, name), figure_of(validation, name), figure_of(test, name))
            for name in names
        ],
    )
    st.caption(
        f"Measured {_date(card)} on {card['dataset']['name']}; in brackets the 95 % interval. The "
        "validation split ended the training, chose the threshold and fitted the calibration, so its figures "
        "flatter; the test split was only measured.",
        help="\n\n".join(
            f"**{name}**: {term(name)}"
            for name in ("AUC", "sensitivity", "specificity", "confidence interval")
        ),
    )


def _answer(version: Version) -> None:
    config, card = version.config, version.card
    calibration, n = card["calibration"], card["metrics"]["val"]["n"]
    shifts = ", ".join(f"{shift:+.2f}" for shift in calibration["bias"])
    threshold = "none: " + card["threshold_rule"]
    if card["threshold"] is not None and config.finding is not None:
        threshold = (
            f"“{config.classes[config.finding]}” is called from an estimated probability of "
            f"{card['threshold']:.3f} on; {card['threshold_rule']}"
        )
    details(
        {
            "Abstention": "\n".join(rule_sentences(abstention_rules(version))),
            "Calibration": f"{calibration['method']}, fitted on the validation split (n = {n:,}): "
            f"temperature {calibration['temperature']:.2f}, shift {shifts}",
            "Threshold": threshold,
        }
    )


def _training(version: Version, card: Mapping[str, Any]) -> None:
    training = card["training"]
    history = training["history"]
    theme = st.context.theme.type or "light"
    st.plotly_chart(
        loss_curves(
            history["loss"],
            history.get("val_loss", []),
            best_epoch=training["best_epoch"],
            theme=theme,
        ),
        key=f"losses of {version.version}",
        config={"displayModeBar": False},
        alt="Training and validation loss by epoch",
    )
    details(
        {
            "Epochs": f"{training['epochs_run']} of at most {training['epochs']}; the weights after epoch "
            f"{training['best_epoch']} were kept",
            "Time": f"{training['seconds']:g} s",
            "Optimiser": f"{training['optimizer']}, learning rate {training['learning_rate']:g} "
            f"({training['schedule']}), batches of {training['batch_size']}",
            "Classes weighed": "by how rare they are" if training["balanced"] else "no",
            "Seed": str(training["seed"]),
        }
    )


def _date(card: Mapping[str, Any]) -> str:
    made = datetime.fromisoformat(card["created"])
    return f"{made.day} {made:%B %Y}"
