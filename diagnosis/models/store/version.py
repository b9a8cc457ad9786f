"""One model version: its configuration, card, weights and arrays, checked as they are read."""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from diagnosis.core.errors import InputError
from diagnosis.core.paths import ASSETS
from diagnosis.core.population import Population
from diagnosis.datasets.facts import catalogue
from diagnosis.models.card import ModelCard
from diagnosis.models.config import ModelConfig

SHIPPED = ASSETS / "models"
CONFIG, WEIGHTS, CARD = "config.json", "model.weights.h5", "card.json"
# What its data looked like, and what it said of validation and test split; older versions have none.
OOD, PREDICTIONS = "ood.npz", "predictions.npz"
SUMS = "files.sha256"  # of configuration and card; versions of one's own from before have none


class ModelError(InputError):
    """A model cannot be found or used."""


@dataclass(frozen=True)
class Version:
    """One immutable model version. ``config`` and ``card`` are read when they are asked for."""

    folder: Path

    @property
    def name(self) -> str:
        """``data set/variant``."""
        return f"{self.dataset}/{self.variant}"

    @property
    def dataset(self) -> str:
        """Name of the data set that it was trained on."""
        return self.folder.parent.parent.name

    @property
    def variant(self) -> str:
        """Name of its variant."""
        return self.folder.parent.name

    @property
    def version(self) -> str:
        """Name of the version: its date and the beginning of its weights' SHA-256."""
        return self.folder.name

    @cached_property
    def config(self) -> ModelConfig:
        """What the model is.

        Raises:
            InputError: the file is missing or not a configuration.
        """
        return ModelConfig.from_json(self._document(CONFIG))

    @cached_property
    def card(self) -> ModelCard:
        """Its data, training, figures and limits.

        Raises:
            ModelError: the file is missing, not JSON, or not a card.
        """
        try:
            return ModelCard.from_json(self._document(CARD))
        except ValidationError as error:
            field = ".".join(map(str, error.errors()[0]["loc"])) or "the document"
            raise ModelError(
                f"The model {self.name}, version {self.version}, has no complete {CARD} ({field} is missing, "
                "unknown or not valid): restore its folder or train it again."
            ) from error

    @cached_property
    def sums(self) -> Mapping[str, str] | None:
        """SHA-256 of configuration and card as they were saved; None of a version from before there were any.

        Raises:
            ModelError: the file is missing or damaged.
        """
        try:
            text = (self.folder / SUMS).read_text(encoding="utf-8")
            pairs = (line.split("  ", 1) for line in text.splitlines())
            return {name: digest for digest, name in pairs}
        except (OSError, ValueError) as error:
            missing = isinstance(error, FileNotFoundError)
            if missing and not self.folder.is_relative_to(SHIPPED):
                return None
            raise ModelError(
                f"The model {self.name}, version {self.version}, has no readable {SUMS}: restore its folder "
                "or train it again."
            ) from error

    @cached_property
    def population(self) -> Population:
        """Whom it is for: as its card says, or of an older version the table of its data set.

        Raises:
            ModelError: the card cannot be read.
        """
        data = self.card.dataset
        if data.population is not None:
            return data.population
        facts = catalogue().get(data.name)
        return Population(modalities=data.modalities) if facts is None else facts.population

    def _document(self, name: str) -> Any:
        try:
            data = (self.folder / name).read_bytes()
            document: dict[str, Any] = json.loads(data)
        except (OSError, ValueError) as error:
            raise ModelError(
                f"The model {self.name} has no readable {name}: restore its folder or train it again."
            ) from error
        if self.sums is not None and self.sums.get(name) != hashlib.sha256(data).hexdigest():
            raise self._not_as_saved(f"The contents of {name}")
        return document

    def weights(self) -> Path:
        """The weights file, after its SHA-256 matched the card's.

        Raises:
            ModelError: the file is missing or not the one that was saved.
        """
        path = self.folder / WEIGHTS
        if not path.is_file() or sha256_of(path) != self.card.weights_sha256:
            raise self._not_as_saved("The weights")
        return path

    def arrays(self, name: str, *wanted: str) -> tuple[np.ndarray, ...] | None:
        """Arrays that were saved with it, after the file's SHA-256 matched the card's.

        Args:
            name: of the file, `OOD` or `PREDICTIONS`.
            wanted: names of arrays in it.

        Returns:
            Those arrays; None if the card knows of no such file.

        Raises:
            ModelError: the file is missing or not the one that was saved, or has no such arrays.
        """
        entry = {OOD: self.card.ood, PREDICTIONS: self.card.predictions}[name]
        if entry is None:
            return None
        try:
            data = (self.folder / name).read_bytes()
        except OSError:
            data = b""
        if hashlib.sha256(data).hexdigest() != entry.sha256:
            raise self._not_as_saved(f"The figures in {name}")
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as found:
                return tuple(found[array] for array in wanted)
        except (KeyError, OSError, EOFError, ValueError, zipfile.BadZipFile) as error:
            raise ModelError(
                f"The {name} of {self.name}, version {self.version}, cannot be read: restore the folder or "
                "train the model again."
            ) from error

    def _not_as_saved(self, what: str) -> ModelError:
        return ModelError(
            f"{what} of {self.name}, version {self.version}, are not the ones that were saved: "
            "restore the folder or train the model again."
        )


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
