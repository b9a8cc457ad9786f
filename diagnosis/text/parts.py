"""What the parts of a study did, as rows of a table. Their facts: ``diagnosis.inference.by_part``."""

from collections.abc import Mapping
from typing import Any

NAMES = {"image": "Picture", "record": "Record"}  # of parts, in the order of the rows
BOTH = "Both"
MISSING = "missing"
NONE = "–"
ABOUT = (
    "The shares are of the state in which the fusion LSTM ends. A part may enter it and still not move the "
    "prediction: the last column has the prediction with the other part left out."
)


def part_table(
    parts: Mapping[str, Any], probabilities: Mapping[str, float] | None, target: str
) -> tuple[list[str], list[list[str]]]:
    """Header and rows: a line a part, then both.

    Args:
        parts: of ``by_part.to_json``.
        probabilities: by class, of the whole study; None of one that is not analysed, whose probabilities
            are left out.
        target: the class whose probability is told.
    """
    head = ["", "share of the fused state", "input gate", f"{target}, from it alone"]
    rows = []
    for name in sorted(parts, key=list(NAMES).index):
        use = parts[name]
        if not use["read"]:
            rows.append([NAMES[name], MISSING, NONE, NONE])
            continue
        alone = _alone(parts, name, probabilities, target)
        rows.append([NAMES[name], f"{use['share']:.0%}", f"{use['input_gate']:.2f}", alone])
    if all(use["read"] for use in parts.values()):
        both = NONE if probabilities is None else f"{probabilities[target]:.2f}"
        rows.append([BOTH, "", "", both])
    if probabilities is None:
        return head[:-1], [row[:-1] for row in rows if row[0] != BOTH]
    return head, rows


def missing(parts: Mapping[str, Any]) -> list[str]:
    """A sentence about each part that is missing."""
    return [
        f"{NAMES[name]} missing: it is masked, so nothing in its place changes the prediction."
        for name, use in parts.items()
        if not use["read"]
    ]


def _alone(
    parts: Mapping[str, Any],
    name: str,
    probabilities: Mapping[str, float] | None,
    target: str,
) -> str:
    """The probability with all other parts left out."""
    if probabilities is None:
        return NONE
    (other,) = (use for part, use in parts.items() if part != name)
    value = other["without"][target] if other["read"] else probabilities[target]
    return f"{value:.2f}"
