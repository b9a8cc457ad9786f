"""A person's own labelled images become a data set: read, checked, reported on, and only then stored.

``with open_source(path) as source: prepared = prepare(source)``, then ``store(prepared, name, options)``.
"""

from diagnosis.datasets.import_options import Options
from diagnosis.datasets.importing.opening import Given, open_source
from diagnosis.datasets.importing.preparing import Prepared, prepare
from diagnosis.datasets.importing.report import Finding, ImportReport
from diagnosis.datasets.importing.roots import import_roots, within_roots
from diagnosis.datasets.importing.storing import check_name, remove, store

__all__ = [
    "Finding",
    "Given",
    "ImportReport",
    "Options",
    "Prepared",
    "check_name",
    "import_roots",
    "open_source",
    "prepare",
    "remove",
    "store",
    "within_roots",
]
