"""Saving a version: whole or not at all, and never over one that is there."""

import itertools
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from diagnosis.core import strict_json
from diagnosis.core.errors import InputError
from diagnosis.core.private_files import FILE, FOLDER, private, to_disk
from diagnosis.models.card import CardContents, ModelCard
from diagnosis.models.config import ModelConfig
from diagnosis.models.store.disk import PARTIAL, is_own, sweep
from diagnosis.models.store.finding import own_models
from diagnosis.models.store.version import (
    CARD,
    CONFIG,
    OOD,
    PREDICTIONS,
    SUMS,
    WEIGHTS,
    Version,
    sha256_of,
)


def save(
    name: str,
    config: ModelConfig,
    model: Any,
    card: CardContents,
    *,
    arrays: Mapping[str, Mapping[str, np.ndarray]] = MappingProxyType({}),
    root: Path | None = None,
) -> Version:
    """Write a version under a temporary name, then rename it: it is there whole or not at all.

    A version that is there is never touched: somebody may be reading with it. What equals it in weights,
    configuration and figures is that version; what has only the same weights gets a name with a number.

    Args:
        name: ``data set/variant``.
        config: what the model is.
        model: the trained Keras model.
        card: its card; model, version and the SHA-256 of the weights and of each file of arrays are added.
        arrays: by name of the file, `OOD` or `PREDICTIONS`, see ``Version.arrays``.
        root: instead of ``own_models()``.
    """
    place = (root or own_models()) / name
    own = is_own(place)
    if own:
        private(place)
    place.mkdir(parents=True, exist_ok=True)
    sweep(place)
    partial = place / f"{PARTIAL}{secrets.token_hex(8)}"
    partial.mkdir(FOLDER if own else 0o777)
    try:
        model.save_weights(partial / WEIGHTS)
        digest = sha256_of(partial / WEIGHTS)
        _write_json(partial / CONFIG, config.to_json())
        document = {**card.to_json(), "model": name, "weights_sha256": digest}
        for file, of_file in arrays.items():
            np.savez_compressed(partial / file, **of_file)  # type: ignore[arg-type]
            entry = Path(file).stem
            document[entry] = {**document.get(entry, {}), "sha256": sha256_of(partial / file)}
        usual = f"{card.created:%Y%m%d}-{digest[:8]}"
        for number in itertools.count(1):
            folder = place / (usual if number == 1 else f"{usual}-{number}")
            complete = ModelCard.from_json({**document, "version": folder.name})
            _write_json(partial / CARD, complete.to_json())
            write_sums(partial)
            if own:
                for path in partial.iterdir():
                    path.chmod(FILE)
            if _placed(partial, folder):
                break
            if _equal(Version(folder), config, complete):
                return Version(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return Version(folder)


def write_sums(folder: Path) -> None:
    """Write the SHA-256 of configuration and card of a version beside them, as ``sha256sum`` does."""
    lines = (f"{sha256_of(folder / name)}  {name}\n" for name in (CONFIG, CARD))
    (folder / SUMS).write_text("".join(lines), encoding="utf-8")


def _placed(partial: Path, folder: Path) -> bool:
    """Give a whole version its name, unless there is one of that name; power may fail right after."""
    if folder.exists():
        return False
    for file in partial.iterdir():
        to_disk(file)
    to_disk(partial)
    try:
        partial.rename(folder)
    except OSError:  # another process was quicker
        if folder.exists():
            return False
        raise
    to_disk(folder.parent)
    return True


def _equal(there: Version, config: ModelConfig, card: ModelCard) -> bool:
    """Whether the version that is there is whole and differs from a new one in its times only."""
    try:
        there.weights()
        for name in (OOD, PREDICTIONS):
            there.arrays(name)
        return there.config == config and _figures(there.card) == _figures(card)
    except InputError:
        return False


def _figures(card: ModelCard) -> dict[str, Any]:
    """What a card says but for names and times."""
    document = card.to_json()
    figures = ("weights_sha256", "dataset", "calibration", "threshold", "abstention", "metrics")
    return {name: document.get(name) for name in (*figures, "ood", "predictions")}


def _write_json(path: Path, document: dict[str, Any]) -> None:
    path.write_text(strict_json.dumps(document, ensure_ascii=False) + "\n", encoding="utf-8")
