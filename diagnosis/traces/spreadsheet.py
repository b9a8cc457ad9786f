"""A trace as CSV: one line for each unit at each timestep, one column for each state and gate."""

from collections.abc import Mapping
from io import StringIO

import numpy as np
import pandas as pd

from diagnosis.core import inert
from diagnosis.traces.trace import LayerTrace, Trace


def table(trace: Trace) -> pd.DataFrame:
    """Columns ``layer``, ``direction``, ``timestep`` (from 1), ``unit`` (from 0), then the signals.

    ``direction`` is empty for a layer that reads one way only; values are float32, NaN where padding was not
    read. Layers follow each other in the order of the model.
    """
    return pd.concat([_of_half(layer) for layer in trace.layers], ignore_index=True)


def csv(trace: Trace, about: Mapping[str, str]) -> bytes:
    """The table as CSV in UTF-8, every float32 written so that reading it gives the same float32.

    Args:
        trace: what to write.
        about: what is to be known about it, as lines "# label: value" before the header;
            ``pandas.read_csv(..., comment="#")`` passes over them.
    """
    text = StringIO()
    for label, value in about.items():
        text.write(f"{inert.remark(label, value)}\n")
    table(trace).to_csv(text, index=False, lineterminator="\n")
    return text.getvalue().encode()


def _of_half(layer: LayerTrace) -> pd.DataFrame:
    timesteps, units = layer.signals["h"].shape
    return pd.DataFrame(
        {
            "layer": layer.layer,
            "direction": layer.direction or "",
            "timestep": np.repeat(np.arange(1, timesteps + 1), units),
            "unit": np.tile(np.arange(units), timesteps),
            **{name: values.ravel() for name, values in layer.signals.items()},
        }
    )
