"""The command line: one file a command, each an `add_to` and the handlers that answer."""
