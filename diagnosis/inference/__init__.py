"""Sequences in, predictions out: the predictor, the decision rule, and when to abstain."""
