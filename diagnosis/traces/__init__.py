"""Traces: states and gates per timestep, and the running verdict."""

from diagnosis.traces.ablation import AblatedReading, Ablation
from diagnosis.traces.cells import GATES, SIGNALS
from diagnosis.traces.decision_step import decided_at
from diagnosis.traces.trace import LayerHalf, LayerSignals, LayerTrace, Trace, Tracer
from diagnosis.traces.unit_order import Contributions, UnitOrder, ordered_units

__all__ = [
    "GATES",
    "SIGNALS",
    "AblatedReading",
    "Ablation",
    "Contributions",
    "LayerHalf",
    "LayerSignals",
    "LayerTrace",
    "Trace",
    "Tracer",
    "UnitOrder",
    "decided_at",
    "ordered_units",
]
