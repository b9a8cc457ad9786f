"""Files in, scans out: formats, limits, quality checks. Nothing that names a person passes."""

from diagnosis.scans.decode import read_scan, read_scan_file
from diagnosis.scans.limits import Limits
from diagnosis.scans.quality import Level, Quality, assess
from diagnosis.scans.scan import Scan, ScanError

__all__ = [
    "Level",
    "Limits",
    "Quality",
    "Scan",
    "ScanError",
    "assess",
    "read_scan",
    "read_scan_file",
]
