"""The equations of a cell in the literature's and in Keras' notation, and where texts differ."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

_LSTM_PAPER = r"""\begin{aligned}
i_t &= \sigma(W_i x_t + U_i h_{t-1} + b_i)\\
f_t &= \sigma(W_f x_t + U_f h_{t-1} + b_f)\\
g_t &= \tanh(W_g x_t + U_g h_{t-1} + b_g)\\
o_t &= \sigma(W_o x_t + U_o h_{t-1} + b_o)\\
c_t &= f_t \odot c_{t-1} + i_t \odot g_t\\
h_t &= o_t \odot \tanh(c_t)
\end{aligned}"""
_LSTM_KERAS = r"""\begin{aligned}
z &= x K + h_\mathtt{tm1} R + b\\
z_0, z_1, z_2, z_3 &= \mathtt{split}(z, 4)\\
i &= \sigma(z_0),\quad f = \sigma(z_1)\\
c &= f \cdot c_\mathtt{tm1} + i \cdot \tanh(z_2)\\
o &= \sigma(z_3)\\
h &= o \cdot \tanh(c)
\end{aligned}"""
_GRU_PAPER = r"""\begin{aligned}
z_t &= \sigma(W_z x_t + U_z h_{t-1})\\
r_t &= \sigma(W_r x_t + U_r h_{t-1})\\
\tilde h_t &= \tanh\bigl(W x_t + U (r_t \odot h_{t-1})\bigr)\\
h_t &= z_t \odot h_{t-1} + (1 - z_t) \odot \tilde h_t
\end{aligned}"""
_GRU_KERAS = r"""\begin{aligned}
z &= \sigma(x K_z + h_\mathtt{tm1} R_z + b_z)\\
r &= \sigma(x K_r + h_\mathtt{tm1} R_r + b_r)\\
hh &= %s\\
h &= z \cdot h_\mathtt{tm1} + (1 - z) \cdot hh
\end{aligned}"""
_CANDIDATE = {
    True: r"\tanh\bigl(x K_h + b_h + r \cdot (h_\mathtt{tm1} R_h + b'_h)\bigr)",
    False: r"\tanh\bigl(x K_h + b_h + (r \cdot h_\mathtt{tm1}) R_h\bigr)",
}


@dataclass(frozen=True)
class Equations:
    """One kind of cell in two notations."""

    paper: str  # LaTeX
    keras: str  # LaTeX
    remarks: Sequence[str]  # Markdown


def equations_of(cell: str, *, reset_after: bool = True) -> Equations:
    """The equations of a cell, "lstm", "gru" or "simple_rnn"."""
    if cell == "lstm":
        return Equations(_LSTM_PAPER, _LSTM_KERAS, (
            "**Two notations, one network.** Keras writes the row before its weights: its `kernel` $K$ and "
            "`recurrent_kernel` $R$ are the papers' $W$ and $U$ turned on their side, those of $i$, $f$, "
            r"$g$, $o$ in one. Its code has no letter for the candidate $g$: it is $\tanh(z_2)$. Others "
            r"write $\tilde c$ for $g$.",
            "**Two papers.** The first LSTM had no forget gate: $c$ only grew. It came in 2000.",
            "Sources: [Hochreiter & Schmidhuber 1997](https://doi.org/10.1162/neco.1997.9.8.1735), "
            "[Gers, Schmidhuber & Cummins 2000](https://doi.org/10.1162/089976600300015015), "
            "[Keras LSTM](https://keras.io/api/layers/recurrent_layers/lstm/).",
        ))  # fmt: skip
    if cell == "gru":
        return Equations(_GRU_PAPER, _GRU_KERAS % _CANDIDATE[reset_after], (
            r"**z both ways.** Drawn here, in Keras and in Cho et al.: $z$ is the share of the *old* state. "
            r"Chung et al. and many texts write $h_t = (1 - z_t) \odot h_{t-1} + z_t \odot \tilde h_t$: "
            "their $z$ is 1 minus the one here.",
            r"**1 − r.** Drawn here: $r = 1$ lets the candidate see all of the old state. Where a text has "
            r"$(1 - r_t) \odot h_{t-1}$, its $r$ says how much is hidden, and is 1 minus the one here.",
            f"**reset_after is {str(reset_after).lower()} in this model.** True: $r$ acts after the "
            "product with the weights, which fast GPU code needs. False: before it, as in the paper as "
            "published. These two are different networks, not two ways to write one.",
            "Sources: [Cho et al. 2014](https://doi.org/10.3115/v1/D14-1179), "
            "[Chung et al. 2014](https://arxiv.org/abs/1412.3555), "
            "[Keras GRU](https://keras.io/api/layers/recurrent_layers/gru/).",
        ))  # fmt: skip
    return Equations(
        r"h_t = \tanh(W x_t + U h_{t-1} + b)",
        r"h = \tanh(x K + h_\mathtt{tm1} R + b)",
        (
            "**No gates.** Every row is mixed into the whole state, so what was there fades with each row.",
            "Sources: [Elman 1990](https://doi.org/10.1207/s15516709cog1402_1), "
            "[Keras SimpleRNN](https://keras.io/api/layers/recurrent_layers/simple_rnn/).",
        ),
    )


def equations(cell: str, *, reset_after: bool) -> None:
    """Draw both notations side by side, and where texts differ."""
    known = equations_of(cell, reset_after=reset_after)
    with st.container(key="gates-equations", horizontal=True, gap="medium"):
        for words, lines in (
            ("In the literature", known.paper),
            ("In Keras, as drawn here", known.keras),
        ):
            with st.container(width="content"):
                st.caption(words)
                st.latex(lines, width="content")
        with st.container(key="gates-remarks", width="stretch"):
            for remark in known.remarks:
                st.markdown(remark)
