"""The page Read a scan, and the parts of it that other pages with a case share."""
