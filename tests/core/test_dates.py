"""Dates are written in one format, in UTC whatever the zone they come in."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from diagnosis.core.dates import day, moment


@pytest.mark.parametrize(
    ("when", "written"),
    [
        (datetime(2026, 11, 7, 12, 6, 59, tzinfo=UTC), "7 Nov 2026, 12:06 UTC"),
        (
            datetime(2027, 1, 1, 0, 30, tzinfo=timezone(timedelta(hours=1))),
            "31 Dec 2026, 23:30 UTC",
        ),
    ],
)
def test_a_moment_is_written_with_its_zone_and_day(when: datetime, written: str) -> None:
    assert moment(when) == written
    assert written.startswith(day(when))
