"""What seeing a network's answer did to people's readings: right before, right after, turned right or wrong.

A reader study in small. Seeing an answer can make a reader worse where the answer is wrong: readers follow it
(automation bias; Goddard, Roudsari & Wyatt, JAMIA 19, 2012). So both directions are counted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from diagnosis.audit.entry import Entry
from diagnosis.audit.trail import Recorded
from diagnosis.evaluation.estimates import Estimate, proportion
from diagnosis.evaluation.paired import Difference, proportion_difference


@dataclass(frozen=True)
class Pair:
    """One case that one person read before and after an answer was seen."""

    own: Entry
    shown: Entry  # the last answer before the final reading
    final: Entry

    @property
    def changed(self) -> bool:
        """Whether the person changed their mind."""
        return _set(self.own.reading) != _set(self.final.reading)


@dataclass(frozen=True)
class Influence:
    """Pairs with a label, counted."""

    n: int
    before: Estimate  # share of the own readings that is right
    network: Estimate  # of the answers that were calls; NaN if none was
    after: Estimate  # of the final readings
    difference: Difference  # after minus before
    turned_right: int
    turned_wrong: int
    wrong_calls: int  # of the network
    followed: int  # of them: the final reading agrees with the call


def pairs(found: Iterable[Recorded]) -> list[Pair]:
    """Blind readings with the final ones that followed, oldest first.

    An own reading counts if the same person had not been shown an answer to that case before. Of several
    final readings the last one counts.

    Args:
        found: lines of the trail, in any order.
    """
    own: dict[tuple[object, ...], Entry] = {}
    seen: set[tuple[object, ...]] = set()
    shown: dict[tuple[object, ...], Entry] = {}
    complete: dict[tuple[object, ...], Pair] = {}
    for recorded in sorted(found, key=lambda each: each.receipt.number):
        entry = recorded.entry
        keys = [(who, entry.task, entry.case, entry.frame) for who in _people(entry)]
        if not keys:
            continue
        key = keys[0]
        if entry.action == "answer shown":
            seen.update(keys)
            shown[key] = entry
        elif entry.action == "own reading" and seen.isdisjoint(keys):
            own.setdefault(key, entry)
        elif entry.action == "final reading" and key in own and key in shown:
            complete[key] = Pair(own[key], shown[key], entry)
    return list(complete.values())


def influence(read: Sequence[Pair]) -> Influence | None:
    """Count pairs, those without a label left out; None if no other is left."""
    labelled = [pair for pair in read if pair.final.label is not None]
    if not labelled:
        return None
    before, after, network = (
        np.array([_right(pair, said) for pair, said in zip(labelled, each, strict=True)], bool)
        for each in (
            [pair.own.reading for pair in labelled],
            [pair.final.reading for pair in labelled],
            [pair.shown.call for pair in labelled],
        )
    )
    called = np.array([pair.shown.outcome == "call" for pair in labelled], bool)
    followed = [
        _set(pair.final.reading) == _set(pair.shown.call)
        for pair, wrong in zip(labelled, called & ~network, strict=True)
        if wrong
    ]
    return Influence(
        n=len(labelled),
        before=proportion(int(before.sum()), len(labelled)),
        network=proportion(int((network & called).sum()), int(called.sum())),
        after=proportion(int(after.sum()), len(labelled)),
        difference=proportion_difference(after, before),
        turned_right=int((after & ~before).sum()),
        turned_wrong=int((before & ~after).sum()),
        wrong_calls=len(followed),
        followed=sum(followed),
    )


def _people(entry: Entry) -> list[tuple[str, str]]:
    """Whose line it is: of the visit, in which a name may be given late; and of whoever has that name."""
    by_visit = ("visit", entry.visit) if entry.visit else None
    by_name = ("name", entry.by.casefold()) if entry.by else None
    return [who for who in (by_visit, by_name) if who]


def _right(pair: Pair, said: tuple[str, ...] | None) -> bool:
    return said is not None and _set(said) == _set(pair.final.label)


def _set(names: tuple[str, ...] | None) -> frozenset[str]:
    return frozenset(names or ())
