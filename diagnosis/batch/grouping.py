"""Files that were given at once become cases: the slices of one series are one, other files each its own."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from diagnosis.batch.given_case import GivenCase, Progress, Reader
from diagnosis.batch.uploads import Item, Items
from diagnosis.core.errors import InputError
from diagnosis.scans import Limits
from diagnosis.scans.content import sniff
from diagnosis.scans.limits import variable
from diagnosis.scans.owner import Owner
from diagnosis.scans.series import SeriesFile, Survey

if TYPE_CHECKING:
    from diagnosis.scans.series.file_header import FileHeader

SLICES = frozenset({"CT", "MR", "PT"})  # modalities whose files are slices, even without a position


@dataclass(frozen=True)
class GivenCases:
    """Cases within the limits, and sentences about what is not among them."""

    cases: tuple[GivenCase, ...]
    said: tuple[str, ...]


@dataclass(frozen=True)
class _Looked:
    """A file that was looked at: it has a header, is another kind of scan, or is none (``said``)."""

    item: Item
    header: FileHeader | None = None
    said: str = ""


def grouped(
    found: Items,
    limits: Limits,
    reader: Reader,
    progress: Progress = lambda done, of: None,
) -> GivenCases:
    """Cases in the order of their first files; as many as are allowed.

    Where all scans are of one series, files that are no scans, such as its DICOMDIR, belong to it.

    Args:
        found: all files.
        limits: of the number of cases, and of one file.
        reader: of headers.
        progress: called after each file.
    """
    key = secrets.token_bytes(16)
    looked = []
    for number, item in enumerate(found.items, 1):
        looked.append(_looked(item, key, reader))
        progress(number, len(found.items))
    groups: dict[str, list[_Looked]] = {}  # by the series, or by a file's own id
    for one in looked:
        of_series = one.header is not None and _is_slice(one.header)
        name = f"series {one.header.series}" if of_series and one.header else one.item.id
        groups.setdefault(name, []).append(one)
    scans = [group for group in groups.values() if not all(one.said for one in group)]
    if len(scans) == 1 and len(scans[0]) > 1:
        own = {one.item.id for one in scans[0]}
        cases = [_case([one for one in looked if one.said or one.item.id in own], limits, key)]
    else:
        cases = [_case(group, limits, key) for group in groups.values()]
    said = list(found.said)
    if len(cases) > limits.files:
        said.append(
            f"Cases left out: {len(cases) - limits.files:,}. A list has at most {limits.files:,} cases, of "
            f"which a series is one ({variable('files')})."
        )
    return GivenCases(tuple(cases[: limits.files]), tuple(said))


def _looked(item: Item, key: bytes, reader: Reader) -> _Looked:
    try:
        data = item.read()
        if sniff(data) != "DICOM":
            return _Looked(item)
        return _Looked(item, reader.header(data, key=key))
    except InputError as error:  # of this file; there are others
        return _Looked(item, said=str(error))


def _is_slice(header: FileHeader) -> bool:
    return header.modality in SLICES or all(place is not None for place in header.places)


def _case(group: Sequence[_Looked], limits: Limits, key: bytes) -> GivenCase:
    stated = (one.header.patient_id for one in group if one.header is not None)
    owner = Owner(next(filter(None, stated), ""), key)
    items = tuple(one.item for one in group)
    files = tuple(SeriesFile(item.name, partial(_bytes, item)) for item in items)
    survey = Survey(files, tuple(one.header or one.said for one in group))
    single = len(group) == 1
    if single and not _several_times(group[0].header, survey):
        return GivenCase(items[0].id, items, owner=owner)
    return GivenCase(items[0].id, items, survey, owner)


def _several_times(header: FileHeader | None, survey: Survey) -> bool:
    """Whether a single file holds several volumes of one place, of which one is chosen."""
    if header is None or len(header.places) == 1:
        return False
    arrangement = survey.arrange()
    return arrangement.times > 1 and bool(arrangement.slices)


def _bytes(item: Item, limits: Limits) -> bytes:
    data = item.read()
    limits.check_bytes(len(data))
    return data
