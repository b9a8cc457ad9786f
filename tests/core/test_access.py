"""Read-only, open, or with sign-in: refused where things are done, and said on the pages; no browser."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit import config
from streamlit.testing.v1 import AppTest

from diagnosis.__main__ import main
from diagnosis.core import access
from diagnosis.core.errors import InputError
from diagnosis.dashboard.shell.page import PAGES
from diagnosis.models import store
from tests.dashboard.test_pages import OPENED_WITHIN_S, ROOT, opened

REFUSED = "This Scanline is read-only"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SCANLINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SCANLINE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("SCANLINE_DATA", raising=False)
    return tmp_path / "home"


def deeds() -> dict[str, Callable[[], object]]:
    """Everything that changes what is kept for all, as far as it gets without anything to work on."""
    from diagnosis.datasets import fetch, phantoms
    from diagnosis.datasets.importing import remove
    from diagnosis.datasets.importing import store as store_set
    from diagnosis.explanations.neighbours import build_index
    from diagnosis.jobs import launch, record
    from diagnosis.jobs.experiment import train_version
    from diagnosis.registry import registry
    from diagnosis.tuning import processes, search, studies

    nothing: Any = None
    version = store.find("phantoms/gru")
    return {
        "start a training": lambda: launch.start(nothing),
        "resume a training": lambda: launch.resume("0" * 32),
        "record a training": lambda: record.create(nothing),
        "stop a training": lambda: record.request("0" * 32, "stop"),
        "train": lambda: train_version(nothing, nothing, phantoms()),
        "register": lambda: registry.register(version, None),
        "promote": lambda: registry.promote("phantoms/gru", version.version, by="me", why="so"),
        "archive": lambda: registry.archive("phantoms/gru", version.version, by="me", why="so"),
        "make a search": lambda: studies.create(nothing, phantoms(), "mine"),
        "stop a search": lambda: studies.ask_to_stop(nothing),
        "search": lambda: search.search(nothing, trials=1),
        "start a search": lambda: processes.start("mine", ["phantoms", "gru"]),
        "import": lambda: store_set(nothing, "mine", nothing),
        "remove a set": lambda: remove("mine"),
        "fetch a set": lambda: fetch("pneumoniamnist"),
        "write an index": lambda: build_index(version, nothing, phantoms()),
    }  # fmt: skip


def test_read_only_does_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(access.READ_ONLY, "1")
    for name, deed in deeds().items():
        with pytest.raises(InputError, match=REFUSED):
            deed()
            pytest.fail(f"it was allowed to {name}")
    assert not home.exists()


@pytest.mark.parametrize(
    "words",
    [
        "train phantoms gru --epochs 1",
        "tune phantoms gru --trials 1",
        "data fetch pneumoniamnist",
        "data remove mine",
        "models archive phantoms/gru/20261121-9586999b --by me --why so",
    ],
)
def test_commands_say_so(
    words: str, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(access.READ_ONLY, "1")
    assert main(words.split()) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert REFUSED in said.err
    assert not list(home.glob("models/*"))


def shown(app: AppTest) -> str:
    """What the page warns of."""
    return "\n".join(str(element.value) for element in (*app.warning, *app.error))


@pytest.mark.parametrize("key", PAGES)
def test_every_page_says_that_it_is_read_only(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(access.READ_ONLY, "1")
    app = opened(key, {"models": "simple_rnn,gru"} if key == "compare" else None)
    assert access.ONLY_READING in shown(app)
    forbidden = {"Review and start", "Start the search", "Check the images", "Remove it for good"}
    assert not forbidden & {button.label for button in app.button}
    assert not {"Import your own images", "New search"} & {each.label for each in app.expander}


@pytest.fixture
def everywhere() -> Iterator[None]:
    """The server listens on all addresses."""
    before = config.get_option("server.address")
    config.set_option("server.address", "0.0.0.0")
    yield
    config.set_option("server.address", before)


@pytest.mark.parametrize("key", PAGES)
@pytest.mark.usefixtures("everywhere")
def test_a_page_that_others_reach_shows_nothing(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(access.OPEN, raising=False)
    app = opened(key)
    assert [error.value for error in app.error] == [access.CLOSED]
    assert not app.button
    assert not app.title
    assert not app.get("file_uploader")


@pytest.mark.parametrize("key", ["home", "glossary", "data"])
@pytest.mark.usefixtures("everywhere")
def test_an_open_server_says_so(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(access.OPEN, "1")
    assert access.OPENED in shown(opened(key))


@pytest.mark.parametrize("key", PAGES)
def test_nobody_passes_without_signing_in_where_accounts_are_set_up(key: str) -> None:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=OPENED_WITHIN_S)
    app.secrets["auth"] = {
        "redirect_uri": "http://localhost/oauth2callback",
        "client_id": "scanline",
    }
    if key != "home":
        app.switch_page(PAGES[key].file)
    app.run()
    assert not app.exception
    assert [button.label for button in app.button] == ["Sign in"]
    assert not app.title
    if key == "glossary":  # what is set up here is not whole
        app.button[0].click().run()
        assert not app.exception
        assert app.error[0].value.startswith("Signing in failed")
        assert not app.title


class Account(dict[str, str]):
    """Somebody who is signed in, as ``st.user`` has them."""

    is_logged_in = True


def test_an_account_signs_whatever_is_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(st, "user", Account(name="A. Person", email="a@hospital.example"))
    app = opened("train", {"by": "somebody else"})
    field = next(field for field in app.text_input if field.label == "Your name")
    assert (field.value, field.disabled) == ("A. Person", True)
    app.session_state["person"] = "nobody"  # typed before signing in
    app.switch_page(PAGES["glossary"].file).run()
    assert app.session_state["recipe-by"] == "A. Person"
    app.session_state["recipe-by"] = "nobody"  # as a forged message of a browser
    app.switch_page(PAGES["train"].file).run()
    assert app.session_state["recipe-by"] == "A. Person"


def test_nobody_passes_where_the_secrets_are_broken(tmp_path: Path) -> None:
    broken = tmp_path / "secrets.toml"
    broken.write_text("[auth\n")
    before = config.get_option("secrets.files")
    config.set_option("secrets.files", [str(broken)])
    try:
        app = opened("glossary")
    finally:
        config.set_option("secrets.files", before)
    assert [error.value for error in app.error][-1].startswith("Streamlit's secrets.toml cannot")
    assert not app.title


def test_nothing_is_said_of_an_ordinary_server() -> None:
    assert shown(opened("home")) == ""


def test_a_switch_that_is_neither_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(access.READ_ONLY, "true")
    app = opened("glossary")
    assert [error.value for error in app.error] == [
        "SCANLINE_READ_ONLY is 'true': set it to 1, or to 0 or not at all."
    ]


def test_nobody_starts_processes_without_end(
    home: Path, empty_registry: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from diagnosis.jobs import launch, record
    from diagnosis.jobs.plan import Plan
    from diagnosis.jobs.tracking import runs_folder
    from diagnosis.tuning import processes

    shutil.copytree(empty_registry, runs_folder())
    monkeypatch.setattr(launch, "MOST_ALIVE", 1)
    record.create(Plan(dataset="phantoms", variant="gru"))
    with pytest.raises(InputError, match="1 trainings run or wait already"):
        launch.start(Plan(dataset="phantoms", variant="gru"))
    assert len(record.runs()) == 1
    monkeypatch.setattr(processes, "MOST_DRIVERS", 1)
    with processes.driving("first"), pytest.raises(InputError, match="1 searches run"):
        processes.start("second", ["phantoms", "gru"])
    assert not processes.log_file("second").exists()
