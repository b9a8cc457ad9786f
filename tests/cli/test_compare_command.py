"""``compare``, and ``evaluate --against``."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from diagnosis.core.intended_use import IN_SHORT
from diagnosis.datasets import load
from diagnosis.inference.split_predictions import predict
from diagnosis.models import store
from diagnosis.models.forward import Forward
from tests.cli.given import ESTIMATE, QUICK, Run, trained
from tests.own_versions import own_version
from tests.scan_files import phantom_picture

SHIPPED = ("phantoms/simple_rnn", "phantoms/gru", "phantoms/cnn")


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    path = tmp_path / "scan.png"
    Image.fromarray(phantom_picture()).save(path)
    return path


def test_compare_says_of_each_what_read_says(scan: Path, answer: Run) -> None:
    told = answer("compare", scan, "--models", *SHIPPED)
    assert set(told) == {
        *("agree", "agreement", "models", "differences", "scan", "series", "frame", "intended_use")
    }
    assert [each["model"] for each in told["models"]] == list(SHIPPED)
    for each in told["models"]:
        read = answer("read", scan, "--model", each["model"])
        assert each["problem"] is None and each["milliseconds"] > 0
        for key in ("version", "outcome", "prediction", "threshold", "reasons", "decision_step"):
            assert each[key] == read[key]
        assert each["probabilities"] == pytest.approx(read["probabilities"], abs=1e-6)
        assert told["scan"] == read["scan"] and told["frame"] == read["frame"] == 1
    calls = {each["prediction"] for each in told["models"] if each["outcome"] == "predicted"}
    assert told["agree"] == (len(calls) == 1)
    assert told["differences"]["variant"] == ["simple_rnn", "gru", "cnn"]
    assert told["differences"]["units"] == [[64], [64], [32, 64, 128]]
    assert "training.seed" not in told["differences"]  # all were trained with the same


def test_a_damaged_model_tells_its_problem_and_the_others_answer(
    scan: Path, reader: str, answer: Run
) -> None:
    version = own_version("phantoms/cnn", 1)
    damaged = f"{version.name}/{version.version}"
    weights = version.folder / "model.weights.h5"
    weights.write_bytes(weights.read_bytes()[:500])
    told = answer("compare", scan, "--models", reader, damaged)
    first, second = told["models"]
    assert first["problem"] is None and first["outcome"] == "predicted"
    assert "not the ones that were saved" in second["problem"]
    assert second["prediction"] is None and second["probabilities"] is None
    assert told["agree"] and told["agreement"]["failed"] == 1
    text = answer("compare", scan, "--models", reader, damaged, text=True)
    assert second["problem"] in text and "32 + 64 + 128" in text
    assert text.rstrip().endswith(IN_SHORT)

    (version.folder / "config.json").write_text("{")
    told = answer("compare", scan, "--models", reader, damaged)
    assert told["models"][0]["outcome"] == "predicted"
    assert "no readable config.json" in told["models"][1]["problem"]


def test_a_blank_scan_is_refused_by_all(reader: str, answer: Run, tmp_path: Path) -> None:
    path = tmp_path / "blank.png"
    Image.new("L", (64, 64), 90).save(path)
    told = answer("compare", path, "--models", reader, "phantoms/gru")
    assert told["agree"] is None and told["agreement"]["rejected"] == 2
    assert {each["outcome"] for each in told["models"]} == {"rejected"}
    text = answer("compare", path, "--models", reader, "phantoms/gru", text=True)
    assert "Not analysed: " in text
    assert "0." not in text.split("model", 1)[1].split("No prediction")[0]


@pytest.mark.parametrize(
    ("models", "said"),
    [
        (["phantoms/gru"], "Give 2 to 6 different models, not 1."),
        (["phantoms/gru", "phantoms/gru"], "one is named twice"),
        (["phantoms/gru", "phantoms/lstmm"], "no model 'phantoms/lstmm'. Did you mean phantoms/"),
        (["phantoms/gru", "pneumoniamnist/gru"], "answer different questions"),
    ],
)
def test_what_cannot_be_compared_gets_one_sentence(
    scan: Path, refusal: Run, models: list[str], said: str
) -> None:
    assert said in refusal("compare", scan, "--models", *models)


def test_a_frame_that_is_not_there(scan: Path, refusal: Run) -> None:
    said = refusal("compare", scan, "--models", *SHIPPED, "--frame", "2")
    assert "single picture" in said


def test_evaluate_against_another_model(reader: str, answer: Run, refusal: Run) -> None:
    other = "phantoms/simple_rnn"
    measured = answer("evaluate", reader, "--against", other)
    against = measured["against"]
    assert set(against) == {"model", "version", "differences", "meaning"}
    assert against["model"] == other
    alone = answer("evaluate", other)
    assert "against" not in alone
    assert list(against["differences"]) == ["auc", "accuracy", "sensitivity", "specificity"]
    for name, found in against["differences"].items():
        assert set(found) == ESTIMATE | {"p", "n", "method", "only_first", "only_second"}
        expected = measured["metrics"][name]["estimate"] - alone["metrics"][name]["estimate"]
        assert found["estimate"] == pytest.approx(expected, abs=2e-5)
        assert found["lower"] <= found["estimate"] <= found["upper"] and 0 <= found["p"] <= 1
    accuracy = against["differences"]["accuracy"]
    apart = (accuracy["only_first"] - accuracy["only_second"]) / accuracy["n"]
    assert accuracy["estimate"] == pytest.approx(apart) and accuracy["n"] == measured["n"] == 600
    text = answer("evaluate", reader, "--against", other, text=True)
    assert against["meaning"] in text and f"minus {other}" in text
    assert "same classes" in refusal("evaluate", reader, "--against", "breastmnist/cnn")


def test_evaluate_against_anybodys_predictions(
    reader: str, answer: Run, refusal: Run, tmp_path: Path
) -> None:
    """The model's own predictions, in another order, differ in nothing; others' faults are named."""
    dataset = load("phantoms", size=28)
    own = predict(Forward(store.find(reader)), dataset, "test")
    finding = own.config.finding
    assert finding is not None
    name, n = own.config.classes[finding], len(own.labels)
    order = np.random.default_rng(1).permutation(n)
    path = tmp_path / "theirs.csv"
    table = pd.DataFrame({"number": order + 1, name: own.probabilities[order, finding]})
    table.to_csv(path, index=False)
    against = answer("evaluate", reader, "--against", path)["against"]
    assert (against["model"], against["version"]) == ("theirs.csv", None)
    assert against["differences"]["auc"]["estimate"] == pytest.approx(0, abs=1e-9)
    table.assign(**{name: 1 - table[name]}).to_csv(path, index=False)
    measured = answer("evaluate", reader, "--against", path)
    auc = measured["metrics"]["auc"]["estimate"]
    apart = measured["against"]["differences"]["auc"]["estimate"]
    assert apart == pytest.approx(2 * auc - 1, abs=1e-4) and apart != 0

    def refused(wrong: pd.DataFrame) -> str:
        wrong.to_csv(path, index=False)
        return str(refusal("evaluate", reader, "--against", path))

    assert repr(name) in refused(table.rename(columns={name: "score"}))
    assert f"{n:,} cases" in refused(table.iloc[1:])
    assert "once" in refused(table.assign(number=1))
    assert "row 1" in refused(table.assign(**{name: 1.5}))
    path.write_bytes(b"\xff\xfe\0")
    assert "CSV" in refusal("evaluate", reader, "--against", path)
    assert "absent.csv" in refusal("evaluate", reader, "--against", tmp_path / "absent.csv")


@pytest.mark.long
def test_several_labels_are_compared_without_a_test(answer: Run) -> None:
    for variant in ("lstm", "gru"):
        trained("findings", variant, *QUICK)
    found = answer("evaluate", "findings/lstm", "--against", "findings/gru")["against"]
    assert set(found["differences"]) == {"auc", "accuracy"}
    assert all(each["p"] is None for each in found["differences"].values())
    assert "NaN" not in json.dumps(found)
