"""Words of others stand for themselves wherever they are shown: one function for each kind of place.

Names of files and classes, tags, cells, reasons and comments come from whoever wrote them. HTML is escaped
where it is made, by ``html.escape``; JSON escapes by itself.
"""

import re
from html import escape

# Control characters, line and paragraph separators, what turns the direction of text, halves of surrogates.
_CONTROL = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!<>|$:~&])")
# Streamlit looks at text once more when its Markdown is done: for addresses, :emoji: and :material/icons:,
# arrows and dashes. No backslash is left then, so an invisible word joiner goes in between.
_SECOND_LOOK = re.compile(
    r"(?<=:)(?=[/a-z])|(?<=www)(?=\.)|(?<=@)(?=\w)|(?<=[-<>~])(?=[-=>])", re.IGNORECASE
)
WORD_JOINER = "\u2060"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def markdown(text: str) -> str:
    """For Markdown: nothing in it is a link, a picture, a formula or an icon."""
    return _MARKDOWN.sub(r"\\\1", _SECOND_LOOK.sub(WORD_JOINER, text))


def plotly(text: str) -> str:
    """For a label of Plotly's: it knows some HTML and, in what it shows under the mouse, ``%{…}``."""
    return escape(text, quote=False).replace("{", "&#123;")


def terminal(text: str) -> str:
    r"""For one line on a terminal or in a log: what would move, colour or turn text becomes ``\x1b``."""
    return _CONTROL.sub(lambda found: ascii(found.group())[1:-1], text)


def cell(text: str) -> str:
    """For a cell of a CSV file: a spreadsheet takes what begins so for a formula (OWASP, CSV injection)."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def remark(label: str, text: str) -> str:
    """A line "# label: text" before the head of a CSV file; a spreadsheet cuts it into cells, too."""
    words = f"# {label}: {text}"
    return re.sub(
        r"([,;]\s*)([^,;]*)", lambda found: found[1] + cell(found[2]), " ".join(words.split())
    )
