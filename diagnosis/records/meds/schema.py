"""Layout and column types of MEDS 0.4, and what is Scanline's own beside them.

Source: https://github.com/Medical-Event-Data-Standard/meds (Apache-2.0), ``schema.py`` of 0.4.1.
"""

import re

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]

VERSION = "0.4.1"
ETL = "scanline"  # names in dataset.json who wrote a set
ORIGIN = np.datetime64("2000-01-01T00:00:00", "us")  # minute 0; no date of anybody
SPLITS = {"train": "train", "val": "tuning", "test": "held_out", "": "unassigned"}
NUMBER = re.compile(
    r"-?[1-9]\d{0,17}|0"
)  # a patient's number that is an int64, as it would be written

DATA = pa.schema([
    pa.field("subject_id", pa.int64(), nullable=False),
    pa.field("time", pa.timestamp("us")),
    pa.field("code", pa.string(), nullable=False),
    pa.field("numeric_value", pa.float32()),
    pa.field("text_value", pa.large_string()),
    pa.field("minute", pa.float64()),  # ours
])  # fmt: skip
CODES = pa.schema([
    pa.field("code", pa.string(), nullable=False),
    pa.field("description", pa.string()),
    pa.field("parent_codes", pa.list_(pa.string())),
])  # fmt: skip
SUBJECTS = pa.schema([
    pa.field("subject_id", pa.int64(), nullable=False),
    pa.field("split", pa.string(), nullable=False),
])  # fmt: skip
PATIENTS = pa.schema([  # ours
    pa.field("subject_id", pa.int64(), nullable=False),
    pa.field("patient", pa.string(), nullable=False),
])  # fmt: skip


def label_schema(value: str, kind: pa.DataType) -> pa.Schema:
    """Of a table of labels that has one kind of values."""
    return pa.schema([
        pa.field("subject_id", pa.int64(), nullable=False),
        pa.field("prediction_time", pa.timestamp("us"), nullable=False),
        pa.field(value, kind, nullable=False),
    ])  # fmt: skip
