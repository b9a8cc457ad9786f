"""How far one comes without medicine: age, number of events and hours covered of a record, and no more.

They say who was measured, how often and how long, and not what was found. A model that is hardly better than
a logistic regression on them has learned little else, however good its figures look.
"""

from collections.abc import Sequence

import numpy as np

from diagnosis.evaluation.auc import auc
from diagnosis.evaluation.estimates import Estimate
from diagnosis.records.examples import CODE, MINUTE, PADDING, VALUE

FEATURES = ("age", "number of events", "hours covered")
AGE = "age"  # the fact, in any case of letters


def extent(examples: np.ndarray, codes: Sequence[str]) -> np.ndarray:
    """`FEATURES` of records, float64 ``(n, 3)``; NaN where the age is not known.

    Args:
        examples: float32 ``(n, length, 3)``, see ``records.examples``: what a model reads.
        codes: the vocabulary of its numbers.
    """
    code, minute = examples[..., CODE], examples[..., MINUTE]
    timed = (code > PADDING) & ~np.isnan(minute)
    last = np.where(timed, minute, -np.inf).max(axis=1)
    first = np.where(timed, minute, np.inf).min(axis=1)
    hours = np.where(timed.any(axis=1), last - first, 0) / 60
    ages = [number for number, name in enumerate(codes, 1) if name.lower() == AGE]
    given = np.where(np.isin(code, ages), examples[..., VALUE], np.nan)
    age = np.fmax.reduce(given, axis=1)
    return np.column_stack([age, timed.sum(axis=1), hours]).astype(float)


def extent_auc(
    learned: np.ndarray, labels: np.ndarray, measured: np.ndarray, truth: np.ndarray
) -> Estimate:
    """AUC of a logistic regression on ``extent``.

    Args:
        learned: of ``extent``, ``(n, 3)``.
        labels: bool ``(n,)``, whether it is the finding.
        measured: of other cases, ``(m, 3)``.
        truth: theirs, ``(m,)``.
    """
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True),
        StandardScaler(),
        LogisticRegression(),
    )
    probability = model.fit(learned, labels).predict_proba(measured)[:, 1]
    return auc(truth, probability)
