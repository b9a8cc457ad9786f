"""Tables of measured figures, with their intervals."""

from typing import Any

from diagnosis.text.evaluation import figure


def figure_rows(metrics: dict[str, dict[str, Any]]) -> list[tuple[str, ...]]:
    """Rows of a table: a head and one line for each metric."""
    levels = {estimate["level"] for estimate in metrics.values()}
    level = f"{levels.pop():.0%} interval" if len(levels) == 1 else "interval"
    return [
        ("metric", f"estimate ({level})"),
        *((name.replace("_", " "), figure(estimate)) for name, estimate in metrics.items()),
    ]
