"""Words about comparing models."""

from diagnosis.dashboard.glossary.term import Term

COMPARING = "Comparing models"

ENTRIES = (
    Term(
        "agreement",
        COMPARING,
        "Whether several models call the same on one case. Models that learned from the same pictures tend "
        "to err on the same ones, so agreement is no proof.",
    ),
    Term(
        "paired comparison",
        COMPARING,
        "Two models measured on the same cases. What is hard for one is mostly hard for the other, so their "
        "difference is known better than their two separate intervals suggest.",
    ),
    Term(
        "p value",
        COMPARING,
        "How often chance alone would give a difference at least as large if there were none. A small one "
        "is evidence of a difference, a large one is not evidence that there is none.",
    ),
    Term(
        "DeLong",
        COMPARING,
        "A way to say how sure the difference of two AUCs on the same cases is (DeLong and others, 1988). "
        "It takes into account that both models are measured on the same cases.",
    ),
    Term(
        "McNemar",
        COMPARING,
        "A test of errors on the same cases (McNemar, 1947). It looks only at the cases that one model has "
        "right and the other wrong: if the models were equal, each would have about half of them.",
    ),
    Term(
        "seed",
        COMPARING,
        "The number that fixes what is left to chance in training: the first weights and the order of the "
        "cases. Training again with another seed shows how much of a figure is luck.",
    ),
)
