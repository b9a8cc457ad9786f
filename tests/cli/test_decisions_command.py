"""``models promote``, ``archive``, ``rollback`` and ``history``."""

import getpass
import shutil
from pathlib import Path

from diagnosis.models import store
from tests.cli.given import Run
from tests.own_versions import own_version

MODEL = "phantoms/gru"


def test_decisions_take_who_and_why_and_can_be_read_again(answer: Run, refusal: Run) -> None:
    shipped = store.active(MODEL)
    assert shipped is not None and answer("models", "history", MODEL) == []
    assert "No version of phantoms/gru was active before" in refusal(
        *("models", "rollback", MODEL, "--why", "x")
    )
    version = own_version(MODEL, 1).version
    name = f"{MODEL}/{version}"
    assert "--why" in refusal("models", "promote", name)
    assert "needs a reason" in refusal("models", "promote", name, "--why", " ")
    promoted = answer("models", "promote", name, "--why", "a test", "--by", "me")
    when = promoted.pop("when")
    assert when.startswith("20") and when.endswith("+00:00")
    assert promoted == {
        **{"model": MODEL, "version": version, "action": "promoted", "before": shipped.version},
        **{"by": "me", "why": "a test", "active": True, "previous": shipped.version},
    }
    assert store.active(MODEL) == store.find(name)
    assert "is the active version" in refusal("models", "promote", MODEL, "--why", "x")
    assert "cannot be archived" in refusal("models", "archive", MODEL, "--why", "x")

    back = answer("models", "rollback", MODEL, "--why", "missed one")
    assert (back["action"], back["version"], back["previous"]) == (
        *("rolled back", shipped.version),
        version,
    )
    assert back["by"] == getpass.getuser() and store.active(MODEL) == shipped
    told = answer("models", "archive", name, "--why", "worse", text=True)
    assert "its record stays" in told
    history = answer("models", "history", MODEL)
    assert [each["action"] for each in history] == ["archived", "rolled back", "promoted"]
    assert set(history[0]) == {"model", "version", "action", "before", "by", "when", "why"}
    told = answer("models", "history", MODEL, text=True)
    assert "missed one" in told and "rolled back" in told
    assert "No version of phantoms/gru was active before" in refusal(
        *("models", "rollback", MODEL, "--why", "it is gone")
    )


def test_wrong_names_are_named(answer: Run, refusal: Run, tmp_path: Path) -> None:
    assert "Did you mean" in refusal("models", "history", "phantoms/gro")
    assert "Did you mean" in refusal("models", "rollback", "phantoms/gro", "--why", "x")
    assert "Did you mean" in refusal("models", "archive", "phantoms/gru/2027", "--why", "x")
    elsewhere = tmp_path / "toy" / "lstm" / "1"
    shutil.copytree(own_version(MODEL, 2).folder, elsewhere)
    assert "not among the models" in refusal("models", "promote", elsewhere, "--why", "x")
