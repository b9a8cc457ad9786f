"""A decision about a version: what was done, to which version, by whom, when and why."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from diagnosis.errors import InputError

Action = Literal["kept", "discarded", "rolled back"]
LONGEST = {"name": 100, "reason": 1000}  # characters
TAG = "decision."  # of a version in MLflow's registry; the time follows


@dataclass(frozen=True)
class Decision:
    """It is never changed and never deleted, not even with the version."""

    action: Action  # "rolled back": kept again, after it had been active before
    version: str
    before: str | None  # the version that was active until then
    by: str
    when: datetime  # UTC, aware
    why: str

    @property
    def promotes(self) -> bool:
        """Whether the version became the active one by it."""
        return self.action != "discarded"

    @property
    def tag(self) -> tuple[str, str]:
        """Key and value under which MLflow keeps it."""
        when = (
            self.when.astimezone(UTC).isoformat().replace("+00:00", "Z")
        )  # "+" is no letter of a key
        held = ("action", "version", "before", "by", "why")
        words = json.dumps({name: getattr(self, name) for name in held})
        return TAG + when, words

    @classmethod
    def from_tag(cls, key: str, value: str) -> "Decision":
        """Read ``tag`` back."""
        return cls(when=datetime.fromisoformat(key.removeprefix(TAG)), **json.loads(value))


def decide(action: Action, version: str, before: str | None, *, by: str, why: str) -> Decision:
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
    return Decision(action, version, before, said["name"], datetime.now(UTC), said["reason"])
