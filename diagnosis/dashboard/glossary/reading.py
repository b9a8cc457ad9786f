"""Words about reading a scan."""

from diagnosis.dashboard.glossary.term import Term

READING = "Reading a scan"

ENTRIES = (
    Term(
        "timestep",
        READING,
        "One step of reading. A picture is read row by row, a volume slice by slice, so a timestep is one "
        "row or one slice.",
    ),
    Term(
        "hidden state",
        READING,
        "What the network hands on from one timestep to the next: one number for each unit, usually "
        "between −1 and 1. The answer is computed from the last one. A single unit has no clinical "
        "meaning of its own.",
        (r"h_t \in \mathbb{R}^{\text{units}}",),
    ),
    Term(
        "unit",
        READING,
        "One of the numbers that make up a hidden state. An LSTM with 50 units carries 50 numbers from "
        "row to row.",
    ),
    Term(
        "gate",
        READING,
        "A number between 0 and 1 that a network computes for each unit at each timestep, and by which it "
        "multiplies something: at 0 nothing passes, at 1 all of it. What a gate lets through is learned.",
    ),
    Term(
        "running verdict",
        READING,
        "What the answer would be if the scan ended at this row: the class probabilities computed from "
        "the hidden state so far. A bidirectional network reads rows 1 to t again for it, in both "
        "directions.",
    ),
    Term(
        "replay difference",
        READING,
        "The gates are computed again from the layer's own weights and inputs. The replay difference is "
        "the largest distance between the states that this gives and those that the layer itself gave; "
        "below 0.00001 the gates shown are the network's own.",
        (r"\max_{t,\,\text{unit}} \left| h_t^{\text{replayed}} - h_t^{\text{layer}} \right|",),
    ),
    Term(
        "SimpleRNN",
        READING,
        "The plainest recurrent network: one hidden state and no gates, so that each row overwrites part "
        "of what was kept.",
        (r"h_t = \tanh(x_t W + h_{t-1} U + b)",),
    ),
)
