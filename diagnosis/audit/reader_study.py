"""Effect of AI assistance: independent reads against AI-assisted reads of the same cases.

A small reader study. A wrong prediction can make a reader worse, because readers follow it (automation bias;
Goddard, Roudsari & Wyatt, JAMIA 19, 2012). So changes in both directions are counted.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from diagnosis.audit.by_case import case_of
from diagnosis.audit.entry import Entry
from diagnosis.audit.log import Recorded
from diagnosis.evaluation.estimates import Estimate, proportion
from diagnosis.evaluation.paired import Difference, proportion_difference


@dataclass(frozen=True)
class Pair:
    """One case that one person read before and after a prediction was shown."""

    independent: Entry
    shown: Entry  # the prediction that the AI-assisted read is about
    assisted: Entry


@dataclass(frozen=True)
class AIEffect:
    """Pairs with a label, counted."""

    n: int
    before: Estimate  # share of the independent reads that is right
    network: Estimate  # of the model's predictions; NaN if it always abstained
    after: Estimate  # of the AI-assisted reads
    difference: Difference  # after minus before
    turned_right: int
    turned_wrong: int
    wrong_predictions: int  # of the model
    agreed: int  # of them: the AI-assisted read agrees with the prediction
    followed: int  # of those: the independent read did not


def pairs(log: Iterable[Recorded]) -> list[Pair]:
    """Independent reads with the AI-assisted reads that followed, oldest first.

    An independent read counts if no prediction for that case had been shown before in the same session, or
    ever to a reader of the same name. The prediction is the one that the AI-assisted read is about; of
    several AI-assisted reads the last one counts.

    Args:
        log: entries of the audit log, in any order.
    """
    lines = [each.entry for each in sorted(log, key=lambda each: each.receipt.number)]
    named = _named(lines)
    independent: dict[object, Entry] = {}
    shown: dict[object, Entry] = {}
    seen: set[object] = set()
    complete: dict[object, Pair] = {}
    for entry in lines:
        person = _person(entry, named)
        if person is None:
            continue
        case = case_of(entry)
        key = (person, case)
        network = (key, entry.model, entry.version)
        witnesses = {(who, case) for who in (person, entry.session) if who}
        if entry.action == "prediction shown":
            seen |= witnesses
            shown[network] = entry
        elif entry.action == "independent read" and seen.isdisjoint(witnesses):
            independent.setdefault(key, entry)
        elif entry.action == "AI-assisted read" and key in independent and network in shown:
            complete[key] = Pair(independent[key], shown[network], entry)
    return list(complete.values())


def ai_effect(reads: Sequence[Pair]) -> AIEffect | None:
    """Count pairs, those without a label left out; None if no other is left."""
    labelled = [pair for pair in reads if pair.assisted.label is not None]
    if not labelled:
        return None
    before, after, network = (
        np.array(
            [_right(pair, classes) for pair, classes in zip(labelled, column, strict=True)], bool
        )
        for column in (
            [pair.independent.read for pair in labelled],
            [pair.assisted.read for pair in labelled],
            [pair.shown.prediction for pair in labelled],
        )
    )
    predicted = np.array([pair.shown.outcome == "predicted" for pair in labelled], bool)
    misled = [pair for pair, wrong in zip(labelled, predicted & ~network, strict=True) if wrong]
    agreed = [pair for pair in misled if _set(pair.assisted.read) == _set(pair.shown.prediction)]
    followed = [
        pair for pair in agreed if _set(pair.independent.read) != _set(pair.shown.prediction)
    ]
    return AIEffect(
        n=len(labelled),
        before=proportion(int(before.sum()), len(labelled)),
        network=proportion(int((network & predicted).sum()), int(predicted.sum())),
        after=proportion(int(after.sum()), len(labelled)),
        difference=proportion_difference(after, before),
        turned_right=int((after & ~before).sum()),
        turned_wrong=int((before & ~after).sum()),
        wrong_predictions=len(misled),
        agreed=len(agreed),
        followed=len(followed),
    )


def _named(lines: Iterable[Entry]) -> dict[str, set[str]]:
    """Names entered in each session."""
    named: dict[str, set[str]] = {}
    for entry in lines:
        if entry.session and entry.by:
            named.setdefault(entry.session, set()).add(entry.by.casefold())
    return named


def _person(entry: Entry, named: Mapping[str, set[str]]) -> str | None:
    """The reader: the name in the entry, or the only name of the session, or the session."""
    if entry.by:
        return entry.by.casefold()
    names = named.get(entry.session, set())
    return next(iter(names)) if len(names) == 1 else entry.session or None


def _right(pair: Pair, classes: tuple[str, ...] | None) -> bool:
    return classes is not None and _set(classes) == _set(pair.assisted.label)


def _set(names: tuple[str, ...] | None) -> frozenset[str]:
    return frozenset(names or ())
