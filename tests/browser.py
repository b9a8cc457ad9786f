"""The browser that the tests drive, and the moment at which a page has settled.

As a script it says by its exit code whether a browser starts; ``.ci/chromium`` asks that.
"""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Literal

from playwright.sync_api import (
    Browser,
    Error,
    FloatRect,
    Locator,
    Page,
    Playwright,
    expect,
    sync_playwright,
)

SETTLED_MS = 90_000  # the first reading after a start compiles its model
WITHIN_MS = 20_000  # two cores run other tests besides; nothing here measures time
BEGINS_MS = 5_000  # a run that is over within one frame of the browser is not seen at all
WATCH = """limit => {
  window.begun = new Promise(begun => {
    new MutationObserver((_, observer) => { observer.disconnect(); begun(); })
      .observe(document, {subtree: true, attributeFilter: ["data-test-script-state"]});
    setTimeout(begun, limit);
  });
}"""
# No page lives long enough for its scripts to be worth optimising.
QUICK_TO_START = ["--js-flags=--no-opt --no-maglev"]
expect.set_options(timeout=WITHIN_MS)


def launch(playwright: Playwright) -> Browser:
    """Start a headless Chromium: ``$CHROMIUM``, else the system's, else Playwright's own download.

    The shell comes first: without the windows of a whole browser a page costs half the processor time.

    Raises:
        Error: none of them starts.
    """
    if named := os.environ.get("CHROMIUM"):
        return playwright.chromium.launch(executable_path=named, args=QUICK_TO_START)
    for name in ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            try:
                return playwright.chromium.launch(executable_path=path, args=QUICK_TO_START)
            except Error:  # a stand-in that only says how to install the real one (Ubuntu)
                continue
    return playwright.chromium.launch(args=QUICK_TO_START)


def ready(page: Page) -> None:
    """Wait until the script of the page has run to its end, and see that it raised nothing."""
    page.locator("[data-test-script-state=notRunning]").wait_for(timeout=SETTLED_MS)
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0, timeout=SETTLED_MS)
    expect(page.get_by_test_id("stException")).to_have_count(0)


@contextmanager
def one_run(page: Page) -> Iterator[None]:
    """Do something that starts a run of the page's script, and wait until that run has ended.

    Its state is watched from before, for a run begins a little after what starts it: whoever waited for its
    end alone might look before it has begun. While a run goes on, old elements stand beside new ones, and a
    locator that finds both fails at once, without being tried again.
    """
    page.evaluate(WATCH, BEGINS_MS)
    yield
    page.evaluate("window.begun")
    ready(page)


@contextmanager
def heard(page: Page, event: Literal["request", "console"]) -> Iterator[list[Any]]:
    """What a page tells of meanwhile: what it asks for, or what is said on its console."""
    told: list[Any] = []

    def hear(each: Any) -> None:
        told.append(each)

    page.on(event, hear)
    try:
        yield told
    finally:
        page.remove_listener(event, hear)


def click(locator: Locator) -> None:
    """Press what starts a run, and wait until that has ended; see `one_run`."""
    still(locator)
    with one_run(locator.page):
        locator.click()


def enter(field: Locator, text: str) -> None:
    """Type into a field, which starts a run, and wait until that has ended; see `one_run`."""
    with one_run(field.page):
        field.fill(text)
        field.press("Enter")


def until(page: Page, holds: Callable[[], bool | None]) -> None:
    """Wait until something on the page is so, as `expect` does for what a locator cannot ask.

    Args:
        page: that is waited on.
        holds: reads the page. Not yet: it returns False, fails an assertion, or reads what is not there.
    """
    end = time.monotonic() + WITHIN_MS / 1000
    while time.monotonic() < end:
        with suppress(AssertionError, Error, LookupError, TypeError):
            if holds() is not False:
                return
        page.wait_for_timeout(50)
    assert holds() is not False


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


def press_cell(grid: Locator, *, x: float, y: float) -> None:
    """Press in a table, which is drawn on a canvas, and wait until the run that this starts has ended.

    Args:
        grid: the table.
        x, y: where, in pixels from its upper left corner.
    """
    box, mouse = still(grid), grid.page.mouse
    mouse.move(box["x"] + x, box["y"] + y)
    grid.page.wait_for_timeout(300)  # until the grid knows where the pointer is
    with one_run(grid.page):
        mouse.down()
        mouse.up()


def choose_sample(page: Page) -> None:
    """Take the case from the data set, unless the page already does, and wait until it is read."""
    _choose_source(page.locator(".st-key-source").get_by_role("radio").last)


def choose_upload(page: Page) -> None:
    """Take the case from a file, unless the page already does."""
    _choose_source(page.locator(".st-key-source").get_by_role("radio", name="Upload"))


def _choose_source(source: Locator) -> None:
    if not source.is_checked():
        click(source)


def sample_number(page: Page) -> Locator:
    """The box with the number of the test image, from 1."""
    return page.locator("[class*='st-key-sample-']").get_by_role("spinbutton")


def close_case(page: Page) -> None:
    """Close the scan that stayed open from another page."""
    click(page.locator(".st-key-close-scan").get_by_role("button"))


def step_slider(page: Page) -> Locator:
    """The slider that moves the cursor through all panels of a board."""
    return page.locator("input[type=range].row")


if __name__ == "__main__":
    with sync_playwright() as started:
        launch(started).close()
