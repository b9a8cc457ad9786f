"""Where sets without a publisher's NPZ lie, and folders of one's own records, without reading any."""

from pathlib import Path

PLACES = {  # in $SCANLINE_DATA
    "icu2012": "icu2012",
    "cleveland": "processed.cleveland.data",
    "ham10000": "ham10000.csv",
    "chestxray64": "chestxray_64.npz",
}
EVENTS = ("events.parquet", "events.csv")
PATIENTS = "patients.csv"


def is_record_folder(folder: Path) -> bool:
    """Whether it is meant as records: it has a table of events or patients, or the layout of MEDS."""
    try:
        return is_meds(folder) or any((folder / name).is_file() for name in (*EVENTS, PATIENTS))
    except OSError:  # a name that is too long for one, or a folder that is not ours to look into
        return False


def is_meds(folder: Path) -> bool:
    """Whether it has the layout of the Medical Event Data Standard."""
    return (folder / "data").is_dir() and (folder / "metadata").is_dir()


def events_file(folder: Path) -> Path | None:
    """The table of events of a folder."""
    return next((folder / name for name in EVENTS if (folder / name).is_file()), None)
