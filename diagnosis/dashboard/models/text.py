"""Decisions and versions in words."""

from datetime import UTC, datetime

from diagnosis.datasets import catalogue
from diagnosis.models.variants import VARIANTS
from diagnosis.registry.decision import Decision

ACTIONS = {
    "promoted": "made active",
    "archived": "archived",
    "rolled back": "made active again",
}


def moment(when: datetime) -> str:
    """``21 November 2026, 14:05 UTC``."""
    when = when.astimezone(UTC)
    return f"{when.day} {when:%B %Y, %H:%M} UTC"


def told(decision: Decision) -> str:
    """A decision as a sentence, without its reason."""
    who = f"{moment(decision.when)} by {decision.by}"
    if decision.action == "archived":
        return f"Version {decision.version} was discarded on {who}: its files are deleted."
    before = f" instead of {decision.before}" if decision.before else ""
    how = "was made the active one again" if decision.action == "rolled back" else "became active"
    return f"Version {decision.version} {how} on {who}{before}."


def title(model: str) -> str:
    """``LSTM for PneumoniaMNIST``."""
    dataset, _, variant = model.partition("/")
    kind, facts = VARIANTS.get(variant), catalogue().get(dataset)
    return f"{kind.title if kind else variant} for {facts.title if facts else dataset}"
