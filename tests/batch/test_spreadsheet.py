"""A trace as CSV: every number can be read back as it was."""

from io import BytesIO

import numpy as np
import pandas as pd
import pytest

from diagnosis.datasets import load
from diagnosis.traces import Trace, spreadsheet
from tests.shipped import shipped, tracer_of


def trace_of(name: str) -> Trace:
    image = load("phantoms", size=28).images["test"][0]
    (sequence,) = shipped(f"phantoms/{name}").config.encoder.batch(image[None])
    return tracer_of(f"phantoms/{name}")(sequence)


@pytest.mark.parametrize("name", ["bidirectional_lstm", "stacked_gru", "simple_rnn"])
def test_csv_holds_the_trace_to_the_last_bit(name: str) -> None:
    trace = trace_of(name)
    data = spreadsheet.csv(trace, {"model": "phantoms", "intended use": "two\nlines"})
    lines = data.decode().splitlines()
    assert lines[:2] == ["# model: phantoms", "# intended use: two lines"]
    read = pd.read_csv(BytesIO(data), comment="#", keep_default_na=False)
    for layer in trace.layers:
        part = read[(read["layer"] == layer.layer) & (read["direction"] == (layer.direction or ""))]
        timesteps, units = layer.signals["h"].shape
        assert len(part) == timesteps * units
        assert part["timestep"].iloc[0] == 1 and part["timestep"].iloc[-1] == timesteps
        for signal, values in layer.signals.items():
            at = part.pivot(index="timestep", columns="unit", values=signal).to_numpy(np.float32)
            np.testing.assert_array_equal(at, values)
