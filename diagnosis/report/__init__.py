"""One case on paper: what was read, by which model, how often it errs, and what people said of it."""

from diagnosis.report.case_report import SCHEMA, case_report
from diagnosis.report.files import FORMATS, written

__all__ = ["FORMATS", "SCHEMA", "case_report", "written"]
