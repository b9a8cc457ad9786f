"""One meaning for every colour.

Sequential (cividis) for what lies in 0..1: gates and probabilities. Diverging (blue, neutral, orange)
around 0 for states and candidates. Both are safe for colour-blind eyes (Nuñez, Anderton & Renslow 2018,
doi:10.1371/journal.pone.0199239; Okabe & Ito 2008), and never shown without a colour bar.
"""

SEQUENTIAL = "cividis"
_BLUE, _ORANGE = ("#0b4a7f", "#4f9bd9"), ("#e39a3b", "#8f4a00")
CURSOR = {"light": "#0b6b80", "dark": "#5cc3d8"}
HALO = {
    "light": "#ffffff",
    "dark": "#000000",
}  # around the cursor, so that it is seen on any colour
# A class has the same colour in every figure; Okabe and Ito's, first those furthest apart.
_CLASSES = {
    "light": ["#0072b2", "#d55e00", "#009e73", "#a6417f", "#1f2427", "#8a6d00", "#56b4e9"],
    "dark": ["#56b4e9", "#e69f00", "#009e73", "#cc79a7", "#f0e442", "#d55e00", "#e4e7e8"],
}


def diverging(theme: str) -> list[tuple[float, str]]:
    """Colour scale around 0, whose middle is the page's own background: nothing there, nothing seen."""
    middle = "#16191a" if theme == "dark" else "#f7f7f7"
    ends = (_BLUE[1], _ORANGE[0]) if theme == "dark" else (_BLUE[0], _ORANGE[1])
    inner = (_BLUE[0], _ORANGE[1]) if theme == "dark" else (_BLUE[1], _ORANGE[0])
    return [(0.0, ends[0]), (0.25, inner[0]), (0.5, middle), (0.75, inner[1]), (1.0, ends[1])]


def class_colour(index: int, theme: str) -> str:
    """The colour of a class, by its number."""
    colours = _CLASSES[theme]
    return colours[index % len(colours)]


def model_line(place: int, theme: str) -> dict[str, str]:
    """The line of one of several models, by its place among them: colour and dashes say the same.

    The colours begin behind those of the first two classes.
    """
    colours, dashes = (
        _CLASSES[theme],
        ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot"),
    )
    return {"color": colours[(place + 2) % len(colours)], "dash": dashes[place % len(dashes)]}


def signal_line(letter: str, theme: str) -> dict[str, str]:
    """The line of a gate's or state's curve: what keeps is solid, what adds dashed, what shows dotted.

    The dashes say the same as the colours, and none of the colours is one of the first two classes'.
    """
    ink, green, purple = (
        ("#e4e7e8", "#009e73", "#cc79a7") if theme == "dark" else ("#1f2427", "#00875f", "#a6417f")
    )
    if letter in {"f", "z", "c"}:
        return {"color": ink, "dash": "solid"}
    if letter in {"i", "r", "g", "candidate"}:
        return {"color": green, "dash": "dash"}
    return {"color": purple, "dash": "dot" if letter == "o" else "solid"}  # o and h
