"""The server, the frame of every page, the address, warm-up, and what is cached for all sessions."""
