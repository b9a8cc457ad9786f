"""Home page: the menu in sentences, this machine, and where files are stored."""
