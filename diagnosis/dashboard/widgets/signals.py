"""Names of states and gates; the letters are the literature's."""

from dataclasses import dataclass

from diagnosis.traces import LayerHalf


@dataclass(frozen=True)
class Signal:
    """A state or gate of a cell."""

    name: str
    meaning: str

    @property
    def title(self) -> str:
        """Above a panel."""
        return f"{self.name}: {self.meaning}"


SIGNALS = {
    ("lstm", "i"): Signal("input gate i", "how much of the candidate is added"),
    ("lstm", "f"): Signal("forget gate f", "cell state that remains"),
    ("lstm", "g"): Signal("candidate g", "what may be added"),
    ("lstm", "o"): Signal("output gate o", "how much of the cell state is passed on"),
    ("lstm", "c"): Signal("cell state c", "the memory"),
    ("lstm", "h"): Signal("hidden state h", "what is passed on"),
    ("gru", "z"): Signal("update gate z", "old state that remains"),
    ("gru", "r"): Signal("reset gate r", "how much of the state the candidate sees"),
    ("gru", "candidate"): Signal("candidate h~", "what may replace the old state"),
    ("gru", "h"): Signal("hidden state h", "what is passed on"),
    ("simple_rnn", "h"): Signal("hidden state h", "the whole memory"),
}


BRANCHES = {"record": "Record", "image": "Picture"}  # of a study, by how names of layers begin


def button_name(cell: str, signal: str) -> str:
    """On a button: "forget *f*", whose first word the style sheet shows where there is room for it.

    It is there for screen readers all the same.
    """
    return f"{SIGNALS[cell, signal].name.split()[0]} *{letter(signal)}*"


def letter(signal: str) -> str:
    """How a signal is written."""
    return "h~" if signal == "candidate" else signal


def layer_words(layer: LayerHalf) -> str:
    """A layer and its direction; of a study the part that it reads, too."""
    *branch, number = layer.layer.split("_")
    if branch[:1] == ["fusion"]:
        return "Fusion"
    way = {None: "", "forward": ", reading forwards", "backward": ", reading backwards"}
    of_branch = f"{BRANCHES[branch[0]]}, layer" if branch and branch[0] in BRANCHES else "Layer"
    return f"{of_branch} {number}{' across' if layer.across else ''}{way[layer.direction]}"
