"""One case: what is read, which part of it, and where it came from."""

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from diagnosis.cases.example import Example
from diagnosis.cases.patient import Patient
from diagnosis.cases.selection import FIRST, Selection, select
from diagnosis.cases.study import Study
from diagnosis.core.errors import InputError
from diagnosis.core.population import NOT_STATED, Population
from diagnosis.records.examples import CODE, PADDING
from diagnosis.records.studies import RECORD, SEEN, is_study
from diagnosis.scans import Quality, Scan, assess
from diagnosis.scans.geometry import Axis
from diagnosis.text.classes import class_text

Payload = Scan | Example  # of a case that is an image
Label = tuple[str, ...]  # the classes that a data set says are there
FILE = "file"  # the source of a case that a person uploaded
T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Case:
    """One case, read by one model or by several, which share what is `cached`.

    Attributes:
        payload: a decoded file, a patient's record, both together, or an example of a data set.
        selection: which of its frames is read.
        source: ``FILE``, or an example's name.
        label: an example's, as its data set has it; None where there is none.
    """

    payload: Payload | Patient | Study
    selection: Selection = FIRST
    source: str = FILE
    label: Label | None = None
    _made: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False)
    _making: threading.RLock = field(default_factory=threading.RLock, init=False, repr=False)

    @classmethod
    def of(
        cls,
        payload: Payload | Patient | Study,
        number: int | None = None,
        *,
        whole: bool = False,
        axis: Axis | None = None,
    ) -> "Case":
        """A case without a label, the selection by the one rule; see ``select``.

        Args:
            payload: what is read; a volume already turned to ``axis``.
            number, whole: as of ``select``.
            axis: as of ``Selection``.

        Raises:
            InputError: as ``select``.
        """
        source = payload.name if isinstance(payload, Example) else FILE
        framed = payload.scan if isinstance(payload, Study) else payload
        if framed is None or isinstance(framed, Patient):
            if number is not None:
                raise InputError("A record has no frames: leave --frame out.")
            return cls(payload, Selection(None), source)
        selection = replace(select(framed, number, whole=whole), axis=axis)
        return cls(payload, selection, source)

    @property
    def key(self) -> str:
        """Short, and another one for another file, time point or reading axis; not for another frame."""
        return key_of(self.payload, self.selection.axis)

    @property
    def scan(self) -> Payload:
        """What there is to look at: the image, or that of a study.

        Raises:
            InputError: it is a record alone.
        """
        if self.image is None:
            raise InputError(
                "This model reads images, and the file is a table of patient records: choose a model of "
                "records, or give an image."
            )
        return self.image

    @property
    def image(self) -> Payload | None:
        """The same; None of a record alone."""
        image = self.payload.scan if isinstance(self.payload, Study) else self.payload
        return None if isinstance(image, Patient) else image

    @property
    def patient(self) -> Patient | None:
        """A person's own record, alone or of a study; None if there is none."""
        record = self.payload.patient if isinstance(self.payload, Study) else self.payload
        return record if isinstance(record, Patient) else None

    @property
    def has_image(self) -> bool:
        """Whether there is a picture or volume in it."""
        values = self.payload.values if isinstance(self.payload, Example) else None
        if values is not None and is_study(values):
            return bool(values[SEEN])
        return self.image is not None and not self.is_record

    @property
    def has_record(self) -> bool:
        """Whether there is an event or fact of a patient in it."""
        values = self.payload.values if isinstance(self.payload, Example) else None
        if values is not None and is_study(values):
            return bool((values[RECORD][:, CODE] > PADDING).any())
        return self.patient is not None or self.is_record

    @property
    def frames(self) -> int:
        """How many frames there are to choose from; 1 of a record."""
        return 1 if self.image is None else self.image.frames

    @property
    def is_record(self) -> bool:
        """Whether it is a record and no image."""
        return self.payload.kind == "record"

    @property
    def frame(self) -> int:
        """The frame that a model of pictures reads, from 0: of a whole volume the middle one."""
        frame = self.selection.frame
        return self.scan.middle if frame is None else frame

    @property
    def sha256(self) -> str:
        """Of the file's bytes, or of the example's values."""
        return self.payload.sha256

    @property
    def label_text(self) -> str | None:
        """The label in words; None where there is none."""
        return None if self.label is None else class_text(self.label)

    def cached(self, key: Hashable, make: Callable[[], T]) -> T:
        """What ``make`` gives, made once a case: models that want the same share it."""
        with self._making:
            if key not in self._made:
                self._made[key] = make()
            value: T = self._made[key]
            return value

    def quality(
        self, *, whole: bool = False, expects_grey: bool = True, population: Population = NOT_STATED
    ) -> Quality:
        """Whether it is fit to be read; see ``scans.assess``.

        Args:
            whole: whether all frames are read, not the selected one.
            expects_grey: whether the model reads grey pictures.
            population: whom the model is for.
        """
        frame = None if whole else self.frame
        return self.cached(
            ("quality", frame, expects_grey, population),
            lambda: assess(
                self.scan,
                frame,
                expects_grey=expects_grey,
                population=population,
                of_data_set=isinstance(self.payload, Example),
            ),
        )


def key_of(payload: Payload | Patient | Study, axis: Axis | None = None) -> str:
    """As ``Case.key``."""
    time = payload.time if isinstance(payload, Scan) else 1
    more = [] if axis is None else [axis]
    return "-".join([payload.sha256[:12], *([] if time == 1 else [f"t{time}"]), *more])
