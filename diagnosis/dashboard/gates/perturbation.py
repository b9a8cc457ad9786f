"""Perturbation: steps hidden, blurred or replaced, units ablated; predicted again at each change."""

from dataclasses import dataclass
from typing import cast

import numpy as np
import streamlit as st

from diagnosis.core import inert
from diagnosis.core.errors import InputError
from diagnosis.dashboard.gates.context import Subject
from diagnosis.dashboard.gates.contributions import contributions
from diagnosis.dashboard.shell.escape import plain
from diagnosis.dashboard.shell.turns import turn
from diagnosis.dashboard.widgets.chart_registry import chart
from diagnosis.dashboard.widgets.persistent import persistent
from diagnosis.dashboard.widgets.signals import layer_words
from diagnosis.dashboard.widgets.tables import table
from diagnosis.datasets import Dataset
from diagnosis.explanations.explanation import lacks_data
from diagnosis.explanations.mean_sequence import mean_sequence
from diagnosis.explanations.perturbation import Perturbation
from diagnosis.figures.changed_prediction import changed_per_step_panel
from diagnosis.figures.panels import picture_panel
from diagnosis.inference.prediction import Prediction
from diagnosis.sequences import Encoder, How, Sequence
from diagnosis.text.classes import class_text
from diagnosis.text.outcome import OUTCOMES, sentences
from diagnosis.traces import LayerTrace

_PER_STEP_WIDTH = 300
_AS_IT_IS = "as it is"
_WAYS = {_AS_IT_IS: "Leave as it is", "hide": "Hide", "blur": "Blur", "replace": "Replace"}


@dataclass(frozen=True, eq=False)
class _Edit:
    """A perturbation of the case."""

    sequence: Sequence
    timesteps: range  # that were changed
    words: str  # how, in a sentence


def draw(subject: Subject) -> None:
    """Draw the section. A change computes one prediction and nothing else."""
    misfit = Perturbation().misfit(subject.config, subject.dataset)
    if misfit is not None:
        st.info(misfit.sentence)
        return
    usable = None if lacks_data(subject.config, subject.dataset) else subject.dataset
    edit = _edit(subject, usable)
    ablated = _ablated_units(subject)
    with st.spinner("Predicting again"), turn():
        try:
            after = subject.model.predict_perturbed(subject.case, edit.sequence, ablated=ablated)
        except InputError as error:
            st.error(str(error))
            return
    _words(subject, after, changed=bool(edit.timesteps) or any(ablated.values()))
    _panels(subject, edit, after)
    st.caption(f"{edit.words}{Perturbation.caption}")


def _edit(subject: Subject, dataset: Dataset | None) -> _Edit:
    """Ask which steps are changed, and how; the ways that need the data set are offered where it is."""
    encoder, sequence = subject.config.encoder, subject.prediction.sequence
    steps, last = subject.steps, len(sequence)
    ways = [way for way in _WAYS if way != "replace" or dataset is not None]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        chosen = st.segmented_control(
            f"Perturb {steps.plural}", ways, **persistent("perturb-how", "hide", ways),
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
                f"{steps.plural.capitalize()}, from and to",
                1,
                last,
                **persistent(f"perturb-steps-{last}", around),
            )
        other = None if dataset is None or how != "replace" else _other(dataset, encoder)
    mean = None if dataset is None or how != "hide" else _mean(dataset, dataset.sha256, encoder)
    timesteps = range(first - 1, final)
    changed = encoder.perturb(sequence, timesteps, how, mean=mean, other=other)
    return _Edit(changed, timesteps, _in_their_place(how, steps.plural, dataset))


def _in_their_place(how: How, steps: str, dataset: Dataset | None) -> str:
    if how == "blur":
        return (
            f"Blurred: a Gaussian of a fourteenth of the side, along the {steps} and across them. "
        )
    if how == "replace":
        return f"Replaced: the same {steps} of the other image, prepared as its own. "
    if dataset is None:
        return (
            f"Hidden: replaced by the case's own mean grey, because the data set with the mean {steps} "
            "is not on this machine. "
        )
    n, title = len(dataset.images["train"]), plain(dataset.facts.title)
    return f"Hidden: replaced by the mean {steps} of the {n} training images of {title}. "


def _other(dataset: Dataset, encoder: Encoder) -> Sequence:
    """Ask for the image from which the steps are taken; its sequence."""
    images = dataset.images["test"]
    numbers = range(1, len(images) + 1)
    number = st.number_input(
        f"From test image, 1 to {len(images)}", 1, len(images), width=180,
        **persistent(f"perturb-other-{dataset.facts.name}", min(2, len(images)), numbers),
    )  # fmt: skip
    return encoder.encode(dataset.case("test", number))


@st.cache_resource(max_entries=8, show_spinner="Averaging the training images")
def _mean(_dataset: Dataset, sha256: str, encoder: Encoder) -> np.ndarray:
    return mean_sequence(_dataset.images["train"], encoder)


def _ablated_units(subject: Subject) -> dict[str, list[int]]:
    """Ask which units are ablated: by number, and those that contribute most."""
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
        f"{words}: ablated units", range(units), placeholder="none",
        **persistent(f"perturb-units-{place}", []),
        help="The state of an ablated unit is 0 for everything that reads it: its own layer at the next "
        f"{subject.board.axis_of(layer).step}, and the layers after it.",
    )  # fmt: skip
    most = st.number_input(
        f"{words}: top contributors", 0, units, **persistent(f"perturb-most-{place}", 0), width="stretch",
        help="Ablates this number of units: those that contribute most to the log odds of "
        f"“{plain(name)}” in this case, for it or against it.",
    )  # fmt: skip
    if not most:
        return chosen
    size = np.abs(contributions(subject, layer.key).sum(axis=0))
    return sorted({*chosen, *np.argsort(-size, kind="stable")[:most].tolist()})


def _panels(subject: Subject, edit: _Edit, after: Prediction) -> None:
    """Picture and per-step prediction before and after, under the cursor of the board above."""
    before, board, axis = subject.prediction, subject.board, subject.board.axis
    assert before.per_step is not None and after.per_step is not None
    changed = subject.config.encoder.view(before.image, edit.sequence)
    target = subject.target
    with st.container(key=f"{board.key}-perturbation", horizontal=True, gap="xsmall"):
        for view, title, name in (
            (board.view, "as it was", "before"),
            (changed, "changed", "after"),
        ):
            with st.container(width=board.picture_width):
                chart(
                    picture_panel(view, axis, title=title),
                    part="section", key=f"perturbation-{name}", alt=f"The picture {title}",
                )  # fmt: skip
        with st.container(width=_PER_STEP_WIDTH):
            chart(
                changed_per_step_panel(
                    before.per_step[:, target], after.per_step[:, target], axis,
                    title=f"{inert.plotly(subject.config.classes[target])} so far",
                    theme=subject.theme, index=target, threshold=before.threshold, marked=edit.timesteps,
                ),
                part="section", key="perturbation-per-step",
                alt=f"Predicted probability after each {axis.step}, as it was and changed",
            )  # fmt: skip


def _words(subject: Subject, after: Prediction, *, changed: bool) -> None:
    before, config, target = subject.prediction, subject.config, subject.target
    if not changed:
        st.markdown("No perturbation yet.")
        return
    old, new = before.probabilities.round(3), after.probabilities.round(3)
    st.markdown(
        f"Predicted probability of “{plain(config.classes[target])}”: **{old[target]:.3f}** as it was, "
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
        return f"{OUTCOMES[before.outcome]}: {plain(' '.join(sentences(before.reasons)))}"
    was, now = (
        plain(class_text(prediction.predicted_classes))
        if prediction.is_predicted
        else "indeterminate"
        for prediction in (before, after)
    )
    return (
        f"The prediction stays “{now}”."
        if was == now
        else f"The prediction changes from “{was}” to “{now}”."
    )


def _signed(change: float) -> str:
    return f"{change:+.3f}".replace("-", "−")
