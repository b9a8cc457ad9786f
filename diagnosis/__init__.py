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
