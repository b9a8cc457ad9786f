"""Traces: states and gates per timestep, and the running verdict."""

from diagnosis.traces.cells import GATES, SIGNALS
from diagnosis.traces.trace import LayerTrace, Trace, Tracer
from diagnosis.traces.verdict import decided_at

__all__ = ["GATES", "SIGNALS", "LayerTrace", "Trace", "Tracer", "decided_at"]
