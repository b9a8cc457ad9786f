"""The server, the frame of every page, the address, warm-up, and the caches of all sessions."""
