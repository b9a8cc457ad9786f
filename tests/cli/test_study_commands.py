"""``read``, ``compare`` and ``evaluate`` on a picture and a record of one patient."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from diagnosis.cases import Case
from diagnosis.core.errors import InputError
from diagnosis.inference.by_part import by_part
from diagnosis.inference.predictor import Predictor
from diagnosis.models import store
from diagnosis.models.build import build
from diagnosis.models.config import config_for, learned_encoder
from diagnosis.records.studies import IMAGE
from diagnosis.report import written
from tests.cards import contents
from tests.cli.given import Run
from tests.study_cases import SMALL, few


@pytest.fixture(scope="module")
def models(home: Path) -> dict[str, str]:
    """A model of each kind of variant, its weights random; by variant MODEL/VERSION."""
    names, root = {}, home / "home" / "models"
    kinds = {
        "fusion_gru": SMALL | {"units": (6,)},
        "gru": {"units": (6,)},
        "embedding_gru": SMALL | {"units": (6,), "fusion": 0, "dense": 0},
    }
    of_set = store.find("phantoms/lstm").card.to_json()["dataset"] | {"name": few().facts.name}
    card = contents(dataset=of_set)
    for variant, options in kinds.items():
        config = config_for(variant, few().facts, encoder=learned_encoder(few()), **options)  # type: ignore[arg-type]
        name = f"{few().facts.name}/{variant}"
        version = store.save(name, config, build(config), card, root=root)
        store.activate(version, root=root)
        names[variant] = f"{version.name}/{version.version}"
    return names


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "picture.png"
    Image.fromarray(few().images["test"][0][IMAGE]).resize((64, 64)).save(path)
    return path


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    path = tmp_path / "records.csv"
    path.write_text("patient,time,code,value\n7,2020-01-01,CRP,90\n7,2020-01-02,Temp,37\n")
    return path


def test_a_study_is_read_with_what_each_part_did(
    models: dict[str, str], picture: Path, csv: Path, answer: Run
) -> None:
    model, out = models["fusion_gru"], csv.with_name("trace.npz")
    of = ("--model", model)
    both = answer("read", picture, "--record", csv, "--patient", "7", *of, "--trace", out)
    assert both["scan"]["kind"] == "study" and both["scan"]["record"]["events"] == 2
    assert both["trace_difference"] < 1e-5
    parts = both["parts"]
    assert sum(part["share"] for part in parts.values()) == pytest.approx(1)
    image, record = answer("read", picture, *of), answer("read", csv, *of)
    assert parts["record"]["without"] == pytest.approx(image["probabilities"], abs=1e-6)
    assert parts["image"]["without"] == pytest.approx(record["probabilities"], abs=1e-6)
    assert not image["parts"]["record"]["read"] and image["parts"]["image"]["share"] == 1
    with np.load(out) as trace:
        assert trace["fusion_lstm/i"].shape[0] == trace["per_step"].shape[0]
    text = answer("read", picture, "--record", csv, "--patient", "7", *of, text=True)
    assert "without it" in text


def test_a_report_of_a_study_has_both_parts_and_names_nobody(
    models: dict[str, str], picture: Path, csv: Path, answer: Run
) -> None:
    csv.write_text(csv.read_text().replace("\n7,", "\nDoe-4711,"))
    given = (
        "read",
        picture,
        "--record",
        csv,
        "--patient",
        "Doe-4711",
        "--model",
        models["fusion_gru"],
    )
    out = csv.with_name("report.json")
    answer(*given, "--report", out)
    report = json.loads(out.read_text())
    page = written(report, "html").decode()
    assert "4711" not in out.read_text() + page and "share of the fused state" in page
    assert report["case"]["image"]["kind"] == "picture" and report["case"]["record"]["events"] == 2
    assert set(report["explanation"]["parts"]) == {"record", "image"}
    assert len(report["explanation"]["events"]) == 2


def test_models_of_a_part_are_compared_with_the_fused_one(
    models: dict[str, str], picture: Path, csv: Path, answer: Run
) -> None:
    names = (models["gru"], models["embedding_gru"], models["fusion_gru"])
    compared = answer("compare", picture, "--record", csv, "--patient", "7", "--models", *names)
    assert [each["problem"] for each in compared["models"]] == [None] * 3


def test_each_model_is_evaluated_on_the_studies(models: dict[str, str], answer: Run) -> None:
    for name in models.values():
        assert answer("evaluate", name, "--split", "test")["n"] == 500


def test_parts_that_do_not_go_together_are_rejected(
    models: dict[str, str], picture: Path, csv: Path, refusal: Run
) -> None:
    for given in (
        ("read", picture, "--model", models["gru"], "--record", csv, "--patient", "7"),
        ("read", picture, "--model", models["fusion_gru"], "--patient", "7"),
        ("read", csv, "--model", models["fusion_gru"], "--record", csv),
    ):
        refusal(*given)


def test_only_a_model_of_parts_has_parts(models: dict[str, str]) -> None:
    model = Predictor(store.find(models["gru"]))
    case: Case = few().case("test", 1)
    with pytest.raises(InputError):
        by_part(model, case, model.predict(case))
