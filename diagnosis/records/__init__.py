"""Patient records: tables of events with a time, a code and a value. No Streamlit, no model."""

from diagnosis.records.reading import RecordError, Records, read_records
from diagnosis.records.record import Record

__all__ = ["Record", "RecordError", "Records", "read_records"]
