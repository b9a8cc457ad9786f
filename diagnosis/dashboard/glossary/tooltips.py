"""What the words on the screen mean: the glossary page and every tooltip say the same."""

from collections.abc import Mapping
from types import MappingProxyType

from diagnosis.dashboard.glossary import (
    answers,
    cells,
    comparing,
    errors,
    reading,
    reasons,
    training,
)
from diagnosis.dashboard.glossary.term import Term

_CHAPTERS = (reading, cells, reasons, answers, errors, comparing, training)
TERMS: Mapping[str, Term] = MappingProxyType(
    {entry.name: entry for chapter in _CHAPTERS for entry in chapter.ENTRIES}
)
SECTIONS = tuple(dict.fromkeys(entry.section for entry in TERMS.values()))


def term(name: str) -> str:
    """The meaning of a word, for a tooltip.

    Raises:
        KeyError: it is not in the glossary.
    """
    return TERMS[name].meaning
