"""Page Tune: a form for a hyperparameter search, its status, and its results."""
