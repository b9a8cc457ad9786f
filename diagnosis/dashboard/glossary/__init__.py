"""The words of the field, a file a chapter."""
