"""What a search is: enough to repeat it, stored with its study, and the same when it is resumed."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, ConfigDict, Field, PlainSerializer, model_validator

from diagnosis.core.errors import InputError
from diagnosis.core.paths import typed
from diagnosis.core.settings import Asked, Seed, Settings, flag
from diagnosis.datasets import Dataset
from diagnosis.models.config import VariantName
from diagnosis.models.variants import recurrent_variants, variant
from diagnosis.sequences import Size
from diagnosis.training.config import BatchSize, Epochs
from diagnosis.tuning.space import Space

Sampler = Literal["tpe", "random", "grid"]
TRIALS = 20  # unless a budget is given


def _space(given: Any) -> Any:
    return Space.read(given) if isinstance(given, Mapping) else given


class Budget(Settings):
    """How long a search takes, and how much of the machine."""

    model_config = ConfigDict(title="budget")

    trials: (
        Annotated[
            int,
            Field(
                ge=1, le=100_000, title="number of trials", description="that the search has in all"
            ),
            Asked("Total trials"),
        ]
        | None
    ) = None
    minutes: (
        Annotated[
            float,
            Field(gt=0, le=100_000, title="number of minutes", description="of this run"),
            Asked("Time limit (min)", step=5.0),
        ]
        | None
    ) = None
    workers: Annotated[
        int,
        Field(ge=1, le=256, title="number of workers", description="folds computed at once"),
        Asked("Workers"),
    ] = 1


class Plan(Settings):
    """One search."""

    model_config = ConfigDict(title="plan of a search")

    dataset: str  # what ``datasets.load`` takes
    size: Size
    sha256: str  # of the data set
    variant: VariantName
    space: Annotated[Space, BeforeValidator(_space), PlainSerializer(Space.to_json)]
    sampler: Annotated[  # tpe: Bergstra et al. 2011
        Sampler, Field(description="tpe (Bayesian), random, or grid: every combination")
    ] = "tpe"
    folds: Annotated[
        int,
        Field(
            ge=2,
            le=20,
            title="number of folds",
            description="of training and validation split together; the test split is never touched",
        ),
        Asked("Folds"),
    ] = 3
    epochs: Annotated[
        Epochs, Field(description="of each fold, at most"), Asked("Max. epochs per fold")
    ] = 15
    batch_size: BatchSize = 128
    augmented: bool = True
    seed: Annotated[
        Seed, Field(description="of the folds, the sampler and each fold's training")
    ] = 1

    @model_validator(mode="after")
    def _searchable(self) -> Self:
        kind = variant(self.variant)
        if not kind.recurrent:
            recurrent = recurrent_variants()
            raise InputError(
                f"A {kind.title} has no hidden units to search: choose "
                f"{', '.join(recurrent[:-1])} or {recurrent[-1]}."
            )
        if self.sampler == "grid":
            self.space.grid()
        return self

    @classmethod
    def of(cls, dataset: Dataset, name: str, variant: str, space: Space, **options: Any) -> "Plan":
        """A plan for a data set that was loaded as ``name``, a name or path."""
        if os.sep in name or name.lower().endswith(".npz"):
            name = str(typed(name).resolve())
        return cls(
            dataset=name,
            size=dataset.size,
            sha256=dataset.sha256,
            variant=variant,
            space=space,
            **options,
        )

    @property
    def default_name(self) -> str:
        """The name of its study, unless another is given."""
        stem = re.sub(r"[^a-z0-9_-]+", "-", Path(self.dataset).stem.lower()).strip("-_")
        return f"{stem or 'own'}-{self.variant}-{self.sampler}"

    def check_same(self, stored: "Plan", name: str) -> None:
        """See that a search may go on with this plan.

        Raises:
            InputError: a field differs from the stored plan's; the message names it.
        """
        for field in type(self).model_fields:
            ours, theirs = getattr(self, field), getattr(stored, field)
            if ours == theirs:
                continue
            title, was, now = field.replace("_", " "), str(theirs), str(ours)
            if field == "space":
                ((title, was, now),) = [
                    (key.replace("_", " "), stored.space.to_json()[key], text)
                    for key, text in self.space.to_json().items()
                    if text != stored.space.to_json()[key]
                ][:1]
            if field == "sha256":
                raise InputError(
                    f"The data set has changed since the search {name!r} began (its SHA-256 differs): start "
                    "one of another name with --study."
                )
            raise InputError(
                f"There is a search {name!r} already, whose {title} is {was}, not {now}: give another name "
                "with --study, or resume that one as it is with --resume."
            )

    def words(self) -> list[str]:
        """The options of ``tune`` that make this plan."""
        chosen = self.space.to_json() | {
            name: getattr(self, name)
            for name in ("sampler", "folds", "epochs", "batch_size", "size", "seed")
        }
        return [
            self.dataset,
            self.variant,
            *(w for name, value in chosen.items() for w in (flag(name), str(value))),
            *([] if self.augmented else ["--no-augmentation"]),
        ]
