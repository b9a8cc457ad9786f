"""How a model is trained: validated, frozen, and stored with what it produced."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from diagnosis.core.settings import Asked, Seed, Settings
from diagnosis.sequences import Augmentation

Optimizer = Literal["adam", "adamw"]
Schedule = Literal["constant", "cosine", "step", "plateau"]
Device = Literal["auto", "cpu", "gpu"]

# A search has these fields, too.
Epochs = Annotated[
    int,
    Field(
        ge=1,
        le=10_000,
        title="number of epochs",
        description="at most this many; early stopping usually ends sooner",
    ),
    Asked("Epochs"),
]
BatchSize = Annotated[
    int, Field(ge=1, le=65_536, description="scans in a batch"), Asked("Batch size")
]
LearningRate = Annotated[
    float,
    Field(ge=1e-7, le=10, description="at the start"),
    Asked(step=5e-4, format="%g", log=True),
]

OF_RECORDS = ("thinning", "replication")  # fields that only the training of records has


class TrainingConfig(Settings):
    """One training recipe."""

    model_config = ConfigDict(title="training recipe")

    epochs: Epochs = 60
    batch_size: BatchSize = 128
    learning_rate: LearningRate = 2e-3  # Adam's usual 1e-3, doubled for short schedules
    optimizer: Annotated[Optimizer, Field(description="of the weights")] = "adam"
    weight_decay: Annotated[
        float, Field(ge=0, le=1, description="for adamw"), Asked(step=1e-4, format="%g")
    ] = 1e-4
    schedule: Annotated[
        Schedule, Field(description="how the learning rate falls"), Asked("LR schedule")
    ] = "cosine"
    clip_norm: Annotated[  # recurrent networks need it (Pascanu et al. 2013)
        float,
        Field(ge=0, le=1e6, description="largest norm of the whole gradient; 0 for no limit"),
        Asked("Gradient clip", step=0.5, format="%g"),
    ] = 1.0
    averaging: Annotated[  # Polyak & Juditsky (1992); of so many batches: 1 / (1 - momentum)
        float,
        Field(
            ge=0,
            le=0.9999,
            title="averaging of weights",
            description="momentum of their exponential moving average, which is what is saved; 0 for none",
        ),
        Asked("Averaging (EMA)", step=0.01, format="%g"),
    ] = 0.0
    patience: Annotated[
        int,
        Field(
            ge=0,
            le=10_000,
            description="epochs without a better validation loss before stopping; 0 never stops early",
        ),
        Asked("Patience"),
    ] = 15
    balanced: Annotated[
        bool,
        Field(title="class balancing", description="weight classes inversely to their frequency"),
        Asked("Class weights"),
    ] = True
    augmentation: Augmentation | None = Augmentation()  # of images
    thinning: Annotated[  # of records, like the next one
        float,
        Field(
            ge=0,
            le=0.95,
            description="largest share of a record's events left out, others in each epoch",
        ),
        Asked("Thinning of records", step=0.05),
    ] = 0.5
    replication: Annotated[  # Lipton et al. (2016), arXiv:1511.03677
        float,
        Field(
            ge=0,
            le=1,
            title="target replication",
            description="share of the loss that is the mean over all events of a record",
        ),
        Asked("Target replication", step=0.05),
    ] = 0.3
    seed: Annotated[
        Seed, Field(description="of the first weights, the shuffle and the augmentation")
    ] = 1
    mixed_precision: Annotated[
        bool, Field(description="float16 arithmetic with float32 weights: for GPUs")
    ] = False
    folds: Annotated[
        int,
        Field(
            ge=0,
            le=20,
            title="number of folds",
            description="2 or more: calibrate on cross-fitted predictions, then train on training and "
            "validation split together; 0 or 1: on the validation split",
        ),
        Asked("Cross-fitting folds"),
    ] = 0
    prevalence: Annotated[
        float,
        Field(
            ge=0.001,
            le=0.999,
            description="of the finding, at which probabilities hold, with folds",
        ),
        Asked("Stated prevalence", 0.05, "%.3f"),
    ] = 0.5
