"""The train page without a browser: from fields to plans, what is said beforehand, and how runs are shown."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from diagnosis.core.errors import InputError
from diagnosis.core.intended_use import IN_SHORT
from diagnosis.dashboard.shell import warmup
from diagnosis.dashboard.train import fields, recipe
from diagnosis.dashboard.train.cautions import cautions, obstacles
from diagnosis.dashboard.train.curve_file import csv_of
from diagnosis.dashboard.train.text import duration, progress
from diagnosis.datasets import Dataset, phantoms
from diagnosis.figures import training as figures
from diagnosis.jobs import locks, record
from diagnosis.jobs.plan import Plan
from diagnosis.jobs.tracking import client
from diagnosis.models.variants import image_variants
from diagnosis.sequences import Augmentation
from diagnosis.training.config import TrainingConfig
from tests.dashboard.test_pages import OPENED_WITHIN_S, ROOT
from tests.dashboard.test_pages import words as said_on


@pytest.fixture(autouse=True)
def home(tmp_path: Path, empty_registry: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home of its own, with an empty record of runs; no data set but the phantoms."""
    shutil.copytree(empty_registry, tmp_path / "home" / "runs")
    monkeypatch.setenv("SCANLINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SCANLINE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("SCANLINE_DATA", raising=False)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


def asked_for(**changes: Any) -> tuple[Plan, ...]:
    kind = changes.get("variant", "lstm")
    return recipe.plans(recipe.defaults(kind) | {"dataset": "phantoms"} | changes)


@pytest.mark.parametrize("kind", image_variants())
def test_an_untouched_form_asks_for_what_the_bare_command_does(kind: str) -> None:
    (plan,) = asked_for(variant=kind)
    assert plan == Plan(dataset="phantoms", variant=kind)
    assert plan.words() == ["train", "phantoms", kind]


def test_a_study_is_read_by_models_of_both_parts_or_of_one() -> None:
    offered = fields.variants_of("studyphantoms")
    assert {"fusion_gru", "gru", "embedding_gru"} <= set(offered)
    (plan,) = asked_for(variant="fusion_gru", dataset="studyphantoms")
    assert plan == Plan(dataset="studyphantoms", variant="fusion_gru")


def test_every_field_of_the_form_reaches_the_plan() -> None:
    one, two = asked_for(
        variant="gru", size=64, units="64, 32", layers=1, dropout=0.3, epochs=7, batch_size=32,
        learning_rate=1e-3, schedule="step", clip_norm=0.5, patience=0, balanced=False,
        optimizer="adamw", weight_decay=0.01, shift=0.1, rotate=9.0, scale=0.0, flip=True,
        intensity=0.2, noise=0.0, device="cpu", by=" A. B. ",
        why="a try", seeds="3, 5, 3",
    )  # fmt: skip
    assert one == Plan(
        dataset="phantoms", variant="gru", size=64, units=(64, 32), options={"dropout": 0.3},
        training=TrainingConfig(
            epochs=7, batch_size=32, learning_rate=1e-3, optimizer="adamw", weight_decay=0.01,
            schedule="step", clip_norm=0.5, patience=0, balanced=False, seed=3,
            augmentation=Augmentation(shift=0.1, rotate=9.0, scale=0.0, flip=True, intensity=0.2, noise=0.0),
        ),
        device="cpu", by="A. B.", why="a try",
    )  # fmt: skip
    assert two == one.changed(training=one.training.changed(seed=5))
    (plain,) = asked_for(augment=False, weight_decay=0.5)
    assert plain.training.augmentation is None
    assert plain.training.weight_decay == TrainingConfig().weight_decay  # Adam has none


def test_one_number_of_units_is_repeated_and_several_count_the_layers() -> None:
    assert recipe.units_of("16", 3) == (16, 16, 16)
    assert recipe.units_of(" 16, 8 ", 5) == (16, 8)


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("units", "many", "number of units must be a whole number from 1 to 2048, not 'many'"),
        ("units", "0", "number of units must be"),
        ("units", "1,2,3,4,5,6,7,8,9", "units must be 1 to 8 numbers"),
        ("seeds", "", "seed must be"),
        ("seeds", "1; 2", "seed must be"),
        ("seeds", ",".join(map(str, range(21))), "at most 20 seeds, not 21"),
        ("seeds", "4294967296", "seed"),
        ("learning_rate", 100.0, "learning rate must be"),
        ("shift", 0.9, "shift must be 0 to 0.5"),
        ("why", "x" * 1001, "reason must have"),
    ],
)
def test_a_wrong_field_is_named_in_a_sentence(field: str, value: Any, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        asked_for(**{field: value})


@pytest.mark.parametrize("kind", image_variants())
def test_a_plan_is_the_same_after_the_form_and_the_address(kind: str) -> None:
    for plan in (
        Plan(dataset="phantoms", variant=kind),
        Plan(
            dataset="phantoms", variant=kind, units=(8, 8, 8), options={"dropout": 0.3},
            training=TrainingConfig(epochs=3, learning_rate=1e-5, balanced=False, augmentation=None, seed=4),
        ),
    ):  # fmt: skip
        values = recipe.of_plan(plan)
        assert recipe.plans(values) == (plan,)
        found, problems = recipe.from_address(recipe.to_address(values), ["phantoms"])
        assert problems == []
        assert recipe.plans(recipe.defaults(kind) | found) == (plan,)


def test_the_address_fills_in_what_it_may_and_says_what_it_may_not() -> None:
    found, problems = recipe.from_address(
        {"dataset": "Phantoms", "variant": "gru", "units": "64,64", "dropout": "0.25",
         "learning_rate": "1e-3", "patience": "0", "balanced": "no"},
        ["phantoms"],
    )  # fmt: skip
    assert found == {
        "dataset": "phantoms", "variant": "gru", "units": "64, 64", "layers": 2, "dropout": 0.25,
        "learning_rate": 0.001, "patience": 0, "balanced": False,
    }  # fmt: skip
    assert problems == []
    bad = {
        "dataset": "nih",
        "variant": "lstn",
        "units": "x",
        "dropout": "nan",
        "learning_rate": "-1",
        "balanced": "perhaps",
        "patients": "3",
    }
    found, problems = recipe.from_address(bad, ["phantoms"])
    assert found == {}
    assert len(problems) == len(bad)
    assert "Did you mean lstm" in problems[1]
    assert "'patients'" in problems[-1] and "Did you mean patience" in problems[-1]


def test_the_address_may_fill_in_every_field_but_who_and_why() -> None:
    usual = recipe.defaults("gru") | {"dataset": "phantoms"}
    text = {True: "yes", False: "no"}
    asked = {
        name: text[value] if isinstance(value, bool) else str(value)
        for name, value in usual.items()
        if name not in ("by", "why")
    }
    found, problems = recipe.from_address(asked, ["phantoms"])
    assert problems == []
    assert found | {"by": "", "why": ""} == usual


def part_of(dataset: Dataset, n: dict[str, tuple[int, int]]) -> Dataset:
    """So many cases of class 0 and 1 from each split."""
    chosen = {
        split: np.concatenate(
            [np.flatnonzero(dataset.labels[split] == k)[:count] for k, count in enumerate(counts)]
        )
        for split, counts in n.items()
    }
    return replace(
        dataset,
        images={split: dataset.images[split][rows] for split, rows in chosen.items()},
        labels={split: dataset.labels[split][rows] for split, rows in chosen.items()},
    )


def test_small_and_unbalanced_sets_are_told_and_missing_classes_stop() -> None:
    whole = phantoms()
    assert obstacles(whole) == []
    small = part_of(whole, {"train": (200, 20), "val": (40, 1), "test": (40, 40)})
    few, chance, unbalanced = cautions(small, balanced=True)
    assert few.startswith("Only 20 training images of")
    assert chance.startswith("Only 1 validation image of")
    assert unbalanced.startswith("10 times as many")
    assert cautions(small, balanced=False)[-1] != unbalanced
    (obstacle,) = obstacles(part_of(whole, {"train": (9, 9), "val": (9, 9), "test": (9, 0)}))
    assert obstacle.startswith("The test split of")


def test_curves_become_a_point_for_each_epoch_and_split_and_the_lowest_validation_loss_is_marked() -> (
    None
):
    epochs = np.array([1, 2, 3])
    curves = {
        "loss": (epochs, np.array([0.9, 0.7, 0.5])),
        "val_loss": (epochs, np.array([0.8, 0.6, np.nan])),
        "gradient_norm": (epochs[:1], np.array([2.0])),
    }
    best = figures.best_epoch(curves)
    assert best == 2
    rows = figures.rows(curves, "loss", best=best)
    assert [(row["split"], row["epoch"], row["value"]) for row in rows] == [
        ("training", 1, 0.9), ("training", 2, 0.7), ("training", 3, 0.5),
        ("validation", 1, 0.8), ("validation", 2, 0.6),
    ]  # fmt: skip
    assert {row["epoch"] for row in rows if row["best"]} == {2}
    assert len(figures.rows(curves, "gradient_norm", best=best)) == 1
    assert figures.best_epoch({}) is None


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(20, "less than a minute"), (150, "2 min"), (3_590, "1 h"), (4_800, "1 h 20 min")],
)
def test_spans_of_time_in_words(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def log_epoch(run: str, epoch: int) -> None:
    """What a training writes after an epoch."""
    for name, value in {
        "loss": 1 / epoch, "val_loss": 1 / epoch, "accuracy": 0.5, "val_accuracy": 0.5, "auc": 0.6,
        "val_auc": 0.6, "gradient_norm": 1.0, "learning_rate": 1e-3, "epoch": epoch,
        "mean_epoch_seconds": 60.0,
    }.items():  # fmt: skip
        client().log_metric(run, name, value, step=epoch)


def opened(**query: str) -> AppTest:
    """The page, once the record of runs can be asked."""
    assert warmup.wait_records(OPENED_WITHIN_S)
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=OPENED_WITHIN_S)
    app.switch_page("pages/train.py")
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception, app.exception
    return app


def test_an_empty_page_says_what_to_do_and_the_form_follows_the_variant_until_it_is_written_in() -> (
    None
):
    app = opened()
    assert "Review and start" in app.info[0].value and not app.dataframe
    assert app.selectbox(key="recipe-dataset").value == "phantoms"
    app.selectbox(key="recipe-variant").select("stacked_gru").run()
    assert app.text_input(key="recipe-units").value == "64"
    assert app.number_input(key="recipe-layers").value == 2
    assert app.number_input(key="recipe-dropout").value == 0.2
    app.text_input(key="recipe-units").input("24").run()
    app.selectbox(key="recipe-variant").select("cnn").run()
    assert app.text_input(key="recipe-units").value == "24"  # written by a person
    assert app.number_input(key="recipe-dropout").value == 0.5
    app.text_input(key="recipe-units").input("a few").run()
    assert "The number of units must be a whole number" in app.error[0].value
    assert app.button(key="train-review").disabled


def test_a_review_shows_counts_and_command_and_a_changed_form_ends_it() -> None:
    app = opened(
        dataset="phantoms", variant="gru", units="16,8", learning_rate="0.005", dropout="x"
    )
    assert app.text_input(key="recipe-units").value == "16, 8"
    assert app.number_input(key="recipe-layers").disabled
    assert "The dropout must be" in app.warning[0].value
    app.text_input(key="recipe-seeds").input("1, 2").run()
    app.button(key="train-review").click().run()
    assert not app.exception, app.exception
    assert "Review" in [header.value for header in app.header]
    assert "16 + 8 units" in said_on(app)
    assert "Start 2 trainings" in [button.label for button in app.button]
    (command,) = [code.value for code in app.code if "diagnosis train" in code.value]
    assert command.splitlines() == [
        "python -m diagnosis train phantoms gru --units 16,8 --learning-rate 0.005",
        "python -m diagnosis train phantoms gru --units 16,8 --learning-rate 0.005 --seed 2",
    ]
    app.number_input(key="recipe-epochs").set_value(3).run()
    assert "Review" not in [header.value for header in app.header]


def test_a_waiting_run_shows_its_place_in_line_and_can_be_stopped() -> None:
    record.create(Plan(dataset="phantoms", variant="lstm"))
    run = record.create(Plan(dataset="phantoms", variant="gru", by="somebody else"))
    app = opened(run=run)
    assert "Phantoms (synthetic) · GRU" in [header.value for header in app.header]
    assert any("by somebody else" in caption.value for caption in app.caption)
    assert "one training is waiting before it" in str(app.get("progress")[0].proto.text)
    app.button(key="train-stop").click().run()
    assert record.find(run).requested == "stop"
    assert not [button for button in app.button if button.key == "train-stop"]


def test_the_run_that_is_trained_is_shown_without_being_asked_for() -> None:
    run = record.create(Plan(dataset="phantoms", variant="lstm"))
    app = opened()
    assert "Phantoms (synthetic) · LSTM" in [header.value for header in app.header]
    assert shown_in_the_address(app)["run"] == run


def test_without_one_that_trains_the_newest_run_is_shown() -> None:
    older, newest = (
        record.create(Plan(dataset="phantoms", variant=kind)) for kind in ("lstm", "gru")
    )
    for run in (older, newest):
        record.set_state(run, "failed", "Memory ran out.")
    app = opened()
    assert shown_in_the_address(app)["run"] == newest
    assert not app.get("vega_lite_chart")  # it has no epoch


def shown_in_the_address(app: AppTest) -> dict[str, str]:
    """What the page adds to the address without an entry in the browser's history."""
    data = [json.loads(each.proto.json) for each in app.get("bidi_component")]
    return {name: text for each in data for name, text in each.get("shown", {}).items()}


@pytest.mark.parametrize(
    ("state", "sentence", "box"),
    [
        ("failed", "Memory ran out: choose fewer units.", "error"),
        ("killed", "Killed: nothing of it was kept but this record.", "info"),
        ("interrupted", "Interrupted: resume it.", "warning"),
    ],
)
def test_every_end_has_its_sentence_and_what_can_go_on_a_button(
    state: Any, sentence: str, box: str
) -> None:
    run = record.create(Plan(dataset="phantoms", variant="lstm", training=TrainingConfig(epochs=5)))
    record.set_state(run, "running", "Running.")
    log_epoch(run, 1)
    log_epoch(run, 2)
    record.set_state(run, state, sentence)
    app = opened(run=run)
    (said,) = getattr(app, box)
    assert re.sub(r"\\", "", said.value) == sentence
    assert len(app.get("vega_lite_chart")) == 5
    resumes = "train-resume" in [button.key for button in app.button]
    assert resumes == (state == "interrupted")  # of the failed one there is no checkpoint


def test_progress_says_epoch_time_left_and_why_it_may_end_sooner() -> None:
    run = record.create(Plan(dataset="phantoms", variant="lstm", training=TrainingConfig(epochs=5)))
    record.set_state(run, "running", "Running.")
    log_epoch(run, 1)
    log_epoch(run, 2)
    with locks.alive(run):  # somebody works on it
        app = opened(run=run)
    told = "epoch 2 of 5, at most 3 min left; ends sooner if validation stops improving"
    assert app.get("progress")[0].proto.text == told


def test_before_the_first_epoch_a_line_says_what_happens_and_for_how_long() -> None:
    run = record.create(Plan(dataset="phantoms", variant="lstm"))
    record.set_state(run, "running", "Running.")
    said = set()
    with locks.alive(run):
        for phase in (None, "loading", "compiling", "training", "measuring"):
            if phase is not None:
                record.set_phase(run, phase)
            now = record.find(run)
            assert now.phase == phase
            words, _, since = progress(now).rpartition(", for ")
            assert re.fullmatch(r"\d+ s", since)
            said.add(words)
    assert len(said) == 5
    with locks.alive(run):
        record.set_phase(run, "measuring", stopped=True)
        app = opened(run=run)
        assert {"train-cancel", "train-kill"} <= {button.key for button in app.button}
        assert "train-stop" not in {button.key for button in app.button}
        app.button(key="train-cancel").click().run()
        assert record.requested(run) == "cancel"
    record.set_state(run, "failed", "Memory ran out.")
    assert record.find(run).phase is None


def test_what_is_filled_in_stands_in_the_address_and_a_reload_brings_it_back() -> None:
    app = opened()
    app.number_input(key="recipe-epochs").set_value(7).run()
    app.toggle(key="recipe-augment").set_value(False).run()
    address = dict(app.query_params)
    assert address == {
        "dataset": "phantoms", "variant": "lstm", "epochs": "7", "augment": "off",
    }  # fmt: skip
    again = opened(**address)
    assert again.number_input(key="recipe-epochs").value == 7
    assert again.toggle(key="recipe-augment").value is False
    again.toggle(key="recipe-augment").set_value(True).run()
    assert "augment" not in again.query_params


def test_a_run_fills_the_form_with_its_settings() -> None:
    training = TrainingConfig(epochs=9, augmentation=None, seed=5)
    plan = Plan(
        dataset="phantoms",
        variant="stacked_gru",
        units=(24, 24),
        options={"padded": True},
        training=training,
    )
    app = opened(run=record.create(plan))
    app.button(key="train-again").click().run()
    assert app.text_input(key="recipe-units").value == "24"
    assert app.number_input(key="recipe-layers").value == 2
    assert app.number_input(key="recipe-epochs").value == 9
    assert app.query_params["variant"] == "stacked_gru"
    assert "padded" in app.toast[0].value  # the form has no field for it
    app.button(key="train-review").click().run()
    assert plan.changed(options={}).words()[1:] == app.code[0].value.split()[4:]


def test_chosen_runs_are_compared_in_curves_and_settings() -> None:
    runs = [
        record.create(Plan(dataset="phantoms", variant=kind, training=TrainingConfig(seed=seed)))
        for kind, seed in (("lstm", 1), ("gru", 2))
    ]
    for run in runs:
        record.set_state(run, "running", "Running.")
        log_epoch(run, 1)
        record.set_state(run, "failed", "Memory ran out.")
    app = opened(run=runs[0])
    charts = len(app.get("vega_lite_chart"))
    app.session_state["train-ticked"] = runs
    app.run()
    assert len(app.get("vega_lite_chart")) == 2 * charts
    (table,) = [each.proto.body for each in app.get("html") if "differences" in each.proto.body]
    rows = re.findall('scope="row">(.*?)</th>', table)
    assert rows == ["Variant", "Units", "Seed"]


def test_curves_as_a_file_have_a_line_for_each_epoch_and_figure() -> None:
    curves = {
        "loss": (np.array([1, 2]), np.array([0.5, 0.25])),
        "val_auc": (np.array([1]), np.array([1.0])),
    }
    assert csv_of({"=a run": curves}).splitlines() == [
        f"# {IN_SHORT}",
        "run,epoch,split,figure,value",
        "'=a run,1,training,loss,0.5",
        "'=a run,2,training,loss,0.25",
        "'=a run,1,validation,auc,1",
    ]


@pytest.mark.parametrize("named", ["0123abcd", "0" * 32])
def test_an_unknown_run_in_the_address_leads_to_the_newest(named: str) -> None:
    run = record.create(Plan(dataset="phantoms", variant="gru"))
    app = opened(run=named)
    assert named in app.warning[0].value and "runs list" not in said_on(app)
    app.button(key="train-newest").click().run()
    assert not app.warning and shown_in_the_address(app)["run"] == run
