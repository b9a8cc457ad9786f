"""Classes in words."""

from collections.abc import Sequence

NO_LABELS = "none of the labels"


def class_text(names: Sequence[str] | None) -> str:
    """Predicted classes: a class, or any number of labels; a dash if there is no prediction."""
    return "–" if names is None else ", ".join(names) or NO_LABELS
