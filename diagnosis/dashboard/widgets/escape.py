"""Names that came with a file, shown as they are."""

from diagnosis.core.inert import markdown as plain

__all__ = ["plain"]
