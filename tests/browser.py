"""The browser that the tests drive, and the moment at which a page has settled.

As a script it says by its exit code whether a browser starts; ``.ci/chromium`` asks that.
"""

import os
import shutil

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

SETTLED_MS = 60_000  # the first reading after a start compiles its model
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


if __name__ == "__main__":
    with sync_playwright() as started:
        launch(started).close()
