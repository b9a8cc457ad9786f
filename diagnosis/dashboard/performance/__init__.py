"""Page Performance: operating point, calibration, abstention, classes, misclassified cases."""
