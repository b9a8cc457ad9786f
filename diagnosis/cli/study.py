"""A picture and a record of one patient on the command line: ``read PICTURE --record TABLE --patient ID``."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from diagnosis.cli import patient
from diagnosis.core.errors import InputError
from diagnosis.core.paths import typed
from diagnosis.text.records import other_patient

if TYPE_CHECKING:
    from diagnosis.cases import Case
    from diagnosis.inference.prediction import Prediction
    from diagnosis.inference.predictor import Predictor
    from diagnosis.models.config import ModelConfig
    from diagnosis.models.store import Version

TABLES = (".csv", ".xlsx", ".parquet")  # files that are a record


def add_options(leaf: argparse.ArgumentParser) -> None:
    """Add the option of a study."""
    leaf.add_argument_group(
        "a study: a picture and the record of the same patient, either of which may be missing"
    ).add_argument(
        "--record",
        metavar="TABLE",
        help="patient records beside the picture FILE; --patient says whose",
    )


def is_study(args: argparse.Namespace, *configs: "ModelConfig") -> bool:
    """Whether a picture and a record are read together.

    Raises:
        InputError: a record is given beside a picture that no model reads it with.
    """
    if any(config.encoder.parts for config in configs):
        return True
    if args.record is not None:
        raise InputError(
            "--record is for models of a record and an image together: leave it out, or choose one of them."
        )
    return False


def open_study(args: argparse.Namespace, version: "Version") -> "Case":
    """The case that is asked for: a picture with ``--record``, a picture alone, or a table of records alone.

    Args:
        args: as parsed.
        version: a model of studies.

    Raises:
        InputError: no such file or patient, one that cannot be read, or parts of different patients.
    """
    from diagnosis.cases import Case, Study
    from diagnosis.scans import read_scan_file

    encoder = version.config.encoder
    if typed(args.file).suffix.lower() in TABLES:
        if args.record is not None:
            raise InputError(
                "FILE is a table of records already: give the picture there, or leave --record out."
            )
        return Case.of(patient.open_patient(args, version.dataset, encoder))
    scan = read_scan_file(Path(args.file), time=args.time)
    if args.record is None:
        if args.patient is not None or args.patients is not None:
            raise InputError("--patient needs a table of records: give it with --record.")
        return Case.of(scan, args.frame, whole=encoder.whole)
    given = argparse.Namespace(**vars(args) | {"file": args.record})
    record = patient.open_patient(given, version.dataset, encoder)
    _check_same(Path(args.file), record.name)
    return Case.of(Study(scan, record), args.frame, whole=encoder.whole)


def parts_of(model: "Predictor", case: "Case", prediction: "Prediction") -> dict[str, Any] | None:
    """What each part did, as ``by_part.to_json``; None of a model of one part."""
    if not model.config.encoder.parts:
        return None
    from diagnosis.inference.by_part import by_part, to_json

    return to_json(by_part(model, case, prediction), prediction.classes)


def part_rows(parts: dict[str, Any], prediction: "Prediction") -> list[tuple[str, ...]]:
    """What each part did, as rows of a table.

    Args:
        parts: of ``by_part.to_json``.
        prediction: of the whole study.
    """
    finding = prediction.rule.finding
    index = int(prediction.probabilities.argmax()) if finding is None else finding
    name = prediction.classes[index]
    rows: list[tuple[str, ...]] = []
    for part, use in parts.items():
        if not use["read"]:
            rows.append((part, "missing: masked"))
            continue
        rows.append(
            (part, f"{use['share']:.0%} of the fused state; input gate {use['input_gate']:.2f}")
        )
        rows.append(("", f"without it: {use['without'][name]:.3f}  {name}"))
    return rows


def _check_same(picture: Path, name: str) -> None:
    """See that a picture that states its patient is of the record's.

    Raises:
        InputError: it states another one.
    """
    from pydicom import dcmread
    from pydicom.errors import InvalidDicomError

    try:
        stated = str(dcmread(picture, specific_tags=["PatientID"]).get("PatientID", "")).strip()
    except InvalidDicomError:  # a picture that states nobody
        return
    if stated and stated != name:
        raise InputError(other_patient(name))
