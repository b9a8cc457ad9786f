"""A record from edited rows."""

import numpy as np
import pandas as pd
import pytest

from diagnosis.records.edited import record_of_rows
from diagnosis.records.table import RecordError

NONE = np.nan


def rows(*of: tuple[float | None, str | None, float | None]) -> pd.DataFrame:
    return pd.DataFrame(of, columns=["hour", "code", "value"], dtype=object)


def test_rows_are_put_in_the_order_of_their_hours_and_facts_apart() -> None:
    table = rows(
        (NONE, "age", 61),
        (2, "HR", 80),
        (0.5, "Lactate", 3),
        (2, "Visit", None),
        (None, "sex//F", None),
    )
    record, left_out = record_of_rows(table)
    assert record.minutes.tolist() == [30, 120, 120] and left_out == 0
    assert record.codes.tolist() == ["Lactate", "HR", "Visit"]
    assert record.values[:2].tolist() == [3, 80] and np.isnan(record.values[2])
    assert record.facts["age"] == 61 and np.isnan(record.facts["sex//F"])


def test_rows_without_a_code_are_counted_and_words_are_no_values() -> None:
    record, left_out = record_of_rows(rows((1, None, 5), (1, " ", 5), (3, "HR", "high")))  # type: ignore[arg-type]
    assert left_out == 2 and len(record) == 1 and np.isnan(record.values[0])


@pytest.mark.parametrize(
    "table", [rows(), rows((1, None, 2)), rows((NONE, "age", 1), (NONE, "age", 2))]
)
def test_what_is_no_record_is_a_sentence(table: pd.DataFrame) -> None:
    with pytest.raises(RecordError):
        record_of_rows(table)
