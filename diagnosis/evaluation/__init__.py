"""Measuring models: metrics with intervals, paired comparisons, calibration, operating points.

NumPy, SciPy, scikit-learn.
"""
