"""``read --explain``: what an explanation gives for a prediction, with its limits."""

import argparse
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from diagnosis.core.errors import InputError

if TYPE_CHECKING:
    from diagnosis.cases import Case
    from diagnosis.datasets import Dataset
    from diagnosis.inference.prediction import Prediction
    from diagnosis.inference.predictor import Predictor


@dataclass(frozen=True, eq=False)
class _Subject:
    """What is explained, see ``explanations.explanation.Explained``."""

    model: "Predictor"
    case: "Case"
    prediction: "Prediction"
    dataset: "Dataset | None"
    target: int


def add_options(leaf: argparse.ArgumentParser) -> None:
    """Add the option of `read`."""
    leaf.add_argument(
        "--explain",
        action="append",
        default=[],
        metavar="NAME",
        help="explain the prediction: occlusion, gradients, similar-cases, gate-statistics; repeatable",
    )


def explained(
    names: Sequence[str], model: "Predictor", case: "Case", prediction: "Prediction"
) -> list[dict[str, Any]]:
    """One object an explanation: its name, its limits, the class that is explained, and its figures.

    Raises:
        InputError: there is no such explanation, or it does not fit the model or its data.
    """
    if not names:
        return []
    from diagnosis.datasets import load
    from diagnosis.explanations.registry import explanation

    config = model.config
    chosen = {name: explanation(name) for name in names}
    dataset: Dataset | None = None
    with suppress(InputError):  # an explanation that needs it says so
        dataset = load(model.version.dataset, size=config.encoder.data_size, download=False)
    target = int(prediction.probabilities.argmax()) if config.finding is None else config.finding
    subject = _Subject(model, case, prediction, dataset, target)
    results = []
    for name, each in chosen.items():
        if misfit := each.misfit(config, dataset):
            raise InputError(f"{each.title}: {misfit.sentence}")
        facts = {
            "name": name,
            "title": each.title,
            "limits": each.caption_for(config.encoder.steps),
        }
        figures = each.run(subject).to_json()
        if config.encoder.embedded and "weights" in figures:  # of events; padding has none
            sequence = prediction.sequence
            read = int(sequence.mask.nonzero()[0][-1]) + 1
            figures["weights"] = figures["weights"][:read]
            figures["steps"] = [step.label for step in sequence.steps[:read]]
        results.append({**facts, "class": config.classes[target], **figures})
    return results


def explained_rows(results: Sequence[dict[str, Any]]) -> list[tuple[str, ...]]:
    """Rows of a table: of weights the largest; the rest is in the JSON."""
    rows: list[tuple[str, ...]] = []
    for result in results:
        weights = result.get("weights")
        if weights is None:
            rows.append((result["title"], "computed: --json has its figures"))
        else:
            step = max(range(len(weights)), key=lambda index: abs(weights[index]))
            about = f"largest weight {weights[step]:+.3f} {result['unit']} for {result['class']}"
            named = f" ({result['steps'][step]})" if "steps" in result else ""
            rows.append((result["title"], f"{about}, at step {step + 1} of {len(weights)}{named}"))
        rows.append(("", result["limits"]))
    return rows
