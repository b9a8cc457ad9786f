"""What decoders say past us about an odd file, often quoting its text, is kept off the terminal."""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

DECODERS = r"(PIL|pydicom|nibabel|pylibjpeg|openjpeg|gdcm)(\.|$)"

_switching = threading.Lock()  # held while standard error is switched, never while decoding
_users = 0
_stderr: int | None = None


def silence_warnings() -> None:
    """Ignore the decoders' Python warnings from now on, in the whole process."""
    warnings.filterwarnings("ignore", module=DECODERS)


@contextmanager
def muted() -> Iterator[None]:
    """Keep what libtiff and GDCM print, past Python, out of standard error.

    The process has one standard error: while any thread is here the others lose theirs too.
    """
    _enter()
    try:
        yield
    finally:
        _leave()


def _enter() -> None:
    global _users, _stderr  # noqa: PLW0603 - of the process, as standard error is
    with _switching:
        _users += 1
        if _users > 1:
            return
        try:
            _stderr = os.dup(2)
        except OSError:  # there is none, as in some services
            return
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 2)
        os.close(nothing)


def _leave() -> None:
    global _users, _stderr  # noqa: PLW0603
    with _switching:
        _users -= 1
        if _users == 0 and _stderr is not None:
            os.dup2(_stderr, 2)
            os.close(_stderr)
            _stderr = None
