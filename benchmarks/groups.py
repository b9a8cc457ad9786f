"""Write ``assets/groups``: which pictures of a data set belong together, known by their content.

    python -m benchmarks.groups

From two tables in ``$SCANLINE_DATA`` that name each picture of PneumoniaMNIST (patient, series) and of
BreastMNIST (near copies). A picture is known by eight bytes of its pixels' SHA-256, not by its row: copies of
a set differ in their order.
"""

import csv
from collections.abc import Mapping, Sequence

import numpy as np

from diagnosis.datasets import SPLITS, Dataset, load
from diagnosis.datasets.download import data_folder
from diagnosis.datasets.groups import FOLDER, picture_keys

TABLES = {
    "pneumoniamnist": "pneumoniamnist_patients.csv",
    "breastmnist": "breastmnist_groups.csv",
}


def main() -> None:
    """Write a file for each set."""
    folder = data_folder()
    assert folder is not None, "set $SCANLINE_DATA"
    FOLDER.mkdir(exist_ok=True)
    for name, table in TABLES.items():
        with (folder / table).open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        dataset = load(name, download=False)
        _see_that_they_fit(rows, dataset)
        keys = np.concatenate([picture_keys(dataset.images[split]) for split in SPLITS])
        named = [_patient(row) if name == "pneumoniamnist" else _copies(row) for row in rows]
        groups = np.unique(named, return_inverse=True)[1].astype(np.uint16)
        series, numbers = np.unique([_series(row) for row in rows], return_inverse=True)
        keys, first = np.unique(keys, return_index=True)
        np.savez_compressed(
            FOLDER / f"{name}.npz",
            keys=keys, groups=groups[first], series=numbers.astype(np.uint8)[first], series_names=series,
        )  # fmt: skip
        print(
            f"{name}: {len(keys):,} different pictures, {len(np.unique(groups)):,} groups, {series}"
        )


def _see_that_they_fit(rows: Sequence[Mapping[str, str]], dataset: Dataset) -> None:
    """The table must have the rows of the file, in its order."""
    labels = np.concatenate([dataset.labels[split] for split in SPLITS])
    assert [row["split"] for row in rows] == [
        split for split in SPLITS for _ in dataset.labels[split]
    ]
    assert [int(row["label"]) for row in rows] == labels.tolist()


def _patient(row: Mapping[str, str]) -> str:
    """The patient; those who are not known are one for each class and split."""
    return row["patient"] or f"unknown-{row['label']}-{row['split']}"


def _copies(row: Mapping[str, str]) -> str:
    """The group of near copies; a picture without any is alone."""
    return row["near_copy_group"] or row["name"]


def _series(row: Mapping[str, str]) -> str:
    """Where a picture comes from: ``normal1``, ``normal2``, ``bacteria``, ``virus``, ``benign`` and so on."""
    if row.get("patient"):
        return row["patient"].partition("-")[0]
    return row["kind"] or "unknown"


if __name__ == "__main__":
    main()
