"""The registry: candidates, decisions, rolling back, and what a killed process leaves behind."""

import json
import os
import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from diagnosis.core.errors import InputError
from diagnosis.jobs.tracking import client, runs_folder, store_uri
from diagnosis.models import store
from diagnosis.models.store import Version
from diagnosis.registry import local, registered, registry, waiting
from diagnosis.registry.decision import Action, Decision, decide
from tests.cards import contents
from tests.own_versions import own_version

ROOT = Path(__file__).resolve().parents[2]
MODEL = "phantoms/lstm"
WHO = {"by": "A. B.", "why": "measured better"}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty_registry: Path) -> Path:
    monkeypatch.setenv("SCANLINE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    shutil.copytree(empty_registry, runs_folder())
    return tmp_path / "home"


def _shipped() -> str:
    found = store.active(MODEL)
    assert found is not None
    return found.version


def _status(model: str = MODEL) -> dict[str, str]:
    return {entry.version: entry.status for entry in registry.entries(model)}


def _active(model: str = MODEL) -> str:
    """The active version, after the registry's latest promotion was seen to be of it, if it has any."""
    found, model_ = store.active(model), registered.read(model)
    assert found is not None and model_ is not None
    promoted = [each.version for each in model_.decisions if each.promotes]
    assert promoted[:1] in ([], [found.version])
    return found.version


def test_a_finished_run_is_a_candidate_and_replaces_nothing() -> None:
    before = _shipped()
    entry = registry.register(own_version(MODEL, 1), "0" * 32)
    assert (entry.status, entry.run_id, entry.decision) == ("candidate", "0" * 32, None)
    assert _status() == {before: "active", entry.version: "candidate"}
    assert _active() == before and registry.history(MODEL) == []
    again = registry.register(own_version(MODEL, 2), None)
    assert (
        registry.register(store.find(f"{MODEL}/{again.version}"), "1" * 32)
        == registry.entries(MODEL)[0]
    )
    assert [each.run_id for each in registry.entries(MODEL)] == ["1" * 32, "0" * 32, None]


def test_what_waits_is_known_without_asking_mlflow() -> None:
    shipped = _shipped()
    first, second = (registry.register(own_version(MODEL, n), None).version for n in (1, 2))
    assert waiting.candidates() == [f"{MODEL}/{first}", f"{MODEL}/{second}"]
    registry.promote(MODEL, first, **WHO)
    registry.promote(MODEL, shipped, **WHO)
    assert waiting.candidates() == [f"{MODEL}/{second}"]  # the first one is no candidate any more
    registry.archive(MODEL, second, **WHO)
    assert waiting.candidates() == []


def test_promote_roll_back_and_who_when_why() -> None:
    shipped = _shipped()
    first = registry.register(own_version(MODEL, 1), None).version
    promoted = registry.promote(MODEL, first, **WHO)
    assert (promoted.action, promoted.version, promoted.before) == ("promoted", first, shipped)
    assert (promoted.by, promoted.why) == (
        "A. B.",
        "measured better",
    ) and promoted.when.tzinfo is not None
    assert _active() == first and _status() == {first: "active", shipped: "shipped"}
    back = registry.promote(MODEL, shipped, by="C", why="missed a case", against=first)
    assert (back.action, back.before) == ("rolled back", first)
    assert _active() == shipped and _status() == {first: "former", shipped: "active"}
    assert registry.history(MODEL) == [back, promoted]
    assert [each.decision for each in registry.entries(MODEL)] == [promoted, back]
    with pytest.raises(InputError, match=r"active version .* already"):
        registry.promote(MODEL, shipped, **WHO)
    with pytest.raises(InputError, match=r"by now, not .* look at the comparison again"):
        registry.promote(MODEL, first, **WHO, against=first)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"by": " "}, "needs a name"),
        ({"why": "\n"}, "needs a reason"),
        ({"by": "x" * 101}, "at most 100 characters, not 101"),
        ({"why": "x" * 1001}, "at most 1,000 characters"),
    ],
)
def test_nothing_is_decided_without_who_and_why(given: dict[str, str], said: str) -> None:
    version = registry.register(own_version(MODEL, 1), None).version
    for act in (registry.promote, registry.archive):
        with pytest.raises(InputError, match=said):
            act(MODEL, version, **(WHO | given))
    assert _status()[version] == "candidate" and registry.history(MODEL) == []


@pytest.mark.system
def test_an_archived_version_is_gone_but_its_record_and_what_is_in_memory_stay() -> None:
    from diagnosis.datasets import phantoms
    from diagnosis.models.forward import Forward

    shipped = _shipped()
    version = own_version(MODEL, 1)
    reader = Forward(version)
    registry.register(version, None)
    decision = registry.archive(MODEL, version.version, **WHO)
    assert not list((store.own_models() / MODEL).glob("*2027*"))
    sequences = reader.config.encoder.batch(phantoms().images["test"][:2])
    assert reader(sequences).shape == (2, 1)
    assert _status() == {version.version: "archived", shipped: "active"}
    assert registry.history(MODEL) == [decision] and decision.action == "archived"
    for act in (registry.promote, registry.archive):
        with pytest.raises(InputError, match=r"was archived by A. B. on \d+ "):
            act(MODEL, version.version, **WHO)
    registry.register(own_version(MODEL, 1), None)  # trained again, to the same weights
    assert _status() == {version.version: "candidate", shipped: "active"}
    assert registry.history(MODEL) == [decision]
    registry.promote(MODEL, version.version, **WHO)
    assert _active() == version.version


def test_the_active_and_the_shipped_cannot_be_archived_and_wrong_names_are_named() -> None:
    shipped = _shipped()
    version = registry.register(own_version(MODEL, 1), None).version
    with pytest.raises(InputError, match=r"is the active version .* cannot be archived"):
        registry.archive(MODEL, shipped, **WHO)
    registry.promote(MODEL, version, **WHO)
    with pytest.raises(InputError, match="came with Scanline"):
        registry.archive(MODEL, shipped, **WHO)
    with pytest.raises(InputError, match=f"no version '2027'.*{version}"):
        registry.promote(MODEL, "2027", **WHO)
    with pytest.raises(InputError, match=r"no model 'phantoms/lstn'. Did you mean phantoms/lstm"):
        registry.promote("phantoms/lstn", version, **WHO)


def test_a_damaged_version_is_not_made_active() -> None:
    before = _shipped()
    version = registry.register(own_version(MODEL, 1), None).version
    (store.own_models() / MODEL / version / store.WEIGHTS).write_bytes(b"other")
    with pytest.raises(InputError, match="not the ones that were saved"):
        registry.promote(MODEL, version, **WHO)
    cardless = own_version(MODEL, 2)
    (cardless.folder / store.CARD).write_text("{")
    with pytest.raises(InputError, match="no readable card"):
        registry.register(cardless, None)
    with pytest.raises(InputError, match="no readable card"):
        registry.promote(MODEL, cardless.version, **WHO)
    assert _active() == before and cardless.version not in _status()


def test_what_was_trained_before_there_was_a_registry_is_registered_when_asked_for() -> None:
    first, second = own_version(MODEL, 1), own_version(MODEL, 2)
    store.activate(second)
    shipped = next(
        v.version for v in store.versions(MODEL) if v.folder.is_relative_to(store.SHIPPED)
    )
    assert _status() == {
        first.version: "candidate", second.version: "active", shipped: "shipped"
    }  # fmt: skip
    other = {entry.status for entry in registry.entries("pneumoniamnist/lstm")}
    assert other == {"active", "shipped"}  # not registered: nothing of one's own


def test_a_shipped_version_can_replace_another() -> None:
    model = "pneumoniamnist/lstm"
    other = next(e.version for e in registry.entries(model) if e.status == "shipped")
    assert registry.promote(model, other, **WHO).action == "promoted"
    assert _active(model) == other


def test_the_file_is_the_truth_and_a_registry_that_was_lost_is_told_again() -> None:
    version = registry.register(own_version(MODEL, 1), None)
    promoted = registry.promote(MODEL, version.version, **WHO)
    client().delete_model_version_tag("phantoms.lstm", str(version.number), promoted.tag[0])
    assert _status()[version.version] == "active" and registry.history(MODEL) == [promoted]
    client().delete_registered_model("phantoms.lstm")
    assert _status()[version.version] == "active" and registry.history(MODEL) == [promoted]
    assert _active() == version.version


def test_other_models_of_a_server_are_left_alone() -> None:
    version = own_version(MODEL, 1)
    registry.register(version, None)
    client().create_registered_model("fraud")
    client().create_model_version("fraud", "s3://elsewhere")
    client().create_model_version("phantoms.lstm", "s3://elsewhere")  # by hand, without our tags
    assert "fraud" not in {entry.model for entry in registry.entries()}
    assert list(_status()) == [version.version, _shipped()]


@pytest.mark.system
def test_saving_never_takes_a_version_away(tmp_path: Path) -> None:
    """The same weights on the same day: the same version, untouched, or one with a number."""
    from diagnosis.datasets import catalogue
    from diagnosis.models.build import build
    from diagnosis.models.config import config_for

    config = config_for("lstm", catalogue()["phantoms"], units=(3,))
    card = contents(created="2027-01-02T03:04:05+00:00")
    model = build(config)
    first = store.save("toy/lstm", config, model, card)
    inode = first.folder.stat().st_ino
    again = store.save("toy/lstm", config, model, contents(created="2027-01-02T04:00:00+00:00"))
    assert again.folder == first.folder and first.folder.stat().st_ino == inode
    assert Version(again.folder).card.created == card.created
    measured = card.metrics.to_json() | {"test": {"n": 3}}
    differing = contents(created="2027-01-02T03:04:05+00:00", metrics=measured)
    other = store.save("toy/lstm", config, model, differing)
    assert other.version == f"{first.version}-2" == other.card.version
    assert {v.version for v in store.versions("toy/lstm")} == {first.version, other.version}


def test_what_killed_processes_left_is_swept_up_and_what_is_being_written_is_not() -> None:
    version = own_version(MODEL, 1)
    place = version.folder.parent
    for name in (".partial-old", ".partial-new", ".archived-7"):
        (place / name).mkdir()
        (place / name / store.CONFIG).write_text("{}")
    (place / ".small-1").write_text("x")
    for name in (".partial-old", ".small-1"):
        os.utime(place / name, (1e9, 1e9))
    registry.register(version, None)
    assert {path.name for path in place.glob(".*")} == {".partial-new"}


def _forge(decision: Decision) -> None:
    """What anybody who reaches MLflow can write there."""
    for each in client().search_model_versions("name='phantoms.lstm'"):
        if each.tags.get(registered.VERSION) == decision.version:
            client().set_model_version_tag("phantoms.lstm", str(each.version), *decision.tag)


@pytest.mark.parametrize("target", ["active", "candidate", "shipped"])
@pytest.mark.parametrize("action", ["archived", "promoted", "rolled back"])
@pytest.mark.parametrize("server", [False, True], ids=["file", "server"])
def test_a_decision_that_was_not_taken_here_is_asked_about_and_not_carried_out(
    target: str, action: Action, server: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if server:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", store_uri())
    first, second = (registry.register(own_version(MODEL, n), None).version for n in (1, 2))
    shipped = _shipped()
    registry.promote(MODEL, first, **WHO)
    version = {"active": first, "candidate": second, "shipped": shipped}[target]
    _forge(decide(action, version, None, by="nobody", why="because", number=9))
    expected = [version] if action != "archived" and target != "active" else []
    asked = registry.questions()
    assert len(asked) == len(expected) and all(each in asked[0] for each in expected)
    found = store.active(MODEL)
    assert found is not None and found.version == first == registry_active()
    assert {v.version for v in store.versions(MODEL)} == {first, second, shipped}
    registry.promote(MODEL, second, **WHO)  # a decision that is taken here takes its place
    assert registry.questions() == [] and _active() == second


def registry_active() -> str:
    (active,) = (version for version, status in _status().items() if status == "active")
    return active


def test_a_decision_whose_process_was_killed_is_recorded_by_whoever_looks_next() -> None:
    """After its one step on this machine, and before the registry was told."""
    versions = [registry.register(own_version(MODEL, n), None).version for n in (1, 2)]
    shipped = _shipped()
    promoted = decide("promoted", versions[0], shipped, **WHO, number=1)
    local.promote(local.versions(MODEL)[versions[0]], promoted)
    assert _active() == versions[0] and registry.history(MODEL) == [promoted]
    archived = decide("archived", versions[1], versions[0], **WHO, number=2)
    local.archive(local.versions(MODEL)[versions[1]], archived)
    own_version(MODEL, 2)  # and it is trained again, before anybody looks
    assert _status() == {versions[0]: "active", versions[1]: "candidate", shipped: "shipped"}
    assert registry.history(MODEL) == [archived, promoted] and local.is_clear(MODEL)
    assert local.decisions(MODEL) == [promoted]


def test_an_archive_that_was_not_begun_is_forgotten() -> None:
    version = registry.register(own_version(MODEL, 1), None).version
    place = store.own_models() / MODEL / f"{local.ARCHIVED}1"
    decision = decide("archived", version, _shipped(), **WHO, number=1)
    store.write_small(place / local.DECISION, json.dumps(decision.tag))  # and killed
    assert _status()[version] == "candidate" and registry.history(MODEL) == []
    assert local.is_clear(MODEL)


@pytest.mark.parametrize(
    "tag",
    [
        "", "{", "[]", "[1, 2]", '["decision.x", "{}"]', '{"a": 1}', "null",
        '["decision.2026-01-01T00:00:00Z", "{}"]',
        '["decision.2026-01-01T00:00:00Z", "[]"]',
        '["decision.2026-01-01T00:00:00Z", {"action": "promoted"}]',
        json.dumps(["decision.2026-01-01T00:00:00Z", json.dumps(
            {"action": "deleted", "version": "../..", "before": 1, "by": [], "why": None}
        )]),
        json.dumps(["decision.2026-01-01T00:00:00Z", json.dumps(
            {"action": "archived", "version": "../../lstm", "before": None, "by": "", "why": ""}
        )]),
    ],
)  # fmt: skip
def test_tags_that_are_no_decisions_are_passed_over(tag: str) -> None:
    version = registry.register(own_version(MODEL, 1), None)
    key, value = (tag, "{") if tag.isalpha() else ("decision.000001.x", tag)
    client().set_model_version_tag("phantoms.lstm", str(version.number), key, value)
    assert registry.questions() == [] and _status()[version.version] == "candidate"
    assert registry.history(MODEL) == []
    registry.archive(MODEL, version.version, **WHO)
    assert [each.action for each in registry.history(MODEL)] == ["archived"]


def test_names_of_models_that_lead_elsewhere_are_none_of_ours(home: Path) -> None:
    registry.register(own_version(MODEL, 1), None)
    outside = home.parent / "x" / ".archived-by-somebody-else"
    outside.mkdir(parents=True)
    for number, name in enumerate(("../../x", "/etc/x", "a/..", "a/b/c", "a\nb/c", ".a/b")):
        client().create_registered_model(f"odd{number}", tags={registered.MODEL: name})
        with pytest.raises(InputError, match="no model"):
            registry.promote(name, "1", **WHO)
    client().create_registered_model("phantoms.gru", tags={registered.MODEL: "phantoms/cnn"})
    assert {entry.model for entry in registry.entries()} == {v.name for v in store.versions()}
    assert outside.is_dir()


def test_a_clock_that_was_set_back_changes_no_order(monkeypatch: pytest.MonkeyPatch) -> None:
    hour = iter(range(20, 0, -1))

    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> "Clock":
            return cls(2027, 1, 1, next(hour), tzinfo=tz)

    monkeypatch.setattr("diagnosis.registry.decision.datetime", Clock)
    shipped = _shipped()
    version = registry.register(own_version(MODEL, 1), None).version
    registry.promote(MODEL, version, **WHO)
    registry.promote(MODEL, shipped, **WHO)
    registry.archive(MODEL, version, **WHO)
    assert [(each.action, each.number) for each in registry.history(MODEL)] == [
        ("archived", 3), ("rolled back", 2), ("promoted", 1)
    ]  # fmt: skip
    assert _status() == {version: "archived", shipped: "active"}


def test_a_version_that_is_not_the_one_that_was_registered_is_not_made_active() -> None:
    """Not even if what is beside it was changed with it."""
    before = _shipped()
    version = registry.register(own_version(MODEL, 1), None).version
    folder = store.own_models() / MODEL / version
    config = json.loads((folder / store.CONFIG).read_text())
    swapped = config | {"classes": config["classes"][::-1]}
    (folder / store.CONFIG).write_text(json.dumps(swapped))
    with pytest.raises(InputError, match=f"contents of {store.CONFIG}"):
        registry.promote(MODEL, version, **WHO)
    store.write_sums(folder)
    with pytest.raises(InputError, match=f"The {store.CONFIG} .* not the one that was registered"):
        registry.promote(MODEL, version, **WHO)
    assert _active() == before


@pytest.mark.long
def test_killed_at_any_moment_everything_stays_true(home: Path) -> None:
    """Decisions by one process after another, each killed with signal 9 in the middle."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.killed_decisions", os.environ.get("KILLS", "4")],
        cwd=ROOT, env=os.environ | {"SCANLINE_HOME": str(home)}, capture_output=True, text=True,
        timeout=200, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert "kills, all true" in done.stdout
