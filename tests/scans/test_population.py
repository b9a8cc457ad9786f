"""Whom a model is for: one table, and no prediction for what by its file or its looks is something else."""

import json
from collections.abc import Iterator
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    CTImageStorage,
    DigitalXRayImageStorageForPresentation,
    SecondaryCaptureImageStorage,
)

from benchmarks.drawn import DRAWN
from diagnosis.__main__ import main
from diagnosis.cases import Case
from diagnosis.core.population import NOT_STATED, Population
from diagnosis.core.reason import Reason
from diagnosis.datasets import catalogue, load
from diagnosis.datasets.imported import imported_facts
from diagnosis.inference.detail import DetailLimit, detail
from diagnosis.inference.predictor import Predictor
from diagnosis.models import store
from diagnosis.models.store import Version
from diagnosis.report import case_report
from diagnosis.report import written as report_written
from diagnosis.scans import Scan, ScanError, assess, read_scan
from diagnosis.scans.dicom.age import age_band
from diagnosis.scans.dicom.body_parts import known, shows
from diagnosis.scans.mismatch import fits, mismatches
from diagnosis.text.outcome import headline, sentence
from tests.cases import example
from tests.scan_files import dicom, nifti, phantom_picture, saved, written
from tests.shipped import shipped

CHILDREN = "frontal chest X-rays of children aged 1 to 5"
CHEST = catalogue()["pneumoniamnist"].population
PICTURE = phantom_picture()

MODALITY_NOT_STATED = Reason("modality-not-stated")


def film(**elements: object) -> Scan:
    """A radiograph as DICOM; elements that are None are left out."""
    usual: dict[str, Any] = {
        "SOPClassUID": DigitalXRayImageStorageForPresentation, "Modality": "DX",
    }  # fmt: skip
    dataset = dicom(PICTURE, **(usual | elements))
    for keyword, value in elements.items():
        if value is None:
            delattr(dataset, keyword)
    return read_scan(written(dataset))


def codes(scan: Scan, population: Population = CHEST) -> list[str]:
    return [mismatch.code for mismatch in mismatches(scan, population)]


def test_a_file_fits_the_population_whose_modality_it_states_and_no_other() -> None:
    breast = catalogue()["breastmnist"].population
    ultrasound = film(Modality="US", BodyPartExamined="BREAST")
    assert fits(ultrasound, breast) and not fits(ultrasound, CHEST)
    assert not fits(film(Modality="US", BodyPartExamined="HEART"), breast)
    assert fits(film(), CHEST) and not fits(film(PatientAge="064Y"), CHEST)
    unstated = read_scan(saved(Image.fromarray(PICTURE), "PNG"))
    assert not any(fits(unstated, population) for population in (CHEST, breast, NOT_STATED))


# The table.


def test_every_set_of_the_catalogue_says_for_whom_its_models_are() -> None:
    for facts in catalogue().values():
        population = facts.population
        assert population.words and population.sentence == f"For {population.words}."
        assert population.depicts is not None
        assert (population.depicts == "volume") == (facts.dimensions == 3)
        assert (population.depicts == "record") == (facts.dimensions == 1)
        assert Population.from_json(json.loads(json.dumps(population.to_json()))) == population
    assert CHEST.words == CHILDREN and CHEST.ages == (1, 5)


def test_an_imported_set_does_not_say(tmp_path: Path) -> None:
    facts = imported_facts(
        {
            "name": "mine", "created": "2026-01-01T00:00:00", "classes": ["a", "b"], "channels": 1,
            "finding": 1, "counts": {}, "class_counts": {}, "size": 28,
            "report": {"kind": "a folder", "modalities": ["CR"]},
        }
    )  # fmt: skip
    assert facts.population == Population(modalities=("CR",))
    assert "does not state" in facts.population.sentence
    assert codes(film(PatientAge="064Y"), NOT_STATED) == []


def test_the_card_comes_before_the_table(tmp_path: Path) -> None:
    """Some shipped cards are older than the table; one that says is believed, one that lies is not."""
    version = store.find("pneumoniamnist/gru")
    assert version.card.dataset.population is None and version.population == CHEST
    other = CHEST.to_json() | {"words": "knees", "ages": None}
    for said in (other, "for everybody", {"ages": [1]}, {"depicts": "everything"}):
        folder = tmp_path / "pneumoniamnist" / "gru" / "1"
        folder.mkdir(parents=True, exist_ok=True)
        card = version.card.to_json()
        card["dataset"]["population"] = said
        (folder / store.CARD).write_text(json.dumps(card))
        if said is other:
            assert Version(folder).population.sentence == "For knees."
        else:
            with pytest.raises(store.ModelError, match=r"dataset\.population"):
                _ = Version(folder).population


# What a file states.


@pytest.mark.parametrize(
    ("elements", "band"),
    [
        ({"PatientAge": "064Y"}, "60-69"),
        ({"PatientAge": "005Y"}, "1-5"),
        ({"PatientAge": "006Y"}, "6-12"),
        ({"PatientAge": "017Y"}, "13-17"),
        ({"PatientAge": "018Y"}, "18-29"),
        ({"PatientAge": "3y "}, "1-5"),
        ({"PatientAge": "011M"}, "0"),
        ({"PatientAge": "012M"}, "1-5"),
        ({"PatientAge": "071M"}, "1-5"),
        ({"PatientAge": "072M"}, "6-12"),
        ({"PatientAge": "051W"}, "0"),
        ({"PatientAge": "053W"}, "1-5"),
        ({"PatientAge": "364D"}, "0"),
        ({"PatientAge": "365D"}, "1-5"),
        ({"PatientAge": "093Y"}, "90+"),
        ({"PatientBirthDate": "19400305", "StudyDate": "20040826"}, "60-69"),
        ({"PatientBirthDate": "20000102", "StudyDate": "20060101"}, "1-5"),
        ({"PatientBirthDate": "20000101", "StudyDate": "20060101"}, "6-12"),
        ({"PatientBirthDate": "2001.05.06", "SeriesDate": "20040506"}, "1-5"),
        ({"PatientAge": "004Y", "PatientBirthDate": "19400305", "StudyDate": "20040826"}, "1-5"),
        ({"PatientAge": "999Y", "PatientBirthDate": "19400305", "StudyDate": "20040826"}, "60-69"),
        ({"PatientAge": "64"}, None),
        ({"PatientAge": "about 4"}, None),
        ({"PatientBirthDate": "19400305"}, None),
        ({"PatientBirthDate": "20050101", "StudyDate": "20040101"}, None),
        ({"PatientBirthDate": "20011301", "StudyDate": "20040101"}, None),
        ({}, None),
    ],
)
def test_of_an_age_a_band_is_kept(elements: dict[str, str], band: str | None) -> None:
    dataset = Dataset()
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    assert age_band(dataset) == band


def test_no_date_and_no_exact_age_is_kept() -> None:
    scan = film(PatientBirthDate="19400305", StudyDate="20040826", PatientName="DOE^JANE")
    kept = " ".join((*scan.tags.values(), *scan.notes, json.dumps(scan.to_json())))
    assert scan.tags["Age, years"] == "60-69"
    assert not any(text in kept for text in ("1940", "2004", "0305", "0826", "DOE", "64 "))


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("CHEST", "CHEST"),
        ("Thorax ap", "CHEST"),
        ("CHEST PA", "CHEST"),
        ("PORTABLE CHEST", "CHEST"),
        ("TÓRAX", "CHEST"),
        ("C-SPINE", "CSPINE"),
        ("LEFT HAND", "HAND"),
        ("Head and Neck", "HEADNECK"),
        ("CHEST ABDOMEN", "CHESTABDOMEN"),
        ("TH CT CHEST WO C", None),
        ("DOE JANE", None),
        ("", None),
    ],
)
def test_body_parts_are_the_standards_terms_or_nothing(text: str, term: str | None) -> None:
    assert known(text) == term


def test_a_body_part_may_be_a_code() -> None:
    def coded(value: str, meaning: str) -> Sequence:
        item = Dataset()
        item.CodeValue, item.CodeMeaning, item.CodingSchemeDesignator = value, meaning, "SCT"
        return Sequence([item])

    hand, chest = coded("85562004", "Main"), coded("51185008", "Thoracic structure")
    frame, group = Dataset(), Dataset()
    frame.AnatomicRegionSequence = hand
    group.FrameAnatomySequence = Sequence([frame])
    assert codes(film(AnatomicRegionSequence=hand)) == ["body part"]
    assert codes(film(AnatomicRegionSequence=chest)) == []
    assert codes(film(AnatomicRegionSequence=coded("1", "Knee"))) == ["body part"]
    assert codes(film(AnatomicRegionSequence=coded("1", "Something"))) == []
    assert codes(film(SharedFunctionalGroupsSequence=Sequence([group]))) == ["body part"]
    assert codes(film(BodyPartExamined="CHEST", AnatomicRegionSequence=hand)) == []


def test_parts_of_several_regions_show_each() -> None:
    assert shows("CHESTABDOMEN", "CHEST") and shows("CHESTABDOMEN", "ABDOMEN")
    assert not shows("ABDOMEN", "CHEST") and not shows("CHEST", "CHESTABDOMEN")


@pytest.mark.parametrize(
    ("elements", "found"),
    [
        ({}, []),
        ({"Modality": "CR"}, []),
        ({"Modality": "OT"}, []),
        ({"Modality": "MG"}, ["modality"]),
        ({"Modality": "A PATIENT"}, []),
        ({"BodyPartExamined": "ABDOMEN"}, ["body part"]),
        ({"BodyPartExamined": "no such part"}, []),
        ({"ViewPosition": "LL"}, ["view"]),
        ({"ViewPosition": "AP"}, []),
        ({"PatientAge": "003Y"}, []),
        ({"PatientAge": "006M"}, ["age"]),
        ({"PatientAge": "012Y"}, ["age"]),
        ({"SOPClassUID": CTImageStorage, "Modality": "CT"}, ["kind", "modality"]),
        ({"SOPClassUID": CTImageStorage, "Modality": None}, ["kind"]),
        ({"SOPClassUID": SecondaryCaptureImageStorage, "Modality": "MR"}, ["kind", "modality"]),
        (
            {
                "SOPClassUID": SecondaryCaptureImageStorage, "Modality": "OT",
                "ImagePositionPatient": [0, 0, 0], "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
            },
            ["kind"],
        ),
        ({"ImagePositionPatient": [0, 0, 0], "ImageOrientationPatient": [1, 0, 0, 0, 1, 0]}, []),
    ],
)  # fmt: skip
def test_what_a_film_states_is_held_against_the_table(
    elements: dict[str, object], found: list[str]
) -> None:
    assert codes(film(**elements)) == found


def test_a_volume_is_for_models_of_volumes_and_slices() -> None:
    volume = read_scan(nifti(np.arange(4096, dtype=np.uint8).reshape(16, 16, 16)))
    assert codes(volume) == ["kind"]
    assert codes(volume, catalogue()["breastmnist"].population) == ["kind"]
    for name in ("organamnist", "organmnist3d"):
        assert codes(volume, catalogue()[name].population) == []
    frames = [Image.fromarray(PICTURE)] * 2
    pages = saved(frames[0], "TIFF", save_all=True, append_images=frames[1:])
    assert codes(read_scan(pages)) == []  # pages share no space


def test_facts_become_short_sentences() -> None:
    def age(stated: str) -> str:
        return sentence(Reason("age", {"stated": stated, "expected": ["1", "5"]}))

    assert age("60-69") == (
        "The file states an age of 60 to 69 years; this model is for 1 to 5 years."
    )
    assert "under 1 year;" in age("0") and "of 90 years or more;" in age("90+")
    reasons = [Reason(code) for code in ("age", "quality:blank", "quality:white")]
    assert headline("rejected", reasons) == "Not analysed: age, image quality"
    assert headline("indeterminate", [Reason("margin")]).startswith("Indeterminate: ")


# What comes of it.


def test_an_unusual_picture_needs_a_stated_modality(real_data: Path) -> None:
    """The same amber picture: from a file that states nothing, one that does, and from the data set."""
    model, images = shipped("pneumoniamnist/lstm"), load("pneumoniamnist").images["test"]
    assert model.detector is not None
    levels = [ood.level for ood in model.detector(_sequences(model, images))]
    assert levels.count("amber") > 10
    assert model.kinds is not None
    of_its_kind = [model.kinds(image, 0).level != "red" for image in images]
    unusual = [index for index, level in enumerate(levels) if level == "amber"]
    for index in [index for index in unusual if of_its_kind[index]][:5]:
        scan = Scan(images[index][None, ..., None], "picture", "PNG", 8, (0, 255), None, "", {}, ())
        stated = Scan(
            scan.pixels, "picture", "DICOM", 8, (0, 255), None, "", {"Modality": "DX"}, ()
        )
        unstated = model.predict(Case.of(scan), trace=False)
        assert unstated.outcome == "indeterminate" and MODALITY_NOT_STATED in unstated.reasons
        for case in (Case.of(stated), example(images[index])):
            assert MODALITY_NOT_STATED not in model.predict(case, trace=False).reasons
    green = next(
        index
        for index, level in enumerate(levels)
        if level == "green" and model.kinds(images[index], 0).level == "green"
    )
    scan = Scan(images[green][None, ..., None], "picture", "PNG", 8, (0, 255), None, "", {}, ())
    assert MODALITY_NOT_STATED not in model.predict(Case.of(scan), trace=False).reasons


def _sequences(model: Predictor, images: np.ndarray) -> np.ndarray:

    return model.config.encoder.batch(images)


def test_its_own_test_split_keeps_its_predictions(real_data: Path) -> None:
    """None of its pictures has too little detail, so no more are rejected than novelty alone rejects."""
    for name in ("pneumoniamnist", "breastmnist", "phantoms"):
        model = shipped(f"{name}/cnn")
        assert model.detail is not None
        assert (detail(load(name).images["test"]) >= model.detail.least).all()


def test_little_detail_is_told_whatever_the_contrast() -> None:
    rng = np.random.default_rng(1)
    rough = rng.integers(100, 140, (2000, 28, 28)).astype(np.uint8)
    smooth = np.broadcast_to(np.arange(28, dtype=np.uint8) * 9, (28, 28))
    limit = DetailLimit.fit(rough[:1500], rough[1500:])
    usual = rough[np.argsort(detail(rough))[1000]]
    assert limit.of == 2000 and limit(usual).level == "green"
    values = [limit(image).value for image in (usual, 255 - usual, (usual - 100) * 6)]
    assert values == pytest.approx([values[0]] * 3, rel=1e-4)
    assert [limit(image).level for image in (smooth, smooth // 9, smooth.T)] == ["red"] * 3
    assert DetailLimit.fit(rough[:100])(smooth).level == "amber"  # too few to be sure
    assert DetailLimit.fit(rough[:10])(smooth).level == "green"
    volume, colour = np.stack([smooth] * 28), np.stack([smooth] * 3, axis=-1)
    assert detail(volume[None])[0] == pytest.approx(0, abs=1e-6)
    assert detail(np.stack([usual] * 3, axis=-1)[None])[0] == pytest.approx(limit(usual).value)
    assert detail(colour[None])[0] == pytest.approx(0, abs=1e-6)


def _chest_models() -> list[str]:
    return sorted(
        f"{version.name}/{version.version}"
        for version in store.versions()
        if version.dataset == "pneumoniamnist" and store.SHIPPED in version.folder.parents
    )


def _files(real_data: Path) -> Iterator[tuple[str, bytes]]:
    folders = ("scans/*.dcm", "scans/*.nii.gz", "scans/ct_series/*", "dicom/**/*")
    for path in sorted(path for folder in folders for path in real_data.glob(folder)):
        if path.suffix == ".zip":
            with ZipFile(path) as archive:
                for name in archive.namelist():
                    if not name.endswith("/"):
                        yield f"{path.name}/{name}", archive.read(name)
        elif path.is_file():
            yield path.name, path.read_bytes()


@pytest.mark.parametrize(("step", "least"), [(8, 40), pytest.param(1, 400, marks=pytest.mark.long)])
def test_no_slice_of_any_volume_gets_a_prediction(real_data: Path, step: int, least: int) -> None:
    """Nor do ultrasound and the film of an adult: what their files state is enough."""
    seen = 0
    for name, data in islice(_files(real_data), 0, None, step):
        try:
            scan = read_scan(data)
        except ScanError:
            continue
        assert assess(scan, scan.middle, population=CHEST).mismatches == mismatches(scan, CHEST)
        assert mismatches(scan, CHEST), name  # of the file, so of each of its frames
        seen += scan.frames
    assert seen > least
    with ZipFile(real_data / "dicom" / "ct_chest.zip") as archive:
        slices = read_scan(archive.read(archive.namelist()[0]))
    for name in _chest_models():
        prediction = shipped(name).predict(Case.of(slices), trace=False)
        assert prediction.outcome == "rejected" and prediction.predicted_classes == ()
        assert {"kind", "modality", "age"} <= {reason.code for reason in prediction.reasons}


@pytest.mark.parametrize("kind", DRAWN)
def test_nothing_drawn_gets_a_prediction(real_data: Path, kind: str) -> None:
    """Models that were calibrated alike share detector and limit; one of each reads all."""
    models = {}
    for name in _chest_models():
        detector = shipped(name).detector
        assert detector is not None
        models[detector.distances.tobytes()] = shipped(name)
    assert len(models) > 1  # on the validation split, on predictions of held-out patients
    drawn = [*DRAWN[kind]()]
    for model in models.values():
        predictions = [
            model.predict(Case.of(read_scan(saved(Image.fromarray(picture), "PNG"))), trace=False)
            for picture in drawn
        ]
        assert all(each.is_predicted != bool(each.reasons) for each in predictions)
        # A pattern may have the detail of a film and, at 28 pixels, its light and dark.
        most = {"patterns": len(drawn) // 50, "blurred disks": len(drawn) // 15}
        assert sum(each.is_predicted for each in predictions) <= most.get(kind, 0)


def test_pictures_that_were_resampled_are_still_read() -> None:
    """Somebody's file has often another size than it was made in."""
    model, images = shipped("phantoms/lstm"), load("phantoms").images["test"][:100]
    for side in (40, 64, 224):
        for image in images:
            large = Image.fromarray(image).resize((side, side), Image.Resampling.BILINEAR)
            prediction = model.predict(Case.of(read_scan(saved(large, "PNG"))), trace=False)
            assert "detail" not in [reason.code for reason in prediction.reasons]


def test_honest_films_of_children_are_read(real_data: Path) -> None:
    for file in ("chest_normal_1.jpeg", "chest_normal_2.jpeg", "chest_pneumonia_1.jpeg"):
        scan = read_scan((real_data / "scans" / file).read_bytes())
        outcomes = [shipped(name).predict(Case.of(scan), trace=False) for name in _chest_models()]
        assert all(prediction.outcome != "rejected" for prediction in outcomes)
        assert all(MODALITY_NOT_STATED not in prediction.reasons for prediction in outcomes)
        assert any(prediction.is_predicted for prediction in outcomes)


# Everywhere it is said for whom.


def test_report_and_command_say_for_whom_and_why_not(
    real_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = real_data / "scans" / "RG1_J2KI.dcm"
    assert main(["read", str(path), "--model", "pneumoniamnist/lstm", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["population"]["words"] == CHILDREN
    assert (said["outcome"], said["prediction"]) == ("rejected", None)
    assert said["reasons"] == [{"code": "age", "stated": "60-69", "expected": ["1", "5"]}]
    main(["read", str(path), "--model", "pneumoniamnist/lstm"])
    out = capsys.readouterr().out
    assert CHILDREN in out and "Not analysed: age" in out
    main(["models", "show", "pneumoniamnist/lstm"])
    assert CHILDREN in capsys.readouterr().out

    model, scan = shipped("pneumoniamnist/lstm"), read_scan(path.read_bytes())
    report = case_report(model.predict(Case.of(scan)), model.version, scan)
    for format in ("html", "json", "csv"):
        text = report_written(report, format).decode()
        assert CHILDREN in text and ("60 to 69 years" if format == "html" else "60-69") in text
    assert "Not analysed: age" in report_written(report, "html").decode()
    assert BytesIO(report_written(report, "json")).read()  # strict JSON
