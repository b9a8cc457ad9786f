"""Rows of words as aligned columns."""

from collections.abc import Collection, Sequence


def table(rows: Sequence[tuple[str, ...]], right: Collection[int] = ()) -> str:
    """Rows as aligned columns, two spaces apart; columns in ``right`` hold numbers."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [
            cell.rjust(width) if index in right else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)
