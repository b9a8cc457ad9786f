"""Every page runs, says what Scanline is for, and has the whole menu; without a browser."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from diagnosis.core.intended_use import IN_FULL, IN_SHORT
from diagnosis.dashboard.glossary.terms import CHAPTERS, TERMS
from diagnosis.dashboard.shell.escape import plain
from diagnosis.dashboard.shell.page import PAGES
from diagnosis.datasets import catalogue
from diagnosis.models import store
from diagnosis.models.store import finding

ROOT = Path(__file__).resolve().parents[2]
OPENED_WITHIN_S = 120  # the first page of a process shares it with the import of Keras


@pytest.fixture(autouse=True)
def empty_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No models of one's own and no data sets but the built-in phantoms."""
    monkeypatch.setenv("SCANLINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SCANLINE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("SCANLINE_DATA", raising=False)


def opened(key: str, query: Mapping[str, str] | None = None) -> AppTest:
    """A page of the menu after its first run."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=OPENED_WITHIN_S)
    if key != "home":
        app.switch_page(PAGES[key].file)
    for name, value in (query or {}).items():
        app.query_params[name] = value
    app.run()
    assert not app.exception, app.exception
    return app


def words(app: AppTest) -> str:
    """All that the page says in markdown, text and headings."""
    elements = [*app.markdown, *app.text, *app.title, *app.header, *app.subheader]
    tables = [str(element.proto.body) for element in app.get("html")]
    return "\n".join([*(str(element.value) for element in elements), *tables])


@pytest.mark.parametrize("key", PAGES)
def test_page_has_title_intended_use_and_whole_menu(key: str) -> None:
    app = opened(key, {"models": "simple_rnn,gru"} if key == "compare" else None)
    assert len(app.title) == 1
    said = words(app)
    assert IN_SHORT in said
    for heading, text in IN_FULL.items():
        assert f"**{heading}.** {text}" in said
    menu = [link.proto.label for link in app.sidebar.get("page_link")]
    assert menu == [page.label for page in PAGES.values()]


def test_every_page_of_the_menu_is_a_file_and_every_file_a_page_of_the_menu() -> None:
    files = {f"pages/{path.name}" for path in (ROOT / "pages").glob("*.py")}
    assert files | {"app.py"} == {page.file for page in PAGES.values()}


@pytest.mark.parametrize("name", catalogue())
def test_data_card_shows_licence_classes_and_checksums(name: str) -> None:
    facts = catalogue()[name]
    said = words(opened("data", {"set": name}))
    assert plain(facts.title) in said
    assert facts.licence in said
    for file in facts.files.values():
        assert file.md5 in said
        assert file.filename in said
    assert "Age, sex, site" in said
    assert ("(synthetic)" in said) == facts.synthetic


def test_unknown_set_in_the_address_opens_a_known_one() -> None:
    app = opened("data", {"set": "![x](http://example.org/x.png)"})
    assert app.selectbox(key="set").value == "pneumoniamnist"
    assert "example.org" not in words(app)


def test_choosing_a_set_changes_card_and_address() -> None:
    app = opened("data", {"set": "breastmnist"})
    app.selectbox(key="set").select("phantoms").run()
    assert [header.value for header in app.header] == ["Phantoms (synthetic)"]
    assert app.query_params["set"] in ("phantoms", ["phantoms"])


def test_unknown_model_in_the_address_opens_a_known_one() -> None:
    app = opened("models", {"model": "no/such"})
    assert "no/such" not in words(app)


def test_models_page_without_any_model_says_how_to_train_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "SHIPPED", tmp_path / "none")
    app = opened("models")
    assert [code.value for code in app.code] == ["python -m diagnosis train phantoms lstm"]


def test_models_page_names_a_version_whose_card_is_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "SHIPPED", tmp_path / "shipped")
    folder = tmp_path / "shipped" / "phantoms" / "lstm" / "20260101-00000000"
    folder.mkdir(parents=True)
    (folder / store.CONFIG).write_text("{", encoding="utf-8")
    (error,) = opened("models").error
    assert "phantoms/lstm" in error.value


def test_glossary_shows_every_term_with_its_synonyms_and_source() -> None:
    app = opened("glossary")
    assert [heading.value for heading in app.header] == list(CHAPTERS)
    assert {heading.value for heading in app.subheader} == {each.title for each in TERMS.values()}
    shown = [str(element.value) for element in (*app.markdown, *app.caption)]
    for entry in TERMS.values():
        assert entry.text in shown
        assert any(entry.synonyms in text and entry.source in text for text in shown)


def test_no_page_waits_for_keras_before_it_is_drawn() -> None:
    """Heavy packages are imported where they are used, never before the frame of a page is there."""
    lines = [
        line
        for page in PAGES.values()
        for line in (ROOT / page.file)
        .read_text(encoding="utf-8")
        .split("page.begin(")[0]
        .splitlines()
        if line.startswith(("import ", "from diagnosis"))
    ]
    code = ";".join(["import sys", *dict.fromkeys(lines), "print('keras' in sys.modules)"])
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
