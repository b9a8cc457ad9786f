"""A case as a sequence: the encoders that training, pages and command line share."""

from diagnosis.sequences.augmentation import STRONG, Augmentation, augment
from diagnosis.sequences.encoder import ENCODERS, Encoder, How, encoder_from_json, register
from diagnosis.sequences.event_list import EventList
from diagnosis.sequences.events import EventEncoder
from diagnosis.sequences.padding import PADDING, pad
from diagnosis.sequences.picture import Channels, Order, PictureEncoder, Size
from diagnosis.sequences.rows import RowEncoder
from diagnosis.sequences.sequence import Part, Sequence, Step, StepKind
from diagnosis.sequences.slices import SliceEncoder
from diagnosis.sequences.study import StudyEncoder
from diagnosis.sequences.view import PixelRows, SliceStack, StepView, StudyView

__all__ = [
    "ENCODERS",
    "PADDING",
    "STRONG",
    "Augmentation",
    "Channels",
    "Encoder",
    "EventEncoder",
    "EventList",
    "How",
    "Order",
    "Part",
    "PictureEncoder",
    "PixelRows",
    "RowEncoder",
    "Sequence",
    "Size",
    "SliceEncoder",
    "SliceStack",
    "Step",
    "StepKind",
    "StepView",
    "StudyEncoder",
    "StudyView",
    "augment",
    "encoder_from_json",
    "pad",
    "register",
]
