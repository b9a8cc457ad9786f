"""Decisions and versions as sentences."""

from diagnosis.core.dates import moment
from diagnosis.core.inert import markdown as plain
from diagnosis.datasets import catalogue
from diagnosis.models.variants import VARIANTS
from diagnosis.registry.decision import Decision

ACTIONS = {  # as the registry records them -> in the table of decisions
    "promoted": "promoted",
    "archived": "archived",
    "rolled back": "rolled back to",
}


def decision_sentence(decision: Decision) -> str:
    """A decision without its reason."""
    by_whom = f"{moment(decision.when)} by {decision.by}"
    if decision.action == "archived":
        files = "its weights are deleted, its record stays"
        return f"Version {decision.version} was archived on {by_whom}: {files}."
    before = f" instead of {decision.before}" if decision.before else ""
    if decision.action == "rolled back":
        return f"Rolled back to version {decision.version} on {by_whom}{before}."
    return f"Version {decision.version} was promoted on {by_whom}{before}."


def model_title(model: str) -> str:
    """``LSTM for PneumoniaMNIST``."""
    dataset, _, variant = model.partition("/")
    kind, facts = VARIANTS.get(variant), catalogue().get(dataset)
    return f"{kind.title if kind else variant} for {facts.title if facts else dataset}"


def looks_sentence(looks: int, dataset: str) -> str:
    """How often the test split of a data set was looked at for a decision."""
    of = f"The test split of {plain(dataset)}"
    if not looks:
        return f"{of} has not been opened for a decision on this machine."
    times = "one comparison" if looks == 1 else f"{looks:,} comparisons"
    return (
        f"{of} has been opened for {times} on this machine. The more often, the more likely a version looks "
        "better on it by chance."
    )
