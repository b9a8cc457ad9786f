"""The search for hidden units: cross-validated trials of Optuna's, each fold a plain function of its work."""
