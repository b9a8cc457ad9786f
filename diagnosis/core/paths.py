"""Where on this machine Scanline keeps what is the user's own."""

import os
from pathlib import Path

from diagnosis.core.errors import InputError

PATHS = ("SCANLINE_HOME", "SCANLINE_DATA", "SCANLINE_CACHE")
ROOT = Path(__file__).resolve().parents[2]  # of the checkout: where processes are started
_BESIDE, _WITHIN = (
    ROOT / "assets",
    Path(__file__).parents[1] / "assets",
)  # a checkout; an installed package
ASSETS = _BESIDE if _BESIDE.is_dir() else _WITHIN


def home() -> Path:
    """The user's data folder: ``$SCANLINE_HOME``, else the platform's own place. Absolute.

    Raises:
        InputError: there cannot be such a folder.
    """
    if chosen := os.environ.get("SCANLINE_HOME"):
        return absolute(chosen, "SCANLINE_HOME")
    import platformdirs

    return platformdirs.user_data_path("scanline")


def cache_folder() -> Path:
    """The folder that downloads go to: ``$SCANLINE_CACHE``, or the user's cache folder."""
    if chosen := os.environ.get("SCANLINE_CACHE"):
        return absolute(chosen, "SCANLINE_CACHE")
    import platformdirs

    return platformdirs.user_cache_path("scanline")


def absolute(chosen: str, name: str) -> Path:
    """The path that a variable of the environment names; ``~`` is the home of a user.

    Raises:
        InputError: it is no path on this machine.
    """
    try:
        return Path(chosen).expanduser().resolve()
    except (OSError, RuntimeError, ValueError) as error:  # no such user, a loop of links
        raise InputError(
            f"{name} names no folder of this machine, {chosen[:200]!r}: give the path of one."
        ) from error


def typed(text: str) -> Path:
    """A path as a person types it: ``~`` is the home of a user, if there is one of that name."""
    return Path(os.path.expanduser(text))  # noqa: PTH111 - Path's own raises where there is none


def environment() -> dict[str, str]:
    """The environment for a process with another working folder: it has the same places."""
    chosen = {name: os.environ[name] for name in PATHS if os.environ.get(name)}
    return os.environ | {name: str(absolute(path, name)) for name, path in chosen.items()}
