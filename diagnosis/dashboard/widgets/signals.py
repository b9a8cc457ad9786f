"""States and gates in the words of the page; the letters are the literature's."""

from diagnosis.traces import LayerHalf

WORDS = {
    ("lstm", "i"): "input gate i: how much of what is new is let in",
    ("lstm", "f"): "forget gate f: how much memory is kept",
    ("lstm", "g"): "candidate g: what would be added",
    ("lstm", "o"): "output gate o: how much memory is shown",
    ("lstm", "c"): "cell state c: the memory itself",
    ("lstm", "h"): "hidden state h: what is passed on",
    ("gru", "z"): "update gate z: how much state is kept",
    ("gru", "r"): "reset gate r: how much state the candidate sees",
    ("gru", "candidate"): "candidate h~: what would be put there",
    ("gru", "h"): "hidden state h: what is passed on",
    ("simple_rnn", "h"): "hidden state h: all that is kept",
}


def letter(signal: str) -> str:
    """How a signal is written."""
    return "h~" if signal == "candidate" else signal


def layer_words(layer: LayerHalf) -> str:
    """A layer and its direction."""
    number = layer.layer.rsplit("_", 1)[-1]
    way = {None: "", "forward": ", reading forwards", "backward": ", reading backwards"}
    return f"Layer {number}{way[layer.direction]}"
