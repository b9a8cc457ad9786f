"""Rules of thumb for the number of hidden units, as the literature has them.

They were made for feed-forward networks with one hidden layer, where every input is seen once. A recurrent
network sees one row at a time, so its inputs are the features of a row. None of them knows the task; Sarle
(comp.ai.neural-nets, 1995, and its FAQ, part 3) calls rules from the numbers of inputs and outputs alone
nonsense. They are drawn for orientation.
"""

from dataclasses import asdict, dataclass
from math import sqrt
from typing import Any

ALPHA = (5, 10)  # training cases for each weight, roughly: the range that is usually given


@dataclass(frozen=True)
class Rule:
    """One rule, applied."""

    name: str
    formula: str
    low: float  # units
    high: float  # units; the same as ``low`` unless the rule gives a range
    source: str

    def to_json(self) -> dict[str, Any]:
        """A JSON object."""
        return asdict(self)


def rules(inputs: int, outputs: int, cases: int) -> tuple[Rule, ...]:
    """What each rule gives.

    Args:
        inputs: features of one timestep.
        outputs: logits.
        cases: that a model is trained on.
    """
    heaton = "Heaton, Introduction to Neural Networks for Java, 2nd ed. (2008), ch. 5"

    def one(name: str, formula: str, units: float, source: str) -> Rule:
        return Rule(name, formula, units, units, source)

    low, high = (cases / (alpha * (inputs + outputs)) for alpha in reversed(ALPHA))
    return (
        one(
            "geometric pyramid", "√(inputs × outputs)", sqrt(inputs * outputs),
            "Masters, Practical Neural Network Recipes in C++ (1993), ch. 10",
        ),
        one(
            "mean", "(inputs + outputs) / 2", (inputs + outputs) / 2,
            "Weka's MultilayerPerceptron, its default “a”; Witten, Frank & Hall, Data Mining, 3rd ed. (2011)",
        ),
        one("two thirds", "⅔ inputs + outputs", inputs * 2 / 3 + outputs, heaton),
        one("as many as inputs", "inputs", inputs, "Weka's MultilayerPerceptron, its choice “i”"),
        one("upper limit", "fewer than 2 × inputs", 2 * inputs, heaton),
        Rule(
            "by cases", f"cases / (α (inputs + outputs)), α = {ALPHA[0]} to {ALPHA[1]}", low, high,
            "Anderson & McNeill, Artificial Neural Networks Technology, DACS report (1992), rule three",
        ),
    )  # fmt: skip
