"""Charts of a report, drawn as SVG: the film, what the model read, per-step prediction and hidden state.

They need neither a script nor a network. What shares the vertical axis has one height, row beside row.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from diagnosis.cases import Payload
from diagnosis.figures import palette
from diagnosis.inference.unpadded import unpadded
from diagnosis.models.config import ModelConfig
from diagnosis.report.pictures import coloured, film, squares
from diagnosis.sequences import StepKind, StudyView

if TYPE_CHECKING:  # it brings Keras
    from diagnosis.inference.prediction import Prediction

THEME = "light"  # it is printed
HEIGHT, TOP, BOTTOM, LEFT = 150, 4, 18, 22  # pixels of the steps, and the margins around them
MOST_CLASSES = 4  # curves
MOST_SCALE = 1.8  # of drawings that have a line to themselves


def charts(
    prediction: "Prediction",
    config: ModelConfig,
    *,
    picture: bool,
    scan: Payload | None = None,
    frame: int | None = None,
) -> list[str]:
    """Figures in HTML. A model without states has pictures alone, a rejected case no probabilities, and a
    record no picture.

    Args:
        prediction: with a trace, if the model is recurrent.
        config: the model's.
        picture: whether pictures may be shown: text that is burned into a scan is in them, too.
        scan: that was read; left out if it is no larger than what the model saw.
        frame: of it, from 0.
    """
    steps = config.encoder.steps
    drawn = []
    if config.encoder.embedded:  # the page lists the events
        prediction = unpadded(prediction, config.encoder.parts)
        picture = picture and bool(config.encoder.parts)
    if picture:
        view = config.encoder.view(prediction.image)
        if isinstance(view, StudyView):
            view = view.shown
        seen = view.lines
        if scan is not None and max(scan.pixels.shape[1:3]) > max(seen.shape[:2]):
            shown = scan.display(frame or 0)
            drawn.append(_figure(_whole(film(shown), shown.shape), "The film, reduced."))
        words = f"What the model read: {config.encoder.extent}."
        drawn.append(_figure(_panel(squares(seen), seen.shape, steps, timesteps=len(view)), words))
    if prediction.trace is None or prediction.per_step is None:
        return drawn
    if not prediction.is_rejected:
        shown_classes = _shown(prediction, config)
        drawn.append(_figure(
            _curves(prediction, shown_classes, steps),
            f"Predicted probability after each {steps.singular}: {_legend(config, shown_classes)}. "
            + "Dotted: threshold. " * (prediction.threshold is not None)
            + "Dashed: decision step." * (prediction.decision_step is not None),
        ))  # fmt: skip
    state = prediction.trace.layers[-1].signals["h"]
    limit = max(1.0, float(np.nanmax(np.abs(state), initial=0)))
    url = coloured(state, palette.diverging(THEME), limit)
    words = (
        f"Hidden state of the last layer, a column a unit: blue −{limit:.3g}, orange {limit:.3g}."
    )
    drawn.append(_figure(_panel(url, (*state.shape, 1), steps, width=170), words))
    return drawn


def _figure(svg: "_Svg", words: str) -> str:
    """Figures share a line's width as their drawings do, so that all have one scale and one height."""
    style = f"flex:{svg.width:.0f};max-width:{MOST_SCALE * svg.width:.0f}px"
    return f'<figure style="{style}">{svg.text}<figcaption>{words}</figcaption></figure>'


@dataclass(frozen=True)
class _Svg:
    """A drawing and its width."""

    width: float
    text: str


def _svg(width: float, label: str, inside: str) -> _Svg:
    text = (
        f'<svg role="img" aria-label="{escape(label)}" viewBox="0 0 {width:.0f} {TOP + HEIGHT + BOTTOM}">'
        f"{inside}</svg>"
    )
    return _Svg(width, text)


def _whole(url: str, shape: Sequence[int]) -> _Svg:
    """A picture without an axis, as high as the others."""
    width = min(HEIGHT * shape[1] / shape[0], 1.6 * HEIGHT)
    image = f'<image href="{url}" y="{TOP}" width="{width:.0f}" height="{HEIGHT}"/>'
    return _svg(width + 6, "The film, reduced", image)


def _panel(
    url: str,
    shape: Sequence[int],
    steps: StepKind,
    *,
    width: float | None = None,
    timesteps: int | None = None,
) -> _Svg:
    """Pixels of which each line is a step, with the numbers of some steps."""
    width = HEIGHT * shape[1] / shape[0] if width is None else width
    flip = f' transform="matrix(1 0 0 -1 0 {2 * TOP + HEIGHT})"' if steps.upward else ""
    image = (
        f'<image href="{url}" x="{LEFT}" y="{TOP}" width="{width:.0f}" height="{HEIGHT}" '
        f'preserveAspectRatio="none" style="image-rendering:pixelated"{flip}/>'
    )
    return _svg(
        LEFT + width + 6,
        f"One line a {steps.singular}",
        image + _numbers(timesteps or shape[0], steps),
    )


def _numbers(timesteps: int, steps: StepKind) -> str:
    """Numbers of five steps beside the vertical axis."""
    return "".join(
        f'<text x="{LEFT - 4}" y="{_y(step - 0.5, timesteps, steps) + 4:.1f}" text-anchor="end">{step}</text>'
        for step in np.unique(np.linspace(1, timesteps, 5).round().astype(int)).tolist()
    )


def _y(step: float, timesteps: int, steps: StepKind) -> float:
    """How far down a step lies: 0 is before the first."""
    share = step / timesteps
    return TOP + HEIGHT * (1 - share if steps.upward else share)


def _curves(
    prediction: "Prediction", shown: Sequence[int], steps: StepKind, width: int = 116
) -> _Svg:
    """The per-step prediction, time along the vertical axis as in the pictures beside it."""
    per_step = prediction.per_step
    assert per_step is not None
    timesteps, parts = len(per_step), []
    box = f'x="{LEFT}" y="{TOP}" width="{width}" height="{HEIGHT}"'
    parts.append(f'<rect {box} fill="none" stroke="#c9ced1"/>')
    if prediction.threshold is not None:
        x = LEFT + width * prediction.threshold
        parts.append(_line(x, TOP, x, TOP + HEIGHT, "2 3"))
    if prediction.decision_step is not None:
        y = _y(prediction.decision_step + 0.5, timesteps, steps)
        parts.append(_line(LEFT, y, LEFT + width, y, "6 4"))
    for index in shown:
        points = " ".join(
            f"{LEFT + width * value:.1f},{_y(step + 0.5, timesteps, steps):.1f}"
            for step, value in enumerate(per_step[:, index])
            if np.isfinite(value)
        )
        colour = palette.class_colour(index, THEME)
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.8"/>'
        )
    for value in (0, 0.5, 1):
        x, y = LEFT + width * value, TOP + HEIGHT + 13
        parts.append(f'<text x="{x:.0f}" y="{y}" text-anchor="middle">{value:g}</text>')
    label = f"Predicted probability after each {steps.singular}"
    inside = "".join(parts) + _numbers(timesteps, steps)
    return _svg(LEFT + width + 8, label, inside)


def _line(x1: float, y1: float, x2: float, y2: float, dashes: str) -> str:
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#5b6468" '
        f'stroke-dasharray="{dashes}"/>'
    )


def _shown(prediction: "Prediction", config: ModelConfig) -> list[int]:
    """The finding alone, or the most probable classes."""
    if config.finding is not None:
        return [config.finding]
    most: list[int] = np.argsort(-prediction.probabilities)[:MOST_CLASSES].tolist()
    return most


def _legend(config: ModelConfig, shown: Sequence[int]) -> str:
    """The classes of the curves, each in its colour."""
    return ", ".join(
        f'<b style="color:{palette.class_colour(index, THEME)}">{escape(config.classes[index])}</b>'
        for index in shown
    )
