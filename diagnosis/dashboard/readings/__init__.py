"""Parts of the page Readings."""
