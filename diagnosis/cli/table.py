"""Rows of words as aligned columns."""

from collections.abc import Collection, Sequence

from diagnosis.core import inert


def table(rows: Sequence[tuple[str, ...]], right: Collection[int] = ()) -> str:
    """Rows as aligned columns, two spaces apart; columns in ``right`` hold numbers.

    What is in a cell stays on its line, and moves or colours nothing.
    """
    rows = [tuple(map(inert.terminal, row)) for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [
            cell.rjust(width) if index in right else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)
