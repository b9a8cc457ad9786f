"""Words about the cells, and their equations as the code computes them (diagnosis/traces/cells.py).

x_t is the row that is read at timestep t, h the hidden state, c the cell state, σ the logistic function,
⊙ the elementwise product; W, U and b are weights that training found.
"""

from diagnosis.dashboard.glossary.term import Term

LSTM = "LSTM"
GRU = "GRU"

ENTRIES = (
    Term(
        "cell state",
        LSTM,
        "The LSTM's long memory, one number for each unit. It changes only through the gates: part of it "
        "is kept, something new is added. It has no fixed range.",
        (r"c_t = f_t \odot c_{t-1} + i_t \odot g_t",),
    ),
    Term(
        "input gate",
        LSTM,
        "How much of the new candidate is written into the cell state: 0 nothing, 1 all of it.",
        (r"i_t = \sigma(x_t W_i + h_{t-1} U_i + b_i)",),
    ),
    Term(
        "forget gate",
        LSTM,
        "How much of the cell state is kept from the row before: 0 forgets it, 1 keeps all of it.",
        (r"f_t = \sigma(x_t W_f + h_{t-1} U_f + b_f)",),
    ),
    Term(
        "candidate",
        LSTM,
        "What this row would add to memory, between −1 and 1. Written g in an LSTM, and h with a tilde "
        "in a GRU.",
        (r"g_t = \tanh(x_t W_g + h_{t-1} U_g + b_g)",),
    ),
    Term(
        "output gate",
        LSTM,
        "How much of the cell state is shown as hidden state: 0 hides it, 1 shows all of it.",
        (r"o_t = \sigma(x_t W_o + h_{t-1} U_o + b_o)", r"h_t = o_t \odot \tanh(c_t)"),
    ),
    Term(
        "update gate",
        GRU,
        "How much of the old hidden state stays, in the convention drawn here (Keras'): at z = 1 all of "
        "it stays, at z = 0 the candidate replaces it.",
        (
            r"z_t = \sigma(x_t W_z + h_{t-1} U_z + b_z)",
            r"h_t = z_t \odot h_{t-1} + (1 - z_t) \odot \tilde h_t",
        ),
    ),
    Term(
        "convention of z",
        GRU,
        "Papers write the update gate both ways round. Scanline draws Keras' z, which is the share of "
        "the old state; where a paper's z is the share of the candidate, its z is 1 minus the one here. "
        "Both networks are the same.",
        (
            r"\begin{aligned}&\text{drawn here:}\\ "
            r"&h_t = z_t \odot h_{t-1} + (1 - z_t) \odot \tilde h_t\end{aligned}",
            r"\begin{aligned}&\text{the other way:}\\ "
            r"&h_t = (1 - z_t) \odot h_{t-1} + z_t \odot \tilde h_t\end{aligned}",
        ),
    ),
    Term(
        "reset gate",
        GRU,
        "How much of the old hidden state the candidate may use: 0 ignores it, 1 uses all of it.",
        (r"r_t = \sigma(x_t W_r + h_{t-1} U_r + b_r)",),
    ),
    Term(
        "reset_after",
        GRU,
        "Where the reset gate acts: after the matrix product (true: the usual form, needed by fast GPU "
        "code) or before it (false: the form of the first paper, Cho et al. 2014). The two are different "
        "networks with different weights.",
        (
            r"\begin{aligned}&\text{true:}\\ &\tilde h_t = \tanh\bigl(x_t W_h + b_h\\ "
            r"&\quad {} + r_t \odot (h_{t-1} U_h + b'_h)\bigr)\end{aligned}",
            r"\begin{aligned}&\text{false:}\\ &\tilde h_t = \tanh\bigl(x_t W_h + b_h\\ "
            r"&\quad {} + (r_t \odot h_{t-1}) U_h\bigr)\end{aligned}",
        ),
    ),
)
