"""Many files through one model: a folder becomes a table with one row for each file."""
