"""Problems that the person in front of the screen can do something about."""

from difflib import get_close_matches


class InputError(ValueError):
    """What was given cannot be used.

    The message is one sentence for that person: what was given, what was expected, what to do. Pages
    show it as it is; the command line prints it on standard error and exits with code 2.
    """


def nearest(name: str, valid: list[str]) -> str:
    """Return ``" Did you mean …?"`` with up to three close matches, or the whole list if none is close."""
    close = get_close_matches(name, valid, n=3, cutoff=0.5)
    if close:
        return f" Did you mean {', '.join(close)}?"
    return f" Valid names: {', '.join(valid)}."
