"""Dates as people read them, in one format on pages, in reports and in sentences; always in UTC."""

from datetime import UTC, datetime


def moment(when: datetime) -> str:
    """``27 Nov 2026, 12:16 UTC``; ``when`` is aware."""
    return f"{day(when)}, {when.astimezone(UTC):%H:%M} UTC"


def day(when: datetime) -> str:
    """``27 Nov 2026``, the day in UTC; ``when`` is aware."""
    when = when.astimezone(UTC)
    return f"{when.day} {when:%b %Y}"
