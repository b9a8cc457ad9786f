"""Words of others in Streamlit's own page: shown letter for letter, and nothing else."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser import heard, ready
from tests.conftest import streamlit_page

WORDS = [
    "<b>bold</b> &amp; <img src=http://evil.example/x.png onerror=alert(1)>",
    "![x](http://evil.example/x.png) [y](http://evil.example) <http://evil.example>",
    "http://evil.example/path?x=1 https://evil.example www.evil.example me@evil.example",
    "**bold** _italic_ `code` $x^2$ $$x$$ ~~gone~~",
    ":red[red] :material/delete: :joy: :smile: :blue-background[x]",
    "# head  > quote | a | b | -> <- -- >= ~= (c)",
    "javascript:alert(1) data:text/html,x %{x} {y} \\n",
    "=HYPERLINK('http://evil.example')",
]
SCRIPT = """
import numpy as np
import streamlit as st
from diagnosis.dashboard.shell.escape import plain
from diagnosis.figures.scores import probability_bars
WORDS = {words!r}
for number, word in enumerate(WORDS):
    with st.container(key=f"word-{{number}}"):
        st.markdown(plain(word))
    st.caption(plain(word))
    st.button(plain(word), key=f"b{{number}}", help=plain(word))
    with st.expander(plain(word)):
        st.error(plain(word))
with st.container(key="bars"):
    st.plotly_chart(probability_bars(np.linspace(0, 1, len(WORDS)), WORDS, theme="light"))
"""


@pytest.fixture(scope="module")
def words_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("words")
    (folder / "words.py").write_text(SCRIPT.format(words=WORDS))
    with streamlit_page(folder / "words.py", folder) as url:
        yield url


def test_names_are_letters_only(page: Page, words_url: str) -> None:
    with heard(page, "request") as asked:
        page.goto(words_url)
        ready(page)
        page.locator(".st-key-bars .js-plotly-plot .ytick text").nth(len(WORDS) - 1).wait_for()
    for number, word in enumerate(WORDS):
        shown = page.locator(f".st-key-word-{number} p").text_content() or ""
        assert shown.replace("\u2060", "") == word
    main = page.locator(".stMain")
    for kind in ("a", "img", "code", "strong", "em", "del", ".katex", "h1", "blockquote", "table"):
        assert main.locator(f".stMarkdown {kind}").count() == 0, kind
    ticks = page.locator(".st-key-bars .ytick text")
    assert sorted(text.strip() for text in ticks.all_text_contents()) == sorted(WORDS)
    assert page.locator(".st-key-bars svg a").count() == 0
    assert not [request.url for request in asked if "evil.example" in request.url]
