"""``features``: the last hidden state of every case of a split, of scans and of records."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from diagnosis.datasets import load
from diagnosis.jobs.experiment import train_version
from diagnosis.models import store
from diagnosis.models.config import config_for, learned_encoder
from diagnosis.models.forward import Forward
from diagnosis.traces.tracer import Tracer
from diagnosis.training.config import TrainingConfig
from tests.cli.given import Run
from tests.record_cases import record, table, toy

MODEL = "phantoms/gru"


def last_state(case: int) -> np.ndarray:
    """Where the trace of a case of the test split ends."""
    version = store.find(MODEL)
    sequence = version.config.encoder.batch(load("phantoms").images["test"][case : case + 1])[0]
    end: np.ndarray = Tracer(Forward(version).model)(sequence).layers[-1].signals["h"][-1]
    return end


def test_a_split_becomes_the_same_numbers_in_each_format(
    home: Path, tmp_path: Path, answer: Run
) -> None:
    for suffix in ("csv", "parquet", "npz"):
        said = answer("features", MODEL, "--out", tmp_path / f"states.{suffix}")
        assert (said["n"], said["units"], said["split"]) == (600, 64, "test")
    read = pd.read_csv(tmp_path / "states.csv", comment="#")
    columns = [name for name in read.columns if name.startswith("gru_1/")]
    assert len(columns) == 64 and list(read.columns[:2]) == ["case", "label"]
    np.testing.assert_allclose(read.loc[4, columns].astype(float), last_state(4), atol=1e-5)
    with np.load(tmp_path / "states.npz") as arrays:
        np.testing.assert_allclose(arrays["states"], read[columns], atol=1e-6)
        assert arrays["labels"].tolist() == read["label"].tolist()
        assert any(MODEL in line for line in arrays["about"])
    parquet = pd.read_parquet(tmp_path / "states.parquet")
    np.testing.assert_allclose(parquet[columns], read[columns], atol=1e-6)


def test_scans_are_named_by_their_hash(home: Path, tmp_path: Path, answer: Run) -> None:
    scan = tmp_path / "patient-name.png"
    Image.fromarray(load("phantoms").images["test"][2]).save(scan)
    out = tmp_path / "of_files.npz"
    assert answer("features", MODEL, scan, scan, "--out", out)["n"] == 2
    with np.load(out) as arrays:
        assert "labels" not in arrays and "patient-name" not in str(dict(arrays))
        np.testing.assert_array_equal(arrays["states"][0], arrays["states"][1])
        np.testing.assert_allclose(arrays["states"][0], last_state(2), atol=1e-5)


def test_each_patient_of_a_table_is_a_case(home: Path, tmp_path: Path, answer: Run) -> None:
    config = config_for(
        "embedding_gru",
        toy().facts,
        encoder=learned_encoder(toy()),
        units=(6,),
        embedding=4,
        dense=0,
    )
    recipe = TrainingConfig(epochs=2, batch_size=16, learning_rate=0.03)
    version = train_version(config, recipe, toy(), root=home / "home" / "models")
    rng = np.random.default_rng(4)
    csv, out = tmp_path / "records.csv", tmp_path / "patients.csv"
    csv.write_text(table({str(number): record(number % 2, rng, 12) for number in (101, 102, 103)}))
    answer("features", f"{version.name}/{version.version}", csv, "--out", out)
    read = pd.read_csv(out, comment="#")
    assert read["case"].tolist() == [101, 102, 103] and read.shape == (3, 7)
    assert read.iloc[:, 1:].notna().all(axis=None)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("phantoms/cnn", "--out", "x.csv"), "hidden state"),
        ((MODEL, "--out", "x.txt"), ".parquet"),
        ((MODEL, "scan.png", "--split", "val", "--out", "x.csv"), "not both"),
    ],
)
def test_what_cannot_be_is_said(
    home: Path, tmp_path: Path, refusal: Run, words: tuple[str, ...], said: str
) -> None:
    *others, name = words
    assert said in refusal("features", *others, tmp_path / name)
    assert not list(tmp_path.iterdir())
