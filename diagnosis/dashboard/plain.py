"""Names that came with a file, shown as they are."""

import re


def plain(text: str) -> str:
    """Escape Markdown, so that a name is never interpreted: a picture in it would be fetched."""
    return re.sub(r"([\\`*_{}\[\]()#+\-.!<>|$:~])", r"\\\1", text)
