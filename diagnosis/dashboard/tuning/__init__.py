"""The parts of the tune page: what to search, how the search stands, and what it has found."""
