"""Page Readings: the audit log, and the effect of AI assistance on reads."""
