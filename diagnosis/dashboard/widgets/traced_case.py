"""What is on a step board: a prediction with a trace, its axis and layers."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

import numpy as np
import plotly.graph_objects as go

from diagnosis.dashboard.widgets.charts import Width, plot
from diagnosis.figures.frame import TEXT, Axis
from diagnosis.inference.prediction import Prediction
from diagnosis.inference.unpadded import unpadded
from diagnosis.models.config import ModelConfig
from diagnosis.models.variants import ACROSS, ALONG
from diagnosis.sequences import EventList, SliceStack, StepView, StudyView
from diagnosis.traces import LayerHalf, LayerTrace

HEIGHT = 308  # pixels for the steps, about: 11 for each of 28
EVENTS_HEIGHT, EVENT = (
    560,
    16,
)  # pixels for all events, about; for one of few, whose words have room
ROW = 12  # for an event or row of a study: room for a word, and rows that leave room for the panels
EVENTS_WIDTH = 300


class Chart(Protocol):
    """Draws a figure on the page."""

    def __call__(self, figure: go.Figure, *, key: str, alt: str, width: Width = "stretch") -> None:
        """Draw; ``alt`` describes the figure in one sentence."""


def board_axis(config: ModelConfig, height: int = HEIGHT, text: int = TEXT) -> Axis:
    """The vertical axis: whole pixels for a step, so that all steps are equally high.

    Args:
        config: of the model.
        height: pixels for all steps, about.
        text: pixels that letters are high.
    """
    timesteps = config.encoder.length
    pixels = max(2 if timesteps <= 256 else 1, round(height / timesteps))
    return Axis(config.encoder.steps, height=pixels * timesteps, text=text)


def events_axis(prediction: Prediction, config: ModelConfig, text: int = TEXT) -> Axis:
    """The same for what has events: room for their words where they are few.

    Args:
        prediction: of a record or study, without padding.
        config: of the model.
        text: pixels that letters are high.
    """
    events = len(prediction.sequence)
    least = round((ROW if config.encoder.parts else EVENT) * text / TEXT)
    pixels = min(least, max(1, round(EVENTS_HEIGHT * text / TEXT / events)))
    return Axis(config.encoder.steps, height=max(pixels * events, 6 * least), text=text)


@dataclass(frozen=True, eq=False)
class Board:
    """A prediction with a trace, on the board of a page."""

    page: str  # begins the keys of all its elements
    prediction: Prediction
    config: ModelConfig
    theme: str  # "light" or "dark"
    axis: Axis
    chart: Chart = plot

    @property
    def key(self) -> str:
        """Of the board's container. The cursor runs through all charts in containers whose keys begin so."""
        return f"{self.page}-board"

    @cached_property
    def view(self) -> StepView:
        """What the model reads; of a study what is there of it."""
        view = self.config.encoder.view(self.prediction.image)
        return view.shown if isinstance(view, StudyView) else view

    @property
    def events(self) -> int:
        """How many of its first steps are events."""
        view = self.view
        return len(view.record if isinstance(view, StudyView) else view) if self.has_events else 0

    @property
    def has_events(self) -> bool:
        """Whether events are among what the model reads."""
        return isinstance(self.view, EventList | StudyView)

    @property
    def start(self) -> int | None:
        """The step at which a cursor starts, from 1: the middle slice of a volume; None for the last step."""
        view = self.view
        return len(view) // 2 + 1 if isinstance(view, SliceStack) else None

    @property
    def picture_width(self) -> int:
        """Pixels: as wide as its lines are high, and the numbers of the steps; events are words."""
        if self.has_events:
            return self.axis.scaled(EVENTS_WIDTH)
        lines, width = self.view.lines.shape[:2]
        height = self.axis.height
        return 6 + self.axis.scaled(32) + max(120, min(height, round(height * width / lines)))

    @cached_property
    def layers(self) -> dict[str, LayerTrace]:
        """Each direction of each layer by its key, in the order of the model."""
        assert self.prediction.trace is not None
        return {
            layer.key: layer
            for layer in self.prediction.trace.layers
            if not np.isnan(layer.signals["h"]).all()  # of a part that is missing
        }

    def axis_of(self, layer: LayerHalf) -> Axis:
        """The axis of a layer's panels: the board's, with the names of the layer's own steps."""
        if not layer.across:
            return self.axis
        return replace(self.axis, steps=self.config.encoder.across)

    def hands_on(self, layer: LayerHalf) -> bool:
        """Whether the head reads a layer's states: the last one, or that beside it across the steps."""
        last = self.layers[self.last_layer].layer
        return layer.layer == last or (
            layer.across and layer.layer.removeprefix(ACROSS) == last.removeprefix(ALONG)
        )

    @property
    def cell(self) -> str:
        """The kind of cell: "lstm", "gru" or "simple_rnn"."""
        return self.layers[self.last_layer].cell

    @property
    def last_layer(self) -> str:
        """Key of the last layer, or of its half that reads forwards: its state leads to the prediction."""
        layers = list(self.layers.values())
        return next(layer.key for layer in layers if layer.layer == layers[-1].layer)


def events_board(
    page: str,
    prediction: Prediction,
    config: ModelConfig,
    theme: str,
    *,
    text: int = TEXT,
    chart: Chart = plot,
) -> Board:
    """The board of a record or a study: what was read of it, without the padding that follows events."""
    shown = unpadded(prediction, config.encoder.parts)
    return Board(page, shown, config, theme, events_axis(shown, config, text), chart)
