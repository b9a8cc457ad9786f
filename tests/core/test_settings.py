"""One range a setting: command line, form, address, JSON and search take its ends and reject the rest."""

import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from diagnosis.__main__ import parser
from diagnosis.cli import train
from diagnosis.core.errors import InputError
from diagnosis.core.settings import Parameter, Settings, flag, parameter
from diagnosis.dashboard.train import recipe
from diagnosis.dashboard.tune import form as tune_form
from diagnosis.datasets.import_options import Options
from diagnosis.jobs.plan import OPTIONS
from diagnosis.jobs.plan import Plan as RunPlan
from diagnosis.models.config import LAYERS, ModelConfig
from diagnosis.models.store import SHIPPED
from diagnosis.sequences import Augmentation, RowEncoder, SliceEncoder
from diagnosis.training.config import OF_RECORDS, TrainingConfig
from diagnosis.tuning.plan import Budget
from diagnosis.tuning.plan import Plan as SearchPlan
from diagnosis.tuning.space import Space
from tests.dashboard.test_pages import OPENED_WITHIN_S, ROOT

MODEL = {"variant": "lstm", "task": "binary", "classes": ["a", "b"], "finding": 1}
SPACE = {"units": "2,3", "layers": "1", "dropout": "0", "learning_rate": "0.01"}
WHOLE: dict[type[Settings], dict[str, Any]] = {  # what each config needs at least
    TrainingConfig: {},
    Augmentation: {},
    RowEncoder: {},
    SliceEncoder: {},
    ModelConfig: MODEL,
    RunPlan: {"dataset": "phantoms", "variant": "lstm"},
    SearchPlan: {"dataset": "x", "size": 28, "sha256": "", "variant": "lstm", "space": SPACE},
    Budget: {},
    Options: {},
}
TRAIN = {  # the options of `train`
    TrainingConfig: set(TrainingConfig.model_fields) - {"augmentation"},
    Augmentation: set(Augmentation.model_fields),
    ModelConfig: {*OPTIONS} & set(ModelConfig.model_fields) | {"units"},
    RowEncoder: {"standardise", "size"},  # --order takes those of every kind of encoder
    SliceEncoder: {"axis"},
    RunPlan: {"size", "units", "device", "devices", "by", "why"},
}
TUNE = {
    SearchPlan: {"sampler", "folds", "epochs", "batch_size", "seed", "size"},
    Budget: set(Budget.model_fields),
}
IMPORT: dict[type[Settings], set[str]] = {Options: {"size", "val", "test", "seed"}}
FORM = {  # of the train page, and its address
    TrainingConfig: {*recipe.OF_TRAINING, "seed"},
    Augmentation: set(Augmentation.model_fields),
    ModelConfig: {"dropout", "units"},
    RowEncoder: {"size"},
    RunPlan: {"variant", "size", "units", "device"},
}
OF_SOME_VARIANTS = ("filters", "fusion")  # 0 in all others, and never 0 in these
LIMITED = [
    (config, name)
    for config in WHOLE
    for name in config.model_fields
    if parameter(config, name).choices or parameter(config, name).high is not None
]


def text_of(value: Any) -> str:
    if isinstance(value, tuple):
        return ",".join(map(text_of, value))
    return value if isinstance(value, str) else f"{value:.12g}"


def ends(field: Parameter) -> list[Any]:
    """The least and the greatest value, or every choice."""
    if field.choices:
        return list(field.choices)
    if field.kind is str:
        return ["x" * field.high]
    if field.kind is tuple:
        return [(end,) * count for end in ends(field.each) for count in (field.low, field.high)]
    lowest = math.ulp(0.0) if field.allowed.startswith("more than") else field.low
    return [field.kind(lowest), field.kind(field.high)]


def beyond(field: Parameter) -> list[Any]:
    """Values just outside."""
    if field.choices:
        return ["nonsense"]
    if field.kind is str:
        return ["x" * (field.high + 1)]
    if field.kind is tuple:
        return [*((value,) for value in beyond(field.each)), (field.each.low,) * (field.high + 1)]
    if field.kind is int:
        return [field.low - 1, field.high + 1]
    below = 0.0 if field.allowed.startswith("more than") else field.low - 1e-8
    return [below, field.high * 1.01, math.nan]


def channels(config: type[Settings], name: str) -> Iterator[tuple[str, Callable[[Any], Any]]]:
    """Every way to give the field, by its name."""
    yield "JSON", lambda value: config.from_json(WHOLE[config] | {name: value})
    option = flag(name)
    if name in TRAIN.get(config, ()):
        words = ["train", "phantoms", "lstm"]
        yield (
            "train",
            lambda value: train._plan(parser().parse_args([*words, f"{option}={text_of(value)}"])),
        )
    if name in TUNE.get(config, ()):
        yield (
            "tune",
            lambda value: parser().parse_args(["tune", "x", "lstm", f"{option}={text_of(value)}"]),
        )
    if name in IMPORT.get(config, ()):
        yield (
            "import",
            lambda value: parser().parse_args(
                ["data", "import", "x", f"{option}={text_of(value)}"]
            ),
        )
    if name in FORM.get(config, ()):
        box = "seeds" if name == "seed" else name
        usual = recipe.defaults("lstm") | {"dataset": "phantoms", "optimizer": "adamw"}
        as_text = name in ("seed", "units")
        yield (
            "form",
            lambda value: recipe.plans(usual | {box: text_of(value) if as_text else value}),
        )
        if name != "size":  # of which an address may give those that data sets have
            yield "address", lambda value: from_address(box, text_of(value))
    if (config, name) in ((ModelConfig, "units"), (ModelConfig, "dropout")):
        yield "search", lambda value: searched(name, value)
    if (config, name) == (TrainingConfig, "learning_rate"):
        yield "search", lambda value: searched(name, value)


def from_address(name: str, text: str) -> None:
    _, problems = recipe.from_address({name: text}, ["phantoms"])
    for sentence in problems:
        raise InputError(sentence.removesuffix(ADDED))


ADDED = " The value in the address is ignored."


def searched(name: str, value: Any) -> None:
    texts = SPACE | {"learning_rate": "0.01,0.02", name: text_of(value)}
    if name == "units" and len(value) > LAYERS.high:
        return  # a list is as many settings here
    Space.read({**texts, "layers": "1,2"}).distributions()


@pytest.mark.parametrize(("config", "name"), LIMITED)
def test_every_way_to_give_a_setting_has_its_range(config: type[Settings], name: str) -> None:
    field = parameter(config, name)
    for value in () if name in OF_SOME_VARIANTS else ends(field):
        for _, give in channels(config, name):
            give(value)
    for value in beyond(field):
        said = {}
        for way, give in channels(config, name):
            if way == "search" and field.kind is tuple and len(value) > 1:
                continue
            with pytest.raises(InputError) as raised:
                give(value)
            said[way] = str(raised.value)
        assert len(set(said.values())) == 1, said
        assert f"The {field.title} " in said["JSON"] or f"The {field.each.title} " in said["JSON"]


def test_the_form_asks_for_every_field_of_a_recipe_but_a_few() -> None:
    """A press may start several seeds; half precision and what only records have are asked for by words."""
    recipes = set(TrainingConfig.model_fields) | set(Augmentation.model_fields)
    assert recipes - set(recipe.FIELDS) == {"augmentation", "seed", "mixed_precision", *OF_RECORDS}


@pytest.mark.parametrize(
    ("text", "value"), [("yes", True), ("no", False), ("On", True), ("0", False)]
)
def test_a_switch_is_read(text: str, value: bool) -> None:
    assert parameter(TrainingConfig, "balanced").parse(text) is value
    with pytest.raises(InputError, match=r"The class balancing must be yes or no, not 'perhaps'\."):
        parameter(TrainingConfig, "balanced").parse("perhaps")


@pytest.mark.parametrize(
    ("config", "document", "said"),
    [
        (TrainingConfig, {"epoch": 3}, "training recipe has no field 'epoch'. Did you mean epochs"),
        (TrainingConfig, {"augmentation": {"shft": 0}}, "augmentation has no field 'shft'"),
        (TrainingConfig, {"augmentation": 5}, "augmentation must be an object, not 5"),
        (
            TrainingConfig,
            {"epochs": 10**400},
            "epochs must be a whole number from 1 to 10000, not 1.0",
        ),
        (TrainingConfig, [], "training recipe must be an object"),
        (RunPlan, {"dataset": "x"}, "plan of a training lacks its variant"),
        (RunPlan, {"dataset": "x", "variant": "lstn"}, "no variant 'lstn'. Did you mean lstm"),
        (
            RunPlan,
            WHOLE[RunPlan] | {"options": {"dropuot": 0}},
            "no option 'dropuot'. Did you mean",
        ),
        (
            RunPlan,
            WHOLE[RunPlan] | {"options": {"dropout": 1}},
            "dropout must be 0 to 0.95, not 1.",
        ),
        (SearchPlan, WHOLE[SearchPlan] | {"space": 5}, "space must be an object, not 5"),
        (ModelConfig, MODEL | {"classes": 5}, "classes must be a list, not 5"),
        (
            ModelConfig,
            MODEL | {"encoder": {"kind": "rows", "channels": 2}},
            "1 channel (grey) or 3 (RGB), not 2",
        ),
    ],
)
def test_a_document_that_is_no_config_gets_a_sentence(
    config: type[Settings], document: Any, said: str
) -> None:
    with pytest.raises(InputError) as raised:
        config.from_json(document)
    assert said in str(raised.value)


def test_what_is_shipped_is_read_and_written_as_it_is() -> None:
    files = sorted(SHIPPED.rglob("config.json"))
    assert files
    for path in files:
        text = path.read_text(encoding="utf-8")
        config = ModelConfig.from_json(json.loads(text))
        assert json.dumps(config.to_json(), indent=2, ensure_ascii=False) == text.strip()
        trained = json.loads(path.with_name("card.json").read_text())["training"]
        known = {name: trained[name] for name in TrainingConfig.model_fields if name in trained}
        recipe = TrainingConfig.from_json(known).to_json()  # with what is newer than the version
        changes, changed = known.pop("augmentation"), recipe["augmentation"]
        assert known.items() <= {name: recipe[name] for name in known}.items()
        assert changes is None or changes.items() <= changed.items()


def test_a_changed_config_is_checked_and_the_first_one_stays() -> None:
    usual = TrainingConfig()
    assert usual.changed(epochs=3).epochs == 3 and usual.epochs == 60
    with pytest.raises(InputError, match="number of epochs"):
        usual.changed(epochs=0)


@pytest.mark.system
@pytest.mark.parametrize(
    ("page", "fields"),
    [
        ("train", {f"recipe-{name}": field for name, field in recipe.FIELDS.items()}),
        (
            "tune",
            {f"tune-{name}": parameter(SearchPlan, name) for name in ("folds", "epochs", "seed")}
            | {"tune-trials": tune_form.BUDGET["trials"]},
        ),
    ],
)
def test_the_boxes_of_the_pages_end_where_the_fields_do(
    page: str, fields: dict[str, Parameter], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCANLINE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("SCANLINE_DATA", raising=False)
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=OPENED_WITHIN_S)
    app.switch_page(f"pages/{page}.py")
    app.query_params["optimizer"] = "adamw"
    app.run()
    assert not app.exception, app.exception
    boxes = {box.key: box for box in app.number_input if box.key in fields}
    numbers = {key for key, field in fields.items() if field.kind in (int, float)}
    assert set(boxes) == numbers - {"recipe-size"}  # chosen from those that the set has
    for key, box in boxes.items():
        assert (box.min, box.max) == (fields[key].low, fields[key].high)
