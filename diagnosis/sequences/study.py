"""A picture and a record of one patient as one sequence: the events, then the rows.

The first number of a step is the code of an event, 1 of a row, and 0 of what is not read: padding of the
record, or all of a part that is missing.
"""

from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BeforeValidator, ConfigDict, SerializeAsAny

from diagnosis.cases import Case, Example
from diagnosis.core.errors import InputError
from diagnosis.core.population import NOT_STATED, Population
from diagnosis.records.examples import CODE, PADDING
from diagnosis.records.studies import IMAGE, RECORD, SEEN, is_study, studies
from diagnosis.scans import Level, Quality
from diagnosis.sequences.augmentation import Augmentation
from diagnosis.sequences.encoder import Encoder, encoder_from_json, register
from diagnosis.sequences.events import EventEncoder
from diagnosis.sequences.picture import PictureEncoder
from diagnosis.sequences.sequence import STEP, Part, Sequence, StepKind
from diagnosis.sequences.view import PixelRows, SliceStack, StudyView

LEVELS: tuple[Level, ...] = ("green", "amber", "red")  # the worst last


@register
class StudyEncoder(Encoder):
    """Events, then rows: ``(events + rows, features)``."""

    model_config = ConfigDict(title="encoder")

    kind: Literal["study"] = "study"
    record: EventEncoder
    image: Annotated[SerializeAsAny[PictureEncoder], BeforeValidator(encoder_from_json)]

    @property
    def steps(self) -> StepKind:
        """Steps of two kinds."""
        return STEP

    @property
    def length(self) -> int:
        """Events and rows."""
        return self.record.length + self.image.length

    @property
    def features(self) -> int:
        """As many as the part with more of them needs."""
        return max(part.features for part in self.parts)

    @property
    def parts(self) -> tuple[Part, ...]:
        """The record, then the image."""
        events, rows = self.record.length, self.image.length
        return (
            Part(RECORD, 0, events, self.record.features, self.record.embedded),
            Part(IMAGE, events, events + rows, 1 + self.image.features),
        )

    @property
    def codes(self) -> tuple[str, ...]:
        """The record's vocabulary."""
        return self.record.codes

    @property
    def embedded(self) -> int:
        """The record's."""
        return self.record.embedded

    @property
    def changeable(self) -> bool:
        """The picture is."""
        return self.image.changeable

    @property
    def expects_grey(self) -> bool:
        """Whether the picture's encoder does."""
        return self.image.expects_grey

    @property
    def whole(self) -> bool:
        """Whether all slices of the image are read."""
        return self.image.whole

    @property
    def extent(self) -> str:
        """Both."""
        return f"{self.record.extent} and {self.image.extent}"

    @property
    def example_shape(self) -> tuple[int, ...]:
        """One element of ``records.studies``."""
        return ()

    @property
    def data_size(self) -> int:
        """The picture's."""
        return self.image.data_size

    def check(self, examples: np.ndarray) -> None:
        """See that they are studies of the shapes that are read; see ``Encoder.check``."""
        if not is_study(examples):
            raise InputError(
                "The model reads a picture and a record together, and these are no studies: choose a data "
                "set of studies."
            )
        self.record.check(examples)
        self.image.check(examples)

    def example(self, case: Case) -> np.ndarray:
        """An element of ``records.studies``; a part that the case does not have is missing in it."""
        payload = case.payload
        if isinstance(payload, Example):
            if not is_study(payload.values):
                raise InputError("The model reads a picture and a record of one patient together.")
            return payload.values
        return case.cached(("study", self), lambda: self._example(case))

    def _example(self, case: Case) -> np.ndarray:
        image = np.zeros(self.image.example_shape, np.uint8)
        record = np.zeros(self.record.example_shape, np.float32)
        if seen := case.image is not None:
            image = self.image.example(case)
        if case.patient is not None:
            record = self.record.example(case)
        (example,) = studies(image[None], record[None], np.array([seen]))
        return np.asarray(example)

    def batch(self, examples: np.ndarray) -> np.ndarray:
        """See ``Encoder.batch``; all 0 where nothing is read."""
        self.check(examples)
        record, image = self.parts
        steps = np.zeros((len(examples), self.length, self.features), np.float32)
        steps[:, : record.stop, : record.features] = self.record.batch(examples)
        seen = examples[SEEN]
        steps[seen, image.start :, 0] = 1
        steps[seen, image.start :, 1 : image.features] = self.image.batch(examples[seen])
        return steps

    def encode(self, case: Case) -> Sequence:
        """See ``Encoder.encode``: events by their codes, rows by their numbers."""
        return case.cached(self, lambda: self._encoded(case))

    def _encoded(self, case: Case) -> Sequence:
        example = self.example(case)
        sequence = self.sequence(self.batch(example[None])[0])
        if not _has_events(example):
            return sequence
        return Sequence(
            sequence.inputs,
            sequence.mask,
            self.record.encode(case).steps + sequence.steps[self.record.length :],
        )

    def sequence(self, values: np.ndarray) -> Sequence:
        """Values as a sequence; a step whose first number is 0 is masked."""
        record, image = self.parts
        events = self.record.sequence(values[: record.stop, : record.features])
        rows = self.image.sequence(values[image.start :, 1 : image.features])
        return Sequence({"sequence": values}, values[:, 0] > PADDING, events.steps + rows.steps)

    def without(self, sequence: Sequence, name: str) -> Sequence:
        """The sequence of the same study had it no such part.

        Args:
            sequence: of this encoder.
            name: "record" or "image".
        """
        (left_out,) = (part for part in self.parts if part.name == name)
        values = sequence.values.copy()
        values[left_out.start : left_out.stop] = 0
        return Sequence(
            {**sequence.inputs, "sequence": values}, values[:, 0] > PADDING, sequence.steps
        )

    def blurred(self, values: np.ndarray) -> np.ndarray:
        """The rows, where they are there; events are no picture and stay as they are."""
        _, image = self.parts
        changed = values.copy()
        rows = values[image.start :, 1 : image.features]
        changed[image.start :, 1 : image.features] = self.image.blurred(rows)
        return changed

    def perturb(self, sequence: Sequence, steps: range, how: Any, **given: Any) -> Sequence:
        """See ``Encoder.perturb``: a hidden event is masked, a hidden row has the picture's mean grey."""
        if how == "hide":
            given["mean"] = self._neutral(sequence.values, given.get("mean"))
        changed = super().perturb(sequence, steps, how, **given)
        return Sequence(changed.inputs, changed.values[:, 0] > PADDING, changed.steps)

    def _neutral(self, values: np.ndarray, mean: np.ndarray | None) -> np.ndarray:
        _, image = self.parts
        neutral = np.zeros_like(values)
        rows = slice(image.start, image.stop), slice(1, image.features)
        neutral[rows] = values[rows].mean() if mean is None else mean[rows]
        neutral[image.start :, 0] = values[image.start :, 0]  # a missing picture stays missing
        return neutral

    def augmented(
        self, examples: np.ndarray, augmentation: Augmentation, rng: np.random.Generator
    ) -> np.ndarray:
        """The pictures are changed, the records are not."""
        images = self.image.augmented(examples, augmentation, rng)
        return studies(images, examples[RECORD], examples[SEEN])

    def summary(self, sequences: np.ndarray) -> np.ndarray:
        """That of the rows, then that of the events."""
        record, image = self.parts
        rows = self.image.summary(sequences[:, image.start :, 1 : image.features])
        events = self.record.summary(sequences[:, : record.stop, : record.features])
        return np.concatenate([rows, events], axis=1)

    def quality(self, case: Case, population: Population = NOT_STATED) -> Quality:
        """Of the parts that are there, together; see ``Encoder.quality``."""
        found = []
        example = self.example(case)
        if bool(example[SEEN]):
            found.append(self.image.quality(case, population))
        if _has_events(example):
            found.append(self.record.quality(case, population))
        return Quality(
            max((each.level for each in found), key=LEVELS.index, default="red"),
            tuple(reason for each in found for reason in each.reasons),
            tuple(mismatch for each in found for mismatch in each.mismatches),
            all(each.modality_known for each in found),
        )

    def view(self, example: np.ndarray, sequence: Sequence | None = None) -> StudyView:
        """Events and rows; see ``Encoder.view``."""
        record, image = self.parts
        events = rows = None
        if sequence is not None:
            values = sequence.values
            events = self.record.sequence(values[: record.stop, : record.features])
            rows = self.image.sequence(values[image.start :, 1 : image.features])
        listed = self.record.view(example[RECORD], events)
        seen = bool(example[SEEN])
        picture = self.image.view(example[IMAGE], rows if seen else None)
        assert isinstance(picture, PixelRows | SliceStack)  # of pixels
        return StudyView(listed, self.record.length, picture, seen)


def _has_events(example: np.ndarray) -> bool:
    return bool((example[RECORD][:, CODE] > PADDING).any())
