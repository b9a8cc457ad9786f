"""Names of states and gates; the letters are the literature's."""

from diagnosis.traces import LayerHalf

WORDS = {
    ("lstm", "i"): "input gate i: how much of the candidate is written",
    ("lstm", "f"): "forget gate f: how much of the cell state is carried over",
    ("lstm", "g"): "candidate g: what would be added to the cell state",
    ("lstm", "o"): "output gate o: how much of the cell state is exposed",
    ("lstm", "c"): "cell state c: the memory itself",
    ("lstm", "h"): "hidden state h: what is passed on",
    ("gru", "z"): "update gate z: how much of the state is carried over",
    ("gru", "r"): "reset gate r: how much of the state the candidate uses",
    ("gru", "candidate"): "candidate h~: the proposed new state",
    ("gru", "h"): "hidden state h: what is passed on",
    ("simple_rnn", "h"): "hidden state h: the only memory",
}


def letter(signal: str) -> str:
    """How a signal is written."""
    return "h~" if signal == "candidate" else signal


def layer_words(layer: LayerHalf) -> str:
    """A layer and its direction."""
    number = layer.layer.rsplit("_", 1)[-1]
    way = {None: "", "forward": ", reading forwards", "backward": ", reading backwards"}
    return f"Layer {number}{way[layer.direction]}"
