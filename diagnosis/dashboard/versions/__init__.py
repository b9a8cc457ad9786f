"""Versions on the page: what would change, the decision, its history, and what a session reads with."""
