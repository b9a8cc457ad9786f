"""What the sections of the gates page look at: one case, read by one model."""

from dataclasses import dataclass
from functools import cached_property, partial

from diagnosis.cases import Case
from diagnosis.dashboard.gates import present
from diagnosis.dashboard.widgets.chart_registry import chart
from diagnosis.dashboard.widgets.traced_case import Board, board_axis, events_board
from diagnosis.datasets import Dataset
from diagnosis.figures.frame import TEXT
from diagnosis.inference.prediction import Prediction
from diagnosis.inference.predictor import Predictor
from diagnosis.models.config import ModelConfig
from diagnosis.models.store import Version
from diagnosis.sequences import StepKind


@dataclass(frozen=True, eq=False)
class Subject:
    """One case and one model."""

    version: Version
    model: Predictor
    prediction: Prediction
    case: Case
    dataset: Dataset | None  # that the model learned from, if it is on this machine
    theme: str  # "light" or "dark"
    presented: bool = False  # for a projector
    label: str | None = None  # in words, once somebody has asked for it

    @property
    def config(self) -> ModelConfig:
        """The model's configuration."""
        return self.version.config

    @cached_property
    def board(self) -> Board:
        """The step board, whose charts can be exported; what has events is drawn without padding."""
        if self.config.encoder.embedded:
            text = present.TEXT if self.presented else TEXT
            return events_board(
                "gates",
                self.prediction,
                self.config,
                self.theme,
                text=text,
                chart=partial(chart, part="board"),
            )
        axis = present.axis(self.config) if self.presented else board_axis(self.config)
        return Board(
            "gates", self.prediction, self.config, self.theme, axis, partial(chart, part="board")
        )

    @property
    def steps(self) -> StepKind:
        """The name of a step."""
        return self.config.encoder.steps

    @property
    def cases(self) -> str:
        """What the data set holds, for a sentence."""
        if self.config.encoder.parts:
            return "studies"
        return "records" if self.config.encoder.embedded else "images"

    @property
    def has_events(self) -> bool:
        """Whether events are among what the model reads."""
        return self.config.encoder.embedded > 0

    @property
    def target(self) -> int:
        """The class that is explained: the finding of a binary task, else the most probable class."""
        if self.config.finding is not None:
            return self.config.finding
        return int(self.prediction.probabilities.argmax())
