"""A decision about a version: what was done, to which version, by whom, when and why."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, get_args

from diagnosis.core.errors import InputError

Action = Literal["promoted", "archived", "rolled back"]
LONGEST = {"name": 100, "reason": 1000}  # characters
TAG = "decision."  # of a version in MLflow's registry; number and time follow


@dataclass(frozen=True)
class Decision:
    """It is never changed and never deleted, not even with the version."""

    action: Action  # "rolled back": promoted again, after it had been active before
    version: str
    before: str | None  # the version that was active until then
    by: str
    when: datetime  # UTC, aware
    why: str
    number: int  # of the model's decisions, from 1: clocks are set back

    @property
    def promotes(self) -> bool:
        """Whether the version became the active one by it."""
        return self.action != "archived"

    @property
    def tag(self) -> tuple[str, str]:
        """Key and value under which MLflow keeps it."""
        when = (
            self.when.astimezone(UTC).isoformat().replace("+00:00", "Z")
        )  # "+" is no letter of a key
        held = ("action", "version", "before", "by", "why")
        words = json.dumps({name: getattr(self, name) for name in held})
        return f"{TAG}{self.number:06}.{when}", words

    @classmethod
    def from_tag(cls, key: str, value: str) -> "Decision | None":
        """Read ``tag`` back; None if it is no decision: every client of a server can write tags."""
        number, _, when = key.removeprefix(TAG).partition(".")
        try:
            words = json.loads(value)
            found = cls(**words, when=datetime.fromisoformat(when), number=int(number))
        except (ValueError, TypeError):
            return None
        texts = (found.version, found.by, found.why, found.before or "")
        whole = found.action in get_args(Action) and all(isinstance(text, str) for text in texts)
        return found if whole and found.when.tzinfo is not None else None

    @classmethod
    def from_text(cls, text: str) -> "Decision | None":
        """Read key and value of ``tag`` back that were kept together as JSON; None if it is none."""
        try:
            key, value = json.loads(text)
        except (ValueError, TypeError):
            return None
        return cls.from_tag(key, value) if isinstance(key, str) else None


def decide(
    action: Action, version: str, before: str | None, *, by: str, why: str, number: int
) -> Decision:
    """A decision that is taken now.

    Raises:
        InputError: who or why is not said, or said at too great a length.
    """
    said = {"name": " ".join(by.split()), "reason": why.strip()}
    for what, text in said.items():
        if not text:
            raise InputError(
                f"A decision about a version needs a {what}: say who decides and why; its history keeps both."
            )
        if len(text) > LONGEST[what]:
            raise InputError(
                f"The {what} must have at most {LONGEST[what]:,} characters, not {len(text):,}."
            )
    now = datetime.now(UTC)
    return Decision(action, version, before, said["name"], now, said["reason"], number)
