"""The network variants: one table, and nothing about a variant is written anywhere else.

To add one, `register` it before it is used; with ``layers`` it is built of other layers than the usual ones.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from diagnosis.core.errors import InputError, nearest

Cell = Literal["simple_rnn", "lstm", "gru", "cnn"]
# Begin the names of layers of a variant of four directions: steps across the sequence's own, or those.
ACROSS, ALONG = "across_", "along_"


@dataclass(frozen=True)
class Variant:
    """One kind of network and its usual sizes."""

    name: str
    title: str
    cell: Cell
    sentence: str  # what it is, for a person who has not met it; no size, which a version has
    source: str
    units: tuple[
        int, ...
    ]  # recurrent: hidden units of each layer; CNN: filters of each convolution
    directions: Literal[1, 2, 4] = 1  # 2: to the end and back; 4: likewise across the steps
    dropout: float = 0.0
    dense: int = 0  # units of a hidden dense layer before the output; 0 for none
    recurrent_dropout: float = 0.0
    embedding: int = 0  # numbers that a code becomes: it reads records; 0: it reads images
    filters: int = 0  # of a convolution before the recurrence; 0: none
    over: Literal["slices", "rows"] = "slices"  # what that sees: a slice each, or rows with others
    fusion: int = (
        0  # units of the LSTM that joins a record's branch and an image's; 0 if there is one branch
    )
    modality_dropout: float = 0.0
    # From the input tensor, the `ModelConfig` and Keras' dtype policy to what the head reads, ``(batch,
    # width)``: recurrent layers, then dense ones, as traces replay them. None for the cell's usual ones.
    layers: Callable[[Any, Any, str], Any] | None = None

    @property
    def recurrent(self) -> bool:
        """Whether it reads step by step and has states to trace."""
        return self.cell != "cnn"

    @property
    def flat(self) -> bool:
        """Whether what it does with lines of a picture has no counterpart in a volume."""
        return self.directions == 4 or (self.filters > 0 and self.over == "rows")

    @property
    def reads(self) -> str:
        """What it reads, in a word."""
        if self.filters and self.over == "slices":
            return "volumes"
        if self.fusion:
            return "images and records together"
        return "records" if self.embedding else "images"

    @property
    def unit_word(self) -> str:
        """What a layer has a number of."""
        return "units" if self.recurrent else "filters"


_TABLE = (
    Variant(
        name="simple_rnn",
        title="SimpleRNN",
        cell="simple_rnn",
        sentence="One hidden state and no gates: each row overwrites what was kept, so early rows fade.",
        source="Elman, Finding structure in time, Cognitive Science 14 (1990), "
        "doi:10.1207/s15516709cog1402_1",
        units=(64,),
    ),
    Variant(
        name="lstm",
        title="LSTM",
        cell="lstm",
        sentence="The classic row-by-row reader: gates decide what to keep of each row.",
        source="Hochreiter & Schmidhuber, Neural Computation 9 (1997), doi:10.1162/neco.1997.9.8.1735; "
        "forget gate: Gers et al. (2000), doi:10.1162/089976600300015015",
        units=(50,),
    ),
    Variant(
        name="gru",
        title="GRU",
        cell="gru",
        sentence="Two gates instead of three and no separate cell state: fewer weights, similar answers.",
        source="Cho et al., EMNLP (2014), doi:10.3115/v1/D14-1179",
        units=(64,),
    ),
    Variant(
        name="bidirectional_lstm",
        title="Bidirectional LSTM",
        cell="lstm",
        sentence="Two LSTMs, one reading down and one reading up; the output uses where both ended.",
        source="Schuster & Paliwal, IEEE Trans. Signal Processing 45 (1997), doi:10.1109/78.650093; "
        "Graves & Schmidhuber (2005), doi:10.1016/j.neunet.2005.06.042",
        units=(50,),
        directions=2,
    ),
    Variant(
        name="stacked_lstm",
        title="Stacked LSTM",
        cell="lstm",
        sentence="Several LSTMs, each reading the hidden states of the one below.",
        source="Graves, Mohamed & Hinton, ICASSP (2013), doi:10.1109/ICASSP.2013.6638947; "
        "dropout between layers: Zaremba et al. (2014), arXiv:1409.2329",
        units=(128, 128, 128),
        dropout=0.2,
    ),
    Variant(
        name="stacked_gru",
        title="Stacked GRU",
        cell="gru",
        sentence="Several GRUs, each reading the one below, and a dense layer before the output.",
        source="Chung et al., NIPS workshop (2014), arXiv:1412.3555",
        units=(64, 64),
        dropout=0.2,
        dense=64,
    ),
    Variant(
        name="row_conv_lstm",
        title="Row convolution and LSTM",
        cell="lstm",
        sentence="A small convolution describes each row with the rows above it, then an LSTM reads those.",
        source="Convolutions before an LSTM: Sainath et al., ICASSP (2015), doi:10.1109/ICASSP.2015.7178838; "
        "causal ones: van den Oord et al., WaveNet (2016), arXiv:1609.03499",
        units=(128,),
        filters=32,
        over="rows",
    ),
    Variant(
        name="four_way_lstm",
        title="Four-way LSTM",
        cell="lstm",
        sentence="Four LSTMs read rows down and up and columns there and back; the output uses all their "
        "steps.",
        source="Visin et al., ReNet (2015), arXiv:1505.00393; multi-dimensional LSTMs: Graves, Fernández & "
        "Schmidhuber, ICANN (2007), arXiv:0705.2011",
        units=(64,),
        directions=4,
    ),
    Variant(
        name="cnn",
        title="CNN",
        cell="cnn",
        sentence="A convolutional network for contrast: it sees the whole picture at once, in no order.",
        source="LeCun et al., Proc. IEEE 86 (1998), doi:10.1109/5.726791; the plan (3 × 3 convolutions "
        "with pooling, then a dense layer) after Chollet, Deep Learning with Python, ch. 5 (2017)",
        units=(32, 64, 128),
        dropout=0.5,
        dense=512,
    ),
    Variant(
        name="slice_gru",
        title="Slice encoder and GRU",
        cell="gru",
        sentence="Reads a volume: a small convolution that all slices share describes each, then a GRU.",
        source="Cho et al., EMNLP (2014), doi:10.3115/v1/D14-1179; convolution before recurrence: "
        "Donahue et al., CVPR (2015), arXiv:1411.4389",
        units=(64,),
        dropout=0.2,
        filters=8,
    ),
    Variant(
        name="embedding_lstm",
        title="Embedding LSTM",
        cell="lstm",
        sentence="Reads a patient record event by event: a learned vector for each code, then an LSTM.",
        source="Hochreiter & Schmidhuber, Neural Computation 9 (1997), doi:10.1162/neco.1997.9.8.1735; "
        "recurrent dropout: Gal & Ghahramani, NIPS (2016), arXiv:1512.05287",
        units=(128,),
        dropout=0.2,
        recurrent_dropout=0.2,
        embedding=64,
    ),
    Variant(
        name="embedding_gru",
        title="Embedding GRU",
        cell="gru",
        sentence="Reads a patient record event by event: a learned vector for each code, then two GRUs.",
        source="Cho et al., EMNLP (2014), doi:10.3115/v1/D14-1179; on records: Choi et al., Doctor AI, "
        "MLHC (2016), arXiv:1511.05942",
        units=(64, 64),
        dropout=0.2,
        dense=64,
        embedding=64,
    ),
    Variant(
        name="fusion_gru",
        title="Fusion GRU",
        cell="gru",
        sentence="Reads a record and an image of one patient: a GRU for each, and a small LSTM whose two "
        "steps are where they ended.",
        source="MedFuse: Hayat, Geras & Shamout, MLHC (2022), arXiv:2207.07027; modality dropout: Neverova "
        "et al., IEEE TPAMI 38 (2016), arXiv:1501.00102",
        units=(64,),
        dropout=0.2,
        embedding=16,
        fusion=32,
        modality_dropout=0.3,
    ),
)

_KNOWN = {variant.name: variant for variant in _TABLE}
VARIANTS: Mapping[str, Variant] = MappingProxyType(_KNOWN)


def register(variant: Variant) -> Variant:
    """Make a variant known to configurations, pages and command line."""
    _KNOWN[variant.name] = variant
    return variant


def image_variants() -> list[str]:
    """Names of those that read pictures and volumes alone."""
    return [name for name, variant in VARIANTS.items() if variant.reads == "images"]


def volume_variants() -> list[str]:
    """Names of those that read volumes: nearly all that read pictures, and those that read nothing else."""
    return [
        name
        for name, variant in VARIANTS.items()
        if variant.reads in ("images", "volumes") and not variant.flat
    ]


def record_variants() -> list[str]:
    """Names of those that read patient records alone."""
    return [name for name, variant in VARIANTS.items() if variant.reads == "records"]


def study_variants() -> list[str]:
    """Names of those that read both together."""
    return [name for name, variant in VARIANTS.items() if variant.fusion]


def recurrent_variants() -> list[str]:
    """Names of those that read pictures and volumes step by step."""
    return [name for name in image_variants() if VARIANTS[name].recurrent]


def variant(name: str) -> Variant:
    """Look a variant up.

    Raises:
        InputError: there is none of that name; the message has the nearest ones.
    """
    if name not in VARIANTS:
        raise InputError(f"There is no variant {name[:100]!r}.{nearest(name, list(VARIANTS))}")
    return VARIANTS[name]
