"""HAM10000: a dermatoscope picture of a skin lesion, with the patient's age and sex and its place.

Asked is what the field usually asks of a binary reader: malignant or not. Melanoma, basal cell carcinoma and
actinic keratosis with intraepithelial carcinoma (a carcinoma in situ and what comes before it) are excised or
treated as malignant; nevi, benign keratoses, dermatofibromas and vascular lesions are not. The seven kinds
themselves would be seven questions with 115 to 6,705 cases, most of which a record of three facts cannot tell
apart.

How a lesion was confirmed (``dx_type``) is never read: histology follows from suspicion, so it tells the
label. The table has a split by lesion, of which there are up to six pictures.
"""

import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from diagnosis.datasets.dataset import SPLITS, Dataset, DatasetError
from diagnosis.datasets.facts import DatasetFacts
from diagnosis.datasets.study_set import study_dataset
from diagnosis.datasets.variables import WORD, possible_values
from diagnosis.records.record import Record
from diagnosis.sequences.pixels import framed

NAME = "ham10000"
TABLE, PICTURES = "ham10000.csv", "ham10000_200x150.zip"
COLUMNS = ("split", "lesion_id", "image_id", "dx", "age", "sex", "localization")
MALIGNANT = frozenset({"mel", "bcc", "akiec"})
KINDS = MALIGNANT | {"nv", "bkl", "df", "vasc"}
LENGTH = 3  # age, sex, place
UNKNOWN = "unknown"
MOST_BYTES = 2**20  # of one picture


def read_ham10000(facts: DatasetFacts, table: Path, size: int) -> Dataset:
    """The data set, its pictures cropped to their middle square and reduced.

    Args:
        facts: of the catalogue.
        table: of ``ham10000.csv``; the pictures lie beside it.
        size: pixels along each side.

    Raises:
        DatasetError: the files are not those of the set.
    """
    rows = _rows(table, facts)
    pictures = _pictures(table.with_name(PICTURES), rows["image_id"].tolist(), size, facts)
    records = np.array([_record(row) for row in rows.to_dict("records")], object)
    of = {split: (rows["split"] == split).to_numpy() for split in SPLITS}
    lesions = pd.factorize(rows["lesion_id"])[0]
    return study_dataset(
        facts,
        {split: pictures[chosen] for split, chosen in of.items()},
        {split: records[chosen].tolist() for split, chosen in of.items()},
        length=LENGTH,
        notes=("The split is by lesion: no lesion is in two of them.",),
        patients={split: lesions[chosen] for split, chosen in of.items()},
        grouped_by="lesion",
    )


def _rows(path: Path, facts: DatasetFacts) -> pd.DataFrame:
    try:
        rows = pd.read_csv(path, dtype=dict.fromkeys(set(COLUMNS) - {"age"}, "string"))
        rows = rows[list(COLUMNS)].astype({"age": float})
    except (OSError, ValueError, KeyError) as error:
        raise DatasetError(
            f"{path} is not the table of {facts.title} ({str(error)[:100]}); {facts.get}."
        ) from None
    counts = {split: int((rows["split"] == split).sum()) for split in SPLITS}
    shared = rows.groupby("lesion_id")["split"].nunique().max() > 1
    if counts != dict(facts.counts) or not set(rows["dx"]) <= KINDS or shared:
        raise DatasetError(
            f"{path} is not the table of {facts.title}: numbers, kinds or lesions of its splits are others; "
            f"{facts.get}."
        )
    return rows


def _record(row: dict[str, object]) -> Record:
    """Age and sex as facts, the place as the one event; what is unknown is none."""
    known = {name: str(row[name]) for name in ("sex", "localization") if _is_known(row[name])}
    age = float(str(row["age"]))
    lowest, highest = possible_values(NAME)["age"]
    facts = {"age": float(np.float32(age))} if lowest <= age <= highest else {}
    if "sex" in known:
        facts[f"sex{WORD}{known['sex']}"] = np.nan
    place = [f"localization{WORD}{known['localization']}"] if "localization" in known else []
    return Record(
        np.zeros(len(place)),
        np.array(place, object),
        np.full(len(place), np.nan, np.float32),
        facts,
        int(row["dx"] in MALIGNANT),
    )


def _is_known(value: object) -> bool:
    return isinstance(value, str) and value != UNKNOWN


def _pictures(path: Path, names: list[str], size: int, facts: DatasetFacts) -> np.ndarray:
    """uint8 ``(n, size, size, 3)``, in the order of the names."""
    pictures = np.empty((len(names), size, size, 3), np.uint8)
    try:
        with zipfile.ZipFile(path) as archive:
            for picture, name in zip(pictures, names, strict=True):
                member = archive.getinfo(f"{name}.jpg")
                if member.file_size > MOST_BYTES:
                    raise ValueError(f"{name} is too large")
                with Image.open(BytesIO(archive.read(member)), formats=["JPEG"]) as image:
                    picture[:] = framed(np.asarray(image.convert("RGB")), size=size, channels=3)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise DatasetError(
            f"{path} does not have the pictures of {facts.title} ({str(error)[:100]}); {facts.get}."
        ) from None
    return pictures
