"""The events of a record as a panel: each line whole, hours in a column, none where all is of one moment."""

import numpy as np
import pytest

from diagnosis.figures.events import event_panel
from diagnosis.figures.frame import Axis
from diagnosis.sequences import EventList

LABELS = ("Age 50 years", "Lactate 1.2 mmol/L", "Operation")


@pytest.mark.parametrize(
    ("hours", "shown"),
    [((np.nan, 2.0, 12.5), ("", "2.0 h", "12.5 h")), ((np.nan, 0.0, 0.0), ("", "", ""))],
)
def test_hours_stand_before_the_names(hours: tuple[float, ...], shown: tuple[str, ...]) -> None:
    some = np.array([50, 1.2, np.nan])
    events = EventList(
        ("age", "Lactate", "Operation"), some, ("years", "mmol/L", ""), np.array(hours), some,
        np.ones(3, bool),
    )  # fmt: skip
    figure = event_panel(events, LABELS, Axis(), theme="light")
    (lines,) = [trace.text for trace in figure.data if trace.type == "scatter" and trace.text]
    at = {line.index(label) for line, label in zip(lines, LABELS, strict=True)}
    assert at == {max(map(len, shown)) + 1}
    assert tuple(line[: min(at)].strip() for line in lines) == shown
