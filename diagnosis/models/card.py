"""The card of a model version: data, training, calibration, limits and figures, as JSON beside its weights.

A card holds every field of these classes except those with a default: older versions lack them. Numbers that
do not exist are NaN here and null in JSON.
"""

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    model_serializer,
    model_validator,
)

from diagnosis.core.population import Population
from diagnosis.evaluation.estimates import Estimate
from diagnosis.sequences import Augmentation


def _from_null(value: Any) -> Any:
    return math.nan if value is None else value


def _to_null(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _without_nulls(document: Any) -> Any:
    if not isinstance(document, Mapping):
        return document
    return {name: _from_null(value) for name, value in document.items()}


def _with_nulls(estimate: Estimate) -> dict[str, float | None]:
    return {name: _to_null(value) for name, value in estimate.to_json().items()}


Number = Annotated[float, BeforeValidator(_from_null), PlainSerializer(_to_null)]
Figure = Annotated[Estimate, BeforeValidator(_without_nulls), PlainSerializer(_with_nulls)]
Time = Annotated[datetime, PlainSerializer(datetime.isoformat)]


class Part(BaseModel):
    """Part of a card; frozen."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def to_json(self) -> dict[str, Any]:
        """The JSON object that `from_json` reads."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)

    @classmethod
    def from_json(cls, document: Any) -> Self:
        """Build from a JSON object.

        Raises:
            ValidationError: a field is missing, unknown or of another type.
        """
        return cls.model_validate(document)


class DatasetFacts(Part):
    """The data that a version was trained and measured on."""

    name: str
    size: int  # pixels a side
    sha256: str
    counts: Mapping[str, int]  # by split
    synthetic: bool
    population: Population | None = None
    modalities: tuple[str, ...] = ()  # of cards from before they had a population
    licence: str
    citation: str
    notes: tuple[str, ...]


class TrainingFacts(Part):
    """The training recipe, with the fields of ``training.config``, and its outcome."""

    epochs: int  # at most
    batch_size: int
    learning_rate: float
    optimizer: str
    weight_decay: float
    schedule: str
    clip_norm: float
    averaging: float = 0.0  # of weights
    patience: int
    balanced: bool
    augmentation: Augmentation | None
    thinning: float = 0.0
    replication: float = 0.0
    seed: int
    mixed_precision: bool
    folds: int = 0
    prevalence: float = 0.5  # counts with folds
    epochs_run: int
    best_epoch: int  # from 1
    seconds: float
    history: Mapping[str, tuple[Number, ...]]  # by name, such as "val_loss", a number an epoch


class CalibrationFacts(Part):
    """See ``evaluation.calibration``."""

    method: str
    temperature: float
    bias: tuple[float, ...]


class CrossFitFacts(Part):
    """Where calibration, operating point and limits come from, if not from the validation split.

    See ``jobs.cross_fit``; the model itself learned from training and validation split.
    """

    folds: int
    grouped_by: str  # what is in one fold as a whole: "patient", "near copies", "case"
    groups: int
    n: int  # cases with a held-out prediction
    prevalence: (
        float | None
    )  # at which probabilities hold; None without a finding: that of the cases


class SelectiveFacts(Part):
    """Counts of a split with abstention; see ``inference.abstention``."""

    n: int
    n_abstained: int
    wrong_predicted: int
    wrong_abstained: int
    coverage: Figure
    error_predicted: Figure
    error_abstained: Figure


class AbstentionFacts(Part):
    """The margin limit, in log odds, and its effect."""

    limit: float | None
    rule: str
    val: SelectiveFacts
    test: SelectiveFacts


class Metrics(Part):
    """The figures of a split: in JSON one object, the number of cases beside the estimates."""

    n: int
    estimates: Mapping[str, Figure]  # by name, such as "balanced_accuracy"

    @model_validator(mode="before")
    @classmethod
    def _nested(cls, document: Any) -> Any:
        if not isinstance(document, Mapping) or "estimates" in document:
            return document
        estimates = dict(document)
        return {"n": estimates.pop("n", None), "estimates": estimates}

    @model_serializer
    def _flat(self) -> dict[str, Any]:
        return {
            "n": self.n,
            **{name: _with_nulls(estimate) for name, estimate in self.estimates.items()},
        }


class MetricsBySplit(Part):
    """The figures of validation and test split."""

    val: Metrics
    test: Metrics
    test_apart: Metrics | None = None  # test cases that share no patient or group with the others


class DetailFacts(Part):
    """The least fine detail of training and validation images; see ``inference.detail``."""

    least: float
    of: int


class RejectedFacts(Part):
    """Share of a split that is rejected as out-of-distribution."""

    test: Figure


class OODFacts(Part):
    """The out-of-distribution detector and its effect; the detector itself is a file of arrays."""

    centres: int
    validation: int  # images
    detail: DetailFacts | None = None
    rejected: RejectedFacts
    sha256: str = ""  # of the file


class ExtentFacts(Part):
    """What the extent of a record alone reaches on the test split; see ``evaluation.extent``."""

    features: tuple[str, ...]
    auc: Figure


class AvailabilityFacts(Part):
    """AUC on the test split with parts missing; see ``evaluation.availability``."""

    patterns: dict[str, Figure]
    there: dict[str, float]
    presence: dict[str, Figure]


class StoredFile(Part):
    """A file of arrays."""

    sha256: str = ""


class CardContents(Part):
    """A card before its version is saved."""

    schema_version: int = Field(alias="schema")
    created: Time
    code_version: str
    backend: str
    intended_use: str
    limits: tuple[str, ...]
    dataset: DatasetFacts
    parameters: int
    training: TrainingFacts
    calibration: CalibrationFacts
    threshold: float | None  # binary: of the finding's probability
    threshold_rule: str
    cross_fit: CrossFitFacts | None = None
    abstention: AbstentionFacts | None = None
    metrics: MetricsBySplit
    ood: OODFacts | None = None
    extent: ExtentFacts | None = None  # of models of records with a finding
    availability: AvailabilityFacts | None = None  # of models of several parts with a finding


class ModelCard(CardContents):
    """The card of a saved version."""

    predictions: StoredFile | None = None
    model: str  # ``data set/variant``
    version: str
    weights_sha256: str
