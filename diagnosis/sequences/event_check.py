"""Whether a record is fit to be read by a model: codes, values and counts that its training split had."""

from collections import abc
from typing import Self

import numpy as np

from diagnosis.core.reason import Reason
from diagnosis.core.settings import Settings
from diagnosis.records.examples import CODE, MINUTE, PADDING, VALUE
from diagnosis.scans import Level, Quality
from diagnosis.sequences.event_scale import Scale
from diagnosis.sequences.sequence import Sequence

UNUSUAL, REJECTED = 0.05, 0.5  # shares of events whose code is unknown
NAMED = 5  # codes that are named


class Seen(Settings):
    """How many events the records of a training split have, facts not counted."""

    fewest: int
    most: int

    @classmethod
    def of(cls, train: np.ndarray) -> Self:
        """Of examples, float32 ``(n, length, 3)``."""
        timed = (train[..., CODE] > PADDING) & ~np.isnan(train[..., MINUTE])
        counts = timed.sum(axis=1)
        return cls(fewest=int(counts.min()), most=int(counts.max()))


def checked(
    example: np.ndarray,
    sequence: Sequence,
    *,
    unknown: int,
    scales: abc.Sequence[Scale | None],
    seen: Seen,
) -> Quality:
    """The check of one record.

    Args:
        example: float32 ``(length, 3)``, see ``records.examples``.
        sequence: that the encoder made of it.
        unknown: the number that stands for codes of which the encoder knows nothing.
        scales: of the codes that it knows, of which the first has the number 1.
        seen: in its training split.

    Returns:
        Reasons ``unknown codes`` (``n`` of ``of`` events, ``share``, up to five ``codes``), red from a half
        on; ``number of events`` (``n``; ``fewest`` and ``most`` of the training split); ``values`` (``n``
        beyond the training split's ranges; of the first one ``name``, ``value``, ``low``, ``high``).
    """
    values, n = sequence.values, int(sequence.mask.sum())
    findings: list[tuple[Level, Reason]] = []
    strange = np.flatnonzero(values[:, 0] == unknown)
    if len(strange):
        share = len(strange) / n
        names = list(dict.fromkeys(sequence.steps[step].label for step in strange.tolist()))
        facts = {"n": len(strange), "of": n, "share": share, "codes": names[:NAMED]}
        if share > UNUSUAL:
            findings.append(
                ("red" if share >= REJECTED else "amber", Reason("unknown codes", facts))
            )
    timed = sum(step.time is not None for step in sequence.steps)
    if not seen.fewest <= timed <= seen.most:
        facts = {"n": timed, "fewest": seen.fewest, "most": seen.most}
        findings.append(("amber", Reason("number of events", facts)))
    findings += _values(example, sequence, scales)
    levels = [level for level, _ in findings]
    worst: Level = "red" if "red" in levels else "amber" if levels else "green"
    return Quality(worst, tuple(reason for _, reason in findings))


def _values(
    example: np.ndarray, sequence: Sequence, scales: abc.Sequence[Scale | None]
) -> list[tuple[Level, Reason]]:
    beyond = []
    for step, (code, value) in enumerate(example[:, [CODE, VALUE]].tolist()):
        scale = scales[int(code) - 1] if 0 < code <= len(scales) else None
        if scale is not None and not np.isnan(value) and not scale.low <= value <= scale.high:
            beyond.append((step, value, scale))
    if not beyond:
        return []
    step, value, scale = beyond[0]
    facts = {
        "n": len(beyond),
        "name": sequence.steps[step].label,
        "value": value,
        "low": scale.low,
        "high": scale.high,
    }
    return [("amber", Reason("values", facts))]
