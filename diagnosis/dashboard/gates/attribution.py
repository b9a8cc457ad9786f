"""Which rows mattered: bars beside the picture against a control band, and an overlay on the picture."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import streamlit as st
from scipy.special import expit

from diagnosis.dashboard.gates.board import BOARD, board_axis
from diagnosis.dashboard.gates.chart_registry import chart
from diagnosis.dashboard.gates.context import Subject
from diagnosis.dashboard.shell.turns import turn
from diagnosis.dashboard.widgets.escape import plain
from diagnosis.dashboard.widgets.persistent import persistent
from diagnosis.dashboard.widgets.tables import table
from diagnosis.datasets import Dataset
from diagnosis.explanations.attribution import (
    Completeness,
    RowExplanation,
    RowWeights,
    probabilities,
)
from diagnosis.explanations.background import Background, background
from diagnosis.explanations.null_distribution import Removal, removal
from diagnosis.explanations.occlusion import LEAST, Occlusion
from diagnosis.explanations.registry import attribution_methods
from diagnosis.figures.attribution import weight_panel, weighted_picture
from diagnosis.inference.predictor import Predictor
from diagnosis.models.config import ModelConfig

BOTH = "both"
_PANEL_WIDTH = 326
_OPACITY = 50  # per cent, at first


@dataclass(frozen=True, eq=False)
class _Result:
    """What one method says of the case, and what removing rows does."""

    weights: RowWeights
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
        st.info(Occlusion().misfit(subject.config, dataset) or "")
        return
    names = _method(offered)
    with st.spinner("Weighing every " + subject.axis.unit), turn():
        results = {name: _result(subject, dataset, name) for name in names}
    with st.container(
        key=f"{BOARD}-rows", horizontal=True, gap="xsmall", vertical_alignment="bottom"
    ):
        with st.container(width=_picture_width(subject)):
            _picture(subject, {name: results[name].weights for name in names})
        for name in names:
            _bars(subject, name, results[name].weights)
    for name in names:
        _words(subject, name, results[name])
    weights = {name: results[name].weights for name in names}
    _numbers(subject, weights)
    _limits(subject, dataset, weights)


def _method(offered: dict[str, RowExplanation]) -> list[str]:
    """Ask for a method; the names of the chosen ones."""
    choices, every = [*offered, BOTH], "Both" if len(offered) == 2 else "All"
    chosen = st.segmented_control(
        "Method", choices, **persistent("rows-method", BOTH, choices), required=True,
        format_func=lambda name: _title(name) if name in offered else every,
    )  # fmt: skip
    return list(offered) if chosen == BOTH or chosen not in offered else [chosen]


def _title(name: str) -> str:
    return attribution_methods()[name].title


def _result(subject: Subject, dataset: Dataset, name: str) -> _Result:
    """Computed once for a case: it is kept in the session, like the case itself."""
    case = (
        str(subject.version.folder),
        subject.target,
        subject.prediction.sequence.values.tobytes(),
    )
    kept = st.session_state.get("rows-results")
    if kept is None or kept[0] != case:
        kept = st.session_state["rows-results"] = (case, {})
    results: dict[str, _Result] = kept[1]
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

    return _Result(
        weights,
        removal(read, sequence, around, weights.towards),
        removal(read, sequence, around, weights.against),
    )


@st.cache_resource(max_entries=8, show_spinner=False)
def _background(_dataset: Dataset, sha256: str, _config: ModelConfig, folder: str) -> Background:
    return background(_dataset, _config.encoder)


@st.cache_resource(max_entries=24, show_spinner=False)
def _prepared(
    _model: Predictor, _background: Background, folder: str, sha256: str, name: str, target: int
) -> Callable[[np.ndarray], RowWeights]:
    return attribution_methods()[name].prepare(_model, _background, target)


def _picture_width(subject: Subject) -> int:
    """As wide as its rows are high, and the numbers of the rows."""
    axis, timesteps = board_axis(subject), subject.config.encoder.length
    picture = subject.config.encoder.view(subject.prediction.image).lines
    return 38 + max(120, min(axis.height, round(axis.height * picture.shape[1] / timesteps)))


@st.fragment
def _picture(subject: Subject, weights: dict[str, RowWeights]) -> None:
    """The picture with weights over it: a fragment, so that the slider redraws nothing else."""
    name = next(reversed(weights))
    if len(weights) > 1:
        name = st.segmented_control(
            "On the picture", list(weights), **persistent("rows-overlay", name, weights), required=True,
            format_func=_title,
        ) or name  # fmt: skip
    opacity = st.slider(
        "Opacity of the weights",
        0,
        100,
        step=5,
        format="%d %%",
        **persistent("rows-opacity", _OPACITY),
    )
    picture = subject.config.encoder.view(subject.prediction.image).lines
    chart(
        weighted_picture(
            picture, weights[name].values, board_axis(subject),
            title=f"{_title(name).lower()} on the picture",
            opacity=opacity / 100, caption=attribution_methods()[name].caption_of(subject.axis.unit),
            reach=max(abs(weights[name].lower), abs(weights[name].upper), weights[name].least),
        ),
        part="section", key="rows-picture", width=_picture_width(subject),
        alt=f"The picture as the model sees it, with the weight of every {subject.axis.unit} over it",
    )  # fmt: skip


def _bars(subject: Subject, name: str, weights: RowWeights) -> None:
    axis = board_axis(subject)
    chart(
        weight_panel(
            weights.values, axis, lower=weights.lower, upper=weights.upper,
            title=_title(name).lower(), unit=weights.unit, theme=subject.theme,
            caption=attribution_methods()[name].caption_of(axis.unit), least=weights.least, numbered=True,
        ),
        part="section", key=f"rows-{name}", width=_PANEL_WIDTH,
        alt=f"{_title(name)}: the weight of every {axis.unit}, and the control band",
    )  # fmt: skip


def _words(subject: Subject, name: str, result: _Result) -> None:
    """What the bars say, and the checks on them."""
    weights, unit = result.weights, subject.axis.unit
    target = plain(subject.config.classes[subject.target])
    n, outside = len(weights.values), int((weights.towards | weights.against).sum())
    said = [f"**{_title(name)}.**"]
    longest = int(np.abs(weights.values).argmax())
    size = f"{unit} {longest + 1}, {_signed(weights.values[longest])} {weights.unit}"
    if outside:
        said.append(f"{outside} of {n} {unit}s matter more than random {unit}s do.")
        if weights.towards.any():
            said.append(f"For “{target}”: {_listed(weights.towards, unit)}.")
        if weights.against.any():
            said.append(f"Against it: {_listed(weights.against, unit)}.")
        said.append(f"The longest bar is {size}.")
    elif abs(weights.values[longest]) < weights.least:
        said.append(
            f"No single {unit} changes the answer by as much as {weights.least} {weights.unit}. "
            f"The longest bar is {size}."
        )
    else:
        said.append(f"No {unit} matters more than random {unit}s do. The longest bar is {size}.")
    st.markdown(" ".join(said))
    checks = []
    if result.towards is not None:
        checks.append(_removed(result.towards, "for", unit, mattered=result.towards.falls))
    if result.against is not None:
        checks.append(_removed(result.against, "against", unit, mattered=result.against.rises))
    if weights.completeness is not None:
        checks.insert(0, _added_up(weights.completeness))
    for check in checks:
        st.caption(check)


def _added_up(sum_of: Completeness) -> str:
    share = "" if np.isnan(sum_of.relative) else f", {100 * sum_of.relative:.1g} % of it"
    return (
        f"Check, sum: the bars add up to {_signed(sum_of.total)} log odds. The mean image is read as "
        f"{_signed(sum_of.start)} (estimated probability {expit(sum_of.start):.3f}), the case as "
        f"{_signed(sum_of.end)} ({expit(sum_of.end):.3f}): a difference of "
        f"{_signed(sum_of.end - sum_of.start)}. Completeness residual: {sum_of.residual:.1e}{share}."
    )


def _removed(found: Removal, side: str, unit: str, *, mattered: bool) -> str:
    some = f"the {found.rows} {unit}s" if found.rows > 1 else f"the {unit}"
    if abs(found.after - found.before) < LEAST:
        verdict = "That is next to nothing."
    elif mattered:
        verdict = "So they matter more than chance."
    else:
        verdict = "That is no more than chance: do not lean on them."
    return (
        f"Check, removal: with {some} {side} the class replaced by mean {unit}s at once, the estimated "
        f"probability goes from {found.before:.3f} to {found.after:.3f}; with as many {unit}s drawn at "
        f"random it goes to {found.lower:.3f} to {found.upper:.3f} in nine of ten draws. {verdict}"
    )


def _numbers(subject: Subject, weights: dict[str, RowWeights]) -> None:
    """Every bar as a number, for those who do not see bars or want to copy them."""
    head, columns = (
        [subject.axis.unit],
        [[str(row + 1) for row in range(len(subject.prediction.sequence))]],
    )
    for name, weight in weights.items():
        head += [f"{_title(name)}, {weight.unit}", "matters"]
        columns += [
            [_signed(value) for value in weight.values],
            [
                "for" if towards else "against" if against else ""
                for towards, against in zip(weight.towards, weight.against, strict=True)
            ],
        ]
    with st.expander("Numbers"), st.container(height=320, border=False):
        table(head, list(zip(*columns, strict=True)))


def _limits(subject: Subject, dataset: Dataset, weights: dict[str, RowWeights]) -> None:
    unit, n = subject.axis.unit, len(dataset.images["train"])
    bands = "; ".join(
        f"{_title(name).lower()} {_signed(weight.lower)} to {_signed(weight.upper)} {weight.unit}"
        for name, weight in weights.items()
    )
    least = " or ".join(f"{weight.least} {weight.unit}" for weight in weights.values())
    st.caption(
        f"Control band, grey: nine in ten {unit}s drawn at random from training images get a weight inside "
        f"it ({bands}), so by chance one {unit} in ten lies outside. A weight below {least} never counts. "
        f"A {unit} inside the band may hold a finding all the same. Mean {unit}s and random ones are from "
        f"the {n} training images of {plain(dataset.facts.title)}."
    )
    for name in weights:
        st.caption(f"{_title(name)}: {attribution_methods()[name].caption}")


def _listed(rows: np.ndarray, unit: str) -> str:
    """The true entries of ``rows`` by their numbers, runs joined: "rows 3, 9 to 12"."""
    numbers = np.flatnonzero(rows) + 1
    runs = np.split(numbers, np.flatnonzero(np.diff(numbers) > 1) + 1)
    listed = ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs)
    return f"{unit}{'s' if len(numbers) > 1 else ''} {listed}"


def _signed(value: float) -> str:
    return f"{value:+.3g}".replace("-", "−")
