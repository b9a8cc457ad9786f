"""What simple models make of records: the figures that a recurrent network is measured against.

    python -m benchmarks.record_baselines icu2012
    python -m benchmarks.record_baselines cleveland
    python -m benchmarks.record_baselines recordphantoms

- *logistic regression* on the last and the mean value of every code, what is lacking filled with the median
  and marked, and 0 or 1 for every code without values;
- *gradient boosting* (histograms) on the same numbers, what is lacking left out;
- *"dumb" features*: age, number of events and hours covered, which say how somebody was measured and not what
  was found; a model that is hardly better has learned little of medicine;
- of icu2012 also SAPS-I, the score that was in use;
- the networks that come with Scanline, as they were measured; not of cleveland, whose folds they lack.

Everything is chosen by five-fold cross-validation within train and validation; the test split is predicted
once. Of cleveland, ten folds are tested in turn, five times with other folds; choices are made within the
nine others. Event-1 is the challenge's: the smaller of sensitivity and positive predictive value, at the
threshold that makes it largest among the cross-validated predictions. Standard errors: of the AUC DeLong's,
of event-1 by bootstrap; of cleveland the deviation between folds.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import precision_recall_curve, roc_auc_score
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from diagnosis.cli.result import table
from diagnosis.datasets.cleveland import FOLDS, cleveland_folds
from diagnosis.datasets.facts import catalogue
from diagnosis.datasets.loading import locate
from diagnosis.datasets.record_sets import READERS, by_split, read_named
from diagnosis.evaluation.auc import auc_variance
from diagnosis.evaluation.operating import confusion
from diagnosis.inference.split_predictions import stored
from diagnosis.models.store import SHIPPED, Version, versions
from diagnosis.records.examples import vocabulary
from diagnosis.records.record import Record

FEWEST = 20  # patients with a value other than the most frequent one, or a column is left out
SEEDS = 5  # of Cleveland's folds
DRAWS = 1000  # bootstrap samples


@dataclass(frozen=True)
class Baseline:
    """A model, what is tried for it, and on which features."""

    title: str
    dumb: bool
    model: Any
    grid: Mapping[str, Sequence[Any]]

    def fitted(self, features: np.ndarray, labels: np.ndarray) -> GridSearchCV:
        """The best of the grid by AUC in cross-validation, fitted on all of the cases."""
        search = GridSearchCV(self.model, dict(self.grid), scoring="roc_auc", cv=_cv())
        return search.fit(features, labels)


def _logistic() -> Any:
    return make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True),
        StandardScaler(),
        LogisticRegression(max_iter=2000),
    )


BASELINES = (
    Baseline(
        "logistic regression", False, _logistic(),
        {"logisticregression__C": (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)},
    ),
    Baseline(
        "gradient boosting", False,
        HistGradientBoostingClassifier(early_stopping=False, min_samples_leaf=20, random_state=0),
        {"learning_rate": (0.03,), "max_leaf_nodes": (2, 6), "max_iter": (100, 300)},
    ),
    Baseline('"dumb" features', True, _logistic(), {"logisticregression__C": (1.0,)}),
)  # fmt: skip


def features(records: Sequence[Record], codes: Sequence[str]) -> np.ndarray:
    """Last and mean value of each code, and whether it occurs: float64 ``(n, 3 * len(codes))``.

    NaN where a code has no value.
    """
    numbers = {code: k for k, code in enumerate(codes)}
    array = np.full((len(records), 3, len(codes)), np.nan)
    array[:, 2] = 0
    for row, record in zip(array, records, strict=True):
        events = [*record.facts.items(), *zip(record.codes, record.values, strict=True)]
        known = [(numbers[code], value) for code, value in events if code in numbers]
        places = np.array([place for place, _ in known], int)
        values = np.array([value for _, value in known], float)
        row[2, places] = 1
        places, values = places[~np.isnan(values)], values[~np.isnan(values)]
        row[0, places] = values  # of several the last one stays
        n = np.bincount(places, minlength=len(codes))
        with np.errstate(invalid="ignore"):
            row[1] = np.bincount(places, values, minlength=len(codes)) / n
    return array.reshape(len(records), -1)


def varied(array: np.ndarray) -> np.ndarray:
    """Which columns have something to say: bool ``(columns,)``."""
    other = []
    for column in array.T:
        counts = np.unique(column[~np.isnan(column)], return_counts=True)[1]
        other.append(counts.sum() - counts.max(initial=0) >= FEWEST)
    return np.array(other)


def dumb_features(records: Sequence[Record]) -> np.ndarray:
    """Age, number of events, hours covered: float64 ``(n, 3)``."""
    return np.array([[each.facts.get("age", np.nan), len(each), each.hours] for each in records])


def both_features(
    baseline: Baseline, learned: Sequence[Record], test: Sequence[Record]
) -> tuple[np.ndarray, np.ndarray]:
    """Of those to learn from and of those to predict; codes and columns are chosen by the first."""
    if baseline.dumb:
        return dumb_features(learned), dumb_features(test)
    codes = vocabulary(learned)
    known, asked = features(learned, codes), features(test, codes)
    columns = varied(known)
    return known[:, columns], asked[:, columns]


def event1(truth: np.ndarray, probability: np.ndarray, threshold: float) -> float:
    """The smaller of sensitivity and positive predictive value."""
    counts = confusion(truth.astype(bool), probability, threshold)
    predicted = counts.true_positive + counts.false_positive
    return counts.true_positive / max(predicted, counts.positive, 1)


def best_threshold(truth: np.ndarray, probability: np.ndarray) -> float:
    """The one at which `event1` is largest."""
    precision, recall, thresholds = precision_recall_curve(truth, probability)
    return float(thresholds[np.minimum(precision, recall)[:-1].argmax()])


def measure_once(
    name: str, learned: Sequence[Record], test: Sequence[Record], saps: np.ndarray | None
) -> str:
    """The table of a set with a test split of its own."""
    rows: list[tuple[str, ...]] = [("model", "AUC", "SE", "event-1", "SE", "at best", "chosen")]
    truth, labels = _labels(test), _labels(learned)
    for each in BASELINES:
        known, asked = both_features(each, learned, test)
        search = each.fitted(known, labels)
        crossed = cross_val_predict(
            search.best_estimator_, known, labels, cv=_cv(), method="predict_proba"
        )
        threshold = best_threshold(labels, crossed[:, 1])
        chosen = ", ".join(
            f"{name.split('__')[-1]} {value}" for name, value in search.best_params_.items()
        )
        predicted = search.predict_proba(asked)[:, 1]
        rows.append((each.title, *_figures(truth, predicted, threshold), chosen))
    if saps is not None:
        rows.append(
            ("SAPS-I", *_figures(truth, saps, best_threshold(truth, saps)), "published score")
        )
    rows += [(version.variant, *network(version)) for version in shipped(name)]
    return table(rows, right={1, 2, 3, 4, 5})


def shipped(name: str) -> list[Version]:
    """The networks that come with Scanline for a data set."""
    return [
        each for each in versions() if each.dataset == name and each.folder.is_relative_to(SHIPPED)
    ]


def network(version: Version) -> tuple[str, ...]:
    """The figures of its stored predictions; the threshold of event-1 is the validation split's best."""
    val, test = (stored(version, split) for split in ("val", "test"))
    finding = version.config.finding
    if val is None or test is None or finding is None:
        raise SystemExit(f"{version.name} lacks its predictions.")
    threshold = best_threshold(val.truth(finding), val.probabilities[:, finding])
    figures = _figures(test.truth(finding), test.probabilities[:, finding], threshold)
    return (*figures, f"seed {version.card.training.seed}")


def measure_folds(records: Sequence[Record]) -> str:
    """The table of a small set, over ten folds, several times."""
    rows: list[tuple[str, ...]] = [("model", "AUC", "SD of folds", "accuracy", "SD of seeds, AUC")]
    labels = _labels(records)
    for each in BASELINES:
        aucs, accuracies = np.empty((SEEDS, FOLDS)), np.empty((SEEDS, FOLDS))
        for seed in range(SEEDS):
            folds = cleveland_folds(labels, seed=seed)
            for fold in range(FOLDS):
                learned = [
                    record for record, mine in zip(records, folds, strict=True) if mine != fold
                ]
                test = [record for record, mine in zip(records, folds, strict=True) if mine == fold]
                known, asked = both_features(each, learned, test)
                predicted = each.fitted(known, _labels(learned)).predict_proba(asked)[:, 1]
                truth = _labels(test)
                aucs[seed, fold] = roc_auc_score(truth, predicted)
                accuracies[seed, fold] = ((predicted >= 0.5) == truth).mean()
        rows.append(
            (each.title, f"{aucs.mean():.3f}", f"{aucs.std(axis=1, ddof=1).mean():.3f}",
             f"{accuracies.mean():.3f}", f"{aucs.mean(axis=1).std(ddof=1):.3f}")
        )  # fmt: skip
    return table(rows, right={1, 2, 3, 4})


def _figures(truth: np.ndarray, predicted: np.ndarray, threshold: float) -> tuple[str, ...]:
    value, variance = auc_variance(truth, predicted)
    rng = np.random.default_rng(0)
    drawn = []
    for _ in range(DRAWS):
        chosen = rng.integers(0, len(truth), len(truth))
        drawn.append(event1(truth[chosen], predicted[chosen], threshold))
    at_best = event1(truth, predicted, best_threshold(truth, predicted))
    return (
        f"{value:.4f}", f"{np.sqrt(variance):.4f}", f"{event1(truth, predicted, threshold):.3f}",
        f"{np.std(drawn, ddof=1):.3f}", f"{at_best:.3f}",
    )  # fmt: skip


def _labels(records: Sequence[Record]) -> np.ndarray:
    return np.array([record.label for record in records], int)


def _cv() -> StratifiedKFold:
    return StratifiedKFold(5, shuffle=True, random_state=0)


def _saps(folder: Path) -> np.ndarray | None:
    """SAPS-I of set B, -1 (not known) as the median; None if the folder lacks the table that has it."""
    path = folder / "set_b_patients.csv"
    if not path.is_file():
        return None
    scores = pd.read_csv(path)["saps1"].to_numpy(float)
    return np.where(scores < 0, np.median(scores[scores >= 0]), scores)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("name", choices=[*READERS, "recordphantoms"])
    name = parser.parse_args().name
    facts, path = catalogue()[name], locate(name)
    if path is None and not facts.synthetic:
        raise SystemExit(f"{name} is not on this machine.")
    records = read_named(facts, path)
    if name == "cleveland":
        print(measure_folds(list(records.by_patient.values())))
        return
    splits = by_split(records)
    learned = [*splits["train"], *splits["val"]]
    print(measure_once(name, learned, splits["test"], None if path is None else _saps(path)))


if __name__ == "__main__":
    main()
