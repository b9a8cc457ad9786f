"""Where on this machine Scanline keeps what is the user's own."""

import os
from pathlib import Path


def home() -> Path:
    """The user's data folder: ``$SCANLINE_HOME``, else the platform's own place."""
    if chosen := os.environ.get("SCANLINE_HOME"):
        return Path(chosen)
    import platformdirs

    return platformdirs.user_data_path("scanline")


def cache_folder() -> Path:
    """The folder that downloads go to: ``$SCANLINE_CACHE``, or the user's cache folder."""
    if chosen := os.environ.get("SCANLINE_CACHE"):
        return Path(chosen).expanduser()
    import platformdirs

    return platformdirs.user_cache_path("scanline")
