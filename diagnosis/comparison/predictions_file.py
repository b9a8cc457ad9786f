"""Anybody's predictions for a split, from a CSV file, to be compared with a model's on the same cases."""

from pathlib import Path

import numpy as np
import pandas as pd

from diagnosis.core.errors import InputError
from diagnosis.models.config import ModelConfig

NUMBER = "number"  # column: of the case in its split, from 1; without it the rows are in the split's order
MAX_BYTES = 256 * 2**20


def read_predictions(path: Path, config: ModelConfig, n: int) -> np.ndarray:
    """The probabilities of a file with one row a case and one column a class, headed by its name.

    A binary task needs the finding's column alone.

    Args:
        path: of the CSV file.
        config: of the model that it is compared with: task, classes, finding.
        n: cases of the split.

    Returns:
        float64 ``(n, classes)``, in the order of the split.

    Raises:
        InputError: no such file, a column or a case is missing or double, or a value is no probability.
    """
    table = _table(path)
    finding = config.finding
    needed = config.classes if finding is None else (config.classes[finding],)
    if missing := [name for name in needed if list(table.columns).count(name) != 1]:
        raise InputError(
            f"{path.name} must have one column {' and one '.join(map(repr, missing))} with the probability "
            f"of that class; its columns are {', '.join(name[:40] for name in table.columns[:8])}."
        )
    if len(table) != n:
        raise InputError(
            f"{path.name} has {len(table):,} rows and the split {n:,} cases: give one row for each."
        )
    values: np.ndarray = (
        table[list(needed)].apply(pd.to_numeric, errors="coerce").to_numpy(np.float64)
    )
    wrong = ~((values >= 0) & (values <= 1)).all(axis=1)
    if wrong.any():
        row = int(wrong.argmax())
        raise InputError(
            f"{path.name}, row {row + 1}: {', '.join(str(v) for v in table[list(needed)].iloc[row])} is no "
            "probability: give numbers from 0 to 1."
        )
    if NUMBER in table.columns:
        values = values[_order(table[NUMBER], path, n)]
    if finding is None:
        return values
    both = np.empty((n, 2))
    both[:, finding], both[:, 1 - finding] = values[:, 0], 1 - values[:, 0]
    return both


def _table(path: Path) -> pd.DataFrame:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(
                f"{path.name} is larger than {MAX_BYTES >> 20} MB: give one row for each case."
            )
        table = pd.read_csv(path, comment="#", skipinitialspace=True, encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}): check the name.") from error
    except (ValueError, UnicodeError) as error:  # pandas: no rows, too many cells, another encoding
        raise InputError(
            f"{path.name} is no CSV file in UTF-8 with a header: write one row for each case."
        ) from error
    table.columns = [str(name).strip() for name in table.columns]
    return table


def _order(numbers: pd.Series, path: Path, n: int) -> np.ndarray:
    """Which row is the first case's, the second's, and so on: int ``(n,)``."""
    given = pd.to_numeric(numbers, errors="coerce").to_numpy(np.float64)
    order = np.argsort(given, kind="stable")
    if not np.array_equal(given[order], np.arange(1, n + 1)):
        raise InputError(
            f"{path.name}: the column {NUMBER} must have every number from 1 to {n:,} once."
        )
    return order
