"""Explanations of a reading: which rows mattered, what was seen before that looks alike, and their limits."""
