"""Files in, a volume out: headers first, then only the slices that make it, one file at a time."""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from diagnosis.core.reason import Reason
from diagnosis.scans.decode import read_scan
from diagnosis.scans.limits import Limits
from diagnosis.scans.samples import extremes, one_channel_if_equal
from diagnosis.scans.scan import Scan, ScanError
from diagnosis.scans.series.arrange import Arrangement, arrange
from diagnosis.scans.series.assembly import Assembly
from diagnosis.scans.series.file_header import FileHeader
from diagnosis.scans.series.volume import SliceFacts, slice_facts, volume_of

Progress = Callable[[int, int], object]  # files done, files in all; what it raises ends the work


class SeriesFile(NamedTuple):
    """A file of a series; it is read when it is needed, and perhaps twice."""

    name: str  # it may name a patient: used in tables that are asked for with names
    read: Callable[[Limits], bytes]


class SliceDecoder(Protocol):
    """What reads headers and decodes files: `HERE`, or a `Decoder` apart."""

    def read(self, data: bytes, *, limits: Limits | None = None) -> Scan: ...
    def header(self, data: bytes, *, key: bytes, limits: Limits | None = None) -> FileHeader: ...


class _Here:
    """In this process."""

    def read(self, data: bytes, *, limits: Limits | None = None) -> Scan:
        return read_scan(data, limits=limits)

    def header(self, data: bytes, *, key: bytes, limits: Limits | None = None) -> FileHeader:
        from diagnosis.scans.series.header import read_header  # brings pydicom

        return read_header(data, key=key, limits=limits or Limits.from_environment())


HERE = _Here()


class SeriesError(ScanError):
    """Files that are not one consistent volume; ``arrangement`` has the faults and the table."""

    def __init__(self, arrangement: Arrangement) -> None:
        """The sentence is general; those of the faults are in ``diagnosis.text.series``."""
        super().__init__(
            "The files are not one consistent volume: choose a part of them, or the largest consistent "
            "part."
            if arrangement.remedy
            else "No volume can be made of these files: give the slices of one series."
        )
        self.arrangement = arrangement


@dataclass(frozen=True, eq=False)
class Survey:
    """The headers of a set of files, in their order; a sentence for each that has none."""

    files: tuple[SeriesFile, ...]
    headers: tuple[FileHeader | str, ...]

    def arrange(
        self, *, part: int | None = None, largest: bool = False, time: int = 1
    ) -> Arrangement:
        """Decide which slices make the volume; see `arrange`."""
        names = [file.name for file in self.files]
        return arrange(self.headers, names, part=part, largest=largest, time=time)


@dataclass(frozen=True, eq=False)
class Series:
    """A volume, and how it came about."""

    scan: Scan
    arrangement: Arrangement

    @property
    def faults(self) -> tuple[Reason, ...]:
        """What was found, in order of weight."""
        return self.arrangement.faults


def in_memory(pairs: Iterable[tuple[str, bytes]]) -> tuple[SeriesFile, ...]:
    """Files whose bytes are in memory already, as uploads are."""

    def reader(data: bytes) -> Callable[[Limits], bytes]:
        return lambda limits: data

    return tuple(SeriesFile(name, reader(data)) for name, data in pairs)


def survey(
    files: Sequence[SeriesFile],
    *,
    limits: Limits | None = None,
    decoder: SliceDecoder = HERE,
    progress: Progress = lambda done, of: None,
) -> Survey:
    """Read the headers of all files; nothing is decoded.

    Args:
        files: at most as many as a scan may have frames.
        limits: of one file and of the series; from the environment unless given.
        decoder: what reads them; a server sets a process apart.
        progress: called after each file.

    Raises:
        ScanError: there are no files, or more than allowed.
        InputError: what a source of files raises where it is unsafe.
    """
    limits = limits or Limits.from_environment()
    if not files:
        raise ScanError("There are no files: give the files of a series.")
    if len(files) > limits.frames:
        limits.check_series(rows=1, columns=1, slices=len(files))
    key = secrets.token_bytes(16)
    headers: list[FileHeader | str] = []
    for number, file in enumerate(files, 1):
        try:
            headers.append(decoder.header(file.read(limits), key=key, limits=limits))
        except ScanError as error:  # of this file; a series has others
            headers.append(str(error))
        progress(number, len(files))
    return Survey(tuple(files), tuple(headers))


def read_volume(
    surveyed: Survey,
    arrangement: Arrangement,
    *,
    limits: Limits | None = None,
    decoder: SliceDecoder = HERE,
    progress: Progress = lambda done, of: None,
) -> Series:
    """Decode the slices that make the volume.

    Args:
        surveyed: the files.
        arrangement: of the same.
        limits, decoder, progress: as of `survey`.

    Raises:
        SeriesError: a fault stops it.
        ScanError: a slice cannot be decoded, or the volume is larger than allowed.
    """
    limits = limits or Limits.from_environment()
    if not arrangement.slices:
        raise SeriesError(arrangement)
    header = arrangement.slices[0].header
    count = len(arrangement.slices)
    limits.check_series(rows=header.rows, columns=header.columns, slices=count)
    assembly = Assembly(count, header.rows, header.columns, 3 if header.colour else 1)
    by_file: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for index, one in enumerate(arrangement.slices):
        by_file[one.file].append((index, one.header.order.index(one.frame)))
    facts: list[SliceFacts | None] = [None] * count
    for number, (file, places) in enumerate(by_file.items(), 1):
        scan = _decoded(surveyed.files[file], file, decoder, limits)
        if scan.pixels.shape[1:3] != (header.rows, header.columns) or scan.frames <= max(
            frame for _, frame in places
        ):
            raise ScanError(
                f"File {file + 1} holds other pixels than its header says: export it again."
            )
        whole = extremes(scan.pixels)
        for index, frame in places:
            assembly.put(index, scan.pixels[frame])
            facts[index] = slice_facts(scan, frame, whole)
        progress(number, len(by_file))
    pixels = assembly.pixels()
    if header.colour:
        pixels = one_channel_if_equal(pixels)
    volume = volume_of(pixels, [fact for fact in facts if fact is not None], arrangement)
    return Series(volume, arrangement)


def read_series(
    files: Sequence[SeriesFile],
    *,
    part: int | None = None,
    largest: bool = False,
    time: int = 1,
    limits: Limits | None = None,
    decoder: SliceDecoder = HERE,
    progress: Progress = lambda done, of: None,
) -> Series:
    """All at once: survey, arrange, decode; see these.

    Raises:
        SeriesError: a fault stops it; it has the table.
        ScanError: as `survey`, `arrange` and `read_volume`.
    """
    surveyed = survey(files, limits=limits, decoder=decoder, progress=progress)
    arrangement = surveyed.arrange(part=part, largest=largest, time=time)
    return read_volume(surveyed, arrangement, limits=limits, decoder=decoder, progress=progress)


def _decoded(file: SeriesFile, number: int, decoder: SliceDecoder, limits: Limits) -> Scan:
    try:
        return decoder.read(file.read(limits), limits=limits)
    except ScanError as error:
        raise ScanError(f"File {number + 1} of the series cannot be read. {error}") from error
