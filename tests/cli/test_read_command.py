"""``read``: real scans, their traces, and every bad file."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from diagnosis.core.intended_use import IN_SHORT
from diagnosis.core.reason import Reason
from diagnosis.text.outcome import ood_text, sentence
from tests.cli.given import Run
from tests.scan_files import RAMP, dicom, grey_picture, nifti, saved, written
from tests.scans.test_hostile import resized_png


def test_read_a_real_chest_jpeg_with_its_trace(
    real_data: Path, reader: str, answer: Run, tmp_path: Path
) -> None:
    scan = real_data / "scans" / "chest_pneumonia_1.jpeg"
    out = tmp_path / "trace"  # exactly so, without an ending
    read = answer("read", scan, "--model", reader, "--trace", out)
    assert set(read) == {
        *(
            "model",
            "version",
            "outcome",
            "prediction",
            "probabilities",
            "scan_kind",
            "scores",
            "threshold",
            "quality",
            "explanations",
        ),
        *(
            "population",
            "warnings",
            "ood",
            "detail",
            "margin",
            "observed",
            "reasons",
        ),
        *(
            "series",
            "scan",
            "frame",
            "decision_step",
            "trace",
            "trace_difference",
            "report",
            "intended_use",
        ),
    }
    assert f"{read['model']}/{read['version']}" == reader
    assert read["quality"] == {"level": "green", "reasons": []}
    assert (read["outcome"], read["prediction"]) == (
        "rejected",
        None,
    )  # it has learned from drawings
    assert read["reasons"] == [{"code": "out-of-distribution", **read["ood"]}]
    assert set(read["probabilities"]) == set(read["scores"]) == {"clear", "opacity"}
    assert sum(read["probabilities"].values()) == pytest.approx(1)
    assert read["scan"]["format"] == "JPEG" and read["scan"]["shape"] == [1, 1044, 1494, 1]
    assert read["frame"] == 1 and read["trace"] == str(out)
    assert 0 <= read["trace_difference"] < 1e-5
    with np.load(out) as trace:
        assert set(trace) >= {"sequence", "probabilities", "per_step"}
        for signal_name in ("h", "c", "i", "f", "g", "o"):
            array = trace[f"lstm_1/{signal_name}"]
            assert array.shape == (28, 6) and array.dtype == np.float32
        assert trace["sequence"].shape == (28, 28) and trace["per_step"].shape == (28, 2)
        np.testing.assert_allclose(
            trace["probabilities"], list(read["probabilities"].values()), atol=1e-6
        )
        np.testing.assert_allclose(trace["per_step"][-1], trace["probabilities"], atol=1e-5)
    assert [path.name for path in tmp_path.iterdir()] == ["trace"]
    validated = "pneumoniamnist/lstm/20261121-3c48f70f"  # calibrated on the validation split
    abstention_rate = answer("read", scan, "--model", validated)
    assert (abstention_rate["outcome"], abstention_rate["prediction"]) == ("indeterminate", None)
    told = answer("read", scan, "--model", validated, text=True)
    (reason,) = abstention_rate["reasons"]
    assert (reason["code"], reason["nearest"]) == ("margin", "threshold")
    assert 0 < reason["test_error_elsewhere"] < reason["test_error"] < 1
    assert sentence(Reason.from_json(reason)) in told
    assert "0.947  pneumonia" in told and "Of 62 test cases with a similar probability" in told


def test_a_real_chest_jpeg_is_called(real_data: Path, answer: Run) -> None:
    scan = real_data / "scans" / "chest_normal_1.jpeg"
    read = answer("read", scan, "--model", "pneumoniamnist/lstm")
    assert (read["outcome"], read["reasons"], read["prediction"]) == ("predicted", [], "normal")
    told = answer("read", scan, "--model", "pneumoniamnist/lstm", text=True)
    assert "probability" in told and told.rstrip().endswith(IN_SHORT)
    assert ood_text(read["ood"]) in told
    step = read["decision_step"]
    assert ("never crossed the threshold" if step is None else f"row {step} of 28") in told
    (alike,) = read["observed"].values()
    assert (alike["positives"], alike["n"], alike["observed"]["estimate"]) == (0, 62, 0)


def test_what_is_no_chest_xray_is_not_called(real_data: Path, answer: Run) -> None:
    """What the file says of itself, and what the picture looks like, are held against the data set."""
    for name, modality in (("CT_small.dcm", "CT"), ("breast_us_benign_2.png", None)):
        path = real_data / "scans" / name
        read = answer("read", path, "--model", "pneumoniamnist/lstm")
        assert (read["outcome"], read["prediction"], read["decision_step"]) == (
            "rejected",
            None,
            None,
        )
        assert read["ood"]["limit"] == 0.005
        level = "red" if read["ood"]["p_value"] <= 0.005 else "amber"
        assert read["ood"]["level"] == level and read["ood"]["p_value"] <= 0.05
        stated = [each["stated"] for each in read["reasons"] if each["code"] == "modality"]
        assert stated == ([] if modality is None else [modality])
        assert sum(read["probabilities"].values()) == pytest.approx(1)
        told = answer("read", path, "--model", "pneumoniamnist/lstm", text=True)
        assert "Not analysed: " in told and "probability" not in told
    read = answer("read", real_data / "scans" / "RG1_J2KI.dcm", "--model", "pneumoniamnist/lstm")
    assert [read["outcome"], *(each["code"] for each in read["reasons"])] == [
        "rejected",
        "age",
    ]  # an adult's chest
    assert read["ood"]["level"] == "amber"


def test_read_dicom_frames_and_the_middle_of_a_volume(
    real_data: Path, reader: str, answer: Run, refusal: Run
) -> None:
    scans = real_data / "scans"
    read = answer("read", scans / "RG1_J2KI.dcm", "--model", reader)
    assert read["scan"]["format"] == "DICOM" and read["scan"]["bits"] == 15
    ten = answer("read", scans / "emri_small.dcm", "--model", reader, "--frame", "10")
    assert ten["frame"] == 10 and ten["scan"]["frames"] == 10
    for number in ("0", "11"):
        said = refusal("read", scans / "emri_small.dcm", "--model", reader, "--frame", number)
        assert "choose 1 to 10" in said
    said = refusal("read", scans / "chest_normal_1.jpeg", "--model", reader, "--frame", "2")
    assert "single picture" in said
    brain = answer("read", scans / "someones_anatomy.nii.gz", "--model", reader)
    assert brain["scan"]["kind"] == "volume"
    assert brain["frame"] == brain["scan"]["frames"] // 2 + 1


def test_a_blank_picture_is_an_outcome_and_not_an_error(
    reader: str, answer: Run, tmp_path: Path
) -> None:
    path = tmp_path / "blank.png"
    Image.new("L", (64, 64), 90).save(path)
    read = answer("read", path, "--model", reader)
    assert (read["outcome"], read["prediction"], read["quality"]["level"]) == (
        "rejected",
        None,
        "red",
    )
    told = answer("read", path, "--model", reader, text=True)
    assert "Not analysed: image quality" in told and "blank" in told and "probability" not in told


def _bad_files() -> dict[str, tuple[bytes, str]]:
    png = saved(Image.fromarray(grey_picture()), "PNG")
    film = written(dicom(RAMP)).replace(b"1.2.840.10008.1.2.1\0", b"1.2.3.4".ljust(20, b"\0"), 1)
    return {
        "empty": (b"", "empty"),
        "truncated": (png[: len(png) // 2], "cut short"),
        "text named .png": (b"patient,age\n1,42\n", "text file"),
        "PDF": (b"%PDF-1.7\n", "PDF"),
        "bomb": (resized_png(60_000, 60_000), "100,000,000"),
        "0 x N": (resized_png(0, 48), "no pixels"),
        "encrypted": (b"\x30\x80\x06\x09" + bytes.fromhex("2a864886f70d010703"), "encrypted"),
        "unknown transfer syntax": (film, "not known"),
        "NaN volume": (nifti(np.full((8, 8, 8), np.nan, np.float32)), "NaN|no number|not a number"),
    }


@pytest.mark.parametrize("name", _bad_files())
def test_every_bad_file_gets_one_sentence(
    name: str, reader: str, refusal: Run, tmp_path: Path
) -> None:
    data, said = _bad_files()[name]
    path = tmp_path / "scan.png"
    path.write_bytes(data)
    assert re.search(said, refusal("read", path, "--model", reader))


def test_bad_real_files_and_places(
    real_data: Path, reader: str, refusal: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scans = real_data / "scans"
    for name in ("MR_truncated.dcm", "no_meta.dcm", "waveform_ecg.dcm"):
        refusal("read", scans / name, "--model", reader)
    assert "no such file" in refusal("read", tmp_path / "none.png", "--model", reader)
    assert "folder" in refusal("read", tmp_path, "--model", reader)
    assert "no such file" in refusal("read", "a\0b", "--model", reader)
    copy = tmp_path / "scan.jpeg"
    copy.write_bytes((scans / "chest_normal_1.jpeg").read_bytes())
    for out, said in (
        (tmp_path / "none" / "a.npz", "no folder"),
        (tmp_path, "is a folder"),
        (copy, "the file that is read"),
        (tmp_path / ("a" * 300), "cannot be the name"),
        (Path("/dev/null"), "device"),
    ):
        assert said in refusal("read", copy, "--model", reader, "--trace", out)
    monkeypatch.setenv("SCANLINE_MAX_BYTES", "1000")
    assert "limit" in refusal("read", copy, "--model", reader)
    assert "no model" in refusal("read", copy, "--model", "x" * 5000)
