"""A record read event by event.

All that is learned of the codes and their values is learned on a training split and stored with the model:
the vocabulary, how values are scaled, how long gaps are. A step is four numbers; the first one, the code's
number, is looked up in an embedding by the network, and 0 is a masked step.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import ConfigDict, Field

from diagnosis.cases import Case, Example
from diagnosis.cases.patient import Patient
from diagnosis.core.errors import InputError
from diagnosis.core.population import NOT_STATED, Population
from diagnosis.records.examples import CODE, LENGTH, MINUTE, PADDING, VALUE, examples
from diagnosis.records.studies import RECORD, part
from diagnosis.scans import Quality
from diagnosis.sequences.encoder import Encoder, register
from diagnosis.sequences.event_check import Seen, checked
from diagnosis.sequences.event_list import EventList
from diagnosis.sequences.event_scale import Scale, gap_scale, scale_of
from diagnosis.sequences.sequence import EVENT, Sequence, Step, StepKind

FEATURES = 4  # number of the code, scaled value, whether there is one, scaled log of the gap
FARTHEST = 5.0  # standard deviations from the mean that are told apart
UNKNOWN = "unknown code"
SUMMARISED = 128  # most frequent codes by which a record is compared with others


@dataclass(frozen=True, eq=False)
class _Table:
    """By number of the code: whether the logarithm is taken, mean, deviation, least value of a log.

    Two are never equal: encoders are compared with what is cached in them first, and arrays compare as
    arrays.
    """

    columns: tuple[np.ndarray, ...]


@register
class EventEncoder(Encoder):
    """Facts, then events in their order: ``(length, 4)``. Make one with ``learned``."""

    model_config = ConfigDict(title="encoder")

    kind: Literal["events"] = "events"
    events: Annotated[
        int, Field(ge=1, le=100_000, title="number of events", description="events of a sequence")
    ] = LENGTH
    codes: tuple[str, ...]  # the vocabulary: the first has number 1
    units: tuple[str, ...]  # of their values; "" where none is known
    scales: tuple[Scale | None, ...]  # of their values; None of a code without values
    gap_mean: float  # of log(1 + minutes since the event before)
    gap_deviation: float
    seen: Seen  # numbers of events of the training split's records

    @classmethod
    def learned(cls, train: np.ndarray, codes: tuple[str, ...], units: Mapping[str, str]) -> Self:
        """What a training split teaches.

        Args:
            train: float32 ``(n, length, 3)``, see ``records.examples``.
            codes: the vocabulary of its numbers.
            units: of values, by code.
        """
        code, value = train[..., CODE].astype(int), train[..., VALUE]
        there = np.isfinite(value) & (code > PADDING) & (code <= len(codes))
        order = np.argsort(code[there], kind="stable")
        numbers, values = code[there][order], value[there][order].astype(float)
        bounds = np.searchsorted(numbers, np.arange(1, len(codes) + 2))
        mean, deviation = gap_scale(_gaps(train)[code > PADDING])
        return cls(
            events=train.shape[1],
            codes=codes,
            units=tuple(units.get(each, "") for each in codes),
            scales=tuple(scale_of(values[start:end]) for start, end in pairwise(bounds.tolist())),
            gap_mean=mean,
            gap_deviation=deviation,
            seen=Seen.of(train),
        )

    @property
    def steps(self) -> StepKind:
        """Events."""
        return EVENT

    @property
    def length(self) -> int:
        """Facts and events."""
        return self.events

    @property
    def features(self) -> int:
        """See `FEATURES`."""
        return FEATURES

    @property
    def embedded(self) -> int:
        """Padding, the vocabulary, and what is not in it."""
        return len(self.codes) + 2

    @property
    def unknown(self) -> int:
        """The number of a code that is not in the vocabulary."""
        return len(self.codes) + 1

    @property
    def example_shape(self) -> tuple[int, ...]:
        """``(length, 3)``."""
        return (self.events, 3)

    @property
    def data_size(self) -> int:
        """Events."""
        return self.length

    @property
    def extent(self) -> str:
        """Events and codes."""
        return f"the latest {self.length} events of {len(self.codes):,} kinds"

    def own(self, examples: np.ndarray) -> np.ndarray:
        """The records of studies."""
        return part(examples, RECORD)

    @property
    def whole(self) -> bool:
        """There is nothing to choose."""
        return True

    def example(self, case: Case) -> np.ndarray:
        """float32 ``example_shape``.

        Raises:
            InputError: it is no record, or has no event.
        """
        if (patient := case.patient) is not None:
            return case.cached(("events", self), lambda: self._example(patient))
        if isinstance(case.payload, Example):
            values = part(case.payload.values, RECORD)
            if values.shape == self.example_shape:
                return values
        raise InputError(
            "This model reads patient records event by event, and the file is an image: give a table of "
            "events, or choose a model of images."
        )

    def _example(self, patient: Patient) -> np.ndarray:
        if not len(patient.record) and not patient.record.facts:
            raise InputError(
                f"The record of patient {patient.name[:40]!r} is empty: there is no event to read."
            )
        (example,), _ = examples([patient.record], self.codes, self.length)
        return np.asarray(example)

    def batch(self, examples: np.ndarray) -> np.ndarray:
        """See ``Encoder.batch``: float32 ``(n, length, 4)``, all 0 at padding."""
        examples = self.own(examples)
        self.check(examples)
        code = np.minimum(examples[..., CODE].astype(int), self.unknown)
        there = code > PADDING
        value, read = examples[..., VALUE], there & np.isfinite(examples[..., VALUE])
        log, mean, deviation, floor = (column[code] for column in self._table.columns)
        with np.errstate(divide="ignore", invalid="ignore"):
            given = np.where(log, np.log(np.maximum(value, floor)), value)
            z = np.clip((given - mean) / deviation, -FARTHEST, FARTHEST)
            gap = (np.log1p(_gaps(examples)) - self.gap_mean) / self.gap_deviation
        columns = (code, np.where(read, z, 0), read, np.where(there, gap, 0))
        return np.stack(columns, axis=-1).astype(np.float32)

    @cached_property
    def _table(self) -> "_Table":
        usual = Scale(log=False, mean=0, deviation=1, low=0, high=0)
        scales = [usual, *(scale or usual for scale in self.scales), usual]
        return _Table(
            (
                np.array([scale.log for scale in scales]),
                np.array([scale.mean for scale in scales]),
                np.array([scale.deviation for scale in scales]),
                np.array([scale.low / 10 if scale.log else 0 for scale in scales]),
            )
        )

    def encode(self, case: Case) -> Sequence:
        """See ``Encoder.encode``; a step is named by its code."""
        return case.cached(self, lambda: self._encoded(case))

    def _encoded(self, case: Case) -> Sequence:
        example = self.example(case)
        listed, values = self.view(example), self.batch(example[None])[0]
        names = list(listed.codes)
        if (patient := case.patient) is not None:  # it knows what the vocabulary does not
            names = _own_names(patient, self.length)
        steps = [
            Step(name, number, None if np.isnan(hour) else float(hour))
            for number, (name, hour) in enumerate(zip(names, listed.hours, strict=True))
        ]
        steps += [Step("padding")] * (self.length - len(steps))
        return Sequence({"sequence": values}, values[:, 0] > PADDING, tuple(steps))

    def sequence(self, values: np.ndarray) -> Sequence:
        """Values as a sequence; a step whose code is 0 is padding."""
        codes = values[:, 0].astype(int)
        steps = tuple(Step(self._name(code)) for code in codes.tolist())
        return Sequence({"sequence": values}, codes > PADDING, steps)

    def _name(self, code: int) -> str:
        if code == PADDING:
            return "padding"
        return self.codes[code - 1] if code <= len(self.codes) else UNKNOWN

    def blurred(self, values: np.ndarray) -> np.ndarray:
        """Events are no picture.

        Raises:
            InputError: always.
        """
        raise InputError("Events cannot be blurred: hide them, or put another patient's there.")

    def perturb(self, sequence: Sequence, steps: range, how: Any, **given: Any) -> Sequence:
        """See ``Encoder.perturb``: a hidden event is masked; the others keep their gaps."""
        if how == "hide":
            given["mean"] = np.zeros_like(sequence.values)
        changed = super().perturb(sequence, steps, how, **given)
        return Sequence(changed.inputs, changed.values[:, 0] > PADDING, changed.steps)

    def summary(self, sequences: np.ndarray) -> np.ndarray:
        """How often each of the most frequent codes occurs, its mean value, and how many events there are."""
        code, z, read = sequences[..., 0].astype(int), sequences[..., 1], sequences[..., 2]
        width = self.embedded
        rows = np.arange(len(code))[:, None] * width + code
        counts = np.bincount(rows.ravel(), minlength=len(code) * width).reshape(-1, width)
        sums = np.bincount(rows.ravel(), (z * read).ravel(), len(code) * width).reshape(-1, width)
        valued = np.bincount(rows.ravel(), read.ravel(), len(code) * width).reshape(-1, width)
        top = slice(1, 1 + min(SUMMARISED, len(self.codes)))
        means = (sums / np.maximum(valued, 1))[:, top]
        rest = np.stack([counts[:, 1:].sum(axis=1), counts[:, self.unknown]], axis=1)
        parts = [np.log1p(counts[:, top]), means, np.log1p(rest)]
        return np.concatenate(parts, axis=1).astype(np.float32)

    def quality(self, case: Case, population: Population = NOT_STATED) -> Quality:
        """Unknown codes, values and numbers of events as the training split has none; see `event_check`."""
        return case.cached(
            ("event check", self),
            lambda: checked(
                self.example(case), self.encode(case),
                unknown=self.unknown, scales=self.scales, seen=self.seen,
            ),
        )  # fmt: skip

    def view(self, example: np.ndarray, sequence: Sequence | None = None) -> EventList:
        """The events, without padding; see ``Encoder.view``."""
        code = example[:, CODE].astype(int)
        there = code > PADDING
        values = self.batch(example[None])[0] if sequence is None else sequence.values
        mask = values[there, 0] > PADDING
        scaled = np.where(values[there, 2] > 0, values[there, 1], np.nan)
        units = ("", *self.units, "")
        minutes = example[there, MINUTE]
        first = minutes[~np.isnan(minutes)][:1]
        return EventList(
            codes=tuple(self._name(number) for number in code[there].tolist()),
            values=np.where(np.isfinite(example[there, VALUE]), example[there, VALUE], np.nan),
            units=tuple(units[min(number, self.unknown)] for number in code[there].tolist()),
            hours=(minutes - (first[0] if len(first) else 0)).astype(float) / 60,
            scaled=scaled,
            read=mask,
        )


def _own_names(patient: Patient, length: int) -> list[str]:
    """The names of the steps as the record has them, in the order of ``records.examples``."""
    facts = sorted(patient.record.facts)[:length]
    latest = min(length - len(facts), len(patient.record))
    return [*facts, *patient.record.codes[len(patient.record) - latest :].tolist()]


def _gaps(examples: np.ndarray) -> np.ndarray:
    """Minutes since the event before, ``(n, length)``; 0 of facts, of the first event and of padding."""
    there, minutes = examples[..., CODE] > PADDING, examples[..., MINUTE].astype(float)
    timed = there & ~np.isnan(minutes)
    both = timed[:, 1:] & timed[:, :-1]
    gaps = np.zeros(minutes.shape)
    gaps[:, 1:] = np.where(both, np.maximum(minutes[:, 1:] - minutes[:, :-1], 0), 0)
    return gaps
