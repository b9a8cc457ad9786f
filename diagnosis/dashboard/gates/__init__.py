"""Parts of the page Gates."""
