"""Attribution: a bar a step against the null distribution of random steps, and an overlay on the picture."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import streamlit as st
from scipy.special import expit

from diagnosis.dashboard.gates.context import Subject
from diagnosis.dashboard.shell.escape import plain
from diagnosis.dashboard.shell.turns import turn
from diagnosis.dashboard.widgets.chart_registry import chart
from diagnosis.dashboard.widgets.events import event_labels
from diagnosis.dashboard.widgets.persistent import persistent
from diagnosis.dashboard.widgets.step_board import picture
from diagnosis.dashboard.widgets.tables import csv_button, table
from diagnosis.datasets import Dataset
from diagnosis.explanations.attribution import (
    Attribution,
    AttributionMethod,
    Completeness,
    probabilities,
)
from diagnosis.explanations.background import Background, background
from diagnosis.explanations.null_distribution import Removal, removal
from diagnosis.explanations.occlusion import LEAST, Occlusion
from diagnosis.explanations.registry import attribution_methods
from diagnosis.figures.attribution import weight_panel, weighted_picture
from diagnosis.inference.predictor import Predictor
from diagnosis.inference.unpadded import read_steps
from diagnosis.models.config import ModelConfig
from diagnosis.sequences import StepKind
from diagnosis.sequences.sequence import EVENT, STEP

BOTH = "both"
_PANEL_WIDTH = 326
_OPACITY = 50  # per cent, at first


@dataclass(frozen=True, eq=False)
class _Result:
    """The attribution of one method, without padding, and the effect of removing the steps beyond chance."""

    weights: Attribution
    towards: Removal | None
    against: Removal | None


def draw(subject: Subject) -> None:
    """Draw the section."""
    dataset = subject.dataset
    offered = {
        name: method
        for name, method in attribution_methods().items()
        if method.misfit(subject.config, dataset) is None
    }
    if not offered or dataset is None:
        misfit = Occlusion().misfit(subject.config, dataset)
        st.info("" if misfit is None else misfit.sentence)
        return
    names = _method(offered)
    with st.spinner(f"Weighing every {subject.steps.singular}"), turn():
        results = {name: _result(subject, dataset, name) for name in names}
    with st.container(
        key=f"{subject.board.key}-attribution",
        horizontal=True,
        gap="xsmall",
        vertical_alignment="bottom",
    ):
        if subject.board.has_events:
            events = replace(subject.board, chart=partial(chart, part="section"))
            picture(events, name="attribution-events", width=events.picture_width)
        else:
            with st.container(width=subject.board.picture_width):
                _picture(subject, {name: results[name].weights for name in names})
        for name in names:
            _bars(subject, name, results[name].weights)
    for name in names:
        with st.container(key=f"attribution-result-{name}", gap="xsmall"):
            _words(subject, name, results[name])
    weights = {name: results[name].weights for name in names}
    _numbers(subject, weights)
    with st.container(key="attribution-limits", gap="xsmall"):
        _limits(subject, dataset, weights)


def _method(offered: dict[str, AttributionMethod]) -> list[str]:
    """Ask for a method; the names of the chosen ones."""
    choices, every = [*offered, BOTH], "Both" if len(offered) == 2 else "All"
    chosen = st.segmented_control(
        "Method", choices, **persistent("attribution-method", BOTH, choices), required=True,
        format_func=lambda name: _title(name) if name in offered else every,
    )  # fmt: skip
    return list(offered) if chosen == BOTH or chosen not in offered else [chosen]


def _title(name: str) -> str:
    return attribution_methods()[name].title


def _result(subject: Subject, dataset: Dataset, name: str) -> _Result:
    """Computed once a case and stored in the session, like the case itself."""
    values = subject.prediction.sequence.values
    case = (str(subject.version.folder), subject.target, values.tobytes())
    cached = st.session_state.get("attribution-results")
    if cached is None or cached[0] != case:
        cached = st.session_state["attribution-results"] = (case, {})
    results: dict[str, _Result] = cached[1]
    if name not in results:
        results[name] = _computed(subject, dataset, name)
    return results[name]


def _computed(subject: Subject, dataset: Dataset, name: str) -> _Result:
    folder, target, sequence = (
        str(subject.version.folder),
        subject.target,
        subject.prediction.sequence.values,
    )
    around = _background(dataset, dataset.sha256, subject.config, folder)
    weights = _prepared(subject.model, around, folder, dataset.sha256, name, target)(sequence)

    def read(sequences: np.ndarray) -> np.ndarray:
        return probabilities(subject.model, sequences, target)

    drawn = read_steps(subject.prediction.sequence.mask, subject.config.encoder.parts)
    return _Result(
        replace(weights, values=weights.values[drawn]),
        removal(read, sequence, around, weights.towards),
        removal(read, sequence, around, weights.against),
    )


@st.cache_resource(max_entries=8, show_spinner=False)
def _background(_dataset: Dataset, sha256: str, _config: ModelConfig, folder: str) -> Background:
    return background(_dataset, _config.encoder)


@st.cache_resource(max_entries=24, show_spinner=False)
def _prepared(
    _model: Predictor, _background: Background, folder: str, sha256: str, name: str, target: int
) -> Callable[[np.ndarray], Attribution]:
    return attribution_methods()[name].prepare(_model, _background, target)


@st.fragment
def _picture(subject: Subject, weights: dict[str, Attribution]) -> None:
    """The picture with weights over it: a fragment, so that the slider redraws nothing else."""
    name = next(reversed(weights))
    if len(weights) > 1:
        name = st.segmented_control(
            "On the picture", list(weights), **persistent("attribution-overlay", name, weights),
            required=True, format_func=_title,
        ) or name  # fmt: skip
    opacity = st.slider(
        "Opacity of the weights",
        0,
        100,
        step=5,
        format="%d %%",
        **persistent("attribution-opacity", _OPACITY),
    )
    chart(
        weighted_picture(
            subject.board.view, weights[name].values, subject.board.axis,
            title=_title(name).lower(),
            opacity=opacity / 100, caption=attribution_methods()[name].caption_for(subject.steps),
            reach=max(abs(weights[name].lower), abs(weights[name].upper), weights[name].least),
            beyond_chance=bool((weights[name].towards | weights[name].against).any()),
        ),
        part="section", key="attribution-picture", width=subject.board.picture_width,
        alt=f"The model input with the weight of every {subject.steps.singular} over it",
    )  # fmt: skip


def _bars(subject: Subject, name: str, weights: Attribution) -> None:
    axis = subject.board.axis
    chart(
        weight_panel(
            weights.values, axis, lower=weights.lower, upper=weights.upper,
            title=_title(name).lower(), unit=weights.unit, theme=subject.theme,
            caption=attribution_methods()[name].caption_for(axis.steps), least=weights.least, numbered=True,
        ),
        part="section", key=f"attribution-{name}", width=_PANEL_WIDTH,
        alt=f"{_title(name)}: the weight of every {axis.step}, with the null distribution",
    )  # fmt: skip


def _words(subject: Subject, name: str, result: _Result) -> None:
    """The result in words, and the checks on it."""
    weights, steps = result.weights, subject.steps
    target = plain(subject.config.classes[subject.target])
    n, beyond = len(weights.values), int((weights.towards | weights.against).sum())
    sentences = [f"**{_title(name)}.**"]
    longest = int(np.abs(weights.values).argmax())
    size = f"{steps.singular} {longest + 1}, {_signed(weights.values[longest])} {weights.unit}"
    if beyond:
        sentences.append(f"{beyond} of {n} {steps.plural} are beyond chance.")
        if weights.towards.any():
            sentences.append(f"For “{target}”: {_listed(weights.towards, steps)}.")
        if weights.against.any():
            sentences.append(f"Against it: {_listed(weights.against, steps)}.")
    elif abs(weights.values[longest]) < weights.least:
        sentences.append(
            f"No single {steps.singular} changes the prediction by {weights.least} {weights.unit} or more."
        )
    else:
        sentences.append(f"No {steps.singular} is beyond chance.")
    sentences.append(f"Longest bar: {size}.")
    st.markdown(" ".join(sentences))
    checks = []
    if result.towards is not None:
        checks.append(_removed(result.towards, "for", steps, beyond=result.towards.falls))
    if result.against is not None:
        checks.append(_removed(result.against, "against", steps, beyond=result.against.rises))
    if weights.completeness is not None:
        checks.insert(0, _added_up(weights.completeness, steps))
    for check in checks:
        st.caption(check)


def _added_up(total: Completeness, steps: StepKind) -> str:
    share = "" if np.isnan(total.relative) else f", {100 * total.relative:.1g} % of it"
    start = "no event" if steps in (EVENT, STEP) else "the mean image"
    return (
        f"Completeness check: the bars add up to {_signed(total.total)} log odds. Log odds of {start}: "
        f"{_signed(total.start)} (predicted probability {expit(total.start):.3f}); of the case: "
        f"{_signed(total.end)} ({expit(total.end):.3f}); difference: {_signed(total.end - total.start)}. "
        f"Residual: {total.residual:.1e}{share}."
    )


def _removed(removal: Removal, side: str, steps: StepKind, *, beyond: bool) -> str:
    removed = (
        f"the {removal.steps} {steps.plural}" if removal.steps > 1 else f"the {steps.singular}"
    )
    gone = "left out" if steps in (EVENT, STEP) else f"replaced by mean {steps.plural}"
    if abs(removal.after - removal.before) < LEAST:
        conclusion = "The change is negligible."
    elif beyond:
        conclusion = "That is more than by chance."
    else:
        conclusion = "That is no more than by chance: do not rely on them."
    return (
        f"Removal check: with {removed} {side} the class {gone} at once, the "
        f"predicted probability goes from {removal.before:.3f} to {removal.after:.3f}; with as many random "
        f"{steps.plural} it goes to {removal.lower:.3f} to {removal.upper:.3f} in nine of ten draws. "
        f"{conclusion}"
    )


def _numbers(subject: Subject, weights: dict[str, Attribution]) -> None:
    """Every bar as a number, for screen readers and for copying."""
    head = [subject.steps.singular]
    columns = [[str(step + 1) for step in range(len(subject.board.prediction.sequence))]]
    if subject.board.has_events:
        labels = event_labels(subject.board) + columns[0][subject.board.events :]
        columns = [[f"{number} {label}" for number, label in enumerate(labels, 1)]]
    for name, weight in weights.items():
        head += [f"{_title(name)}, {weight.unit}", "beyond chance"]
        columns += [
            [_signed(value) for value in weight.values],
            [
                "for" if towards else "against" if against else ""
                for towards, against in zip(weight.towards, weight.against, strict=True)
            ],
        ]
    rows = list(zip(*columns, strict=True))
    with st.expander("Numbers"):
        with st.container(height=320, border=False):
            table(head, rows)
        csv_button(head, rows, file="attribution")


def _limits(subject: Subject, dataset: Dataset, weights: dict[str, Attribution]) -> None:
    steps, n, cases = subject.steps, len(dataset.images["train"]), subject.cases
    intervals = "; ".join(
        f"{_title(name).lower()} {_signed(weight.lower)} to {_signed(weight.upper)} {weight.unit}"
        for name, weight in weights.items()
    )
    least = " or ".join(f"{weight.least} {weight.unit}" for weight in weights.values())
    drawn = f"{'Random' if steps in (EVENT, STEP) else 'Mean and random'} {steps.plural}"
    st.caption(
        f"Null distribution of random {steps.plural}, grey: the middle 90 % of the weights of {steps.plural} "
        f"drawn from training {cases} ({intervals}), so by chance one {steps.singular} in ten lies outside. "
        f"A weight below {least} never counts. One inside may hold a finding all the same. "
        f"{drawn} are from the {n} training {cases} of {plain(dataset.facts.title)}."
    )
    for name in weights:
        st.caption(f"{_title(name)}: {attribution_methods()[name].caption_for(steps)}")


def _listed(chosen: np.ndarray, steps: StepKind) -> str:
    """The true entries by their numbers, runs joined: "rows 3, 9 to 12"."""
    numbers = np.flatnonzero(chosen) + 1
    runs = np.split(numbers, np.flatnonzero(np.diff(numbers) > 1) + 1)
    listed = ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs)
    return f"{steps.plural if len(numbers) > 1 else steps.singular} {listed}"


def _signed(value: float) -> str:
    return f"{value:+.3g}".replace("-", "−")
