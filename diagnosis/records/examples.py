"""Records as a data set holds them: one array, an event a row, codes as numbers.

The numbers of codes are learned: a *vocabulary* is the codes of the training split, the most frequent first,
and what else occurs is one number of its own. Values stay as they are; an encoder scales them.
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from diagnosis.records.record import Record

LENGTH = 512  # events of a sequence, unless said otherwise
CODE, VALUE, MINUTE = range(3)  # columns of an example
PADDING = 0  # the code of what is no event; known codes count from 1
FEWEST = 2  # patients with a code that is in a vocabulary: one patient teaches nothing


def vocabulary(records: Sequence[Record]) -> tuple[str, ...]:
    """Codes of events and names of facts that occur in at least `FEWEST` records, the most frequent first."""
    events: Counter[str] = Counter()
    patients: Counter[str] = Counter()
    for record in records:
        mine = Counter(record.codes.tolist()) + Counter(dict.fromkeys(record.facts, 1))
        events += mine
        patients.update(mine.keys())
    known = (code for code, count in patients.items() if count >= FEWEST)
    return tuple(sorted(known, key=lambda code: (-events[code], code)))


def examples(
    records: Sequence[Record], codes: Sequence[str], length: int = LENGTH
) -> tuple[np.ndarray, int]:
    """Records as an array, and how many events were too many.

    Facts come first, ordered by name, then the latest events in their order; what is left of ``length`` at
    the end is padding, all 0. Of facts that are more than ``length`` the first ones stay.

    Args:
        records: in the order of the result.
        codes: the vocabulary: code k has the number k + 1.
        length: events of an example, facts counted in.

    Returns:
        float32, ``(n, length, 3)``: number of the code (``len(codes) + 1`` if it is unknown), value (NaN if
        there is none) and minute (NaN of a fact); and the number of events left out.
    """
    numbers = {code: number for number, code in enumerate(codes, 1)}
    unknown = len(codes) + 1
    array = np.zeros((len(records), length, 3), np.float32)
    left_out = 0
    for row, record in zip(array, records, strict=True):
        facts = sorted(record.facts.items())[:length]
        n = len(facts)
        for place, (name, value) in enumerate(facts):
            row[place] = numbers.get(name, unknown), value, np.nan
        latest = min(length - n, len(record))
        left_out += len(record) - latest
        rows, read = slice(n, n + latest), slice(len(record) - latest, None)
        row[rows, CODE] = [numbers.get(code, unknown) for code in record.codes[read]]
        row[rows, VALUE] = record.values[read]
        row[rows, MINUTE] = record.minutes[read]
    return array, left_out
