"""Variants, configurations, heads and the store of versions."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from diagnosis.core.errors import InputError
from diagnosis.datasets import catalogue
from diagnosis.datasets.facts import Task
from diagnosis.models import head_ops, heads, store
from diagnosis.models.build import build, build_to_read
from diagnosis.models.compiled import value_and_gradient
from diagnosis.models.config import ModelConfig, config_for
from diagnosis.models.forward import Forward
from diagnosis.models.store import ModelError, Version
from diagnosis.models.variants import image_variants, volume_variants
from diagnosis.sequences import PADDING
from tests.cards import contents
from tests.shipped import variants_of

FACTS = catalogue()


@pytest.mark.parametrize("name", image_variants())
def test_every_variant_builds_for_every_kind_of_data(name: str) -> None:
    sets = ["phantoms", "bloodmnist", "retinamnist", "chestmnist"]
    if name in volume_variants():
        sets.append("adrenalmnist3d")
    for dataset in sets:
        config = config_for(name, FACTS[dataset])
        model = build(config)
        features = config.encoder.features
        logits = model(np.zeros((2, 28, features), np.float32), training=False)
        assert logits.shape == (2, heads.logit_count(config.task, len(config.classes)))


def test_the_classic_lstm_has_the_parameters_of_the_literature() -> None:
    """50 units on rows of 28: 4 · 50 · (28 + 50 + 1) weights, and one logit."""
    assert build(config_for("lstm", FACTS["phantoms"])).count_params() == 4 * 50 * 79 + 51


def test_the_cnn_keeps_its_plan() -> None:
    model = build(config_for("cnn", FACTS["phantoms"]))
    convolutions = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    assert [(c.filters, c.kernel_size) for c in convolutions] == [
        (f, (3, 3)) for f in (32, 64, 128)
    ]
    assert model.get_layer("dense").units == 512


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("units", (0,)),
        ("units", ()),
        ("dropout", 1.0),
        ("recurrent_dropout", -0.1),
        ("dense", -1),
        ("variant", "lstn"),
        ("task", "guess"),
        ("finding", 2),
        ("classes", ("one",)),
    ],
)
def test_a_bad_field_is_named(field: str, value: object) -> None:
    document = config_for("lstm", FACTS["phantoms"]).to_json()
    with pytest.raises(InputError) as caught:
        ModelConfig.from_json({**document, field: value})
    assert str(caught.value).endswith((".", "?"))


def test_a_configuration_survives_json() -> None:
    config = config_for("stacked_gru", FACTS["pneumoniamnist"], order="columns")
    assert ModelConfig.from_json(json.loads(json.dumps(config.to_json()))) == config
    with pytest.raises(InputError, match="configuration"):
        ModelConfig.from_json({**config.to_json(), "lambda": "x"})


@pytest.mark.parametrize("task", ["binary", "multi-class", "ordinal", "multi-label"])
def test_probabilities_and_exported_scores_agree(task: Task) -> None:
    logits = (
        np.random.default_rng(1).normal(0, 3, (50, heads.logit_count(task, 4))).astype("float32")
    )
    inputs = keras.Input((logits.shape[1],))
    exported = keras.Model(inputs, head_ops.score_layers(inputs, task))(logits)
    ours = heads.probabilities(logits, task)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(exported), ours, atol=1e-6)
    assert (ours >= 0).all()
    if task != "multi-label":
        np.testing.assert_allclose(ours.sum(axis=1), 1)


@pytest.mark.parametrize("task", ["binary", "multi-class", "ordinal", "multi-label"])
def test_log_odds_are_those_of_the_probabilities(task: Task) -> None:
    classes = 2 if task == "binary" else 4
    width = heads.logit_count(task, classes)
    logits = np.random.default_rng(1).normal(0, 2, (50, width)).astype("float32")
    p = heads.probabilities(logits, task)
    for index in range(classes):
        odds = keras.ops.convert_to_numpy(head_ops.log_odds(logits, task, index))
        assert odds.shape == (50,)
        np.testing.assert_allclose(odds, np.log(p[:, index] / (1 - p[:, index])), atol=1e-4)


@pytest.mark.parametrize("task", ["binary", "multi-class", "ordinal", "multi-label"])
def test_log_odds_stay_finite_where_probabilities_are_0_or_1(task: Task) -> None:
    width = heads.logit_count(task, 2 if task == "binary" else 4)
    logits = np.full((1, width), 80.0, np.float32)
    logits[0, 1:] = -80
    odds = float(keras.ops.convert_to_numpy(head_ops.log_odds(logits, task, 1))[0])
    # binary: the logit; multi-label: label 1's own; multi-class: -80 against 80; ordinal: above level
    # 0 and not above 1 are both all but certain, so the others weigh e^-80 twice
    expected = {"binary": 80, "multi-label": -80, "multi-class": -160, "ordinal": 80 - np.log(2)}
    assert odds == pytest.approx(expected[task], abs=1e-4)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.long] if name.startswith("stacked") else [])
        for name in sorted(variants_of("phantoms"))
    ],
)
def test_gradients_equal_finite_differences(name: str) -> None:
    reader = Forward(store.find(f"phantoms/{name}"))
    with_gradient = value_and_gradient(
        lambda x: head_ops.log_odds(reader.model(x, training=False), "binary", 1)
    )
    rng = np.random.default_rng(1)
    x, direction = rng.normal(size=(2, 3, 28, 28)).astype("float32")
    values, gradient = with_gradient(x)
    assert (values.dtype, gradient.dtype, gradient.shape) == (np.float32, np.float32, x.shape)
    np.testing.assert_allclose(values, reader(x)[:, 0], atol=1e-5)
    step = 2e-4  # longer ones pass kinks of the convolutions
    ahead, behind = (with_gradient(x + sign * step * direction)[0] for sign in (1, -1))
    along = (gradient * direction).sum(axis=(1, 2))
    np.testing.assert_allclose((ahead - behind) / (2 * step), along, atol=0.02, rtol=0.02)


@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="this is the other backend's run"
)
@pytest.mark.long
def test_gradients_hold_on_jax() -> None:
    only = ["-k", "finite_differences and gru and not stacked or further_tensors"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *only, __file__],
        env={**os.environ, "KERAS_BACKEND": "jax"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert "2 passed" in done.stdout


def test_further_tensors_are_not_differentiated_by() -> None:
    with_gradient = value_and_gradient(lambda x, w: keras.ops.sum(x * x * w, axis=-1))
    values, gradient = with_gradient(
        np.array([[1, 2], [3, 4]], np.float32), np.array([[1, 10], [0, 1]], np.float32)
    )
    np.testing.assert_array_equal(values, [41, 16])
    np.testing.assert_array_equal(gradient, [[2, 40], [0, 8]])


def test_corn_loss_by_hand() -> None:
    """Three levels, truth 1: asked above 0 (yes, p = .8) and above 1 (no, p = .25)."""
    logits = np.log([[0.8 / 0.2, 0.25 / 0.75]]).astype("float32")
    expected = -(np.log(0.8) + np.log(0.75)) / 2
    assert float(head_ops.corn_loss(np.array([[1.0]]), logits)[0]) == pytest.approx(
        expected, abs=1e-5
    )
    # truth 0: the second question is not asked
    assert float(head_ops.corn_loss(np.array([[0.0]]), logits)[0]) == pytest.approx(
        -np.log(0.2) / 2, abs=1e-5
    )


def _saved(root: Path, seed: int = 1, name: str = "toy/lstm") -> Version:
    keras.utils.set_random_seed(seed)
    config = config_for("lstm", FACTS["phantoms"], units=(3,))
    return store.save(name, config, build(config), contents(), root=root)


def test_a_version_reads_as_the_model_did(tmp_path: Path) -> None:
    keras.utils.set_random_seed(1)
    config = config_for("gru", FACTS["phantoms"], units=(5,))
    model = build(config)
    version = store.save("toy/gru", config, model, contents(), root=tmp_path)
    sequences = np.random.default_rng(1).normal(size=(70, 28, 28)).astype(np.float32)
    expected = keras.ops.convert_to_numpy(model(sequences, training=False))
    reader = Forward(version)
    np.testing.assert_allclose(reader(sequences), expected, atol=1e-5)
    np.testing.assert_allclose(reader(sequences[:1]), expected[:1], atol=1e-5)


def test_changed_weights_are_not_loaded(tmp_path: Path) -> None:
    version = _saved(tmp_path)
    weights = version.folder / store.WEIGHTS
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    with pytest.raises(ModelError, match="not the ones that were saved"):
        Forward(version)


@pytest.mark.parametrize("name", [store.CONFIG, store.CARD])
@pytest.mark.parametrize("place", ["own", "shipped"])
def test_what_is_not_the_file_that_was_saved_is_not_read(
    name: str, place: str, tmp_path: Path
) -> None:
    """Other class names or another threshold would be read without complaint, and be wrong."""
    if place == "own":
        version = _saved(tmp_path)
    else:
        shipped = store.find("phantoms/lstm").folder
        version = Version(tmp_path / "phantoms" / "lstm" / shipped.name)
        shutil.copytree(shipped, version.folder)
    assert Forward(version).config == version.config
    path = version.folder / name
    path.write_bytes(path.read_bytes().replace(b"lstm", b"gru"))
    with pytest.raises(ModelError, match=rf"contents of {name} .* not the ones that were saved"):
        Forward(Version(version.folder))
    path.write_bytes(path.read_bytes().replace(b"gru", b"lstm"))
    (version.folder / store.SUMS).write_text("of another kind")
    with pytest.raises(ModelError, match=rf"no readable {store.SUMS}"):
        Forward(Version(version.folder))


def test_every_shipped_version_is_the_one_that_was_saved() -> None:
    versions = [each for each in store.versions() if each.folder.is_relative_to(store.SHIPPED)]
    assert len(versions) >= 20
    for version in versions:
        assert version.sums is not None and version.config and version.card and version.weights()
        lines = (version.folder / store.SUMS).read_bytes()
        check = ["sha256sum", "--check", "--strict", "--status"]
        subprocess.run(check, input=lines, cwd=version.folder, check=True)


def test_a_version_is_its_owners_alone_in_the_home_and_as_the_umask_says_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCANLINE_HOME", str(tmp_path / "home"))

    def modes(root: Path) -> set[str]:
        made = (path for path in root.rglob("*") if not path.is_symlink())
        return {f"{'d' if path.is_dir() else 'f'}{path.stat().st_mode & 0o777:o}" for path in made}

    before = os.umask(0)
    try:
        store.activate(_saved(store.own_models()))
        assert modes(tmp_path) == {"d700", "f600"}
        os.umask(0o027)
        store.activate(_saved(tmp_path / "out"), root=tmp_path / "out")
        assert modes(tmp_path / "out") == {"d750", "f640"}
    finally:
        os.umask(before)


def test_a_half_written_version_is_never_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCANLINE_HOME", str(tmp_path))
    whole = _saved(store.own_models())
    partial = whole.folder.with_name(".partial-x")
    partial.mkdir()
    (partial / store.CONFIG).write_text("{")
    assert [version.version for version in store.versions("toy/lstm")] == [whole.version]


def test_a_saving_that_fails_leaves_nothing(tmp_path: Path) -> None:
    config = config_for("lstm", FACTS["phantoms"], units=(3,))
    ragged: Any = {store.OOD: {"centres": [[1.0], [1.0, 2.0]]}}
    with pytest.raises(ValueError, match="inhomogeneous"):
        store.save("toy/lstm", config, build(config), contents(), arrays=ragged, root=tmp_path)
    assert not list((tmp_path / "toy" / "lstm").iterdir())


def test_active_and_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCANLINE_HOME", str(tmp_path))
    first, second = _saved(store.own_models(), 1), _saved(store.own_models(), 2)
    with pytest.raises(ModelError, match="No version of toy/lstm is active"):
        store.find("toy/lstm")
    store.activate(first)
    assert store.find("toy/lstm") == first
    store.activate(second)
    assert store.find("toy/lstm") == second
    assert store.find(f"toy/lstm/{first.version}") == first
    assert store.find(str(first.folder)).version == first.version
    with pytest.raises(ModelError, match="toy/lstm"):
        store.find("toy/lstn")


@pytest.mark.parametrize("dataset", ["phantoms", "pneumoniamnist"])
def test_all_variants_are_shipped(dataset: str) -> None:
    """Each under 2 MB, its weights what its card says, its figures measured on the test split."""
    names = variants_of(dataset)
    assert set(image_variants()) <= set(names)
    for name in names:
        version = store.active(f"{dataset}/{name}")
        assert version is not None and version.folder.is_relative_to(store.SHIPPED)
        assert sum(file.stat().st_size for file in version.folder.iterdir()) < 2_000_000
        assert Forward(version).config == version.config
        assert version.card.metrics.test.n == FACTS[dataset].counts["test"]
        if dataset == "pneumoniamnist":  # the level of a published ResNet-18: none may fall below
            measured = version.card.metrics.test.estimates
            assert measured["auc"].estimate > 0.94 and measured["accuracy"].estimate > 0.85


@pytest.mark.parametrize("text", ["{}", "[]", '{"created": "2026-01-02"}'])
def test_a_card_that_is_not_whole_is_refused(tmp_path: Path, text: str) -> None:
    folder = tmp_path / "toy" / "lstm" / "1"
    folder.mkdir(parents=True)
    (folder / "card.json").write_text(text)
    with pytest.raises(ModelError, match="no complete card"):
        _ = store.Version(folder).card


def test_seeds_and_a_larger_lstm_are_shipped_beside_the_active_ones() -> None:
    for name, seeds in (("lstm", {1, 2, 3}), ("gru", {1, 2, 3})):
        versions = [v for v in store.versions(f"pneumoniamnist/{name}") if v.config.units < (128,)]
        assert {version.card.training.seed for version in versions} == seeds
        active = store.active(f"pneumoniamnist/{name}")
        assert active is not None and active.card.training.seed == 1
    larger = [v for v in store.versions("pneumoniamnist/lstm") if v.config.units == (128,)]
    assert len(larger) == 1
    assert sum(file.stat().st_size for file in larger[0].folder.iterdir()) < 2_000_000
    assert (
        larger[0].card.metrics.test.estimates["auc"].upper > 0.979
    )  # what such an LSTM has reached


def test_two_models_are_shipped_for_breast_ultrasound() -> None:
    shipped = [
        v for v in store.versions() if v.folder.is_relative_to(store.SHIPPED / "breastmnist")
    ]
    assert len(shipped) == 2
    for version in shipped:
        assert Forward(version).config.finding == 0


def test_recurrent_dropout_costs_nothing_where_nothing_is_trained() -> None:
    config = config_for("lstm", FACTS["phantoms"], units=(5,)).changed(recurrent_dropout=0.2)
    trained, reading = build(config), build_to_read(config)
    reading.set_weights(trained.get_weights())
    x = np.random.default_rng(0).normal(size=(2, 28, 28)).astype(np.float32)
    assert np.allclose(trained(x, training=False), reading(x, training=False), atol=1e-5)
    assert trained(x, training=True)[0] != reading(x, training=True)[0]


def test_padding_of_a_masked_model_does_not_change_its_answer() -> None:
    model = build(config_for("stacked_lstm", FACTS["phantoms"], units=(4, 4), padded=True))
    short = np.random.default_rng(1).normal(size=(1, 5, 28)).astype(np.float32)
    padded = np.concatenate([short, np.full((1, 3, 28), PADDING)], axis=1)
    np.testing.assert_allclose(
        model(short, training=False), model(padded, training=False), atol=1e-6
    )
