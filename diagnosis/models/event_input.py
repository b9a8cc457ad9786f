"""What a recurrent layer reads of an event: its code in an embedding, moved along a second one by the value.

    x_t = [ e(code) + z · v(code) ; z ; whether there is a value ; gap ]

e and v are two tables of the network. A value so means another thing for each code, which a number beside
the embedding could not: what a gate adds up for a code and for a value would not depend on each other (the
tokens of Gorishniy et al. 2021, arXiv:2106.11959, of numerical features are made likewise).
"""

from typing import Any

from keras import layers, ops

CODE_TABLE, VALUE_TABLE = "embedding", "value_embedding"  # names of the layers


def tables(codes: int, width: int, dtype: str) -> tuple[layers.Embedding, layers.Embedding]:
    """The layers e and v for so many codes, padding and what is unknown counted in."""
    return (
        layers.Embedding(codes, width, name=CODE_TABLE, dtype=dtype),
        layers.Embedding(codes, width, name=VALUE_TABLE, dtype=dtype),
    )


def entered(x: Any, by_code: layers.Embedding, by_value: layers.Embedding) -> Any:
    """What the first recurrent layer reads, ``(batch, timesteps, width + 3)``.

    Args:
        x: events, ``(batch, timesteps, 4)``; see ``sequences.events``.
        by_code: e.
        by_value: v.
    """
    code = ops.cast(x[..., 0], "int32")
    token = by_code(code) + x[..., 1:2] * by_value(code)
    return ops.concatenate([token, x[..., 1:]], axis=-1)


def read(x: Any) -> Any:
    """Which events are no padding, bool ``(batch, timesteps)``."""
    return ops.not_equal(x[..., 0], 0)
