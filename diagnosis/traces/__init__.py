"""Traces: states and gates at every timestep, and per-step logits."""

from diagnosis.traces.ablation import AblatedOutput, Ablation
from diagnosis.traces.cells import GATES, SIGNALS
from diagnosis.traces.decision_step import decision_step
from diagnosis.traces.trace import LayerHalf, LayerSignals, LayerTrace, Trace, Tracer
from diagnosis.traces.unit_order import Contributions, UnitOrder, ordered_units

__all__ = [
    "GATES",
    "SIGNALS",
    "AblatedOutput",
    "Ablation",
    "Contributions",
    "LayerHalf",
    "LayerSignals",
    "LayerTrace",
    "Trace",
    "Tracer",
    "UnitOrder",
    "decision_step",
    "ordered_units",
]
