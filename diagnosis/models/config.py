"""What a model is: validated, frozen, and enough to build it again."""

from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    SerializeAsAny,
    model_validator,
)

from diagnosis.core.errors import InputError
from diagnosis.core.settings import Asked, Settings, parameter
from diagnosis.datasets.dataset import Dataset
from diagnosis.datasets.facts import DatasetFacts, Task
from diagnosis.models.variants import (
    Variant,
    image_variants,
    record_variants,
    study_variants,
    variant,
    volume_variants,
)
from diagnosis.records.studies import RECORD, part
from diagnosis.sequences import (
    Encoder,
    EventEncoder,
    RowEncoder,
    SliceEncoder,
    StudyEncoder,
    encoder_from_json,
)


def _known(name: str) -> str:
    return variant(name).name


VariantName = Annotated[str, AfterValidator(_known)]
Units = Annotated[
    tuple[
        Annotated[
            int, Field(ge=1, le=2048, title="number of units"), Asked("Units of a layer", log=True)
        ],
        ...,
    ],
    Field(min_length=1, max_length=8, description="hidden units of each layer (of a CNN: filters)"),
]
Dropout = Annotated[
    float, Field(ge=0, le=0.95, description="of each layer's output"), Asked(step=0.05)
]


class ModelConfig(Settings):
    """Architecture, answer and encoder of one model."""

    model_config = ConfigDict(title="configuration of a model")

    variant: VariantName
    task: Task
    classes: tuple[str, ...]
    finding: int | None  # binary: the class that is looked for; sensitivity is about it
    encoder: Annotated[SerializeAsAny[Encoder], BeforeValidator(encoder_from_json)] = RowEncoder()
    units: Units = (50,)  # one number a layer, so this is the number of layers too
    dropout: Dropout = 0.0  # between layers and before the output
    recurrent_dropout: Annotated[  # off by default: it rules the fused GPU kernels out
        Dropout, Field(description="share of the state that is dropped")
    ] = 0.0
    dense: Annotated[
        int,
        Field(
            ge=0,
            le=4096,
            title="number of dense units",
            description="hidden dense units before the output",
        ),
    ] = 0
    reset_after: Annotated[
        bool,
        Field(description="GRU: Keras' and cuDNN's form; without it that of Cho et al. (2014)"),
    ] = True
    embedding: Annotated[
        int,
        Field(ge=0, le=1024, title="width of the embedding", description="numbers a code becomes"),
    ] = 0
    filters: Annotated[
        int,
        Field(
            ge=0,
            le=256,
            title="number of filters",
            description="of the convolution before the recurrence (of volumes: of its first layer)",
        ),
    ] = 0
    fusion: Annotated[
        int,
        Field(
            ge=0,
            le=1024,
            title="number of fusion units",
            description="units of the LSTM that joins record and image",
        ),
    ] = 0
    modality_dropout: Annotated[
        Dropout, Field(description="how often a record or an image is left out in training")
    ] = 0.0
    padded: Annotated[bool, Field(description="mask padding, for sequences of unequal lengths")] = (
        False
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        """See that the fields go together."""
        if len(self.classes) < 2 and self.task != "multi-label":
            raise InputError(f"At least two classes are needed, not {len(self.classes)}.")
        if self.task == "binary" and (len(self.classes) != 2 or self.finding not in (0, 1)):
            raise InputError(
                "A binary task has two classes, and one of them (0 or 1) is the finding."
            )
        if not self.recurrent and (self.recurrent_dropout or self.padded):
            raise InputError(
                f"A {self.kind.title} has no state to drop and reads no padded sequences."
            )
        if self.variant not in _fitting(self.encoder):
            raise InputError(
                f"{self.kind.title} reads {self.kind.reads}, and the data set has none: choose "
                f"{_one_of(_fitting(self.encoder))}."
            )
        if bool(self.fusion) != bool(self.encoder.parts):
            raise InputError(
                "A model of several parts needs at least one fusion unit, and no other has any."
            )
        if self.encoder.embedded and (not self.embedding or self.padded):
            raise InputError(
                "Records need an embedding of at least one number a code, and have a mask of their own."
            )
        if bool(self.filters) != bool(self.kind.filters):
            raise InputError(
                "Filters are those of a convolution before the recurrence: a variant with one has one filter "
                "at least, and no other has any."
            )
        if self.padded and (self.filters or self.kind.directions == 4):
            raise InputError(f"A {self.kind.title} reads no padded sequences.")
        if not self.recurrent and self.encoder.grid is None:
            raise InputError(
                f"A {self.kind.title} reads pictures and volumes: choose a recurrent variant."
            )
        return self

    @property
    def kind(self) -> Variant:
        """The variant's entry in the table."""
        return variant(self.variant)

    @property
    def recurrent(self) -> bool:
        """Whether there are states and gates to look at."""
        return self.kind.recurrent


def _fitting(encoder: Encoder) -> list[str]:
    """Names of the variants that read what an encoder gives."""
    if encoder.parts:
        return study_variants()
    if encoder.embedded:
        return record_variants()
    return volume_variants() if len(encoder.grid or ()) == 4 else image_variants()


def _one_of(names: list[str]) -> str:
    return " or ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)


OF_VARIANT = ("dense", "recurrent_dropout", "embedding", "filters", "fusion", "modality_dropout")
ENCODED = ("order", "standardise", "axis")  # what may be set of the encoder
# How many layers have the same number of units: no field of its own, for ``units`` has one number a layer.
LAYERS = parameter(ModelConfig, "units").count("layers", "repeat the units for this many layers")


def config_for(
    name: str,
    facts: DatasetFacts,
    *,
    size: int = 28,
    encoder: Encoder | None = None,
    units: tuple[int, ...] | None = None,
    dropout: float | None = None,
    **options: Any,
) -> ModelConfig:
    """The usual configuration of a variant for a data set, with the given fields changed.

    Args:
        name: of the variant.
        facts: of the data set.
        size: pixels a side.
        encoder: that is learned from the data set (`learned_encoder`); by default the usual one of images.
        units: instead of the variant's.
        dropout: instead of the variant's.
        options: further fields of ``ModelConfig``, and those of the encoder that `ENCODED` names.
    """
    kind = variant(name)
    settings = {key: options.pop(key) for key in ENCODED if key in options}
    if encoder is None or (facts.record and (kind.fusion or not kind.embedding)):
        usual = SliceEncoder if facts.dimensions == 3 else RowEncoder
        image = usual(
            size=size, channels=facts.channels, jpeg_quality=facts.jpeg_quality, **settings
        )
        if kind.fusion and isinstance(encoder, EventEncoder):
            encoder = StudyEncoder(record=encoder, image=image)
        else:
            encoder = image
    elif settings:
        raise InputError(f"Records have no {' and no '.join(settings)} to choose: leave it out.")
    own = {name: getattr(kind, name) for name in OF_VARIANT}
    return ModelConfig(
        variant=name,
        task=facts.task,
        classes=facts.classes,
        finding=facts.finding,
        encoder=encoder,
        units=kind.units if units is None else units,
        dropout=kind.dropout if dropout is None else dropout,
        **{**own, **options},
    )


def learned_encoder(dataset: Dataset) -> Encoder | None:
    """What records teach of their codes and values; None of images alone, which need nothing learned."""
    if not dataset.codes:
        return None
    records = part(dataset.images["train"], RECORD)
    return EventEncoder.learned(records, dataset.codes, dataset.units)
