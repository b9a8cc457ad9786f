"""A patient's age as a band of years: enough to tell a child from an adult, and no more than that."""

from __future__ import annotations

import re
from datetime import date

from pydicom.dataset import Dataset

# The first years of the bands; the last one has no end, for very old people are few.
BEGINNINGS = (0, 1, 6, 13, 18, 30, 40, 50, 60, 70, 80, 90)
OLDEST = 125  # years; a greater age is a mistake or a placeholder
YEAR = 365.25  # days
DAYS = {"D": 1.0, "W": 7.0, "M": YEAR / 12, "Y": YEAR}
STUDIES = ("StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate")  # the first that is there


def age_band(dataset: Dataset) -> str | None:
    """The band that a file's patient is in, such as "0", "1-5", "60-69" or "90+"; None if it does not say.

    From Patient's Age (0010,1010), else from the dates of birth and study, of which nothing is kept.
    """
    possible = (_stated(dataset), _between_dates(dataset))
    years = next((age for age in possible if age is not None and 0 <= age <= OLDEST), None)
    if years is None:
        return None
    first = max(beginning for beginning in BEGINNINGS if beginning <= years)
    if first == BEGINNINGS[-1]:
        return f"{first}+"
    last = BEGINNINGS[BEGINNINGS.index(first) + 1] - 1
    return str(first) if first == last else f"{first}-{last}"


def years_of(band: str) -> tuple[int, int]:
    """The first and the last year of a band."""
    first, _, last = band.rstrip("+").partition("-")
    return int(first), OLDEST if band.endswith("+") else int(last or first)


def _stated(dataset: Dataset) -> int | None:
    """Completed years, of a number of days, weeks, months or years (PS3.5, 6.2: "018M")."""
    found = re.fullmatch(r"(\d{1,3})([DWMY])", str(dataset.get("PatientAge") or "").strip().upper())
    # Half a day more, so that 365 days are a year and 60 months are five.
    return None if found is None else int((int(found[1]) * DAYS[found[2]] + 0.5) / YEAR)


def _between_dates(dataset: Dataset) -> int | None:
    born = _date(dataset.get("PatientBirthDate"))
    studied = next(filter(None, (_date(dataset.get(name)) for name in STUDIES)), None)
    if born is None or studied is None:
        return None
    return studied.year - born.year - ((studied.month, studied.day) < (born.month, born.day))


def _date(value: object) -> date | None:
    """A day as the standard writes it, "20040826", or wrote it, "2004.08.26"; None for anything else."""
    found = re.fullmatch(r"(\d{4})[.-]?(\d{2})[.-]?(\d{2})", str(value or "").strip())
    try:
        return None if found is None else date(*map(int, found.groups()))
    except ValueError:  # no such day
        return None
