"""A few of the synthetic studies, and small fusion models of them."""

from functools import cache

import keras
import numpy as np

from diagnosis.datasets import Dataset
from diagnosis.datasets.study_phantoms import study_phantoms
from diagnosis.models.build import build
from diagnosis.models.config import ModelConfig, config_for, learned_encoder
from diagnosis.sequences import StudyEncoder

SMALL = {"units": (6, 5), "embedding": 4, "fusion": 3}


def fusion_config(**options: object) -> ModelConfig:
    """Two layers a branch, unless said otherwise."""
    data = study_phantoms()
    return config_for("fusion_gru", data.facts, encoder=learned_encoder(data), **SMALL | options)  # type: ignore[arg-type]


def study_encoder() -> StudyEncoder:
    """The usual one."""
    encoder = fusion_config().encoder
    assert isinstance(encoder, StudyEncoder)
    return encoder


@cache
def random_model() -> keras.Model:
    """Every weight random, so that nothing is 0 by chance."""
    model = build(fusion_config())
    rng = np.random.default_rng(1)
    model.set_weights([rng.normal(0, 0.5, w.shape).astype("float32") for w in model.get_weights()])
    return model


@cache
def few() -> Dataset:
    """The first studies of each split."""
    from dataclasses import replace

    data = study_phantoms()
    n = {"train": 160, "val": 60, "test": 60}
    return replace(
        data,
        images={split: data.images[split][:k] for split, k in n.items()},
        labels={split: data.labels[split][:k] for split, k in n.items()},
    )
