"""What is read: an uploaded scan or a data set's example, and which part of it. No Streamlit, no model."""

from diagnosis.cases.case import FILE, Case, Label, Payload, key_of
from diagnosis.cases.example import Example
from diagnosis.cases.patient import Patient
from diagnosis.cases.selection import Selection, select
from diagnosis.cases.study import Study

__all__ = [
    "FILE",
    "Case",
    "Example",
    "Label",
    "Patient",
    "Payload",
    "Selection",
    "Study",
    "key_of",
    "select",
]
