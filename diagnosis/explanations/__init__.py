"""Explanations of a prediction, each with its limits: attribution, perturbation, similar cases, gate use."""
