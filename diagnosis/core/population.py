"""For whom a data set's models are: what was examined, how, and of whom; ``catalogue.toml`` has the facts."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

Depicted = Literal["projection", "picture", "slice", "volume", "record"]


@dataclass(frozen=True)
class Population:
    """What a data set's cases have in common. What is empty or None is not stated, so excludes nothing."""

    words: str = ""  # such as "frontal chest X-rays of children aged 1 to 5"
    # An X-ray projection; another single picture (photograph, ultrasound, microscope); a slice; a volume;
    # a record of events.
    depicts: Depicted | None = None
    modalities: tuple[str, ...] = ()  # DICOM's terms (PS3.3, C.7.3.1.1.1)
    body_parts: tuple[str, ...] = ()  # DICOM's terms (PS3.16, table L-1)
    views: tuple[str, ...] = ()  # DICOM's view positions (PS3.3, C.8.11.5.1.1)
    ages: tuple[int, int] | None = None  # years, the first and the last

    @property
    def sentence(self) -> str:
        """The same on every page and in every export."""
        if not self.words:
            return "Its data set does not state for whom it is."
        return f"For {self.words}."

    def to_json(self) -> dict[str, Any]:
        """The fields as a JSON object."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Population":
        """Build from ``to_json``'s object, or from a table of the catalogue; absent fields are not stated.

        Raises:
            KeyError, TypeError, ValueError: it is none.
        """
        depicts, ages = document.get("depicts"), document.get("ages")
        if depicts is not None and depicts not in get_args(Depicted):
            raise ValueError(f"depicts must be one of {get_args(Depicted)}, received {depicts!r}")
        first_last = None
        if ages is not None:
            first, last = map(int, ages)
            first_last = (first, last)
        return cls(
            words=str(document.get("words", "")),
            depicts=depicts,
            modalities=tuple(map(str, document.get("modalities", ()))),
            body_parts=tuple(map(str, document.get("body_parts", ()))),
            views=tuple(map(str, document.get("views", ()))),
            ages=first_last,
        )


NOT_STATED = Population()  # of imported sets
