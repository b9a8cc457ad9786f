"""What is not like a model's training pictures is told apart, and how often that is wrong is known."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.spatial.distance import cdist

from diagnosis.cases import Case
from diagnosis.core.errors import InputError
from diagnosis.dashboard.gates.context import Subject
from diagnosis.dashboard.gates.export import about
from diagnosis.datasets import load, phantoms
from diagnosis.inference.detail import DetailLimit
from diagnosis.inference.interpreter import detail_limit, ood_detector
from diagnosis.inference.out_of_distribution import MAX_VALUES, OODDetector, OODResult, sampled
from diagnosis.inference.predictor import Predictor
from diagnosis.jobs.card_contents import rounded
from diagnosis.jobs.ood_fit import rejected_share
from diagnosis.models import store
from diagnosis.models.store import Version
from diagnosis.scans import read_scan
from diagnosis.text.outcome import ood_sentence, sentences
from tests.cases import example
from tests.scan_files import saved
from tests.shipped import shipped

CALLED = 1  # a test phantom that simple_rnn calls; turned around it is still sure of its answer


@pytest.fixture(scope="module")
def blobs() -> Callable[..., np.ndarray]:
    """Pictures of three kinds, float32 ``(n, 4, 5)``."""
    kinds = np.random.default_rng(0).normal(0, 3, (3, 4, 5))

    def drawn(n: int, seed: int) -> np.ndarray:
        rng = np.random.default_rng(seed)
        return (kinds[rng.integers(0, 3, n)] + rng.normal(0, 1, (n, 4, 5))).astype(np.float32)

    return drawn


@pytest.fixture(scope="module")
def detector(blobs: Callable[..., np.ndarray]) -> OODDetector:
    return OODDetector.fit(blobs(800, 1), blobs(1000, 2))


def test_the_share_of_like_pictures_with_a_small_p_is_at_most_p(
    detector: OODDetector, blobs: Callable[..., np.ndarray]
) -> None:
    found = detector(blobs(4000, 3))
    p_values = np.array([ood.p_value for ood in found])
    for level in (0.01, 0.05, 0.5):
        assert (p_values <= level).mean() == pytest.approx(level, rel=0.4)
    assert np.mean([ood.level == "red" for ood in found]) < 0.01


def test_distances_are_those_of_scipy_and_the_farthest_is_refused(
    detector: OODDetector, blobs: Callable[..., np.ndarray]
) -> None:
    cases = blobs(600, 4)
    centres = detector.centres.astype(np.float64)
    expected = cdist(cases.reshape(600, -1), centres).min(axis=1)
    np.testing.assert_allclose(detector.distance(cases), expected, rtol=1e-4)
    (far,) = detector(cases[:1] + 20)
    assert (far.level, far.n_as_extreme, far.of) == ("red", 0, 1000)
    (on_a_centre,) = detector(centres[:1].reshape(1, 4, 5).astype(np.float32))
    assert on_a_centre.level == "green" and on_a_centre.distance == pytest.approx(0, abs=0.05)


def test_no_centre_is_the_picture_of_one_case(blobs: Callable[..., np.ndarray]) -> None:
    alone = np.full((1, 4, 5), 100, np.float32)
    train = np.concatenate([blobs(200, 5), alone])
    detector = OODDetector.fit(train, blobs(50, 6))
    assert np.abs(detector.centres).max() < 20
    assert detector(alone)[0].level == "red"


def test_the_same_pictures_give_the_same_detector(
    detector: OODDetector, blobs: Callable[..., np.ndarray]
) -> None:
    again = OODDetector.fit(blobs(800, 1), blobs(1000, 2)).arrays
    assert again.keys() == detector.arrays.keys()
    for name, array in detector.arrays.items():
        np.testing.assert_array_equal(array, again[name])


@pytest.mark.parametrize(
    ("n_as_extreme", "of", "level"),
    [
        (0, 524, "red"),
        (1, 524, "red"),  # (1 + 1) / 525 <= 0.005
        (2, 524, "amber"),
        (25, 524, "amber"),
        (26, 524, "green"),
        (0, 78, "red"),  # too few for 0.005: farther than all of them
        (1, 78, "amber"),
        (0, 19, "red"),
        (0, 18, "amber"),  # one in 19 like ones would be refused: not a reason to
        (1, 18, "green"),
    ],
)
def test_levels(n_as_extreme: int, of: int, level: str) -> None:
    found = OODResult(12.0, n_as_extreme, of)
    assert found.level == level
    words = ood_sentence(found)
    assert f"of the {of} held-out cases {'is' if n_as_extreme == 1 else 'are'}" in words
    assert ("none of" in words) == (n_as_extreme == 0)
    assert words.startswith("Out-of-distribution") == (level == "red")


def test_large_sets_are_sampled_evenly() -> None:
    cases = np.arange(1000)[:, None] * np.ones(MAX_VALUES // 500, np.uint8)
    chosen = sampled(cases)
    assert list(chosen[:3, 0]) == [0, 2, 4] and len(chosen) == 500
    assert len(sampled(cases[:400])) == 400


def _names() -> list[str]:
    """A shipped model of each data set: its versions share their detector."""
    return ["phantoms/simple_rnn", "pneumoniamnist/gru", "breastmnist/cnn"]


@pytest.mark.parametrize("name", _names())
def test_a_card_says_what_is_measured_afresh(name: str, request: pytest.FixtureRequest) -> None:
    if not name.startswith("phantoms"):
        request.getfixturevalue("real_data")
    version = store.find(name)
    detector = ood_detector(version)
    assert detector is not None
    dataset, said = load(version.dataset), version.card.ood
    limit = DetailLimit.fit(dataset.images["train"], dataset.images["val"])
    assert said is not None and said.detail is not None
    assert limit.to_json() == pytest.approx(said.detail.to_json())
    assert (said.centres, said.validation) == (len(detector.centres), len(detector.distances))
    assert len(detector.distances) == len(dataset.images["val"])
    share = rejected_share(detector, version.config, dataset, "test")
    assert rounded(share) == said.rejected.test
    assert share.estimate < 0.05


def test_every_shipped_version_has_one() -> None:
    kept = [version for version in store.versions() if store.SHIPPED in version.folder.parents]
    assert len(kept) == len({version.folder for version in kept}) > 15
    for version in kept:
        assert ood_detector(version) is not None
        pictures = not version.config.embedding  # neither records nor studies
        assert (detail_limit(version) is not None) == pictures and version.population.words


def test_a_picture_turned_around_is_refused_and_still_computed() -> None:
    model = shipped("phantoms/simple_rnn")
    image = phantoms().images["test"][CALLED]
    prediction = model.predict(example(image))
    assert prediction.outcome == "predicted" and prediction.reasons == ()
    assert prediction.ood is not None and prediction.ood.level == "green"
    turned = model.predict(example(np.rot90(image).copy()))
    assert (turned.outcome, turned.predicted_classes, turned.decision_step) == (
        "rejected",
        (),
        None,
    )
    assert turned.ood is not None and [reason.code for reason in turned.reasons] == [
        "out-of-distribution"
    ]
    assert turned.trace is not None and turned.probabilities.sum() == pytest.approx(1)
    both = model.predict(example(np.zeros_like(image)))
    codes = [reason.code for reason in both.reasons]
    assert codes[:2] == ["quality:blank", "out-of-distribution"]
    # it is the picture that counts
    edited = model.predict_perturbed(example(image), turned.sequence)
    assert edited.outcome == "predicted"


def _copy(name: str, root: Path) -> Version:
    version = store.find(name)
    folder = root / version.dataset / version.variant / version.version
    shutil.copytree(version.folder, folder)
    return Version(folder)


def test_a_version_of_before_calls_and_says_that_it_cannot_tell(tmp_path: Path) -> None:
    version = _copy("phantoms/simple_rnn", tmp_path)
    card = {key: value for key, value in version.card.to_json().items() if key != "ood"}
    del card["dataset"]["modalities"]
    (version.folder / store.CARD).write_text(json.dumps(card))
    store.write_sums(version.folder)
    (version.folder / store.OOD).unlink()
    old = Predictor(Version(version.folder))
    turned = old.predict(example(np.rot90(phantoms().images["test"][CALLED]).copy()), trace=False)
    assert turned.ood is None and turned.outcome == "predicted" and turned.findings == ()


def test_a_file_that_is_not_the_one_that_was_saved_is_not_used(tmp_path: Path) -> None:
    version = _copy("phantoms/simple_rnn", tmp_path)
    path = version.folder / store.OOD
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(InputError, match=r"ood\.npz .* are not the ones that were saved"):
        Predictor(version)
    path.unlink()
    with pytest.raises(InputError, match="restore the folder"):
        Predictor(version)
    path.write_bytes(b"of another kind")
    card = version.card.to_json()
    card["ood"]["sha256"] = hashlib.sha256(b"of another kind").hexdigest()
    (version.folder / store.CARD).write_text(json.dumps(card))
    store.write_sums(version.folder)
    with pytest.raises(InputError, match="cannot be read"):
        Predictor(Version(version.folder))


def test_an_export_says_that_nothing_is_called() -> None:
    model = shipped("phantoms/simple_rnn")
    image = phantoms().images["test"][CALLED]
    for picture, refused in ((image, False), (np.rot90(image).copy(), True)):
        scan = read_scan(saved(Image.fromarray(picture), "PNG"))
        case = Case.of(scan)
        prediction = model.predict(case)
        said = about(Subject(model.version, model, prediction, case, None, "light"))
        assert ("rejected" in said) == refused
        assert said.get("rejected", "") == " ".join(sentences(prediction.reasons))
