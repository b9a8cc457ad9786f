"""The case picker: it opens on a case, says nothing of the label, and the address names the case."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from diagnosis.dashboard.shell import address, caches
from diagnosis.datasets import catalogue, task_title
from diagnosis.datasets.examples import examples_of, shipped
from tests.dashboard.test_pages import OPENED_WITHIN_S, ROOT, opened

CHEST = list(examples_of("pneumoniamnist", 28))
WARD = list(examples_of("recordphantoms", 64))
PARAMETER = re.compile(r'parameter="(\w+)"|address\.(?:show|write|write_case)\(([^)]*)\)')


@pytest.fixture(autouse=True)
def fresh_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No data sets but the built-in phantoms, and none that an earlier test has loaded."""
    caches.dataset.clear()
    monkeypatch.setenv("SCANLINE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("SCANLINE_DATA", raising=False)


def picker(name: str = "pneumoniamnist/lstm", query: Mapping[str, str] | None = None) -> AppTest:
    """The picker alone; what it returns is written down as the case's source."""

    def script(name: str) -> None:
        import streamlit as st

        from diagnosis.dashboard.shell import address
        from diagnosis.dashboard.widgets import case_picker
        from diagnosis.models import store

        address.begin()
        version = store.find(name)
        case = case_picker.choose(version, version.config)
        st.text("none" if case is None else case.source)

    app = AppTest.from_function(script, args=(name,), default_timeout=OPENED_WITHIN_S)
    for parameter, value in (query or {}).items():
        app.query_params[parameter] = value
    app.run()
    assert not app.exception, app.exception
    return app


def source(app: AppTest) -> str:
    """The case's, as `picker` wrote it down."""
    return str(app.text[0].value)


def ignored(app: AppTest) -> list[str]:
    """Names of the parameters that the page says it ignored."""
    (said,) = [each.value for each in app.caption if "address" in each.value] or [""]
    return re.findall(r"[\w<>-]+", said.rpartition(":")[2].replace(" and ", " "))


def test_a_fresh_machine_opens_on_an_example() -> None:
    app = picker()
    assert source(app) == shipped()[CHEST[0]].case.source
    app.session_state["source"] = "Upload"
    app.run()
    assert source(app) == "none"
    app.button(key="try-example").click().run()
    assert source(app) == shipped()[CHEST[0]].case.source


def test_a_fresh_machine_opens_a_record_and_another_with_labels_that_are_hidden() -> None:
    app = picker("recordphantoms/embedding_gru")
    for name in WARD:
        (label,) = shipped()[name].label
        app.session_state["example-recordphantoms"] = name
        app.run()
        assert source(app) == shipped()[name].case.source
        assert not any(label in each.value for each in (*app.markdown, *app.caption))
        app.button(key="show-label").click().run()
        assert any(label in each.value for each in app.markdown)


@pytest.mark.parametrize("page", ["read", "gates"])
def test_an_example_record_is_read_without_a_data_set(page: str) -> None:
    app = opened(page, {"task": "recordphantoms", "example": WARD[0]})
    assert app.session_state["source"] == "Example" and not app.error
    assert any("deterioration" in each.value for each in app.markdown)  # the prediction


def test_a_task_without_examples_opens_on_its_first_sample_or_on_the_uploader() -> None:
    app = picker("phantoms/lstm")
    assert source(app) == "phantoms, test image 1"
    assert app.session_state["source"] == "Sample"


def test_without_its_data_set_a_sample_leads_to_the_data_set() -> None:
    app = opened("read", {"task": "pneumoniamnist", "sample": "7"})
    assert app.session_state["source"] == "Sample" and app.info
    assert {"download-start-pneumoniamnist-28", "try-example"} <= {each.key for each in app.button}


@pytest.mark.parametrize(
    ("name", "query", "opened"),
    [
        ("pneumoniamnist/lstm", {"example": CHEST[3]}, shipped()[CHEST[3]].case.source),
        ("phantoms/lstm", {"sample": "7"}, "phantoms, test image 7"),
        ("pneumoniamnist/lstm", {"source": "upload"}, "none"),
    ],
)
def test_an_address_opens_its_case(name: str, query: Mapping[str, str], opened: str) -> None:
    app = picker(name, query)
    assert source(app) == opened
    assert not ignored(app)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"example": "<b>nonsense"}, ["example"]),
        ({"sample": "9999999999999999999999"}, ["sample"]),
        ({"sample": "-100", "colour": "scarlet"}, ["colour", "sample"]),
        ({"source": "nowhere"}, ["source"]),
    ],
)
def test_what_an_address_asks_for_in_vain_is_said_in_one_line(
    query: Mapping[str, str], said: list[str]
) -> None:
    app = picker("phantoms/lstm", query)
    assert source(app) == "phantoms, test image 1"
    assert ignored(app) == said
    assert not any(value in each.value for value in query.values() for each in app.caption)


def test_a_file_that_stayed_in_its_session_is_asked_for_again() -> None:
    assert not picker(query={"source": "upload"}).info
    app = picker(query={"source": "file"})
    assert len(app.info) == 1
    app.button(key="try-example").click().run()
    assert source(app) == shipped()[CHEST[0]].case.source


def test_the_label_is_hidden_until_it_is_asked_for() -> None:
    app = picker()
    (label,) = shipped()[CHEST[0]].label
    said = [each.value for each in (*app.markdown, *app.caption)]
    assert not any(re.search(rf"\b{label}\b", each) for each in said)
    app.button(key="show-label").click().run()
    assert any(label in each.value for each in app.markdown)
    app.session_state["example-pneumoniamnist"] = CHEST[1]
    app.run()
    assert [button.key for button in app.button] == ["show-label"]  # each case has its own


def test_random_and_the_number_choose_a_sample_and_write_it_into_the_address() -> None:
    app = picker("phantoms/lstm")
    app.number_input(key="sample-phantoms").set_value(12).run()
    assert source(app) == "phantoms, test image 12"
    assert app.query_params["sample"] in ("12", ["12"])
    app.button(key="sample-random").click().run()
    number = app.session_state["sample-phantoms"]
    assert app.query_params["sample"] in (str(number), [str(number)])


def test_every_parameter_that_a_page_writes_is_known() -> None:
    found = set()
    for path in (*(ROOT / "diagnosis/dashboard").rglob("*.py"), *(ROOT / "pages").glob("*.py")):
        for one, several in PARAMETER.findall(path.read_text(encoding="utf-8")):
            found |= {one} - {""} | set(re.findall(r"(\w+)=", several))
    assert found and found <= address.KNOWN


def test_tasks_have_names_for_people() -> None:
    titles = [task_title(name) for name in catalogue()]
    assert all("?" in title for title in titles) and len(set(titles)) == len(titles)
    assert task_title("my-own") == "my-own"
