"""The words on the screen, a file a chapter; ``dashboard.terms`` has them all."""
