"""A picture of another kind than a model's is told, and how often that is wrong is known."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from diagnosis.cases import Case
from diagnosis.datasets import load
from diagnosis.datasets.scan_kinds import KIND_OF
from diagnosis.inference.policy import abstention_rules
from diagnosis.inference.scan_kind import READER, KindReader, kind_of, kind_reader
from diagnosis.models import store
from diagnosis.models.forward import Forward
from diagnosis.scans import read_scan
from tests.cases import example
from tests.scan_files import saved
from tests.shipped import shipped

MODEL = "pneumoniamnist/lstm"


def _reader() -> KindReader:
    reader = kind_reader()
    assert reader is not None
    return reader


def test_without_keras_it_reads_as_with_it() -> None:
    forward = Forward(store.find(READER))
    images = np.random.default_rng(1).integers(0, 256, (20, 28, 28)).astype(np.uint8)
    sequences = forward.config.encoder.batch(images)
    own = np.stack([_reader().logits(sequence) for sequence in sequences])
    np.testing.assert_allclose(own, forward(sequences), atol=1e-4)


def test_only_models_whose_kind_it_knows_ask_it() -> None:
    assert shipped("phantoms/lstm").kinds is None
    for version in store.versions():
        if not version.folder.is_relative_to(store.SHIPPED):
            continue
        kind = kind_of(version)
        assert kind == KIND_OF.get(version.dataset)
        assert ("scan-kind" in [rule.code for rule in abstention_rules(version)]) == (
            kind is not None
        )


@pytest.mark.parametrize("name", KIND_OF)
def test_of_its_own_pictures_few_are_rejected(real_data: Path, name: str) -> None:
    images = load(name).images["test"]
    levels = [_reader()(image, KIND_OF[name]).level for image in images]
    assert levels.count("red") <= len(images) / 100


def test_strangers_get_no_prediction(real_data: Path) -> None:
    """Pictures of MedNIST's test split as PNG, which states nothing, but for films of adults."""
    model, mednist = shipped(MODEL), load("mednist28")
    images, labels = mednist.images["test"], mednist.labels["test"]
    for kind in (0, 1, 3, 4, 5):
        for image in images[labels == kind][:12]:
            scan = read_scan(saved(Image.fromarray(image), "PNG"))
            prediction = model.predict(Case.of(scan), trace=False)
            assert not prediction.is_predicted
            assert "scan-kind" in [reason.code for reason in prediction.findings]
            assert prediction.to_json()["scan_kind"]["expected"] == "chest X-ray of a child"


def test_larger_pictures_and_perturbed_ones_are_asked_for_as_they_came(real_data: Path) -> None:
    image = load("pneumoniamnist").images["test"][0]
    large = np.asarray(Image.fromarray(image).resize((64, 64), Image.Resampling.BICUBIC))
    assert _reader()(large, 0).level == "green"
    model, case = shipped(MODEL), example(image)
    plain = model.predict(case, trace=False)
    sequence = model.config.encoder.encode(example(255 - image))
    edited = model.predict_perturbed(case, sequence, trace=False)
    assert plain.scan_kind == edited.scan_kind and plain.scan_kind is not None
