"""Candidates, their comparison, decisions and rolling back on the models page; without a browser."""

import re
import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from diagnosis.core.errors import InputError
from diagnosis.datasets import phantoms
from diagnosis.jobs.tracking import runs_folder
from diagnosis.models import store
from diagnosis.registry import looks, registry
from tests.dashboard.test_pages import opened, words
from tests.own_versions import own_version

MODEL = "phantoms/lstm"
WHO = {"by": "A. B.", "why": "measured better"}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty_registry: Path) -> None:
    monkeypatch.setenv("SCANLINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SCANLINE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("SCANLINE_DATA", raising=False)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    shutil.copytree(empty_registry, runs_folder())


def _shipped(model: str = MODEL) -> store.Version:
    found = store.active(model)
    assert found is not None
    return found


def _stricter() -> store.Version:
    """A candidate that predicts differently: the same network with another threshold."""
    return own_version(MODEL, 1, threshold=0.9)


def _models(candidate: store.Version | None = None) -> AppTest:
    """The models page, with a candidate opened if one is named."""
    app = AppTest.from_file(str(Path(__file__).parents[3] / "app.py"), default_timeout=180)
    app.switch_page("pages/models.py")
    app.query_params["model"] = MODEL
    if candidate is not None:
        app.query_params["version"] = candidate.version
        app.session_state[f"waiting {candidate.name} {candidate.version}"] = True
    app.run()
    assert not app.exception, app.exception
    return app


def _press(app: AppTest, label: str) -> AppTest:
    (button,) = [button for button in app.button if button.label == label]
    button.click().run()
    assert not app.exception, app.exception
    return app


def _headings(app: AppTest) -> list[str]:
    return [each.value for each in app.subheader]


def _say(app: AppTest, by: str, why: str) -> None:
    for field, text in zip(app.text_input, (by, why), strict=True):
        field.input(text)


def test_a_page_without_own_versions_asks_no_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(runs_folder())
    assert not registry.known()
    assert "No decisions about LSTM for Phantoms" in words(_models())
    assert not runs_folder().exists()


def test_a_candidate_is_compared_promoted_and_rolled_back() -> None:
    shipped, candidate = _shipped(), _stricter()
    registry.register(candidate, None)
    closed = words(_models())
    assert "1 candidate" in closed and "Changed predictions" not in closed
    app = _models(candidate)
    said = words(app)
    assert f"before: {shipped.version}" in said and f"after: {candidate.version}" in said
    assert "Validation split" in said and "Test split" not in _headings(app)
    assert "Changed predictions" in said and "600 synthetic test cases" not in said
    assert _accuracy(app, candidate) == "not opened" != _accuracy(app, shipped)
    app = _press(app, "Open the test split")
    assert re.match(r"0\.\d", _accuracy(app, candidate))
    said = words(app)
    assert "Test split" in _headings(app) and looks.count(shipped.card.dataset.sha256) == 1
    assert "The candidate has lower" in said and "600 synthetic test cases" in said
    (error,) = _press(app, "Promote").error
    assert "needs a name" in error.value
    _say(app, "A. B.", "*for* a test")
    _press(app, "Promote")
    assert _shipped() == candidate
    (done,) = app.success
    assert "promoted" in done.value and "\\*for\\* a test" in done.value
    assert "1 candidate" not in words(app) and _decisions(app) == [[candidate.version, "promoted"]]
    link = [link for link in app.main.get("page_link") if "Read a scan" in link.proto.label]
    assert link[0].proto.query_string == "task=phantoms&model=lstm"

    assert app.text_input[0].value == "A. B."  # remembered
    app.text_input[1].input("missed one")
    _press(app, "Roll back")
    assert _shipped() == shipped and app.selectbox[1].value == shipped.version
    assert _decisions(app)[0] == [shipped.version, "rolled back to"]
    assert shipped.version in app.success[0].value.replace("\\", "")
    assert [each.action for each in registry.history(MODEL)] == ["rolled back", "promoted"]


def test_a_candidate_is_archived() -> None:
    candidate = _stricter()
    registry.register(candidate, None)
    app = _models(candidate)
    _say(app, "A. B.", "worse")
    _press(app, "Archive")
    assert "its weights are deleted, its record stays" in app.info[0].value
    assert candidate.version not in {version.version for version in store.versions()}
    assert _decisions(app) == [[candidate.version, "archived"]]
    assert "Roll back" not in words(app)


def test_the_first_version_of_a_model_waits_too_and_is_compared_with_nothing() -> None:
    first = own_version("mine/lstm", 1, like=MODEL)
    registry.register(first, None)
    assert store.active("mine/lstm") is None
    app = _models(first)
    assert "nothing to compare with" in words(app) and first.version in words(app)
    _say(app, "A. B.", "it is the first")
    _press(app, "Promote")
    assert store.active("mine/lstm") == first
    (decision,) = registry.history("mine/lstm")
    assert decision.before is None and "Roll back" not in words(app)


def test_a_decision_on_an_outdated_comparison_is_rejected() -> None:
    """Somebody else made another version active after this page was drawn."""
    first, second = own_version(MODEL, 1), own_version(MODEL, 2)
    for version in (first, second):
        registry.register(version, None)
    app = _models(second)
    registry.promote(MODEL, first.version, **WHO)
    _say(app, "C", "better")
    (error,) = _press(app, "Promote").error
    assert "look at the comparison again" in error.value and _shipped() == first
    assert f"before: {first.version}" in words(app)
    _press(app, "Promote")
    assert _shipped() == second


@pytest.mark.parametrize(
    ("dataset", "said"),
    [
        ({"sha256": "0" * 64}, "different copies of Phantoms"),
        ({"size": 5}, "cannot be compared"),
    ],
)
def test_what_cannot_be_compared_says_why_and_can_be_decided_on(
    dataset: dict[str, object], said: str
) -> None:
    card = _shipped().card.dataset.to_json() | dataset
    candidate = own_version(MODEL, 1, dataset=card)
    registry.register(candidate, None)
    app = _models(candidate)
    (warning,) = app.warning
    assert said in warning.value.replace("\\", "")
    assert "not compared" in words(app)
    assert f'scope="col">{candidate.version}' in words(app)  # its own figures
    _say(app, "C", "more cases")
    _press(app, "Promote")
    assert _shipped() == candidate


def test_figures_and_changed_cases_are_those_of_the_two_versions() -> None:
    """Against the predictions themselves: another threshold predicts otherwise, at the same AUC."""
    from diagnosis.comparison.before_after import compare_versions
    from diagnosis.comparison.predictions import predict
    from diagnosis.inference.predictor import Predictor

    dataset, active, candidate = phantoms(), _shipped(), _stricter()
    new, old = (predict(Predictor(version), dataset) for version in (candidate, active))
    found = compare_versions(
        candidate,
        active,
        dataset,
        "test",
        predict=lambda version: new if version == candidate else old,
    )
    labels = dataset.labels["test"]
    differ = set((new.predicted != old.predicted).nonzero()[0].tolist())
    assert {change.index for change in found.changes} == differ and differ
    for change in found.changes:
        classes = dataset.facts.classes
        assert change.truth == (classes[labels[change.index]],)
        assert change.before == (classes[old.predicted[change.index]],)
        assert change.after == (classes[new.predicted[change.index]],) != change.before
        assert change.moved == classes[dataset.facts.finding or 0] and change.distance == 0
    assert found.n == 600 and found.differences["auc"].figure.estimate == 0
    accuracy = (new.predicted == labels).mean() - (old.predicted == labels).mean()
    assert found.differences["accuracy"].figure.estimate == pytest.approx(accuracy)
    other = own_version(MODEL, 2, dataset=active.card.dataset.to_json() | {"sha256": "1" * 64})
    for pair in ((other, active), (other, other)):
        with pytest.raises(InputError, match=r"different copies|not the copy"):
            compare_versions(*pair, dataset, "test", predict=lambda _: old)


def test_a_session_sees_a_promotion_and_may_stay_with_its_version() -> None:
    shipped, candidate = _shipped(), own_version(MODEL, 1)
    registry.register(candidate, None)
    app = opened("read", {"task": "phantoms", "model": "lstm"})
    assert not _offers(app)
    registry.promote(MODEL, candidate.version, **WHO)
    app.run()
    assert _offers(app) == ["version-follow", "version-stay"]
    assert candidate.version in words(app).replace("\\", "")
    app.button("version-stay").click().run()
    assert "You are using version" in words(app) and _offers(app) == ["version-follow"]
    assert _version_in_use(app) == shipped.version
    app.button("version-follow").click().run()
    assert not _offers(app) and _version_in_use(app) == candidate.version
    registry.promote(MODEL, shipped.version, **WHO)
    registry.archive(MODEL, candidate.version, **WHO)
    app.run()
    assert _offers(app) == ["version-follow"]  # the version before is archived
    app.button("version-follow").click().run()
    assert not _offers(app)


def _offers(app: AppTest) -> list[str]:
    """What the notice of a promotion offers."""
    keys = [button.key or "" for button in app.button]
    return [key for key in keys if key.startswith("version-")]


def _version_in_use(app: AppTest) -> str:
    state = app.session_state
    stays = MODEL in state["version to stay with"]
    active = store.active(MODEL)
    assert active is not None
    return str(state["version in use"][MODEL]) if stays else active.version


def _accuracy(app: AppTest, version: store.Version) -> str:
    """A version's accuracy on the test split, as the table of all versions has it."""
    table = app.dataframe[0].value
    (row,) = table[(table["Model"] == version.name) & (table["Version"] == version.version)].index
    return str(table["Accuracy"][row])


def _decisions(app: AppTest) -> list[list[str]]:
    """Version and action of each row of the table, newest first."""
    (body,) = [
        each.proto.body for each in app.get("html") if 'data-key="decisions"' in each.proto.body
    ]
    rows = re.findall(r"<tr>(.*?)</tr>", body)[1:]
    return [re.findall(r"<td>(?:<code>)?(.*?)(?:</code>)?</td>", row)[:2] for row in rows]
