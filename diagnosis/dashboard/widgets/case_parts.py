"""What a model reads of a case: its picture, its record, or both."""

from diagnosis.cases import Case
from diagnosis.models.config import ModelConfig


def reads_image(config: ModelConfig, case: Case) -> bool:
    """Whether there is a picture or volume that a model with this configuration reads."""
    encoder = config.encoder
    return (bool(encoder.parts) or not encoder.embedded) and case.has_image


def reads_record(config: ModelConfig, case: Case) -> bool:
    """Whether there are events that it reads."""
    return config.encoder.embedded > 0 and case.has_record
