"""Report on one case: prediction, model, error rates, and the entries of the audit log."""

from diagnosis.report.case_report import SCHEMA, case_report
from diagnosis.report.files import FORMATS, written

__all__ = ["FORMATS", "SCHEMA", "case_report", "written"]
