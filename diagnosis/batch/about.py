"""Header of a table: intended use, model and its error rates."""

from diagnosis import __version__
from diagnosis.core.intended_use import IN_FULL, IN_SHORT
from diagnosis.inference.policy import abstention_rules
from diagnosis.models.store import Version
from diagnosis.text.evaluation import figure
from diagnosis.text.outcome import rule_sentences


def about(version: Version) -> dict[str, str]:
    """Label to text. It depends on the version alone, not on the scans."""
    card, config = version.card, version.config
    training, data = card.training, card.dataset
    facts = {
        **{label.lower(): words for label, words in IN_FULL.items()},
        "intended use": f"{IN_SHORT} {IN_FULL['Intended use']}",
        "model": version.name,
        "version": version.version,
        "for": version.population.words or version.population.sentence,
        "trained": f"{card.created.isoformat()} on {data.name}, seed {training.seed}",
        "weights SHA-256": card.weights_sha256,
        "training data SHA-256": data.sha256,
        "read with": f"Scanline {__version__}",
        "probability": "predicted, fitted to held-out cases; none of rejected files",
        "limits": " ".join(card.limits),
    }
    if card.threshold is not None and config.finding is not None:
        finding = config.classes[config.finding]
        facts["threshold"] = (
            f"{finding} is predicted at a probability of {card.threshold:.4f} or more: "
            f"{card.threshold_rule}"
        )
    facts["abstention"] = " ".join(rule_sentences(abstention_rules(version)))
    measured = card.metrics.test
    facts["test split"] = f"n = {measured.n}, 95 % intervals; " + "; ".join(
        f"{name.replace('_', ' ')} {figure(estimate)}"
        for name, estimate in measured.estimates.items()
    )
    return {label: str(words) for label, words in facts.items() if words}
