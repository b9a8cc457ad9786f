"""How often each class is answered rightly, and what it is taken for."""

import numpy as np
import streamlit as st

from diagnosis.dashboard.widgets.tables import table
from diagnosis.evaluation.estimates import proportion
from diagnosis.inference.split_predictions import Predictions

FEWEST = 10  # cases of which a share is told


def classes(test: Predictions, *, synthetic: bool) -> None:
    """Draw a line a class; of tasks with one label a case also what each class is taken for.

    Args:
        test: the version's answers.
        synthetic: whether the cases are drawn by a program.
    """
    config = test.config
    rows, few = [], []
    for index, name in enumerate(config.classes):
        truth = test.truth(index)
        called = (
            test.predicted[:, index] if config.task == "multi-label" else test.predicted == index
        )
        n = int(truth.sum())
        right = "–" if n < FEWEST else str(proportion(int((called & truth).sum()), n))
        others = (
            "–"
            if len(truth) - n < FEWEST
            else str(proportion(int((called & ~truth).sum()), len(truth) - n))
        )
        rows.append((name, f"{n:,}", right, others))
        if n < FEWEST:
            few.append(name)
    table(["label", "n", "called so", "others called so"], rows)
    if config.task != "multi-label" and len(config.classes) > 2:
        counts = np.zeros((len(config.classes), len(config.classes)), int)
        np.add.at(counts, (test.labels, test.predicted), 1)
        with st.expander("What is taken for what"):
            table(
                ["label", *(f"called {name}" for name in config.classes)],
                [
                    (name, *(f"{count:,}" for count in line))
                    for name, line in zip(config.classes, counts, strict=True)
                ],
            )
    st.caption(
        f"Test split, n = {len(test.labels):,}, with 95 % intervals. "
        + (f"Of fewer than {FEWEST} cases no share is told. " if few else "")
        + (
            ""
            if synthetic
            else "Age, sex and site of the cases are not kept, so it is not known whether it errs more often "
            "for some people than for others."
        )
    )
