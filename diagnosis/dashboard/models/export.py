"""A version as files: its network for other programs, and its card."""

import subprocess
import sys
import tempfile
import threading
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import streamlit as st

from diagnosis.core import strict_json
from diagnosis.core.errors import InputError
from diagnosis.core.paths import ROOT, environment
from diagnosis.dashboard.shell.escape import plain
from diagnosis.models.store import Version

FORMATS = {"onnx": "ONNX (.onnx)", "keras": "Keras 3 (.keras)"}
LONGEST_S = 300  # of one export; it takes some 15 s, most of it to load Keras and its backend
_one = threading.Lock()  # each is a process that takes a core and some 700 MB


def export(version: Version) -> None:
    """Draw the buttons; a file is made when its button is pressed."""
    name = f"{version.name.replace('/', '-')}-{version.version}"
    with st.popover("Export"):
        for format, label in FORMATS.items():
            st.download_button(
                label, partial(exported, str(version.folder), format), f"{name}.{format}",
                "application/octet-stream", on_click="ignore", key=f"export-{format}", width="stretch",
                help="From prepared sequences to scores before calibration. Made when pressed, in some 15 s.",
            )  # fmt: skip
        st.download_button(
            "Card (.json)", partial(card, version), f"{name}.json", "application/json",
            on_click="ignore", key="export-card", width="stretch",
        )  # fmt: skip
        data = version.card.dataset
        st.caption(f"Trained on {plain(data.name)}, {plain(data.licence)}")


def card(version: Version) -> bytes:
    """What is known about a version, as JSON.

    Raises:
        InputError: its configuration or its card cannot be read.
    """
    known: dict[str, Any] = {
        "model": version.name,
        "version": version.version,
        "population": version.population.to_json(),
        "config": version.config.to_json(),
        "card": version.card.to_json(),
    }
    return (strict_json.dumps(known, ensure_ascii=False) + "\n").encode()


@lru_cache(maxsize=8)
def exported(folder: str, format: str) -> bytes:
    """The file of a version, made by the command line in a process of its own.

    Args:
        folder: of the version, which never changes.
        format: a key of `FORMATS`.

    Raises:
        InputError: it cannot be made; the message is the command's.
    """
    with tempfile.TemporaryDirectory(prefix="scanline-export-") as place, _one:
        out = Path(place, f"model.{format}")
        done = subprocess.run(
            [sys.executable, "-m", "diagnosis", "models", "export", folder,
             "--format", format, "--out", str(out)],
            cwd=ROOT, env=environment(), stdin=subprocess.DEVNULL, capture_output=True,
            check=False, timeout=LONGEST_S,
        )  # fmt: skip
        if done.returncode:
            raise InputError(done.stderr.decode(errors="replace").strip()[-500:])
        return out.read_bytes()
