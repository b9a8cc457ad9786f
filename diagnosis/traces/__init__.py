"""Traces: states and gates per timestep, and the prediction after each.

What needs no Keras; `tracer`, `ablation` and `unit_order` need it, and are imported where they are used.
"""

from diagnosis.traces.decision_step import decision_step
from diagnosis.traces.trace import GATES, SIGNALS, LayerHalf, LayerSignals, LayerTrace, Trace

__all__ = [
    "GATES",
    "SIGNALS",
    "LayerHalf",
    "LayerSignals",
    "LayerTrace",
    "Trace",
    "decision_step",
]
