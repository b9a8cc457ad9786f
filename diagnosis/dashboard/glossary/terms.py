"""The terms of ``terms.toml``: its page and every tooltip show the same text."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from pydantic import BaseModel, ConfigDict, Field


class Term(BaseModel):
    """One entry of the glossary."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)

    key: str = Field(min_length=1)
    chapter: str = Field(min_length=1)
    text: str = Field(min_length=20, max_length=400)  # no markup: it is a tooltip too
    also: tuple[str, ...] = ()  # synonyms
    equations: tuple[str, ...] = ()  # LaTeX
    source: str = ""

    @property
    def title(self) -> str:
        """The key as a heading; what is spelled as in code stays as it is."""
        return self.key if "_" in self.key else self.key[0].upper() + self.key[1:]

    @property
    def anchor(self) -> str:
        """Where it stands on the glossary page: ``/glossary#forget-gate``."""
        return self.key.lower().replace(" ", "-").replace("_", "-")

    @property
    def synonyms(self) -> str:
        """A sentence without its full stop; "" if there are none."""
        return f"Also: {', '.join(self.also)}" if self.also else ""


def _read() -> Mapping[str, Term]:
    text = Path(__file__).with_name("terms.toml").read_text(encoding="utf-8")
    entries = [Term.model_validate(entry) for entry in tomllib.loads(text)["term"]]
    terms = {entry.key: entry for entry in entries}
    if len({entry.anchor for entry in entries}) != len(entries):
        raise ValueError("The glossary has a term twice.")
    return MappingProxyType(terms)


TERMS = _read()
CHAPTERS = tuple(dict.fromkeys(entry.chapter for entry in TERMS.values()))


def found(query: str) -> tuple[Term, ...]:
    """The terms that each word of a query begins a word of: of their names, else of their texts.

    Args:
        query: as typed; all terms if it is empty.
    """
    named = tuple(each for each in TERMS.values() if _holds((each.key, *each.also), query))
    return named or tuple(each for each in TERMS.values() if _holds((each.text,), query))


def _holds(texts: Iterable[str], query: str) -> bool:
    words = [word for text in texts for word in _words(text)]
    return all(any(word.startswith(asked) for word in words) for asked in _words(query))


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.casefold())


def term(key: str) -> str:
    """The meaning of a term and its synonyms, for a tooltip.

    Raises:
        KeyError: it is not in the glossary.
    """
    entry = TERMS[key]
    return f"{entry.text} {entry.synonyms}." if entry.also else entry.text


def terms(*keys: str) -> str:
    """Several, each with its name, for one tooltip.

    Raises:
        KeyError: one is not in the glossary.
    """
    return "\n\n".join(f"**{key}**: {term(key)}" for key in keys)
