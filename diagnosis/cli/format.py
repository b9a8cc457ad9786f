"""Tables of measured figures, with their intervals."""

from collections.abc import Mapping

from diagnosis.text.evaluation import Figures, confidence_level, figure


def figure_rows(metrics: Mapping[str, Figures]) -> list[tuple[str, ...]]:
    """Rows of a table: a head and one line for each metric."""
    levels = {confidence_level(estimate) for estimate in metrics.values()}
    level = f"{levels.pop():.0%} interval" if len(levels) == 1 else "interval"
    return [
        ("metric", f"estimate ({level})"),
        *((name.replace("_", " "), figure(estimate)) for name, estimate in metrics.items()),
    ]
