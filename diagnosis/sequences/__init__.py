"""A scan as a sequence: the one preparation that training images and uploaded scans share."""

from diagnosis.sequences.augmentation import Augmentation, augment
from diagnosis.sequences.framing import frame_scan
from diagnosis.sequences.padding import PADDING, pad
from diagnosis.sequences.preparation import Order, Preparation, as_pictures, as_sequences, view
from diagnosis.sequences.sequence import Sequence, Step, StepKind
from diagnosis.sequences.view import PixelRows, SliceStack, StepView

__all__ = [
    "PADDING",
    "Augmentation",
    "Order",
    "PixelRows",
    "Preparation",
    "Sequence",
    "SliceStack",
    "Step",
    "StepKind",
    "StepView",
    "as_pictures",
    "as_sequences",
    "augment",
    "frame_scan",
    "pad",
    "view",
]
