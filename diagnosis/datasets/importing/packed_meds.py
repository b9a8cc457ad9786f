"""A folder of MEDS as a ZIP, unpacked into a temporary folder for the moment that its reading takes."""

from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from diagnosis.datasets.importing.guarded_zip import GuardedZip
from diagnosis.datasets.record_places import is_meds
from diagnosis.records.meds import read_meds
from diagnosis.records.reading import Records
from diagnosis.records.table import MAX_UNPACKED, RecordError
from diagnosis.scans import Limits

KINDS = (".parquet", ".json")  # of the files of MEDS; others are not unpacked


def read_packed_meds(data: bytes) -> Records:
    """The records of a ZIP that holds ``data`` and ``metadata``, at its top or in one folder.

    Raises:
        DatasetError: the archive is damaged or hostile; see `GuardedZip`.
        RecordError: it holds no MEDS, or the MEDS is not what it should be.
    """
    archive, limits = GuardedZip(BytesIO(data), most=MAX_UNPACKED), Limits.from_environment()
    with TemporaryDirectory(prefix="scanline-meds-") as place:
        for path in archive.sizes():  # checked: none of them leads out of the folder
            if path.lower().endswith(KINDS):
                target = Path(place) / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(archive.read(path, limits))
        top = Path(place)
        folders = [top, *(each for each in top.iterdir() if each.is_dir())]
        folder = next(filter(is_meds, folders), None)
        if folder is None:
            raise RecordError(
                "The ZIP holds no folder of MEDS (data and metadata): pack one, or choose a table as CSV, "
                "Excel or Parquet."
            )
        return read_meds(folder)
