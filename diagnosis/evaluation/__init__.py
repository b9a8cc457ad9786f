"""Measuring a model: metrics with intervals, calibration and operating points. NumPy, SciPy, scikit-learn."""
