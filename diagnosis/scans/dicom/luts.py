"""DICOM's lookup tables: modality, values of interest and palette, as they are found in files.

pydicom's own functions are not used: `apply_modality_lut` knows no table of 10 to 16 bits
(pydicom#2317), `apply_voi` and `apply_color_lut` count places in the type of the table's entries, so
that 8-bit tables of more than 256 entries wrap, and none of them reads 8-bit entries packed two a word.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pydicom.dataset import Dataset

from diagnosis.scans.dicom.frames import items, value_of
from diagnosis.scans.scan import ScanError

BLOCK = 2**20  # values looked up at a time, so that nothing of a picture's size is made on the way
WORD = 2**16
COLOURS = ("Red", "Green", "Blue")


@dataclass(frozen=True)
class Table:
    """One table: ``entries[clip(value - first, 0, len - 1)]``, uint16 or uint8.

    ``bits`` is what the entries take, which is less than some files declare (of 16 bits, Agfa's CRs
    fill 12): Horos, Cornerstone and dicom-rs (#825) go by the entries, too.
    """

    entries: np.ndarray
    first: int
    declared: int = 16  # bits

    @property
    def bits(self) -> int:
        return max(int(self.entries.max()).bit_length(), 1)

    @property
    def ends(self) -> tuple[float, float]:
        """The smallest and the largest value that entries of so many bits can have."""
        return 0.0, 2.0**self.bits - 1

    def of(self, values: np.ndarray) -> np.ndarray:
        """Look up every value, fractions rounded; the same shape, in the type of the entries."""
        flat = values.reshape(-1)
        found = np.empty(len(flat), self.entries.dtype)
        last = self.first + len(self.entries) - 1
        for start in range(0, len(flat), BLOCK):
            block = flat[start : start + BLOCK]
            if block.dtype.kind == "f":
                block = np.rint(np.clip(np.nan_to_num(block, nan=self.first), self.first, last))
            # int64: neither the values nor the ends need fit in the type of the other
            places = np.clip(block.astype(np.int64), self.first, last) - self.first
            found[start : start + BLOCK] = self.entries[places]
        return found.reshape(values.shape)


def modality_table(group: Dataset, signed: bool, within: tuple[float, float]) -> Table | None:
    """The table of a Modality LUT Sequence (PS3.3, C.11.1.1), or None."""
    return _first_item(group, "ModalityLUTSequence", signed, within)


def voi_table(group: Dataset, signed: bool, within: tuple[float, float]) -> Table | None:
    """The first table of a VOI LUT Sequence (PS3.3, C.11.2.1.1), or None."""
    return _first_item(group, "VOILUTSequence", signed, within)


def _first_item(
    group: Dataset, keyword: str, signed: bool, within: tuple[float, float]
) -> Table | None:
    for item in items(group, keyword)[:1]:
        descriptor, data = value_of(item, "LUTDescriptor"), value_of(item, "LUTData")
        little = _is_little(item, group)
        return _table(descriptor, data, signed=signed, within=within, little=little)
    return None


def coloured(index: np.ndarray, dataset: Dataset, *, signed: bool) -> np.ndarray:
    """Turn a palette's indices ``(frames, rows, columns)`` into colours, uint8 with 3 channels more.

    Tables of 16 bits are shown by their upper 8 (PS3.3, C.7.6.3.1.6) unless nothing stands there.
    """
    within = float(index.min()), float(index.max())
    tables = [_palette(dataset, colour, signed=signed, within=within) for colour in COLOURS]
    shift = max(max(table.bits for table in tables) - 8, 0)
    if shift:
        shift = max(shift, min(max(table.declared for table in tables), 16) - 8)
    colours = np.empty((*index.shape, 3), np.uint8)
    for channel, table in enumerate(tables):
        levels = (table.entries >> shift).astype(np.uint8)
        colours[..., channel] = Table(levels, table.first).of(index)
    return colours


def _palette(dataset: Dataset, colour: str, *, signed: bool, within: tuple[float, float]) -> Table:
    descriptor = value_of(dataset, f"{colour}PaletteColorLookupTableDescriptor")
    data = value_of(dataset, f"{colour}PaletteColorLookupTableData")
    little = _is_little(dataset, dataset)
    segmented = value_of(dataset, f"Segmented{colour}PaletteColorLookupTableData")
    if data is None and segmented is not None and descriptor is not None:
        entries, _, bits = (int(value) for value in _words(descriptor, little))
        words = _words(segmented, little)
        units = words.astype("<u2").view(np.uint8) if bits <= 8 else words
        data = _expanded(units, entries or WORD)
    table = _table(descriptor, data, signed=signed, within=within, little=little)
    if table is None:
        raise ScanError(
            "The DICOM file's picture has a palette, and its table of colours is missing: export "
            "it as RGB."
        )
    return table


def _table(
    descriptor: object,
    data: object,
    *,
    signed: bool,
    within: tuple[float, float],
    little: bool,
) -> Table | None:
    """A table from its descriptor (entries, first value, bits) and its data.

    Raises:
        ScanError: they are no table.
    """
    if descriptor is None and data is None:
        return None
    try:
        entries, first, bits = (int(value) for value in _words(descriptor, little))
        words = _words(data, little)
    except (TypeError, ValueError) as error:
        raise _no_table() from error
    count = entries or WORD  # 0 stands for 65,536
    if len(words) < count and (bits <= 8 or 2 * len(words) == count + count % 2):
        # 8-bit entries are bytes, in pairs where the element is one of words
        words = words.astype("<u2").view(np.uint8).astype(np.uint16)
    found = words[:count]
    if not len(found):
        raise _no_table()
    return Table(found, _signed_as_meant(first, len(found), signed=signed, within=within), bits)


def _no_table() -> ScanError:
    return ScanError(
        "The DICOM file's table of grey values or colours (LUT) contradicts itself: export the "
        "picture again without one."
    )


def _signed_as_meant(first: int, count: int, *, signed: bool, within: tuple[float, float]) -> int:
    """The first value that a table maps: a word that is signed where its input may be negative.

    What the file's own VR says is not to be trusted (dcm4che#1521), so the reading that reaches none
    of the values that there are gives way to the other one.
    """
    predictions = [first, first - WORD] if first >= WORD // 2 else [first]
    if signed:
        predictions.reverse()
    for prediction in predictions:
        if prediction <= within[1] and within[0] < prediction + count:
            return prediction
    return predictions[0]


def _words(data: object, little: bool) -> np.ndarray:
    """The data of a table as uint16: of words or bytes as stored, or of numbers that were read."""
    if isinstance(data, bytes):
        padded = data + b"\0" * (len(data) % 2)
        return np.frombuffer(padded, "<u2" if little else ">u2").astype(np.uint16)
    return (np.atleast_1d(np.asarray(data, np.int64)) & (WORD - 1)).astype(np.uint16)


def _is_little(item: Dataset, dataset: Dataset) -> bool:
    for source in (item, dataset):
        little = source.original_encoding[1]
        if little is not None:
            return bool(little)
    return True


def _expanded(units: np.ndarray, count: int) -> np.ndarray:
    """Expand a segmented palette (PS3.3, C.7.9.2) to ``count`` entries."""
    found: list[int] = []
    _expand(units.tolist(), units.dtype.itemsize, count, found)
    if not found:
        raise _no_table()
    return np.array(found[:count] + found[-1:] * (count - len(found)), np.int64)


def _expand(
    units: list[int],
    size: int,
    count: int,
    found: list[int],
    *,
    indirect: tuple[int, int] = (0, -1),
) -> None:
    """Append the entries of segments, until there are ``count``.

    ``size`` is the bytes of a unit. An indirect segment repeats others, which are none themselves; it
    gives the place of the first and how many they are.
    """
    at, segments = indirect
    while at + 1 < len(units) and len(found) < count and segments != 0:
        kind, length = units[at : at + 2]
        at += 2
        if kind == 0:  # discrete
            found.extend(units[at : at + length])
            at += length
        elif kind == 1 and found and at < len(units):  # linear, from the entry before
            line = np.linspace(found[-1], units[at], length + 1)[1:]
            found.extend(int(value) for value in np.rint(line))
            at += 1
        elif kind == 2 and segments < 0:  # indirect: a byte offset of 4 bytes
            parts = units[at : at + 4 // size]
            offset = sum(part << 8 * size * place for place, part in enumerate(parts))
            _expand(units, size, count, found, indirect=(offset // size, length))
            at += len(parts)
        else:
            raise _no_table()
        segments -= 1
