"""One entry of the audit log: an event of a case. No image, no file name, no patient's name."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, get_args

from diagnosis.core.errors import InputError

if TYPE_CHECKING:
    from pydantic import TypeAdapter

# "recovered": an entry was cut short by a full disk or a power failure, and removed; `case` is its SHA-256
Action = Literal["independent read", "prediction shown", "AI-assisted read", "problem", "recovered"]
ACTIONS: tuple[Action, ...] = get_args(Action)
CERTAINTY = ("a guess", "not sure", "fairly sure", "sure", "certain")  # 1 to 5
CANNOT_TELL = "cannot tell"  # a read, too, where a single class is expected
LONGEST = {"name": 100, "comment": 1000}  # characters


@dataclass(frozen=True)
class Entry:
    """An event of one case.

    Raises:
        InputError: a field is not what it must be; the message names it.
    """

    action: Action
    case: str  # SHA-256 of the file, or of a data set's image
    source: str  # "file", or "pneumoniamnist, test image 12"
    task: str  # the data set that defines the classes
    by: str = ""  # name or initials of the reader
    session: str = ""  # random, of one browser session
    frame: int | None = None  # that was read, from 1; None if all were
    axis: str | None = None  # along which a volume's frames lay, if it was turned
    model: str | None = None  # "data set/variant": whose prediction was shown, or is commented on
    version: str | None = None
    outcome: str | None = None  # "predicted", "indeterminate", "rejected"
    prediction: tuple[str, ...] | None = None  # the model's classes; None if it abstained
    reasons: tuple[str, ...] | None = None  # codes of an abstention
    probabilities: Mapping[str, float] | None = None  # by class; none if rejected
    threshold: float | None = None  # binary: of the finding's probability
    quality: str | None = None  # green, amber or red
    read: tuple[str, ...] | None = None  # the person's classes
    certainty: int | None = None  # of it, an index of CERTAINTY from 1
    comment: str = ""
    label: tuple[str, ...] | None = None  # of a data set's sample

    def __post_init__(self) -> None:
        if self.action not in ACTIONS:
            raise InputError(f"The action must be {', '.join(ACTIONS)}, not {self.action!r}.")
        if self.certainty is not None and not 1 <= self.certainty <= len(CERTAINTY):
            raise InputError(
                f"The certainty must be 1 to {len(CERTAINTY)}, not {self.certainty!r}."
            )
        for name, text in (("name", self.by), ("comment", self.comment)):
            if any("\ud800" <= letter <= "\udfff" for letter in text):  # bytes that were no text
                raise InputError(f"The {name} has letters that are none: write it in UTF-8.")
            if len(text) > LONGEST[name]:
                raise InputError(
                    f"The {name} must have at most {LONGEST[name]:,} characters, not {len(text):,}."
                )
        if self.action == "problem" and not self.comment.strip():
            raise InputError("A problem needs a comment that describes it.")
        if self.action in ("independent read", "AI-assisted read") and self.read is None:
            raise InputError("A read needs a class: choose one.")

    def to_json(self) -> dict[str, Any]:
        """A JSON object of the fields that have a value."""
        return {name: value for name, value in asdict(self).items() if value not in (None, "")}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Entry":
        """Build from ``to_json``'s object; fields of later versions are ignored.

        Raises:
            ValueError: a field is missing, out of range or of another type.
        """
        known = {field.name for field in fields(cls)}
        return _reader().validate_python(
            {name: value for name, value in document.items() if name in known}
        )


@cache
def _reader() -> "TypeAdapter[Entry]":
    """Validator of an entry that may have been edited by hand."""
    from pydantic import TypeAdapter  # slow to import

    return TypeAdapter(Entry)
