"""Training and measuring through the command line, for every task."""

from pathlib import Path

import numpy as np
import pytest

from diagnosis.core.intended_use import IN_SHORT
from tests.cli.given import ESTIMATE, QUICK, Run, trained


def test_a_probe_measures_and_records_nothing(home: Path, answer: Run) -> None:
    before = answer("runs", "list")
    told = answer("train", "toy", "lstm", *QUICK, "--probe")
    assert set(told) == {"seconds_per_epoch", "start_seconds", "parameters", "total_seconds"}
    assert 0 < told["seconds_per_epoch"] < told["total_seconds"] and told["parameters"] == 847
    assert answer("runs", "list") == before


@pytest.mark.parametrize(
    ("dataset", "variant", "options", "figures"),
    [
        pytest.param(
            *("toy", "simple_rnn", [], {"sensitivity", "specificity", "ppv", "npv"}),
            marks=pytest.mark.long,
        ),
        ("findings", "gru", ["--no-reset-after"], {"auc class 0", "auc class 1", "auc class 2"}),
        pytest.param(
            *("retinamnist", "lstm", ["--flip"], {"mean_absolute_error", "recall grade 4"}),
            marks=pytest.mark.long,
        ),
    ],
)
def test_binary_multi_label_and_ordinal_sets_train_and_evaluate(
    dataset: str, variant: str, options: list[str], figures: set[str], answer: Run
) -> None:
    quick = [word for word in QUICK if not (options == ["--flip"] and word == "--no-augmentation")]
    made = trained(dataset, variant, *quick, *options)
    assert made["model"] == f"{dataset}/{variant}" and made["epochs"] == 1
    measured = answer("evaluate", made["model"])
    assert set(measured) == {
        *(
            "model",
            "version",
            "dataset",
            "sha256",
            "split",
            "n",
            "threshold",
            "extent",
            "availability",
            "rejected",
            "metrics",
        ),
        *("population", "abstention", "operating_point", "calibration_curve", "notes"),
    }
    assert set(measured["rejected"]) == ESTIMATE
    card = answer("models", "show", made["model"])["card"]
    assert card["ood"]["rejected"]["test"] == measured["rejected"]
    assert measured["split"] == "test" and measured["version"] == made["version"]
    assert {"auc", "accuracy", *figures} <= set(measured["metrics"])
    assert all(set(estimate) == ESTIMATE for estimate in measured["metrics"].values())
    assert measured["metrics"]["auc"]["estimate"] == pytest.approx(
        made["metrics"]["auc"]["estimate"], abs=1e-4
    )
    assert measured["n"] == made["n"] == measured["abstention"]["n"]
    assert measured["abstention"] == card["abstention"]["test"]
    point = measured["operating_point"]
    assert (point is None) == (measured["threshold"] is None)
    if point is not None:
        assert sum(point["counts"].values()) == made["n"]
        assert point["sensitivity"]["estimate"] == pytest.approx(
            measured["metrics"]["sensitivity"]["estimate"], abs=1e-4
        )
    for bins in measured["calibration_curve"].values():
        assert sum(each["n"] for each in bins) == made["n"]
    assert any("inferred" in note or "published" in note for note in made["notes"])


@pytest.mark.long
def test_real_cells_in_colour_and_real_volumes(real_data: Path, answer: Run, refusal: Run) -> None:
    longer = ("--epochs", "3", "--learning-rate", "0.01")  # one epoch learns one class
    cells = trained(real_data / "bccd28.npz", "gru", *QUICK, *longer)
    assert cells["model"] == "bccd28/gru" and cells["n"] == 346
    assert answer("models", "show", "bccd28/gru")["config"]["units"] == [6]
    assert "give its NPZ file with --data" in refusal("evaluate", "bccd28/gru")
    told = answer("evaluate", "bccd28/gru", "--data", real_data / "bccd28.npz", text=True)
    assert "n = 346" in told and "recall class 2" in told and IN_SHORT in told

    volumes = real_data / "adrenalmnist3d.npz"
    assert trained(volumes, "lstm", *QUICK)["n"] == 298
    measured = answer("evaluate", "adrenalmnist3d/lstm", "--data", volumes, "--split", "val")
    assert measured["n"] == 98 and measured["metrics"]["auc"]["estimate"] > 0.5
    brain = real_data / "scans" / "someones_anatomy.nii.gz"
    read = answer("read", brain, "--model", "adrenalmnist3d/lstm")
    assert read["frame"] is None and read["outcome"] == "rejected"  # a head is no outlined gland
    assert read["ood"]["level"] == "red" and read["ood"]["of"] == 98
    for words in (["--frame", "2"], []):
        scan = brain if words else real_data / "scans" / "chest_normal_1.jpeg"
        said = refusal("read", scan, "--model", "adrenalmnist3d/lstm", *words)
        assert "slice" in said


def test_a_second_version_is_a_candidate_until_somebody_keeps_it(
    answer: Run, refusal: Run, tmp_path: Path
) -> None:
    first = trained("toy", "lstm", *QUICK)
    made = trained("toy", "lstm", *QUICK, "--seed", "2", activate=False)
    second = made["version"]
    assert (made["model"], made["epochs"], made["active"]) == ("toy/lstm", 1, False)
    assert Path(made["path"], "card.json").is_file()
    assert all(set(estimate) == ESTIMATE for estimate in made["metrics"].values())
    assert answer("models", "show", "toy/lstm")["version"] == first["version"]
    assert "--why" in refusal("models", "promote", f"toy/lstm/{second}")
    switched = answer("models", "promote", f"toy/lstm/{second}", "--why", "a test", "--by", "me")
    assert {name: switched[name] for name in ("model", "version", "active", "previous")} == {
        **{"model": "toy/lstm", "version": second},
        **{"active": True, "previous": first["version"]},
    }
    assert answer("evaluate", "toy/lstm")["version"] == second
    active = {
        row["version"]: row["active"]
        for row in answer("models", "list")
        if row["model"] == "toy/lstm"
    }
    assert active == {first["version"]: False, second: True}
    elsewhere = trained("toy", "lstm", *QUICK, "--out", tmp_path / "mine")
    assert Path(elsewhere["path"]).is_relative_to(tmp_path / "mine")
    assert elsewhere["version"] == first["version"]  # the same seed gives the same bytes
    assert answer("models", "show", elsewhere["path"])["version"] == first["version"]
    assert answer("models", "show", "toy/lstm")["version"] == second
    assert "has no command 'promte'. Did you mean promote" in refusal("models", "promte", "x")


def test_a_model_is_measured_only_on_a_set_that_fits_it(
    home: Path, reader: str, answer: Run, refusal: Run, tmp_path: Path
) -> None:
    measured = answer("evaluate", reader, "--data", "toy")
    assert "have no names" in measured["notes"][-1] and "0 is clear" in measured["notes"][-1]
    assert "same classes" in refusal("evaluate", reader, "--data", "findings")
    assert "images of 28 × 28 × 3" in refusal("evaluate", reader, "--data", "retinamnist")
    single = tmp_path / "single.npz"
    arrays = dict(np.load(home / "data" / "toy.npz"))
    np.savez(single, **(arrays | {"test_labels": np.zeros(24, int)}))
    assert "only cases of 'class 0'" in refusal("train", single, "lstm", *QUICK)
    assert "only cases of 'class 0'" in refusal("evaluate", reader, "--data", single)


@pytest.mark.long
def test_every_field_of_the_configurations_has_an_option(answer: Run) -> None:
    words = (
        "--epochs 1 --batch-size 24 --learning-rate 0.004 --optimizer adamw --weight-decay 0.01 "
        "--schedule plateau --clip-norm 0.5 --patience 3 --no-balanced --seed 9 --mixed-precision "
        "--shift 0.01 --rotate 1 --scale 0.02 --flip --intensity 0.03 --noise 0.04 "
        "--gamma 0.05 --sharpness 0.06 --gradient 0.07 --folds 0 --prevalence 0.3 --units 5,4 "
        "--dropout 0.1 --recurrent-dropout 0.2 --dense 3 --no-reset-after --padded "
        "--order columns --no-standardise"
    )
    path = trained("toy", "stacked_gru", *words.split())["path"]
    shown = answer("models", "show", path)
    config, training = shown["config"], shown["card"]["training"]
    assert config | {"classes": 0, "task": 0, "finding": 0, "encoder": 0, "variant": 0} == {
        **dict.fromkeys(("classes", "task", "finding", "encoder", "variant"), 0),
        **{"units": [5, 4], "dropout": 0.1, "recurrent_dropout": 0.2, "dense": 3},
        **{"reset_after": False, "padded": True, "embedding": 0},
        **{"filters": 0, "fusion": 0, "modality_dropout": 0.0},
    }
    encoder = config["encoder"]
    assert (encoder["order"], encoder["standardise"]) == ("columns", False)
    assert (
        training.items()
        >= {
            **{"epochs": 1, "batch_size": 24, "learning_rate": 0.004, "optimizer": "adamw"},
            **{"weight_decay": 0.01, "schedule": "plateau", "clip_norm": 0.5, "patience": 3},
            **{"balanced": False, "seed": 9, "mixed_precision": True, "prevalence": 0.3},
        }.items()
    )
    assert training["augmentation"] == {
        **{"shift": 0.01, "rotate": 1.0, "scale": 0.02},
        **{"flip": True, "intensity": 0.03, "noise": 0.04},
        **{"gamma": 0.05, "sharpness": 0.06, "gradient": 0.07},
    }
