"""A case as it was given: one file, or the files of a series; a line of a list."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from diagnosis.batch.uploads import Item
from diagnosis.scans import Limits, Scan
from diagnosis.scans.owner import NOBODY, Owner

if TYPE_CHECKING:  # they bring pydicom's words, which a page does not need to be drawn
    from diagnosis.scans.series import Arrangement, Survey
    from diagnosis.scans.series.file_header import FileHeader

Progress = Callable[[int, int], object]  # files done, files in all; what it raises ends the work


class Reader(Protocol):
    """What reads headers and decodes: a `Decoder` apart."""

    def read(self, data: bytes, *, limits: Limits | None = None, time: int = 1) -> Scan: ...
    def header(self, data: bytes, *, key: bytes, limits: Limits | None = None) -> FileHeader: ...


@dataclass(frozen=True)
class Choice:
    """What of a case is read where it holds several volumes; see `diagnosis.scans.series.arrange`."""

    largest: bool = False
    part: int | None = None
    time: int = 1


WHOLE = Choice()


@dataclass(frozen=True, eq=False)
class GivenCase:
    """One case.

    Attributes:
        id: of the first file.
        items: its files.
        survey: their headers, of a series or of a file that holds several volumes; else None.
        owner: whose they are, as far as they state it.
    """

    id: str
    items: tuple[Item, ...]
    survey: Survey | None = None
    owner: Owner = NOBODY

    @property
    def name(self) -> str:
        """Of the file, or the folder of a series; it may name a patient."""
        first = self.items[0].name
        if len(self.items) == 1:
            return first
        folders = {item.name.rpartition("/")[0] for item in self.items}
        folder = folders.pop()
        return folder if folder and not folders else f"{first} and {len(self.items) - 1} more"

    def arranged(self, choice: Choice = WHOLE) -> Arrangement | None:
        """Which slices make the volume, and what is wrong with them; None of a single picture.

        Raises:
            ScanError: there is no such part or time.
        """
        if self.survey is None:
            return None
        return self.survey.arrange(part=choice.part, largest=choice.largest, time=choice.time)

    def read(
        self,
        reader: Reader,
        choice: Choice = WHOLE,
        progress: Progress = lambda done, of: None,
    ) -> Scan:
        """Decode it.

        Raises:
            SeriesError: its files are not one consistent volume.
            InputError: a file cannot be unpacked or decoded, or there is no such part or time.
        """
        arrangement = self.arranged(choice)
        if self.survey is None or arrangement is None:
            (item,) = self.items
            return reader.read(item.read(), time=choice.time)
        from diagnosis.scans.series import read_volume

        return read_volume(self.survey, arrangement, decoder=reader, progress=progress).scan

    def sha256(self) -> str | None:
        """Of a single file's bytes; None where there are several, or it cannot even be unpacked."""
        if len(self.items) > 1:
            return None
        try:
            return hashlib.sha256(self.items[0].read()).hexdigest()
        except ValueError:
            return None
