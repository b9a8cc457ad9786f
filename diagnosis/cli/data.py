"""``python -m diagnosis data``: which data sets there are, what is known about one, getting one.

The import of images is in ``data_import.py``, records as MEDS in ``data_meds.py``.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from diagnosis.cli import data_import, data_meds
from diagnosis.cli.result import Result, table
from diagnosis.core.population import Population
from diagnosis.datasets import (
    SPLITS,
    Dataset,
    DatasetError,
    DatasetFacts,
    catalogue,
    fetch,
    load,
    locate,
    own_files,
)
from diagnosis.datasets.imported import imported_files, imported_sets


def add_to(commands: argparse._SubParsersAction, common: argparse.ArgumentParser) -> None:
    """Add ``data list``, ``show``, ``check``, ``fetch``, ``import``, ``remove`` and ``meds``.

    ``common`` is the parent parser with the options of every command.
    """
    parser = commands.add_parser("data", help="data sets: list them, show one, get one")
    actions = parser.add_subparsers(
        dest="action", required=True, metavar="list|show|check|fetch|import|remove|meds"
    )

    leaf = actions.add_parser("list", parents=[common], help="all data sets")
    leaf.set_defaults(run=list_sets)

    leaf = actions.add_parser("show", parents=[common], help="everything known about one set")
    leaf.add_argument("name", help="a name from `data list`, or the path of an NPZ file")
    leaf.add_argument("--size", type=int, default=28, help="pixels along each side (default 28)")
    leaf.set_defaults(run=show_set)

    leaf = actions.add_parser(
        "check",
        parents=[common],
        help="what a set's splits share: patients, equal and similar images",
    )
    leaf.add_argument("name", help="a name from `data list`, or the path of an NPZ file")
    leaf.add_argument("--size", type=int, default=28, help="pixels along each side (default 28)")
    leaf.set_defaults(run=check_set)

    leaf = actions.add_parser("fetch", parents=[common], help="download a set and check it")
    leaf.add_argument("name", help="a name from `data list`")
    leaf.add_argument("--size", type=int, default=28, help="pixels along each side (default 28)")
    leaf.set_defaults(run=fetch_set)
    data_import.add_to(actions, common)
    data_meds.add_to(actions, common)


def list_sets(args: argparse.Namespace) -> Result:
    """A list of objects, one for each set of the table and each imported one: see `_summary`."""
    imported, problems = imported_sets()
    sets = [_summary(facts) for facts in [*catalogue().values(), *imported]]
    rows: list[tuple[str, ...]] = [
        ("name", "task", "classes", "kind", *SPLITS, "sizes", "licence", "here")
    ]
    for row in sets:
        rows.append(
            (
                row["name"],
                row["task"],
                str(len(row["classes"])),
                _kind(row["dimensions"], row["channels"]),
                *(f"{row['counts'][split]:,}" for split in SPLITS),
                ", ".join(map(str, row["sizes"])),
                row["licence"] + (" (synthetic)" if row["synthetic"] else ""),
                "yes" if row["available"] else "no",
            )
        )
    text = table(rows, right={2, 4, 5, 6})
    text += "".join(f"\n\n{problem}" for problem in problems)
    if own := [name for name in own_files() if name not in imported_files()]:
        text += f"\n\nYour own in $SCANLINE_DATA: {', '.join(own)} (see `data show NAME`)."
    return Result(sets, text)


def show_set(args: argparse.Namespace) -> Result:
    """One object: the keys of `data list`, and the description, citation, files, path and notes.

    A local file that cannot be used does not hide the facts: the reason stands among the notes.
    """
    facts, path, notes = _look_up(args.name, args.size)
    payload = _summary(facts) | {
        "sentence": facts.sentence,
        "finding": None if facts.finding is None else facts.classes[facts.finding],
        "class_counts": facts.class_counts,
        "citation": facts.citation,
        "flip": facts.flip,
        "modalities": list(facts.population.modalities),
        "population": facts.population.to_json(),
        "files": [
            {"size": size, "filename": file.filename, "url": file.url, "md5": file.md5}
            for size, file in facts.files.items()
        ],
        "path": None if path is None else str(path),
        "notes": notes,
    }
    if path is not None:
        payload["available"] = True
    return Result(payload, _described(payload))


def check_set(args: argparse.Namespace) -> Result:
    """One object: the name, SHA-256 and findings of a set that is here."""
    from diagnosis.datasets.importing.splits_check import check_splits

    dataset = load(args.name, size=args.size, download=False)
    findings = check_splits(dataset)
    payload = {
        "name": dataset.facts.name,
        "sha256": dataset.sha256,
        "findings": [finding.to_json(names=False) for finding in findings],
    }
    said = [f"- {finding.sentence}" for finding in findings] or ["Nothing that its splits share."]
    return Result(payload, "\n".join([f"{dataset.facts.title}:", *said]))


def fetch_set(args: argparse.Namespace) -> Result:
    """One object: the name, size, path, SHA-256 and notes of a set that is now here and usable."""
    path = fetch(args.name, size=args.size, progress=sys.stderr.isatty())
    dataset = load(args.name, size=args.size, download=False)
    payload = {
        "name": dataset.facts.name,
        "size": dataset.size,
        "path": str(path),
        "sha256": dataset.sha256,
        "notes": list(dataset.notes),
    }
    lines = [f"{dataset.facts.title}, size {dataset.size}: {path}", *dataset.notes]
    return Result(payload, "\n".join(lines))


def _look_up(name: str, size: int) -> tuple[DatasetFacts, Path | None, list[str]]:
    facts = catalogue().get(name.lower())
    if facts is None:
        dataset: Dataset = load(name)
        return dataset.facts, locate(name) or Path(name), list(dataset.notes)
    path = locate(name, size=size)
    if path is None:  # not here; an impossible size is an error all the same
        known = facts.get or (facts.files and size in facts.sizes)
        return facts, None, [] if known else list(load(name, size=size, download=False).notes)
    try:
        return facts, path, list(load(name, size=size, download=False).notes)
    except DatasetError as error:
        return facts, path, [str(error)]


def _summary(facts: DatasetFacts) -> dict[str, Any]:
    return {
        "name": facts.name,
        "title": facts.title,
        "task": facts.task,
        "classes": list(facts.classes),
        "channels": facts.channels,
        "dimensions": facts.dimensions,
        "counts": {split: facts.counts[split] for split in SPLITS},
        "sizes": list(facts.sizes),
        "licence": facts.licence,
        "synthetic": facts.synthetic,
        "available": facts.synthetic or any(locate(facts.name, size=size) for size in facts.sizes),
    }


def _kind(dimensions: int, channels: int) -> str:
    if dimensions == 1:
        return "records"
    return "volumes" if dimensions == 3 else ("colour images" if channels == 3 else "grey images")


def _described(show: dict[str, Any]) -> str:
    synthetic = " (synthetic)" if show["synthetic"] else ""
    counts = ", ".join(f"{split} {show['counts'][split]:,}" for split in SPLITS)
    rows: list[tuple[str, ...]] = [
        ("task", show["task"] + (f", looking for {show['finding']}" if show["finding"] else "")),
        *_numbered("classes", show["classes"], show["class_counts"]),
        ("records", counts)
        if show["dimensions"] == 1
        else ("scans", f"{_kind(show['dimensions'], show['channels'])}: {counts}"),
        ("events" if show["dimensions"] == 1 else "sizes", ", ".join(map(str, show["sizes"]))),
        *_of_scans("modality", " or ".join(show["modalities"]) or "not stated", show),
        ("models", Population.from_json(show["population"]).sentence),
        *_of_scans(
            "flip", "a mirrored scan is plausible" if show["flip"] else "not to be mirrored", show
        ),
        ("licence", show["licence"]),
        ("citation", show["citation"]),
    ]
    for file in show["files"]:
        rows.append((f"file, {file['size']}", f"{file['url']}  MD5 {file['md5']}"))
    rows.append(("here", show["path"] or ("made when needed" if show["synthetic"] else "no")))
    rows += [("note", note) for note in show["notes"]]
    return f"{show['title']}{synthetic}: {show['sentence']}\n\n{table(rows)}"


def _of_scans(label: str, words: str, show: dict[str, Any]) -> list[tuple[str, str]]:
    """A row that records do not have."""
    return [] if show["dimensions"] == 1 else [(label, words)]


def _numbered(
    label: str, classes: list[str], counts: Mapping[str, Sequence[int]] | None
) -> list[tuple[str, str]]:
    """One row for each class: its number, its name and, where known, its scans in each split."""
    rows = []
    for index, name in enumerate(classes):
        known = counts and ", ".join(f"{split} {counts[split][index]:,}" for split in SPLITS)
        rows.append(("" if index else label, f"{index} {name}" + (f" ({known})" if known else "")))
    return rows
