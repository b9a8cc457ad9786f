"""The page Performance without a browser: sliders, every task, old versions, missing data sets."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import NumberInput

from diagnosis.dashboard.shell import caches
from diagnosis.dashboard.shell.escape import plain
from diagnosis.evaluation.operating import OperatingPoint, confusion
from diagnosis.inference.split_predictions import abstention, stored
from diagnosis.models import store
from tests.cli.given import QUICK, trained, write_set
from tests.dashboard.test_pages import opened, words
from tests.own_versions import own_version

MODEL = "phantoms/gru"
SECTIONS = [
    "Operating point",
    "Calibration",
    "Coverage and abstention",
    "Per-class performance",
    "Misclassified cases",
]
WITH_SET = [*SECTIONS, "Projection"]  # where the data set is on this machine


@pytest.fixture(scope="module")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home with a multi-label and a multi-class model, and their data sets."""
    folder = tmp_path_factory.mktemp("performance")
    (folder / "data").mkdir()
    bits, counts = np.array([1, 2, 4]), (48, 24, 24)
    write_set(
        folder / "data" / "findings.npz",
        lambda n: (np.arange(n)[:, None] & bits > 0).astype(int), counts, colour=False,
    )  # fmt: skip
    write_set(folder / "data" / "kinds.npz", lambda n: np.arange(n) % 3, counts, colour=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SCANLINE_HOME", str(folder / "home"))
        patch.setenv("SCANLINE_DATA", str(folder / "data"))
        patch.setenv("SCANLINE_CACHE", str(folder / "cache"))
        trained("findings", "gru", *QUICK)
        trained("kinds", "simple_rnn", *QUICK)
        yield folder


@pytest.fixture(autouse=True)
def empty_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No models of one's own and no data sets but the built-in phantoms."""
    monkeypatch.setenv("SCANLINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SCANLINE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("SCANLINE_DATA", raising=False)


def _headers(app: AppTest) -> list[str]:
    return [header.value for header in app.header]


def _numbers(app: AppTest) -> list[str]:
    """The counts of the confusion matrix, row by row."""
    return re.findall(r"<td>([\d,]+)</td>", _table(app, "confusion-matrix"))


def _field(app: AppTest) -> NumberInput:
    """The threshold as a number; the gallery has a field for its page."""
    return next(each for each in app.number_input if (each.key or "").endswith("-number"))


def _table(app: AppTest, key: str) -> str:
    (body,) = [
        each.proto.body for each in app.get("html") if f'data-key="{key}"' in each.proto.body
    ]
    return body


def _point(threshold: float, prevalence: float | None) -> OperatingPoint:
    version = store.find(MODEL)
    val, test = stored(version, "val"), stored(version, "test")
    assert val is not None and test is not None and test.config.finding is not None
    finding = test.config.finding
    counts = confusion(test.truth(finding), test.probabilities[:, finding], threshold)
    return OperatingPoint(threshold, counts, float(val.truth(finding).mean()), prevalence)


def test_threshold_and_prevalence_move_counts_values_and_words() -> None:
    app = opened("performance", {"model": MODEL})
    own = store.find(MODEL).card.threshold
    assert own is not None and app.select_slider[0].value == own
    for chosen, common in ((own, None), (0.2, None), (0.2, 0.01)):
        _field(app).set_value(chosen)
        if common is not None:
            app.select_slider[1].set_value(common)
        app.run()
        point, said = _point(chosen, common), words(app)
        counts = point.counts
        assert _numbers(app) == [
            *(str(counts.true_positive), str(counts.false_positive)),
            *(str(counts.false_negative), str(counts.true_negative)),
            *(str(counts.positive), str(counts.negative)),
        ]
        for figure in (counts.sensitivity, counts.specificity, point.ppv, point.npv):
            assert str(figure) in _table(app, "operating-point")
        weight = point.cost_ratio
        assert weight is not None
        times = max(weight, 1 / weight)
        written = f"{times:.1f}" if times < 10 else f"{times:,.0f}"
        costs = "missing “opacity” costs" if weight >= 1 else "a false positive costs"
        assert f"{costs} {written} times" in said
        assert (f"own threshold is {own:.3f}" in said) == (chosen != own)
        assert store.find(MODEL).card.threshold_rule in said.replace("\\", "")
    found = round(100 * counts.sensitivity.estimate)
    alarms = round(9900 * (1 - counts.specificity.estimate))
    for counted in (f"{found} of the 100", f"{alarms:,} of the 9,900", f"{found + alarms:,}"):
        assert counted in said
    _field(app).set_value(0.9999).run()
    counts = _point(0.9999, 0.01).counts
    assert counts.true_positive + counts.false_positive == 0
    assert "0 of the 100" in words(app) and "0 of the 9,900" in words(app)


def test_the_slider_stops_at_every_observed_score_and_the_address_holds_it() -> None:
    test = stored(store.find(MODEL), "test")
    assert test is not None
    scores = np.unique(test.probabilities[:, 1])
    app = opened("performance", {"model": MODEL})
    labels = app.select_slider[0].options
    assert len(set(labels)) == len(labels)
    stops = np.array([float(label) for label in labels if "," not in label])  # one is the version's
    assert len(labels) == len(stops) + 1
    nearest = stops[np.abs(scores[:, None] - stops).argmin(axis=1)]
    assert np.abs(nearest - scores).max() < 2e-6
    chosen = float(scores[len(scores) // 3])
    app.select_slider[0].set_value(float(nearest[len(scores) // 3])).run()
    told = _numbers(app)
    assert told[0] == str(_point(chosen, None).counts.true_positive)
    written = "".join(app.query_params["threshold"])  # a text, or a list of one
    linked = opened("performance", {"model": MODEL, "threshold": written})
    assert _numbers(linked) == told
    assert _field(linked).value == pytest.approx(chosen, abs=1e-5)
    linked.selectbox[0].select("phantoms/lstm").run()
    assert "threshold" not in linked.query_params  # it belongs to the version
    for unknown in ("high", "2", "nan"):
        odd = opened("performance", {"model": MODEL, "threshold": unknown})
        assert _field(odd).value == pytest.approx(test.threshold)
        assert any("threshold in the address" in caption.value for caption in odd.caption)


def test_coverage_stands_beside_the_error_rates() -> None:
    app = opened("performance", {"model": MODEL})
    rule, said = abstention(store.find(MODEL)), words(app)
    assert rule is not None and rule.limit is not None
    for split in (rule.val, rule.test):
        for figure in (split.coverage, split.error_predicted, split.error_abstained):
            assert str(figure) in _table(app, "coverage")
    assert f"{rule.limit:.2f} log odds" in said
    test = stored(store.find(MODEL), "test")
    assert test is not None
    worst = test.worst()
    assert f"{len(worst)} of the {len(test.labels)} test cases" in said
    assert f"{int(test.truth(1)[worst].sum())} false negatives" in said
    first = next(c.value for c in app.caption if c.value.startswith("**"))
    assert first.startswith(f"**{worst[0] + 1}**") and "opacity" in first


def test_without_the_data_set_the_pictures_alone_are_missing() -> None:
    caches.dataset.clear()  # another test of this process may have had the data set
    app = opened("performance", {"model": "pneumoniamnist/lstm"})
    assert _headers(app) == SECTIONS
    assert "download-start-pneumoniamnist-28" in {button.key for button in app.button}


def test_every_version_can_be_looked_at_before_it_is_active() -> None:
    candidate = own_version(MODEL, 1)
    app = opened("performance", {"model": MODEL, "version": candidate.version})
    assert app.selectbox[1].value == candidate.version
    said = "\n".join(caption.value for caption in app.caption).replace("\\", "")
    assert candidate.version in said
    app.selectbox[0].select("phantoms/lstm").run()
    assert not app.exception and "version" not in app.query_params
    assert app.selectbox[1].value == store.find("phantoms/lstm").version


def test_a_version_of_before_is_read_again_or_says_what_it_lacks() -> None:
    new = ("abstention", "predictions")
    for model, like in ((MODEL, None), ("breastmnist/gru", MODEL)):
        version = own_version(model, 2, like=like)
        card = {key: value for key, value in version.card.to_json().items() if key not in new}
        (version.folder / store.CARD).write_text(json.dumps(card))
        store.write_sums(version.folder)
        store.activate(version)
    app = opened("performance", {"model": MODEL})
    assert _headers(app) == WITH_SET
    assert not any('data-key="coverage"' in each.proto.body for each in app.get("html"))
    assert stored(store.find(MODEL), "test") is None and _numbers(app)
    app = opened("performance", {"model": "breastmnist/gru"})
    assert "Models page" in app.info[0].value
    assert _headers(app) == []


def test_a_damaged_file_is_a_sentence() -> None:
    version = own_version(MODEL, 3)
    (version.folder / store.PREDICTIONS).write_bytes(b"cut")
    app = opened("performance", {"model": MODEL, "version": version.version})
    assert plain("predictions.npz") in app.error[0].value and _headers(app) == []


@pytest.mark.parametrize(
    ("model", "classes", "confused"),
    [("findings/gru", 3, False), ("kinds/simple_rnn", 3, True)],
)
def test_other_tasks_have_no_threshold_and_a_curve_for_each_class(
    made_up: Path, monkeypatch: pytest.MonkeyPatch, model: str, classes: int, confused: bool
) -> None:
    monkeypatch.setenv("SCANLINE_HOME", str(made_up / "home"))
    monkeypatch.setenv("SCANLINE_DATA", str(made_up / "data"))
    app = opened("performance", {"model": model})
    assert _headers(app) == WITH_SET[1:] and not app.select_slider
    names = store.find(model).config.classes
    assert len(names) == classes
    app.selectbox[2].select(names[-1]).run()
    assert not app.exception
    assert f"{names[-1]}, observed</th>" in _table(app, "calibration-bins")
    assert len(app.expander) == confused
    for key in ["classes"] + ["confusion-matrix"] * confused:
        for name in names:
            assert f'<th scope="row">{name}</th>' in _table(app, key)


def test_the_test_split_is_projected_once_it_is_asked_for() -> None:
    app = opened("performance", {"model": MODEL})
    charts = len(app.get("plotly_chart"))
    app.toggle(key="performance-projection").set_value(True).run()
    assert not app.exception and len(app.get("plotly_chart")) == charts + 1
    spec = json.loads(app.get("plotly_chart")[-1].proto.spec)
    test = stored(store.find(MODEL), "test")
    assert test is not None
    drawn = {trace["name"]: trace for trace in spec["data"]}
    counted = {
        name: len(trace["x"]) for name, trace in drawn.items() if isinstance(trace["x"], list)
    }
    assert len(drawn) == 4 and all(
        counted.get(f"{name}, misclassified", n) == n
        for index, name in enumerate(test.config.classes)
        for n in [int((test.truth(index) & test.wrong).sum())]
    )
