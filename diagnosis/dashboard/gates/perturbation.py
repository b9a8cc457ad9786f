"""What if: some rows hidden, blurred or replaced, some units silent; read again at each change."""

from dataclasses import dataclass
from typing import cast

import numpy as np
import streamlit as st

from diagnosis.core import inert
from diagnosis.core.errors import InputError
from diagnosis.dashboard.gates.board import BOARD, board_axis
from diagnosis.dashboard.gates.chart_registry import chart
from diagnosis.dashboard.gates.context import Subject
from diagnosis.dashboard.gates.contributions import contributions
from diagnosis.dashboard.shell.turns import turn
from diagnosis.dashboard.widgets.escape import plain
from diagnosis.dashboard.widgets.persistent import persistent
from diagnosis.dashboard.widgets.signals import layer_words
from diagnosis.dashboard.widgets.tables import table
from diagnosis.datasets import Dataset
from diagnosis.explanations.explanation import lacks_data
from diagnosis.explanations.mean_sequence import mean_sequence
from diagnosis.explanations.perturbation import WhatIf
from diagnosis.figures.changed_prediction import changed_per_step_panel
from diagnosis.figures.panels import picture_panel
from diagnosis.inference.prediction import Prediction
from diagnosis.sequences import Encoder, How, Sequence
from diagnosis.text.outcome import class_text, sentences
from diagnosis.traces import LayerTrace

_PER_STEP_WIDTH = 300
_AS_IT_IS = "as it is"
_WAYS = {_AS_IT_IS: "Leave as it is", "hide": "Hide", "blur": "Blur", "replace": "Replace"}


@dataclass(frozen=True, eq=False)
class _Edit:
    """What is done to the picture."""

    sequence: Sequence
    timesteps: range  # that were changed
    words: str  # what is in their place


def draw(subject: Subject) -> None:
    """Draw the section. Nothing is computed but what one change asks for."""
    misfit = WhatIf().misfit(subject.config, subject.dataset)
    if misfit is not None:
        st.info(misfit)
        return
    usable = None if lacks_data(subject.config, subject.dataset) else subject.dataset
    edit = _edit(subject, usable)
    ablated = _ablated_units(subject)
    with st.spinner("Reading it again"), turn():
        try:
            after = subject.model.predict_perturbed(subject.case, edit.sequence, ablated=ablated)
        except InputError as error:
            st.error(str(error))
            return
    _words(subject, after, changed=bool(edit.timesteps) or any(ablated.values()))
    _panels(subject, edit, after)
    st.caption(f"{edit.words}{WhatIf.caption}")


def _edit(subject: Subject, dataset: Dataset | None) -> _Edit:
    """Ask which timesteps are changed, and how; without the data set nothing can be taken from it."""
    encoder, sequence = subject.config.encoder, subject.prediction.sequence
    unit, last = encoder.steps.singular, len(sequence)
    ways = [way for way in _WAYS if way != "replace" or dataset is not None]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        chosen = st.segmented_control(
            f"What is done to some {unit}s", ways, **persistent("what-if-how", "hide", ways),
            required=True, format_func=_WAYS.__getitem__,
        )  # fmt: skip
        if chosen == _AS_IT_IS:
            return _Edit(sequence, range(0), "")
        how = cast(How, chosen)
        with st.container(width=360):
            decision_step = subject.prediction.decision_step
            middle = (last // 2 if decision_step is None else decision_step) + 1
            reach = max(1, last // 14)
            around = (max(1, middle - reach), min(last, middle + reach))
            first, final = st.slider(
                f"{unit.capitalize()}s, from and to",
                1,
                last,
                **persistent(f"what-if-rows-{last}", around),
            )
        other = None if dataset is None or how != "replace" else _other(dataset, encoder)
    mean = None if dataset is None or how != "hide" else _mean(dataset, dataset.sha256, encoder)
    timesteps = range(first - 1, final)
    changed = encoder.perturb(sequence, timesteps, how, mean=mean, other=other)
    return _Edit(changed, timesteps, _in_their_place(how, unit, dataset))


def _in_their_place(how: How, unit: str, dataset: Dataset | None) -> str:
    if how == "blur":
        return (
            f"Blurred: a Gaussian of a fourteenth of the side, along the {unit}s and across them. "
        )
    if how == "replace":
        return (
            f"Replaced: the same {unit}s of the other image, each as its own picture was prepared. "
        )
    if dataset is None:
        return (
            f"Hidden: the picture's own mean grey, because the data set whose mean {unit}s would be put "
            "there is not on this machine. "
        )
    n = len(dataset.images["train"])
    return f"Hidden: the mean {unit}s of the {n} training images of {plain(dataset.facts.title)}. "


def _other(dataset: Dataset, encoder: Encoder) -> Sequence:
    """Ask for the image that the rows are taken from; its sequence."""
    images = dataset.images["test"]
    numbers = range(1, len(images) + 1)
    number = st.number_input(
        f"From test image, 1 to {len(images)}", 1, len(images), width=180,
        **persistent(f"what-if-other-{dataset.facts.name}", min(2, len(images)), numbers),
    )  # fmt: skip
    return encoder.encode(dataset.case("test", number))


@st.cache_resource(max_entries=8, show_spinner="Averaging the training images")
def _mean(_dataset: Dataset, sha256: str, encoder: Encoder) -> np.ndarray:
    return mean_sequence(_dataset.images["train"], encoder)


def _ablated_units(subject: Subject) -> dict[str, list[int]]:
    """Ask which units are silent: by number, and those that contribute most."""
    assert subject.prediction.trace is not None
    ablated = {}
    with st.container(horizontal=True, gap="medium"):
        for layer in subject.prediction.trace.layers:
            with st.container(
                width=640 if layer.direction else 440,
                horizontal=True,
                vertical_alignment="top",
                gap="small",
            ):
                ablated[layer.key] = _ablated_units_of(subject, layer)
    return ablated


def _ablated_units_of(subject: Subject, layer: LayerTrace) -> list[int]:
    units = layer.signals["h"].shape[1]
    name = subject.config.classes[subject.target]
    place = f"{subject.version.name}-{subject.version.version}-{layer.key}"
    words = layer_words(layer)
    chosen = st.multiselect(
        f"{words}: silent units", range(units), placeholder="none",
        **persistent(f"what-if-units-{place}", []),
        help="A silent unit computes, but nobody hears it: neither its own layer at the next "
        f"{subject.axis.unit} nor what comes after.",
    )  # fmt: skip
    most = st.number_input(
        f"{words}: top contributors", 0, units, **persistent(f"what-if-most-{place}", 0), width="stretch",
        help=f"Silences so many units: those that contribute most to the log odds of “{plain(name)}” in "
        "this reading, for it or against it.",
    )  # fmt: skip
    if not most:
        return chosen
    size = np.abs(contributions(subject, layer.key).sum(axis=0))
    return sorted({*chosen, *np.argsort(-size, kind="stable")[:most].tolist()})


def _panels(subject: Subject, edit: _Edit, after: Prediction) -> None:
    """Old and new picture and both verdicts, under the cursor of the board above."""
    before, encoder, axis = subject.prediction, subject.config.encoder, board_axis(subject)
    assert before.per_step is not None and after.per_step is not None
    old = encoder.view(before.image).lines
    new = encoder.view(before.image, edit.sequence).lines
    timesteps, pixels = old.shape[:2]
    width = 38 + max(120, min(axis.height, round(axis.height * pixels / timesteps)))
    target = subject.target
    with st.container(key=f"{BOARD}-what-if", horizontal=True, gap="xsmall"):
        for picture, title, name in (
            (old, "as it was", "before"),
            (new, "changed", "after"),
        ):
            with st.container(width=width):
                chart(
                    picture_panel(picture, axis, title=title),
                    part="section", key=f"what-if-{name}", alt=f"The picture {title}",
                )  # fmt: skip
        with st.container(width=_PER_STEP_WIDTH):
            chart(
                changed_per_step_panel(
                    before.per_step[:, target], after.per_step[:, target], axis,
                    title=f"{inert.plotly(subject.config.classes[target])} so far",
                    theme=subject.theme, index=target, threshold=before.threshold, marked=edit.timesteps,
                ),
                part="section", key="what-if-verdicts",
                alt=f"Estimated probability after each {axis.unit}, as it was and changed",
            )  # fmt: skip


def _words(subject: Subject, after: Prediction, *, changed: bool) -> None:
    before, config, target = subject.prediction, subject.config, subject.target
    if not changed:
        st.markdown("Nothing is changed yet.")
        return
    old, new = before.probabilities.round(3), after.probabilities.round(3)
    st.markdown(
        f"Estimated probability of “{plain(config.classes[target])}”: **{old[target]:.3f}** as it was, "
        f"**{new[target]:.3f}** changed ({_signed(new[target] - old[target])}). {_predictions(before, after)}"
    )
    if len(config.classes) > 2:
        table(
            ["class", "as it was", "changed", "difference"],
            [
                [name, f"{was:.3f}", f"{now:.3f}", _signed(now - was)]
                for name, was, now in zip(config.classes, old, new, strict=True)
            ],
        )


def _predictions(before: Prediction, after: Prediction) -> str:
    if before.outcome == "rejected":
        return f"Nothing is called: {plain(' '.join(sentences(before.reasons)))}"
    was, now = (
        plain(class_text(prediction.predicted_classes))
        if prediction.is_predicted
        else "too close to call"
        for prediction in (before, after)
    )
    return (
        f"The answer stays “{now}”."
        if was == now
        else f"The answer changes from “{was}” to “{now}”."
    )


def _signed(change: float) -> str:
    return f"{change:+.3f}".replace("-", "−")
