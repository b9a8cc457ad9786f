"""Feature vectors of many cases as CSV, Parquet or NPZ."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from diagnosis.batch import spreadsheet
from diagnosis.traces import archive

SUFFIXES = (*spreadsheet.SUFFIXES, ".npz")


@dataclass(frozen=True, eq=False)
class Features:
    """One row for each case."""

    cases: Sequence[str]  # a case's number in its split, a patient's name, or the SHA-256 of a file
    labels: Sequence[str] | None  # in words, where they are known
    names: Sequence[str]  # of the units, such as "gru_1/h7"
    states: np.ndarray  # float32 (cases, units)

    @property
    def head(self) -> dict[str, type]:
        """Columns of the table and the types of their values."""
        label = {} if self.labels is None else {"label": str}
        return {"case": str, **label, **dict.fromkeys(self.names, float)}

    def write(self, out: Path, about: Mapping[str, str]) -> None:
        """Write them under a temporary name, then rename it.

        Args:
            out: a name that ends in one of `SUFFIXES`. NPZ has ``cases``, ``labels`` if there are any,
                ``names``, ``states`` and ``about``, lines "label: value".
            about: of the model; see `spreadsheet.write`.

        Raises:
            OSError: it cannot be written.
        """
        if out.suffix == ".npz":
            labels = {} if self.labels is None else {"labels": np.array(self.labels)}
            texts = [f"{label}: {value}" for label, value in about.items()]
            archive.write(
                out,
                {"cases": np.array(self.cases), **labels, "names": np.array(self.names)}
                | {"states": self.states, "about": np.array(texts)},
            )
        else:
            spreadsheet.write(out, self, map(self._row, range(len(self.cases))), about)

    def _row(self, at: int) -> list[Any]:
        label = [] if self.labels is None else [self.labels[at]]
        return [self.cases[at], *label, *self.states[at].tolist()]
