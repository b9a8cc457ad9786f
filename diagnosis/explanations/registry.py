"""All explanations by name: the attribution methods of the gates page, and ``read --explain``."""

from diagnosis.core.errors import InputError, nearest
from diagnosis.explanations.attribution import AttributionMethod
from diagnosis.explanations.explanation import Explanation
from diagnosis.explanations.gate_statistics import GateStatistics
from diagnosis.explanations.integrated_gradients import IntegratedGradients
from diagnosis.explanations.neighbours import SimilarCases
from diagnosis.explanations.occlusion import Occlusion

EXPLANATIONS: dict[str, Explanation] = {
    "occlusion": Occlusion(),
    "gradients": IntegratedGradients(),
    "similar-cases": SimilarCases(),
    "gate-statistics": GateStatistics(),
}


def register(name: str, explanation: Explanation) -> None:
    """Offer another explanation; an attribution method stands on the gates page, too."""
    EXPLANATIONS[name] = explanation


def explanation(name: str) -> Explanation:
    """Look one up.

    Raises:
        InputError: there is none of that name; the message has the nearest ones.
    """
    if name not in EXPLANATIONS:
        raise InputError(
            f"There is no explanation {name[:60]!r}.{nearest(name, list(EXPLANATIONS))}"
        )
    return EXPLANATIONS[name]


def attribution_methods() -> dict[str, AttributionMethod]:
    """Those that give every step a weight."""
    return {
        name: each for name, each in EXPLANATIONS.items() if isinstance(each, AttributionMethod)
    }
