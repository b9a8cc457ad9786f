"""Files of a study of one's own: pictures with and without a patient, and a table of records."""

from io import BytesIO

import numpy as np
from PIL import Image

from diagnosis.datasets import load
from tests import scan_files
from tests.scan_files import written

TASK = "studyphantoms"
CSV = "patient,minute,code,value\n7,0,Temp,37\n7,60,CRP,90\n7,120,Temp,38\n*8*,0,CRP,12\n"


def picture(number: int = 1) -> np.ndarray:
    """The picture of a test study, uint8 ``(28, 28)``."""
    return np.asarray(load(TASK).images["test"][number - 1]["image"])


def png() -> bytes:
    """That picture, larger, as a file that states nobody."""
    file = BytesIO()
    Image.fromarray(picture()).resize((112, 112)).save(file, "PNG")
    return file.getvalue()


def dicom(patient: str) -> bytes:
    """The same as a DICOM file that states its patient."""
    return written(
        scan_files.dicom(np.kron(picture(), np.ones((4, 4), np.uint8)), PatientID=patient)
    )
