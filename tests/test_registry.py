"""The registry: candidates, decisions, rolling back, and what a killed process leaves behind."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from diagnosis.errors import InputError
from diagnosis.models import store
from diagnosis.models.store import Version
from diagnosis.runs import registered, registry
from diagnosis.runs.tracking import client, runs_folder
from tests.own_versions import own_version

ROOT = Path(__file__).resolve().parent.parent
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
    """The active version, after the alias and the file were seen to say the same."""
    found, alias = store.active(model), registered.read(model)
    assert found is not None and alias is not None and alias.active == found.version
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


def test_keep_roll_back_and_who_when_why() -> None:
    shipped = _shipped()
    first = registry.register(own_version(MODEL, 1), None).version
    kept = registry.keep(MODEL, first, **WHO)
    assert (kept.action, kept.version, kept.before) == ("kept", first, shipped)
    assert (kept.by, kept.why) == ("A. B.", "measured better") and kept.when.tzinfo is not None
    assert _active() == first and _status() == {first: "active", shipped: "shipped"}
    back = registry.keep(MODEL, shipped, by="C", why="missed a case", against=first)
    assert (back.action, back.before) == ("rolled back", first)
    assert _active() == shipped and _status() == {first: "former", shipped: "active"}
    assert registry.history(MODEL) == [back, kept]
    assert [each.decision for each in registry.entries(MODEL)] == [kept, back]
    with pytest.raises(InputError, match=r"active version .* already"):
        registry.keep(MODEL, shipped, **WHO)
    with pytest.raises(InputError, match=r"by now, not .* look at the comparison again"):
        registry.keep(MODEL, first, **WHO, against=first)


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
    for act in (registry.keep, registry.discard):
        with pytest.raises(InputError, match=said):
            act(MODEL, version, **(WHO | given))
    assert _status()[version] == "candidate" and registry.history(MODEL) == []


def test_a_discarded_version_is_gone_but_its_record_and_whoever_reads_with_it_stay() -> None:
    from diagnosis.datasets import phantoms
    from diagnosis.models.reader import Reader
    from diagnosis.sequences import as_sequences

    shipped = _shipped()
    version = own_version(MODEL, 1)
    reader = Reader(version)
    registry.register(version, None)
    decision = registry.discard(MODEL, version.version, **WHO)
    assert not list((store.own_models() / MODEL).glob("*2027*"))
    sequences = as_sequences(phantoms().images["test"][:2], reader.config.preparation)
    assert reader(sequences).shape == (2, 1)
    assert _status() == {version.version: "discarded", shipped: "active"}
    assert registry.history(MODEL) == [decision] and decision.action == "discarded"
    for act in (registry.keep, registry.discard):
        with pytest.raises(InputError, match=r"was discarded by A. B. on 20"):
            act(MODEL, version.version, **WHO)
    registry.register(own_version(MODEL, 1), None)  # trained again, to the same weights
    assert _status() == {version.version: "candidate", shipped: "active"}
    assert registry.history(MODEL) == [decision]
    registry.keep(MODEL, version.version, **WHO)
    assert _active() == version.version


def test_the_active_and_the_shipped_cannot_be_discarded_and_wrong_names_are_named() -> None:
    shipped = _shipped()
    version = registry.register(own_version(MODEL, 1), None).version
    with pytest.raises(InputError, match=r"is the active version .* cannot be discarded"):
        registry.discard(MODEL, shipped, **WHO)
    registry.keep(MODEL, version, **WHO)
    with pytest.raises(InputError, match="came with Scanline"):
        registry.discard(MODEL, shipped, **WHO)
    with pytest.raises(InputError, match=f"no version '2027'.*{version}"):
        registry.keep(MODEL, "2027", **WHO)
    with pytest.raises(InputError, match=r"no model 'phantoms/lstn'. Did you mean phantoms/lstm"):
        registry.keep("phantoms/lstn", version, **WHO)


def test_a_damaged_version_is_not_made_active() -> None:
    before = _shipped()
    version = registry.register(own_version(MODEL, 1), None).version
    (store.own_models() / MODEL / version / store.WEIGHTS).write_bytes(b"other")
    with pytest.raises(InputError, match="not the ones that were saved"):
        registry.keep(MODEL, version, **WHO)
    cardless = own_version(MODEL, 2)
    (cardless.folder / store.CARD).write_text("{")
    with pytest.raises(InputError, match="no readable card"):
        registry.register(cardless, None)
    with pytest.raises(InputError, match="no readable card"):
        registry.keep(MODEL, cardless.version, **WHO)
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
    assert registry.keep(model, other, **WHO).action == "kept"
    assert _active(model) == other


def test_the_alias_is_the_truth_and_the_file_follows() -> None:
    version = registry.register(own_version(MODEL, 1), None)
    client().set_registered_model_alias(
        "phantoms.lstm", "active", str(version.number)
    )  # as MLflow's page does
    assert store.active(MODEL) != store.find(f"{MODEL}/{version.version}")
    registry.repair()
    assert _active() == version.version
    (store.own_models() / MODEL / store.ACTIVE).unlink()
    registry.repair()
    assert _active() == version.version


def test_other_models_of_a_server_are_left_alone() -> None:
    version = own_version(MODEL, 1)
    registry.register(version, None)
    client().create_registered_model("fraud")
    client().create_model_version("fraud", "s3://elsewhere")
    client().create_model_version("phantoms.lstm", "s3://elsewhere")  # by hand, without our tags
    assert "fraud" not in {entry.model for entry in registry.entries()}
    assert list(_status()) == [version.version, _shipped()]


def test_saving_never_takes_a_version_away(tmp_path: Path) -> None:
    """The same weights on the same day: the same version, untouched, or one with a number."""
    from diagnosis.datasets import catalogue
    from diagnosis.models.build import build
    from diagnosis.models.config import config_for

    config = config_for("lstm", catalogue()["phantoms"], units=(3,))
    card = dict.fromkeys(store.CARD_KEYS) | {"created": "2027-01-02T03:04:05+00:00"}
    model = build(config)
    first = store.save("toy/lstm", config, model, card)
    inode = first.folder.stat().st_ino
    again = store.save("toy/lstm", config, model, card | {"created": "2027-01-02T04:00:00+00:00"})
    assert again.folder == first.folder and first.folder.stat().st_ino == inode
    assert Version(again.folder).card["created"] == card["created"]
    other = store.save("toy/lstm", config, model, card | {"metrics": {"test": {"n": 3}}})
    assert other.version == f"{first.version}-2" == other.card["version"]
    assert {v.version for v in store.versions("toy/lstm")} == {first.version, other.version}


def test_what_killed_processes_left_is_swept_up_and_what_is_being_written_is_not() -> None:
    version = own_version(MODEL, 1)
    place = version.folder.parent
    for name in (".partial-old", ".partial-new", ".removed-x"):
        (place / name).mkdir()
        (place / name / store.CONFIG).write_text("{}")
    (place / ".active-1").write_text("x")
    for name in (".partial-old", ".active-1"):
        os.utime(place / name, (1e9, 1e9))
    registry.register(version, None)
    assert {path.name for path in place.glob(".*")} == {".partial-new"}


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
