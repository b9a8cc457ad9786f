"""The shipped cases are what their table says: of those sets, with those labels, small and licensed."""

from pathlib import Path

import numpy as np
import pytest

from diagnosis.cases import Example
from diagnosis.datasets import catalogue, load
from diagnosis.datasets.examples import FOLDER, ShippedExample, examples_of, shipped

LARGEST = 1_000_000  # bytes, all of them


def test_the_table_names_every_file_with_its_licence_and_never_shows_a_label() -> None:
    files = {path.name for path in FOLDER.iterdir() if path.is_file()} - {"examples.toml"}
    assert {each.file for each in shipped().values()} == files
    assert sum(path.stat().st_size for path in FOLDER.rglob("*")) < LARGEST
    for each in shipped().values():
        facts = catalogue()[each.task]
        assert set(each.label) <= set(facts.classes)
        assert each.licence == facts.licence and each.credit
        assert "doi:" in each.citation or facts.synthetic
        assert (each.number is None) == bool(each.altered)
        names = [name for label in facts.classes for name in label.split(", ")]
        assert not any(name in each.id for name in names)


@pytest.mark.parametrize("example", shipped().values(), ids=lambda each: each.id)
def test_each_opens_as_a_case_with_its_label(example: ShippedExample) -> None:
    case = example.case
    assert case.label == example.label
    assert case is example.case
    assert isinstance(case.payload, Example) == (example.number is not None)
    assert case.frames == (28 if example.kind == "volume" else 1)
    assert case.is_record == (example.kind == "record")
    assert case.is_record == (catalogue()[example.task].population.depicts == "record")


@pytest.mark.parametrize("task", ["pneumoniamnist", "breastmnist"])
def test_a_model_gets_those_it_can_read(task: str) -> None:
    of_set = {name for name, each in examples_of(task, 28).items() if each.number}
    originals = examples_of(task, 64)
    assert len(of_set) >= 5 and len(originals) == 2
    assert examples_of(task, 28).keys() == of_set | originals.keys()
    assert not examples_of("phantoms", 28)


def test_a_shipped_record_is_drawn_and_the_data_set_s_own() -> None:
    records = examples_of("recordphantoms", 64)
    assert {each.label for each in records.values()} == {("deterioration",), ("stable",)}
    assert records == {name: each for name, each in shipped().items() if each.kind == "record"}
    for each in records.values():
        assert each.number is not None and catalogue()[each.task].synthetic
        sample = load(each.task).case(each.split, each.number)
        assert (each.case.sha256, each.case.source) == (sample.sha256, sample.source)
        assert (each.case.label, each.case.selection) == (sample.label, sample.selection)


def test_a_test_image_is_the_data_set_s_own_pixel_for_pixel(
    real_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCANLINE_DATA", str(real_data))
    for each in shipped().values():
        if each.number is None or each.kind == "record":
            continue
        sample = load(each.task, download=False).case(each.split, each.number)
        assert np.array_equal(each.case.scan.pixels, sample.scan.pixels)
        assert (each.case.sha256, each.case.source) == (sample.sha256, sample.source)
        assert each.case.label == sample.label
