"""How long the Compare page computes for one scan: six models, their answers and all their panels.

    python -m benchmarks.compare SCAN

What is timed is what the server does once it is warm: reduce the scan and check its quality, read and trace
it with each model, and draw the board, whose charts are built, validated and serialised as for a browser. The
page's own functions run in a script of Streamlit's, as in its tests; no browser takes part.
"""

import argparse
import gc
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import keras
from streamlit.testing.v1 import AppTest

from diagnosis.cases import Case
from diagnosis.comparison.case_predictions import predict_with_each
from diagnosis.dashboard.compare.case_board import case_board
from diagnosis.dashboard.shell import address, caches
from diagnosis.models import store
from diagnosis.models.store import Version
from diagnosis.models.variants import VARIANTS, recurrent_variants
from diagnosis.scans import read_scan

TASK = "pneumoniamnist"
RECURRENT = recurrent_variants()
LINES = {
    "all six recurrent models": RECURRENT,
    "five of them and the CNN": [*RECURRENT[:-1], "cnn"],
}
WARM_UPS = 5


@dataclass
class Stopwatch:
    """Milliseconds of each part, round by round."""

    data: bytes
    variants: Sequence[str]
    decoding: list[float] = field(default_factory=list)
    prediction: list[float] = field(default_factory=list)
    drawing: list[float] = field(default_factory=list)

    def round(self) -> None:
        """Compare once. Called by a Streamlit script."""
        address.begin()
        versions = [_active(variant) for variant in self.variants]
        titles = [VARIANTS[variant].title for variant in self.variants]
        times = [time.perf_counter()]
        case = Case.of(read_scan(self.data))
        times.append(time.perf_counter())
        outcomes = predict_with_each(versions, case, load=lambda v: caches.model(str(v.folder)))
        times.append(time.perf_counter())
        case_board(titles, outcomes, label=None, population="", travels=False)
        times.append(time.perf_counter())
        assert all(outcome.prediction for outcome in outcomes)
        for part, begun, ended in zip(
            (self.decoding, self.prediction, self.drawing), times[:-1], times[1:], strict=True
        ):
            part.append((ended - begun) * 1000)


def main() -> None:
    """Print medians, with their lowest and highest."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scan", type=Path, help="a chest X-ray: PNG, JPEG, DICOM and so on")
    parser.add_argument("--rounds", type=int, default=60)
    arguments = parser.parse_args()
    data = arguments.scan.read_bytes()
    scan = read_scan(data)
    height, width = scan.pixels.shape[1:3]
    print(f"Keras {keras.__version__} on {keras.backend.backend()}, {arguments.rounds} rounds")
    print(f"{scan.format}, {width} × {height} pixels; milliseconds, median (lowest to highest)")
    for line, variants in LINES.items():
        stopwatch = Stopwatch(data, variants)
        script = AppTest.from_function(_script, default_timeout=120)
        script.session_state["stopwatch"] = stopwatch
        for _ in range(WARM_UPS):
            script.run()
        gc.collect()
        gc.freeze()  # as the app does once it is warm
        for _ in range(arguments.rounds):
            script.run()
        assert not script.exception, script.exception
        _report(line, stopwatch)


def _script() -> None:
    import streamlit as st

    st.session_state["stopwatch"].round()


def _report(line: str, measured: Stopwatch) -> None:
    parts = [part[WARM_UPS:] for part in (measured.decoding, measured.prediction, measured.drawing)]
    decoding, prediction, drawing = parts
    whole = [one + other for one, other in zip(prediction, drawing, strict=True)]
    with_file = [one + other for one, other in zip(whole, decoding, strict=True)]
    print(f"\n{line}")
    for words, times in (
        ("prepared, read and traced", prediction),
        ("board drawn", drawing),
        ("together", whole),
        ("and the file decoded", with_file),
    ):
        median = statistics.median(times)
        print(f"  {words:26} {median:7.1f} ({min(times):.1f}–{max(times):.1f})")


def _active(variant: str) -> Version:
    version = store.active(f"{TASK}/{variant}")
    assert version is not None, f"{TASK}/{variant} is shipped"
    return version


if __name__ == "__main__":
    main()
