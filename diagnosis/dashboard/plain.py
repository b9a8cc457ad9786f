"""Names that came with a file, shown as they are."""

from diagnosis.inert import markdown as plain

__all__ = ["plain"]
