"""What a table says about itself: what it is for, which model it is from, how good that is."""

from typing import Any

from diagnosis import __version__
from diagnosis.core.intended_use import IN_FULL, IN_SHORT
from diagnosis.inference.abstention_rules import n_abstained
from diagnosis.models.store import Version


def about(version: Version) -> dict[str, str]:
    """Label to words. The same for the same version: nothing of it is about the scans."""
    card, config = version.card, version.config
    training, data = card["training"], card["dataset"]
    facts = {
        **{label.lower(): words for label, words in IN_FULL.items()},
        "intended use": f"{IN_SHORT} {IN_FULL['Intended use']}",
        "model": version.name,
        "version": version.version,
        "for": version.population.words or version.population.sentence,
        "trained": f"{card['created']} on {data.get('name')}, seed {training.get('seed')}",
        "weights SHA-256": card["weights_sha256"],
        "training data SHA-256": data.get("sha256"),
        "read with": f"Scanline {__version__}",
        "probability": "estimated, calibrated on the validation split; none of what is refused",
        "limits": " ".join(card.get("limits", ())),
    }
    if card["threshold"] is not None and config.finding is not None:
        finding = config.classes[config.finding]
        facts["threshold"] = (
            f"{finding} is called from an estimated probability of {card['threshold']:.4f} on: "
            f"{card.get('threshold_rule')}"
        )
    facts["not called"] = " ".join(n_abstained(version))
    measured = dict(card["metrics"]["test"])
    facts["test split"] = f"n = {measured.pop('n')}; " + "; ".join(
        f"{name.replace('_', ' ')} {_figure(estimate)}"
        for name, estimate in measured.items()
        if estimate
    )
    return {label: str(words) for label, words in facts.items() if words}


def _figure(estimate: dict[str, Any]) -> str:
    value, low, high = (estimate[key] for key in ("estimate", "lower", "upper"))
    if None in (value, low, high):
        return "–"
    return f"{value:.3f} ({estimate['level']:.0%} interval {low:.3f}–{high:.3f})"
