"""Words in a CSV file that somebody will open with a spreadsheet."""


def harmless(word: str) -> str:
    """A spreadsheet takes what begins so for a formula (OWASP, CSV injection); an apostrophe prevents it."""
    return f"'{word}" if word.startswith(("=", "+", "-", "@", "\t", "\r")) else word
