"""Cases that come with Scanline, each with a label: real pictures and volumes, synthetic records.

They lie in ``assets/examples``; ``examples.toml`` there says what each is, and under which licence. No data
set is needed.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from diagnosis.core.paths import ASSETS
from diagnosis.datasets.facts import catalogue, title_of

if TYPE_CHECKING:
    from diagnosis.cases import Case, Payload

FOLDER = ASSETS / "examples"
KINDS = {1: "record", 2: "image", 3: "volume"}  # by the dimensions of a set's cases


@dataclass(frozen=True)
class ShippedExample:
    """One case: an image, volume or record of a data set as the set holds it, or an original in its file."""

    id: str  # in an address; says nothing of the label
    task: str  # name of the data set that its label is of
    file: str  # its name in `FOLDER`
    label: tuple[str, ...]  # the classes that are there
    split: str  # of the data set, "train" or "test"
    number: int | None  # the set's case, from 1; None for an original
    altered: str  # what was done to an original's file
    credit: str  # who made it, in short
    licence: str
    citation: str

    @property
    def kind(self) -> str:
        """What it is, of `KINDS`."""
        return KINDS[catalogue()[self.task].dimensions]

    @property
    def title(self) -> str:
        """Which one it is, without its label."""
        if self.number is not None:
            return f"{title_of(self.task)}, {self.split} {self.kind} {self.number}"
        return f"Original of a picture in the {self.split} split of {title_of(self.task)}"

    @property
    def short(self) -> str:
        """The same where the task is known."""
        if self.number is not None:
            return f"{self.split.title()} {self.kind} {self.number}"
        return f"Original, {self.split} split"

    @property
    def data(self) -> bytes:
        """The bytes of its file."""
        return (FOLDER / self.file).read_bytes()

    def fits(self, size: int) -> bool:
        """Whether a model can read it that reads pictures of that many pixels a side, or so many events."""
        if self.number is None or self.kind == "record":
            return True
        return _payload(self).pixels.shape[-3:-1] == (size, size)

    @property
    def case(self) -> "Case":
        """As a case with its label, one for all who ask: models share what they make of it."""
        return _case(self)


@cache
def shipped() -> dict[str, ShippedExample]:
    """All of them, by id, in the order in which they are shown."""
    with (FOLDER / "examples.toml").open("rb") as file:
        table = tomllib.load(file)
    found = [
        ShippedExample(
            id=row["id"],
            task=row["task"],
            file=row["file"],
            label=tuple(row["label"]),
            split=row["split"],
            number=row.get("number"),
            altered=row.get("altered", ""),
            **table["sources"][row["task"]],
        )
        for row in table["examples"]
    ]
    return {each.id: each for each in found}


def examples_of(task: str, size: int) -> dict[str, ShippedExample]:
    """Those that a model can read, by id.

    Args:
        task: name of the model's data set.
        size: pixels a side, or events, that it reads.
    """
    return {each.id: each for each in shipped().values() if each.task == task and each.fits(size)}


@cache
def _payload(example: ShippedExample) -> "Payload":
    import numpy as np
    from PIL import Image

    from diagnosis.cases import Example
    from diagnosis.scans import read_scan

    if example.number is None:
        return read_scan(example.data)
    if example.kind != "image":
        values = np.load(FOLDER / example.file, allow_pickle=False)
    else:
        with Image.open(FOLDER / example.file) as picture:
            values = np.asarray(picture)
    values.setflags(write=False)
    facts = catalogue()[example.task]
    volume = example.kind == "volume"
    return Example(
        values, volume, facts.name, facts.title, example.split, example.number, facts.synthetic
    )


@cache
def _case(example: ShippedExample) -> "Case":
    from diagnosis.cases import Case, Example, select

    payload = _payload(example)
    source = (
        payload.name if isinstance(payload, Example) else f"{example.task}, example {example.id}"
    )
    return Case(payload, select(payload, whole=example.kind != "image"), source, example.label)
