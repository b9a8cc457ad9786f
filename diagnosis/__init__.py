"""Scanline: how a recurrent network reads a medical scan, row by row and gate by gate.

A scan is a sequence: bytes → Scan → Sequence → Model → Reading, with a trace of every state and gate.
Research and education only.
"""

import os

__version__ = "0.1.0"

# TensorFlow prints start-up lines on stderr unless both are set before its first import. Turning
# oneDNN's graph rewrites off costs nothing measurable for these models; an operator may override.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

# XLA's scheduler for concurrency makes many small operations wait for each other on few cores: without it a
# full trace takes a tenth less time (benchmarks/trace.py). Other backends bring an XLA with flags of its own.
if os.environ.get("KERAS_BACKEND", "tensorflow") == "tensorflow":
    os.environ.setdefault("XLA_FLAGS", "--xla_cpu_enable_concurrency_optimized_scheduler=false")
