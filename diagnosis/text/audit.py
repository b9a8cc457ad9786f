"""Integrity of the audit log in words."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from diagnosis.audit import Integrity


def integrity_sentence(integrity: "Integrity") -> str:
    """Whether the log is unchanged, and which entries were cut short or recovered."""
    if not integrity.entries:
        return "The audit log is empty."
    if not integrity.whole:
        return (
            f"The audit log was changed after it was written: of {integrity.entries:,} entries these do not "
            f"continue the entry before them: {_numbers(integrity.broken)}. Restore a copy of the file from "
            "before."
        )
    words = (
        f"Integrity verified: each of {integrity.entries:,} entries continues the one before it."
    )
    if integrity.cut_short:
        words += (
            " Cut short while it was written, as by a full disk or a power failure, and not changed: "
            f"entry {_numbers(integrity.cut_short)}."
        )
    if integrity.recovered:
        words += (
            f" Entry {_numbers(integrity.recovered)} states that a line was cut short there by a full disk "
            "or a power failure, and was removed."
        )
    return words


def _numbers(entries: tuple[int, ...]) -> str:
    """The first five of them."""
    more = f" and {len(entries) - 5:,} more" if len(entries) > 5 else ""
    return ", ".join(f"{number:,}" for number in entries[:5]) + more
