"""What seeing a network's answer did to people's readings: right before, right after, turned right or wrong.

A reader study in small. Seeing an answer can make a reader worse where the answer is wrong: readers follow it
(automation bias; Goddard, Roudsari & Wyatt, JAMIA 19, 2012). So both directions are counted.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from diagnosis.audit.entry import Entry
from diagnosis.audit.log import Recorded
from diagnosis.evaluation.estimates import Estimate, proportion
from diagnosis.evaluation.paired import Difference, proportion_difference


@dataclass(frozen=True)
class Pair:
    """One case that one person read before and after an answer was seen."""

    own: Entry
    shown: Entry  # the answer of the network that the final reading is about
    final: Entry


@dataclass(frozen=True)
class AIEffect:
    """Pairs with a label, counted."""

    n: int
    before: Estimate  # share of the own readings that is right
    network: Estimate  # of the answers that were calls; NaN if none was
    after: Estimate  # of the final readings
    difference: Difference  # after minus before
    turned_right: int
    turned_wrong: int
    wrong_predictions: int  # of the network
    agreed: int  # of them: the final reading agrees with the call
    followed: int  # of those: the own reading did not


def pairs(found: Iterable[Recorded]) -> list[Pair]:
    """Blind readings with the final ones that followed, oldest first.

    An own reading counts if nobody had been shown an answer to that case before in the same visit, nor
    anybody of the same name ever. The answer is that of the network which the final reading is about; of
    several final readings the last one counts.

    Args:
        found: lines of the trail, in any order.
    """
    lines = [each.entry for each in sorted(found, key=lambda each: each.receipt.number)]
    named = _named(lines)
    own: dict[object, Entry] = {}
    shown: dict[object, Entry] = {}
    seen: set[object] = set()
    complete: dict[object, Pair] = {}
    for entry in lines:
        person = _person(entry, named)
        if person is None:
            continue
        case = (entry.task, entry.case if entry.source == "file" else entry.source, entry.frame)
        key = (person, case)
        network = (key, entry.model, entry.version)
        witnesses = {(who, case) for who in (person, entry.visit) if who}
        if entry.action == "answer shown":
            seen |= witnesses
            shown[network] = entry
        elif entry.action == "own reading" and seen.isdisjoint(witnesses):
            own.setdefault(key, entry)
        elif entry.action == "final reading" and key in own and network in shown:
            complete[key] = Pair(own[key], shown[network], entry)
    return list(complete.values())


def ai_effect(read: Sequence[Pair]) -> AIEffect | None:
    """Count pairs, those without a label left out; None if no other is left."""
    labelled = [pair for pair in read if pair.final.label is not None]
    if not labelled:
        return None
    before, after, network = (
        np.array([_right(pair, said) for pair, said in zip(labelled, each, strict=True)], bool)
        for each in (
            [pair.own.read for pair in labelled],
            [pair.final.read for pair in labelled],
            [pair.shown.read for pair in labelled],
        )
    )
    called = np.array([pair.shown.outcome == "predicted" for pair in labelled], bool)
    misled = [pair for pair, wrong in zip(labelled, called & ~network, strict=True) if wrong]
    agreed = [pair for pair in misled if _set(pair.final.read) == _set(pair.shown.read)]
    followed = [pair for pair in agreed if _set(pair.own.read) != _set(pair.shown.read)]
    return AIEffect(
        n=len(labelled),
        before=proportion(int(before.sum()), len(labelled)),
        network=proportion(int((network & called).sum()), int(called.sum())),
        after=proportion(int(after.sum()), len(labelled)),
        difference=proportion_difference(after, before),
        turned_right=int((after & ~before).sum()),
        turned_wrong=int((before & ~after).sum()),
        wrong_predictions=len(misled),
        agreed=len(agreed),
        followed=len(followed),
    )


def _named(lines: Iterable[Entry]) -> dict[str, set[str]]:
    """The names that were given in each visit."""
    named: dict[str, set[str]] = {}
    for entry in lines:
        if entry.visit and entry.by:
            named.setdefault(entry.visit, set()).add(entry.by.casefold())
    return named


def _person(entry: Entry, named: Mapping[str, set[str]]) -> str | None:
    """Whose line it is: who is named there; or the one who is, before or later in the visit; or the visit."""
    if entry.by:
        return entry.by.casefold()
    names = named.get(entry.visit, set())
    return next(iter(names)) if len(names) == 1 else entry.visit or None


def _right(pair: Pair, said: tuple[str, ...] | None) -> bool:
    return said is not None and _set(said) == _set(pair.final.label)


def _set(names: tuple[str, ...] | None) -> frozenset[str]:
    return frozenset(names or ())
