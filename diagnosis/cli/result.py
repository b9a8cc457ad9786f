"""What a command gives back: an object for a program, and text with aligned tables for a person."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from diagnosis.core import inert
from diagnosis.text.evaluation import figure


@dataclass(frozen=True)
class Result:
    """One result in two forms: for a program and for a person."""

    payload: Any  # what `--json` prints: JSON-able, with stable keys
    text: str  # what a person reads on a terminal


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


def figure_rows(metrics: dict[str, dict[str, Any]]) -> list[tuple[str, ...]]:
    """Rows of a table: a head and one line for each metric."""
    levels = {estimate["level"] for estimate in metrics.values()}
    level = f"{levels.pop():.0%} interval" if len(levels) == 1 else "interval"
    return [
        ("metric", f"estimate ({level})"),
        *((name.replace("_", " "), figure(estimate)) for name, estimate in metrics.items()),
    ]
