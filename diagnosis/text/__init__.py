"""Sentences that page, command line and report share, one file per subject."""
