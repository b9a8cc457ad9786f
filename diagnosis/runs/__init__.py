"""A run: from a data set and a configuration to a measured, saved model version."""
