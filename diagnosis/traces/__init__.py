"""Traces: states and gates at every timestep, and per-step logits.

All without Keras; `tracer`, `ablation` and `unit_order` need it, and are imported where they are used.
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
