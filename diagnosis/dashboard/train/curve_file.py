"""Curves of runs as CSV: one line for each run, epoch and figure; without Streamlit.

The first line begins with "#" and states the intended use.
"""

import csv
import io
from collections.abc import Mapping

from diagnosis.core import inert
from diagnosis.core.intended_use import IN_SHORT
from diagnosis.figures.training import Curves

SPLITS = {True: "validation", False: "training"}


def csv_of(curves: Mapping[str, Curves]) -> str:
    """The file.

    Args:
        curves: name of a run -> its curves, of ``jobs.record.curves``.
    """
    text = io.StringIO()
    text.write(f"# {IN_SHORT}\n")
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(("run", "epoch", "split", "figure", "value"))
    for run, measured in curves.items():
        for name, (epochs, values) in sorted(measured.items()):
            split, figure = SPLITS[name.startswith("val_")], name.removeprefix("val_")
            for epoch, value in zip(epochs, values, strict=True):
                lines.writerow((inert.cell(run), int(epoch), split, figure, f"{value:.9g}"))
    return text.getvalue()
