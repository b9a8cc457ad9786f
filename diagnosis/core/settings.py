"""One schema for all settings: the field of a config says what it may be, and the rest derives from it.

A config is a frozen pydantic model. From one of its fields come the option of the command line, the box of a
form, the reader of an address and the range of a search; one sentence rejects a value wherever it was given.
"""

from argparse import SUPPRESS, BooleanOptionalAction
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from types import NoneType
from typing import Annotated, Any, Literal, Self, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from diagnosis.core.errors import InputError, nearest


class Settings(BaseModel):
    """A config. What it allows stands in its fields; what they allow together, in its validators.

    Raises:
        InputError: a field is missing, unknown or not what it must be; the message names it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    def __init__(self, /, **values: Any) -> None:
        """From the fields' values; JSON's are taken as they are."""
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise _rejection(type(self), error) from None

    def changed(self, **changes: Any) -> Self:
        """The same with other values for these fields, checked again."""
        return type(self)(
            **{name: getattr(self, name) for name in type(self).model_fields} | changes
        )

    def to_json(self) -> dict[str, Any]:
        """A JSON object; ``from_json`` reads it back."""
        return self.model_dump(mode="json")

    @classmethod
    def from_json(cls, document: Any) -> Self:
        """Build from ``to_json``'s object.

        Raises:
            InputError: it is no object; or what the config rejects.
        """
        if not isinstance(document, Mapping):
            raise InputError(f"The {_title(cls)} must be an object, not {_given(document)}.")
        return cls(**document)


@dataclass(frozen=True)
class Asked:
    """How a form and a search ask for a field; stands beside its range."""

    label: str = ""  # of its box; the field's title by default
    step: float | None = None  # of its box
    format: str | None = None  # of its box, as printf has it
    log: bool = False  # a search draws from its range evenly by ratio, not by difference


@dataclass(frozen=True)
class Parameter:
    """One field of a config, as whoever asks for it needs it."""

    name: str
    info: FieldInfo
    default: Any = None

    @property
    def title(self) -> str:
        """Its name in a sentence."""
        return self.info.title or self.name.replace("_", " ")

    @property
    def label(self) -> str:
        """Its name in a form."""
        return self.asked.label or self.title[:1].upper() + self.title[1:]

    @cached_property
    def asked(self) -> Asked:
        """How it is asked for."""
        said = [each for each in self.info.metadata if isinstance(each, Asked)]
        return said[-1] if said else Asked()

    @property
    def choices(self) -> tuple[Any, ...]:
        """All values, if they are few."""
        annotation = self.info.annotation
        return get_args(annotation) if get_origin(annotation) is Literal else ()

    @property
    def kind(self) -> Any:
        """int, float, bool, str or tuple."""
        return get_origin(self.info.annotation) or self.info.annotation

    @property
    def low(self) -> Any:
        """The least value; of several numbers the least count; None if there is none."""
        return self._bound("ge", "gt", "min_length")

    @property
    def high(self) -> Any:
        """The greatest value; of several numbers, or of a text, the greatest count; or None."""
        return self._bound("le", "max_length")

    @property
    def each(self) -> "Parameter":
        """One of several numbers."""
        return Parameter(self.name, _info(get_args(self.info.annotation)[0]))

    def count(self, name: str, about: str) -> "Parameter":
        """How many of several numbers there are, as a field of that name."""
        span = Field(ge=self.low, le=self.high, title=f"number of {name}", description=about)
        return Parameter(name, _info(Annotated[int, span, Asked(name.capitalize())]))

    @property
    def allowed(self) -> str:
        """What it may be, in words."""
        if self.choices:
            return f"one of {', '.join(map(str, self.choices))}"
        if self.kind is bool:
            return "yes or no"
        if self.high is None:
            return {int: "a whole number", str: "text", tuple: "a list"}.get(self.kind, "an object")
        if self.kind is str:
            return f"text of at most {self.high:,} characters"
        above = self._bound("gt") is not None
        before, between = ("more than ", " and at most ") if above else ("", " to ")
        span = f"{before}{_number(self.low)}{between}{_number(self.high)}"
        if self.kind is tuple:
            return f"{span} numbers, each {self.each.allowed}"
        return f"a whole number from {span}" if self.kind is int else span

    def check(self, value: Any) -> Any:
        """The value as the config would hold it.

        Raises:
            InputError: the config would reject it, in the same words.
        """
        try:
            return self._reader.validate_python(value)
        except ValidationError as error:
            raise InputError(_sentence(self, error.errors()[0])) from None

    def parse(self, text: str) -> Any:
        """The value that a person wrote on a command line or into an address.

        Raises:
            InputError: it is none, or the config would reject it, in the same words.
        """
        if self.kind is tuple:
            return self.check([part.strip() for part in text.split(",")])
        return self.check(text if self.kind is str else text.strip())

    def number(self) -> dict[str, Any]:
        """What Streamlit's ``number_input`` takes."""
        return {
            "label": self.label,
            "min_value": self.kind(self.low),
            "max_value": self.kind(self.high),
            "step": self.asked.step or (1 if self.kind is int else None),
            "format": self.asked.format,
        }

    def option(self) -> dict[str, Any]:
        """What argparse's ``add_argument`` takes; absent from the namespace unless it is given."""
        about = self.info.description or self.title
        usual = "" if self.default in (None, "") else f" (default {_shown(self.default)})"
        if self.kind is bool:
            how: dict[str, Any] = {"action": BooleanOptionalAction}
        elif self.choices:
            how = {"type": self.parse, "metavar": f"{{{','.join(self.choices)}}}"}
        else:
            how = {"type": self.parse, "metavar": self.name.upper()}
            about += "" if self.high is None else f"; {self.allowed}"
        return {"default": SUPPRESS, "help": about + usual, **how}

    @cached_property
    def _reader(self) -> TypeAdapter[Any]:
        annotation: Any = Annotated[self.info.annotation, self.info]
        return TypeAdapter(annotation)

    def _bound(self, *names: str) -> Any:
        found = (getattr(each, name, None) for each in self.info.metadata for name in names)
        return next((bound for bound in found if bound is not None), None)


def parameter(config: type[Settings], name: str) -> Parameter:
    """A field of a config; of one that may be None, what it is otherwise."""
    info = config.model_fields[name]
    kinds = [kind for kind in get_args(info.annotation) if kind is not NoneType]
    default = None if info.is_required() else info.get_default(call_default_factory=True)
    if len(kinds) == 1 and NoneType in get_args(info.annotation):
        outer, info = info, _info(kinds[0])
        info.title = outer.title or info.title
        info.description = outer.description or info.description
    return Parameter(name, info, default)


def _info(annotation: Any) -> FieldInfo:
    return FieldInfo.from_annotation(annotation)


def flag(name: str) -> str:
    """A field as an option of the command line."""
    return "--" + name.replace("_", "-")


Seed = Annotated[int, Field(ge=0, le=2**32 - 1)]  # what NumPy, Keras and scikit-learn take


def _rejection(config: type[Settings], error: ValidationError) -> InputError:
    """The first thing that is wrong with a config, as a sentence."""
    problem = error.errors()[0]
    name = str(problem["loc"][0]) if problem["loc"] else ""
    if problem["type"] == "extra_forbidden":
        near = nearest(name, list(config.model_fields))
        return InputError(f"The {_title(config)} has no field {name[:60]!r}.{near}")
    if problem["type"] == "missing":
        return InputError(f"The {_title(config)} lacks its {name.replace('_', ' ')}.")
    if not name:
        return InputError(
            _cause(problem) or f"The {_title(config)} is not valid: {problem['msg']}."
        )
    return InputError(_sentence(parameter(config, name), problem))


def _sentence(parameter: Parameter, problem: Any) -> str:
    """What was given instead of what it must be. ``problem`` is one of pydantic's errors."""
    if said := _cause(problem):
        return said
    if parameter.kind is tuple and isinstance((problem["loc"] or ("",))[-1], int):
        parameter = parameter.each  # one of several is wrong
    given = problem["input"]
    if problem["type"] == "string_too_long":
        return f"The {parameter.title} must have at most {parameter.high:,} characters, not {len(given):,}."
    return f"The {parameter.title} must be {parameter.allowed}, not {_given(given)}."


def _cause(problem: Any) -> str | None:
    cause = problem.get("ctx", {}).get("error")
    return str(cause) if isinstance(cause, InputError) else None


def _title(config: type[Settings]) -> str:
    return config.model_config.get("title") or config.__name__


def _given(value: Any) -> str:
    """A value in a sentence: a number as it was written, a text in quotation marks."""
    if isinstance(value, str):
        try:
            float(value)
        except ValueError:
            return repr(value[:60])
        return value.strip()[:60]
    if isinstance(value, list | tuple):
        return ",".join(map(_given, value)) or "none"
    return _shown(value)[:60]


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return _number(value) if isinstance(value, int | float) else str(value)


def _number(value: float) -> str:
    return f"{Decimal(value) if isinstance(value, int) else value:.12g}"  # an int may be no float
