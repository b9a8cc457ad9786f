"""``models``: list, show, export."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from diagnosis.core.intended_use import IN_SHORT
from diagnosis.datasets import phantoms
from diagnosis.models import store
from tests.cli.given import ESTIMATE, QUICK, Run, trained
from tests.scan_files import grey_picture


def test_an_exported_model_answers_as_its_reader_does(
    reader: str, answer: Run, tmp_path: Path
) -> None:
    import onnxruntime

    from diagnosis.models import heads
    from diagnosis.models.forward import Forward

    version, onnx = store.find(reader), tmp_path / "lstm.onnx"
    sequences = version.config.encoder.batch(phantoms().images["test"][:5])
    told = answer("models", "export", reader, "--format", "onnx", "--out", onnx)
    (got,) = onnxruntime.InferenceSession(onnx).run(None, {told["input"]["name"]: sequences})
    expected = heads.probabilities(Forward(version)(sequences), version.config.task)
    np.testing.assert_allclose(got, expected, atol=1e-5)


@pytest.mark.long
def test_a_cnn_has_no_states_and_all_kinds_export_alike(
    home: Path, answer: Run, refusal: Run, tmp_path: Path
) -> None:
    """Exports agree with the reader: ONNX by onnxruntime, .keras in plain Keras, without us."""
    import onnxruntime

    from diagnosis.models import heads
    from diagnosis.models.forward import Forward

    path = tmp_path / "scan.png"
    Image.fromarray(grey_picture()).save(path)
    cnn = trained("toy", "cnn", "--epochs", "1", "--units", "4,4,4", "--dense", "8")
    read = answer("read", path, "--model", cnn["model"])
    assert (read["decision_step"], read["trace"], read["trace_difference"]) == (None, None, None)
    said = refusal("read", path, "--model", cnn["model"], "--trace", tmp_path / "t.npz")
    assert "no states to trace" in said and not (tmp_path / "t.npz").exists()

    trained("retinamnist", "lstm", *QUICK, "--out", tmp_path / "ordinal")
    (ordinal,) = (tmp_path / "ordinal").glob("*/*/2*")
    images = {"grey": phantoms().images["test"][:5]}
    with np.load(home / "data" / "retinamnist.npz") as archive:
        images["colour"] = archive["test_images"][:5]
    expected = {}
    for name, model, kind in (
        ("cnn", cnn["model"], "grey"),
        ("ordinal", str(ordinal), "colour"),
    ):
        version = store.find(model)
        sequences = version.config.encoder.batch(images[kind])
        scores = heads.probabilities(Forward(version)(sequences), version.config.task)
        expected[f"{name}_x"], expected[name] = sequences, scores
        onnx = tmp_path / f"{name}.onnx"
        told = answer("models", "export", model, "--format", "onnx", "--out", onnx)
        assert told["sha256"] == store.sha256_of(onnx) and told["bytes"] == onnx.stat().st_size
        assert told["output"]["classes"] == list(version.config.classes)
        session = onnxruntime.InferenceSession(onnx)
        (got,) = session.run(None, {told["input"]["name"]: sequences})
        np.testing.assert_allclose(got, scores, atol=1e-5)
        answer("models", "export", model, "--format", "keras", "--out", tmp_path / f"{name}.keras")
    assert not list(tmp_path.glob(".export-*"))
    np.savez(tmp_path / "expected.npz", **expected)  # type: ignore[arg-type]
    script = (
        "import sys, numpy, keras\n"
        "expected = numpy.load('expected.npz')\n"
        "for name in ('cnn', 'ordinal'):\n"
        "    model = keras.saving.load_model(name + '.keras')\n"
        "    got = model.predict(expected[name + '_x'], verbose=0)\n"
        "    numpy.testing.assert_allclose(got, expected[name], atol=1e-5)\n"
        "assert not [name for name in sys.modules if name.startswith('diagnosis')]\n"
    )
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=True, timeout=120)


def test_models_list_and_show_have_the_documented_keys(
    home: Path, reader: str, answer: Run
) -> None:
    listed = answer("models", "list")
    keys = "model version active dataset variant created parameters shipped test problem"
    assert all(set(row) == set(keys.split()) for row in listed)
    (row,) = [row for row in listed if f"{row['model']}/{row['version']}" == reader]
    assert (row["dataset"], row["variant"], row["shipped"]) == ("phantoms", "lstm", False)
    assert set(row["test"]) == {"n", "auc", "accuracy"} and set(row["test"]["auc"]) == ESTIMATE
    shown = answer("models", "show", reader)
    keys = "model version population active shipped path config card"
    assert set(shown) == set(keys.split())
    assert shown["card"]["metrics"]["test"]["auc"] == row["test"]["auc"]
    told = answer("models", "show", reader, text=True)
    assert "(synthetic)" in told and "n = " in told and IN_SHORT in told


def test_a_damaged_version_is_listed_with_its_problem(answer: Run, refusal: Run) -> None:
    damaged = trained("toy", "bidirectional_lstm", *QUICK)
    Path(damaged["path"], "model.weights.h5").write_bytes(b"other")
    assert "not the ones that were saved" in refusal("evaluate", damaged["model"])
    Path(damaged["path"], "card.json").write_text("{")
    (row,) = [row for row in answer("models", "list") if row["model"] == damaged["model"]]
    assert "no readable card.json" in row["problem"] and row["test"] is None
    assert "no readable card.json" in answer("models", "list", text=True)
