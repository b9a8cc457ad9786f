"""Sets that were imported on this machine: a folder each, with what was imported and what is known of it.

<home>/datasets/<name>/<name>.npz  set.json, or of records events.parquet  patients.csv  set.json
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from diagnosis.core.paths import home
from diagnosis.core.population import Population
from diagnosis.datasets.archive import Archive
from diagnosis.datasets.dataset import Dataset, DatasetError
from diagnosis.datasets.facts import DatasetFacts
from diagnosis.datasets.record_places import is_record_folder
from diagnosis.datasets.user_npz import open_own

CARD = "set.json"
SCHEMA = 1


def imports_folder() -> Path:
    """The folder of imported sets."""
    return home() / "datasets"


def imported_files() -> dict[str, Path]:
    """The NPZ file of every imported set, or the folder of one of records, by name."""
    folders = [card.parent for card in sorted(imports_folder().glob(f"*/{CARD}"))]
    return {
        folder.name: folder if is_record_folder(folder) else folder / f"{folder.name}.npz"
        for folder in folders
        if not folder.name.startswith(".")
    }


def imported_card(name: str) -> dict[str, Any]:
    """What is known about an imported set, without opening it.

    Raises:
        DatasetError: its ``set.json`` is missing or damaged.
    """
    path = imports_folder() / name / CARD
    try:
        card: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if card["schema"] != SCHEMA:
            raise ValueError("written by another version")
        imported_facts(card)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DatasetError(
            f"The imported set {name} has no readable {CARD}: remove it (data remove {name}) and import it "
            "again."
        ) from error
    return card


def imported_facts(card: dict[str, Any]) -> DatasetFacts:
    """The facts in a set's ``set.json``."""
    return DatasetFacts(
        name=card["name"],
        title=card["name"],
        sentence=f"A set of your own, imported on {card['created'][:10]} from {card['report']['kind']}.",
        task="binary" if len(card["classes"]) == 2 else "multi-class",
        classes=tuple(card["classes"]),
        channels=card["channels"],
        dimensions=card.get("dimensions", 2),
        finding=card["finding"],
        counts=card["counts"],
        files={},
        licence="not stated",
        citation="not stated",
        flip=False,  # unknown, so no
        synthetic=False,
        sizes=(card["size"],),
        # Older imports do not say.
        population=Population(modalities=tuple(card["report"].get("modalities", ()))),
        class_counts={split: tuple(counts) for split, counts in card["class_counts"].items()},
    )


def imported_sets() -> tuple[list[DatasetFacts], list[str]]:
    """The facts about all imported sets, and a sentence for each that is damaged."""
    found, problems = [], []
    for name in imported_files():
        try:
            found.append(imported_facts(imported_card(name)))
        except DatasetError as error:
            problems.append(str(error))
    return found, problems


def open_imported(archive: Archive, name: str) -> Dataset:
    """The data set in an imported file.

    Raises:
        DatasetError: an error of `open_own`, or it is not the file that was stored.
    """
    card = imported_card(name)
    if archive.sha256 != card["sha256"]:
        raise DatasetError(
            f"{archive.path} is not the file that was stored (its SHA-256 differs): remove the set (data "
            f"remove {name}) and import it again."
        )
    return replace(open_own(archive), facts=imported_facts(card), notes=notes_of(card))


def notes_of(card: dict[str, Any]) -> tuple[str, ...]:
    """What a person should know of a set: how it was split, and what its import warned of."""
    warnings = [f["sentence"] for f in card["report"]["findings"] if f["level"] == "warning"]
    return (f"{card['report']['split_rule']}", *(f"On import: {text}" for text in warnings))
