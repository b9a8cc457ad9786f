"""Decoding in a process apart from the server, which can be ended."""
