"""Parts of the page Read a scan."""
