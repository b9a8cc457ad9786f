"""Where the branches of a network meet: a small LSTM whose steps are the states in which they ended.

As in MedFuse (Hayat, Geras & Shamout 2022, arXiv:2207.07027). A part that is missing is a masked step of that
LSTM, and its numbers are set to 0 before anything else is computed of them, so it is inert bit by bit.
"""

from typing import Any

from keras import ops

from diagnosis.sequences import Part

FUSION = "fusion_lstm"  # name of the layer
DROPOUT = "modality_dropout"


def read(x: Any, part: Part) -> Any:
    """Which steps of a part are read of ``(batch, timesteps, features)``, bool ``(batch, its steps)``."""
    return ops.not_equal(x[:, part.start : part.stop, 0], 0)


def values(x: Any, part: Part) -> Any:
    """The numbers of a part's steps, ``(batch, its steps, width)``; 0 where nothing is read.

    Events have the number of their code first; a row's first number only says that it is there.
    """
    first = 0 if part.embedded else 1
    own = x[:, part.start : part.stop, first : part.features]
    return ops.where(read(x, part)[:, :, None], own, 0)
