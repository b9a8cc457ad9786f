"""Records as a data set of MEDS, the Medical Event Data Standard, version 0.4: written and read without loss.

A subject lies whole in one file, sorted by time; facts have no time; splits are ``train``, ``tuning`` and
``held_out``; labels stand in ``tasks/NAME/``, with the time up to which data may be used.

What MEDS does not hold stands beside it: records have no dates, so their times count from `schema.ORIGIN` and
once more, exactly, in a column ``minute`` (announced in ``dataset.json``); numbers of patients that are no
whole numbers stand in ``metadata/patients.parquet``.
"""

from diagnosis.records.meds.reading import read_meds
from diagnosis.records.meds.writing import write_meds

__all__ = ["read_meds", "write_meds"]
