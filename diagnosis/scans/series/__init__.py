"""Many DICOM files, one volume: what they hold, which faults they have, and which file became which slice.

`survey` reads the headers, `arrange` decides without reading anything, `read_volume` decodes what was
decided on; `read_series` is all three.
"""

from diagnosis.scans.series.arrange import Arrangement, arrange
from diagnosis.scans.series.reading import (
    Series,
    SeriesError,
    SeriesFile,
    Survey,
    in_memory,
    read_series,
    read_volume,
    survey,
)
from diagnosis.scans.series.table import Row

__all__ = [
    "Arrangement",
    "Row",
    "Series",
    "SeriesError",
    "SeriesFile",
    "Survey",
    "arrange",
    "in_memory",
    "read_series",
    "read_volume",
    "survey",
]
