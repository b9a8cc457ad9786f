"""The section of the Data sets page that imports one's own images, from a path on the server; no browser."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from diagnosis.dashboard.shell.escape import plain
from diagnosis.dashboard.shell.page import PAGES
from diagnosis.datasets import load
from diagnosis.datasets.imported import imports_folder
from tests.dashboard.test_pages import OPENED_WITHIN_S, ROOT, words
from tests.import_sources import chest_pictures, folder_of


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCANLINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SCANLINE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("SCANLINE_IMPORT_ROOTS", raising=False)


def _opened() -> AppTest:
    """The page with the section open."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=OPENED_WITHIN_S)
    app.switch_page(PAGES["data"].file)
    app.query_params["set"] = "phantoms"
    app.session_state["import-open"] = True
    app.run()
    assert not app.exception, app.exception
    return app


def _button(app: AppTest, label: str) -> AppTest:
    """The page after a press on a button."""
    (button,) = [button for button in app.button if button.label == label]
    button.click().run()
    assert not app.exception, app.exception
    return app


def test_no_path_is_asked_for_unless_a_root_is_set() -> None:
    app = _opened()
    assert len(app.get("button_group")) == 0
    assert [field.label for field in app.text_input] == []


def test_a_folder_below_a_root_is_checked_and_stored(
    real_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {
        name.replace("normal", "![n](http://example.org)".replace("/", "∕")): data
        for name, data in chest_pictures(real_data, 12).items()
    }
    folder_of(files, tmp_path / "root" / "chests")
    folder_of(files, tmp_path / "secret")
    monkeypatch.setenv("SCANLINE_IMPORT_ROOTS", str(tmp_path / "root"))
    app = _opened()
    assert len(app.get("button_group")) == 1
    app.session_state["import-from"] = "Path on the server"
    app.run()
    for path in ("../secret", str(tmp_path / "secret")):
        app.text_input(key="import-path").input(path).run()
        (error,) = _button(app, "Check the images").error
        assert "no such folder or file below" in error.value
    app.text_input(key="import-path").input("chests").run()
    _button(app, "Check the images")
    assert "**24 images**" in words(app)
    assert "![n](http:∕∕example.org), training split" in [text.value for text in app.text]
    assert "![n]" not in "".join(markdown.value for markdown in app.markdown)
    app.text_input(key="import-name").input("Not A Name").run()
    assert "such as not\\-a\\-name" in _button(app, "Store the set").error[0].value
    app.text_input(key="import-name").input("from-a-path").run()
    app.selectbox(key="import-finding").select_index(0).run()
    _button(app, "Store the set")
    assert app.selectbox(key="set").value == "from-a-path"
    assert [header.value for header in app.header] == [plain("from-a-path")]
    assert load("from-a-path").facts.finding == 0
    _button(app, "Remove for good")
    assert list(imports_folder().iterdir()) == []
    assert app.selectbox(key="set").value == "pneumoniamnist"
