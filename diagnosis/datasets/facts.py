"""What is known about each data set before a byte of it is read.

The facts stand in ``catalogue.toml``, with their sources; this file says what they mean.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from diagnosis.core.population import NOT_STATED, Population

Task = Literal["binary", "multi-class", "ordinal", "multi-label"]


@dataclass(frozen=True)
class PublishedFile:
    """One downloadable NPZ archive."""

    filename: str
    url: str
    md5: str  # of the whole file, lower-case hexadecimal


@dataclass(frozen=True)
class DatasetFacts:
    """The facts about one data set; pages, command line and model cards take them from here."""

    name: str  # what one types: lower case
    title: str  # as its authors write it
    sentence: str  # what is in it
    task: Task
    classes: tuple[str, ...]  # in the order of the labels; multi-label: the findings, by column
    channels: int  # 1 grey, 3 red-green-blue; of records 1
    dimensions: int  # 1: records (events); 2: images (rows, columns); 3: volumes (slices first)
    finding: int | None  # binary: the class that is looked for; sensitivity means this class
    counts: Mapping[str, int]  # scans per split: "train", "val", "test"
    files: Mapping[int, PublishedFile]  # by size (pixels along each side); empty: not published
    licence: str
    citation: str
    flip: bool  # is a left-right mirrored scan still a plausible one? (a chest X-ray: no)
    synthetic: bool  # drawn by a program: no patient
    sizes: tuple[int, ...] = ()  # the sizes that can be had
    class_counts: Mapping[str, tuple[int, ...]] | None = None  # scans per split and class, if known
    population: Population = NOT_STATED  # for whom its models are
    jpeg_quality: int | None = None  # the reduced pictures went through JPEG of this quality
    get: str = ""  # how a person gets the set, where no single file of it is published
    record: bool = False  # each image has a record of the same patient beside it
    of: str = ""  # the set whose pictures these are, with other labels
    together: tuple[str, ...] = ()  # the sets that it is put together of
    question: str = ""  # what a model of it is asked, for people: "Breast ultrasound: malignant?"

    def most_bytes(self, size: int) -> int:
        """The most that a file of the set can have, in bytes: its arrays uncompressed, and their headers.

        Args:
            size: pixels along each side.
        """
        labels = len(self.classes) if self.task == "multi-label" else 1
        scan = int(size**self.dimensions) * self.channels + 8 * labels  # a label may be 64 bits
        return sum(self.counts.values()) * scan + 2**16

    @property
    def full_title(self) -> str:
        """The title, marked where no patient is shown: ``Phantoms (synthetic)``."""
        return marked(self.title, self.synthetic)


def marked(title: str, synthetic: bool) -> str:
    """A data set's title or name, with ``(synthetic)`` where its scans are."""
    return f"{title} (synthetic)" if synthetic else title


def title_of(name: str, *, imported: str = "") -> str:
    """The full title of a data set; an imported one has its name alone, followed by ``imported``."""
    facts = catalogue().get(name)
    return f"{name}{imported}" if facts is None else facts.full_title


def task_title(name: str) -> str:
    """The task of a data set's models, for people: its question, then the set's title."""
    facts = catalogue().get(name)
    return name if facts is None else f"{facts.question} · {facts.full_title}"


@cache
def catalogue() -> Mapping[str, DatasetFacts]:
    """All data sets that have a name here, by name: 18 of MedMNIST, MNIST, records, and synthetic ones."""
    with Path(__file__).with_name("catalogue.toml").open("rb") as file:
        table = tomllib.load(file)
    return MappingProxyType({name: _facts(name, row, table) for name, row in table["sets"].items()})


def _facts(name: str, row: Mapping[str, Any], table: Mapping[str, Any]) -> DatasetFacts:
    files = _files(name, row, table["medmnist_url"])
    of_medmnist = bool(files) and "url" not in row
    citation = [row["source"], table["medmnist_citation"]] if of_medmnist else [row["source"]]
    return DatasetFacts(
        name=name,
        title=row["title"],
        sentence=row["sentence"],
        task=row["task"],
        classes=tuple(row["classes"]),
        channels=row["channels"],
        dimensions=row["dimensions"],
        finding=row.get("finding"),
        counts=row["counts"],
        files=files,
        licence=row["licence"],
        citation=". ".join(citation),
        flip=row["flip"],
        synthetic=row.get("synthetic", False),
        sizes=tuple(row.get("sizes", files)),
        class_counts={split: tuple(counts) for split, counts in row["class_counts"].items()}
        if "class_counts" in row
        else None,
        population=Population.from_json(row["population"]),
        jpeg_quality=row.get("jpeg_quality"),
        get=row.get("get", ""),
        record=row.get("record", False),
        of=row.get("of", ""),
        together=tuple(row.get("together", ())),
        question=row["question"],
    )


def _files(name: str, row: Mapping[str, Any], url: str) -> dict[int, PublishedFile]:
    files = {}
    for size, md5 in row.get("md5", {}).items():  # TOML keys are text
        filename = f"{name}.npz" if size == "28" else f"{name}_{size}.npz"
        address = row.get("url", url).format(filename=filename)
        files[int(size)] = PublishedFile(filename, address, md5)
    return files
