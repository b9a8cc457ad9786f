"""Getting the published file of a data set: into a folder of its own first, then in one step to its place.

Only addresses of the catalogue are asked, or the mirror that ``$SCANLINE_MIRROR`` names. A file is never
larger than its arrays can be, has the published MD5, and is there whole or not at all.
"""

import os
from collections.abc import Callable
from pathlib import Path

from diagnosis.core.access import require_write
from diagnosis.core.paths import cache_folder
from diagnosis.datasets.dataset import DatasetError
from diagnosis.datasets.facts import DatasetFacts, PublishedFile
from diagnosis.datasets.unfinished import working_folder

TIMEOUT = 30.0  # seconds without a byte before a download is given up
CHUNK = 1 << 16  # bytes between two reports
Progress = Callable[
    [int, int], None
]  # bytes that came, bytes in all; 0 where the server does not say


class DownloadError(DatasetError):
    """A file could not be had; ``reason`` is the part of the sentence that says why."""

    def __init__(self, facts: DatasetFacts, size: int, reason: str) -> None:
        """The whole sentence says how to get the file oneself."""
        super().__init__(get_it_yourself(facts, size, reason))
        self.reason = reason


def retrieve(facts: DatasetFacts, size: int, progress: Progress) -> Path:
    """Get a file into the cache folder, and check it.

    Args:
        facts: of a published set.
        size: that it is published at.
        progress: is told what came; what it raises ends the download, of which nothing is left.

    Raises:
        DownloadError: it cannot be had, or is not the published file.
        InputError: this Scanline is read-only.
    """
    require_write("fetch data sets")
    import pooch

    file, place = facts.files[size], cache_folder()
    pooch.get_logger().setLevel("WARNING")
    meter = _Meter(progress, facts.most_bytes(size))
    over_http = pooch.HTTPDownloader(progressbar=meter, chunk_size=CHUNK, timeout=TIMEOUT)
    try:
        with working_folder(place) as partial:
            pooch.retrieve(
                address(file), f"md5:{file.md5}", file.filename, partial, downloader=over_http
            )
            (partial / file.filename).replace(place / file.filename)
    except _TooLargeError as error:
        reason = "is not the published file: it is too large"
        raise DownloadError(facts, size, reason) from error
    except OSError as error:  # requests' own errors are OSErrors too
        reason = f"could not be downloaded ({_problem(error)})"
        raise DownloadError(facts, size, reason) from error
    except ValueError as error:  # pooch: the hash differs
        reason = "was downloaded, but is not the published file (its MD5 differs)"
        raise DownloadError(facts, size, reason) from error
    return place / file.filename


def data_folder() -> Path | None:
    """``$SCANLINE_DATA``, where files that a person put there are looked for first."""
    chosen = os.environ.get("SCANLINE_DATA")
    return Path(chosen).expanduser() if chosen else None


def address(file: PublishedFile) -> str:
    """Where a file is got from: its publisher, or the mirror."""
    mirror = os.environ.get("SCANLINE_MIRROR")
    return f"{mirror.rstrip('/')}/{file.filename}" if mirror else file.url


def get_it_yourself(facts: DatasetFacts, size: int, problem: str) -> str:
    """A sentence for the command line: the problem, and how to get the file without Scanline."""
    if not facts.files:
        return f"{facts.title} {problem}: {facts.get}, and put it into {data_folder() or cache_folder()}."
    file = facts.files[size]
    return (
        f"{facts.title} {problem}: get {file.filename} (MD5 {file.md5}) from {address(file)} and "
        f"put it into {data_folder() or cache_folder()}."
    )


class _TooLargeError(Exception):
    """More came, or was announced, than the arrays of the set can be."""


class _Meter:
    """What pooch calls a progress bar: it counts in chunks, sets ``total``, and ends with `reset`."""

    def __init__(self, progress: Progress, most: int) -> None:
        self.total = 0
        self._progress, self._most, self._came = progress, most, 0

    def update(self, count: int) -> None:
        self._came += count
        if max(self.total, self._came - CHUNK) > self._most:  # the last chunk is seldom full
            raise _TooLargeError
        self._progress(min(self._came, self.total) if self.total else self._came, self.total)

    def reset(self) -> None:
        self._came = 0

    def close(self) -> None:
        """There is nothing to close."""


def _problem(error: OSError) -> str:
    import requests

    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"the server answered {error.response.status_code}"
    if isinstance(error, requests.Timeout):
        return "the server did not answer in time"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the connection broke off"
    if isinstance(error, requests.ConnectionError):
        return "the server cannot be reached"
    return error.strerror or type(error).__name__
