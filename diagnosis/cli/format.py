"""Measured figures in words: never without their interval."""

import math
from typing import Any


def figure(estimate: dict[str, Any] | None) -> str:
    """``0.912 (0.880–0.939)``; a dash where there is no figure."""
    if estimate is None:
        return "–"
    value, lower, upper = (_number(estimate[key]) for key in ("estimate", "lower", "upper"))
    return f"{value} ({lower}–{upper})"


def figure_rows(metrics: dict[str, dict[str, Any]]) -> list[tuple[str, ...]]:
    """Rows of a table: a head and one line for each metric."""
    levels = {estimate["level"] for estimate in metrics.values()}
    level = f"{levels.pop():.0%} interval" if len(levels) == 1 else "interval"
    return [
        ("metric", f"estimate ({level})"),
        *((name.replace("_", " "), figure(estimate)) for name, estimate in metrics.items()),
    ]


def _number(value: float | None) -> str:
    return "–" if value is None or math.isnan(value) else f"{value:.3f}"
