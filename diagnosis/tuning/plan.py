"""What a search is: enough to repeat it, stored with its study, and the same when it is resumed."""

import os
import re
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal, get_args

from diagnosis.datasets import Dataset
from diagnosis.errors import InputError, nearest
from diagnosis.models.variants import VARIANTS, variant
from diagnosis.places import typed
from diagnosis.tuning.space import Space

Sampler = Literal["tpe", "random", "grid"]


@dataclass(frozen=True)
class Plan:
    """One search.

    Raises:
        InputError: a field is out of range; the message names it.
    """

    dataset: str  # what ``datasets.load`` takes
    size: int  # pixels along each side
    sha256: str  # of the data set
    variant: str
    space: Space
    sampler: Sampler = "tpe"  # grid: every combination; tpe: Bayesian (Bergstra et al. 2011)
    folds: int = 3
    epochs: int = 15  # of each fold, at most
    batch_size: int = 128
    augmented: bool = True
    seed: int = 1  # of the folds, the sampler, and each fold's training

    def __post_init__(self) -> None:
        if variant(self.variant).cell == "cnn":
            recurrent = [name for name, kind in VARIANTS.items() if kind.cell != "cnn"]
            raise InputError(
                f"A {VARIANTS[self.variant].title} has no hidden units to search: choose "
                f"{', '.join(recurrent[:-1])} or {recurrent[-1]}."
            )
        if self.sampler not in get_args(Sampler):
            raise InputError(
                f"There is no sampler {self.sampler!r}.{nearest(self.sampler, list(get_args(Sampler)))}"
            )
        for name, value, low, high in (
            ("number of folds", self.folds, 2, 20),
            ("epochs", self.epochs, 1, 10_000),
            ("batch size", self.batch_size, 1, 65_536),
            ("seed", self.seed, 0, 2**31),
        ):
            if not low <= value <= high:
                raise InputError(f"The {name} must be {low} to {high}, not {value}.")
        if self.sampler == "grid":
            self.space.grid()

    @classmethod
    def of(cls, dataset: Dataset, name: str, variant: str, space: Space, **options: Any) -> "Plan":
        """A plan for a data set that was loaded as ``name``, a name or path."""
        if os.sep in name or name.lower().endswith(".npz"):
            name = str(typed(name).resolve())
        return cls(name, dataset.size, dataset.sha256, variant, space, **options)

    @property
    def default_name(self) -> str:
        """What its study is called unless it is given a name."""
        stem = re.sub(r"[^a-z0-9_-]+", "-", Path(self.dataset).stem.lower()).strip("-_")
        return f"{stem or 'own'}-{self.variant}-{self.sampler}"

    def to_json(self) -> dict[str, Any]:
        """A JSON object; ``from_json`` reads it back."""
        return asdict(self) | {"space": self.space.to_json()}

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> "Plan":
        """Build from ``to_json``'s object.

        Raises:
            InputError: a field is missing, unknown or out of range.
        """
        try:
            return cls(**{**document, "space": Space.read(document["space"])})
        except (TypeError, KeyError, AttributeError) as error:
            raise InputError(
                f"The stored plan of this search cannot be read ({error}): start one of another name."
            ) from error

    def check_same(self, stored: "Plan", name: str) -> None:
        """See that a search may go on with this plan.

        Raises:
            InputError: a field differs from the stored plan's; the message names it.
        """
        for field in fields(self):
            ours, theirs = getattr(self, field.name), getattr(stored, field.name)
            if ours == theirs:
                continue
            title, was, now = field.name.replace("_", " "), str(theirs), str(ours)
            if field.name == "space":
                ((title, was, now),) = [
                    (key.replace("_", " "), stored.space.to_json()[key], text)
                    for key, text in self.space.to_json().items()
                    if text != stored.space.to_json()[key]
                ][:1]
            if field.name == "sha256":
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
        texts = self.space.to_json().items()
        return [
            self.dataset,
            self.variant,
            *(word for name, text in texts for word in ("--" + name.replace("_", "-"), text)),
            *("--sampler", self.sampler, "--folds", str(self.folds), "--epochs", str(self.epochs)),
            *(
                "--batch-size",
                str(self.batch_size),
                "--size",
                str(self.size),
                "--seed",
                str(self.seed),
            ),
            *([] if self.augmented else ["--no-augmentation"]),
        ]
