"""The browser that the tests drive, and the moment at which a page has settled.

As a script it says by its exit code whether a browser starts; ``.ci/chromium`` asks that.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import (
    Browser,
    Error,
    FloatRect,
    Locator,
    Page,
    Playwright,
    Position,
    expect,
    sync_playwright,
)

SETTLED_MS = 60_000  # the first reading after a start compiles its model
BEGINS_MS = 3_000  # a run that is over within one frame of the browser is not seen at all
WATCH = """limit => {
  window.begun = new Promise(begun => {
    new MutationObserver((_, observer) => { observer.disconnect(); begun(); })
      .observe(document, {subtree: true, attributeFilter: ["data-test-script-state"]});
    setTimeout(begun, limit);
  });
}"""
expect.set_options(timeout=20_000)  # two cores run other tests besides; nothing here measures time


def launch(playwright: Playwright) -> Browser:
    """Start a headless Chromium: ``$CHROMIUM``, else the system's, else Playwright's own download.

    The shell comes first: without the windows of a whole browser a page costs half the processor time.

    Raises:
        Error: none of them starts.
    """
    if named := os.environ.get("CHROMIUM"):
        return playwright.chromium.launch(executable_path=named)
    for name in ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            try:
                return playwright.chromium.launch(executable_path=path)
            except Error:  # a stand-in that only says how to install the real one (Ubuntu)
                continue
    return playwright.chromium.launch()


def ready(page: Page) -> None:
    """Wait until the script of the page has run to its end, and see that it raised nothing."""
    page.locator("[data-test-script-state=notRunning]").wait_for(timeout=SETTLED_MS)
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0, timeout=SETTLED_MS)
    expect(page.get_by_test_id("stException")).to_have_count(0)


@contextmanager
def one_run(page: Page) -> Iterator[None]:
    """Do something that starts a run of the page's script, and wait until that run has ended.

    Its state is watched from before, for a run begins a little after what starts it: whoever waited for its
    end alone might look before it has begun.
    """
    page.evaluate(WATCH, BEGINS_MS)
    yield
    page.evaluate("window.begun")
    ready(page)


def still(locator: Locator) -> FloatRect:
    """Wait until nothing moves an element any more: charts above it take their height late.

    A press that begins on an element and ends beside it is none.

    Returns:
        Where it is.
    """
    box, before = locator.bounding_box(), None
    while box is None or box != before:
        locator.page.wait_for_timeout(200)
        box, before = locator.bounding_box(), box
    return box


def press_row(table: Locator, number: int) -> None:
    """Press on the words of a row of a table, counted from 1.

    Streamlit drops a press until it knows that the pointer is on the table, which it hears when that moves.
    """
    words = Position(x=100, y=38 + 35 * (number - 0.5))
    table.hover(position=words)
    table.page.wait_for_timeout(300)
    table.click(position=words)


def choose_sample(page: Page) -> None:
    """Take the case from the data set instead of from a file."""
    page.locator(".st-key-source").get_by_role("radio").last.click()


def choose_upload(page: Page) -> None:
    """Take the case from a file, unless the page already does."""
    if not page.get_by_test_id("stFileUploader").count():
        with one_run(page):
            page.locator(".st-key-source").get_by_role("radio", name="Upload").click()


def sample_number(page: Page) -> Locator:
    """The box with the number of the test image, from 1."""
    return page.locator("[class*='st-key-sample-']").get_by_role("spinbutton")


def close_case(page: Page) -> None:
    """Close the scan that stayed open from another page."""
    page.locator(".st-key-close-scan").get_by_role("button").click()


def step_slider(page: Page) -> Locator:
    """The slider that moves the cursor through all panels of a board."""
    return page.locator("input[type=range].row")


if __name__ == "__main__":
    with sync_playwright() as started:
        launch(started).close()
