"""Page Train: the form, a review before the start, and runs as they train."""
