"""The one way to take a model apart, whatever it is made of."""

import keras

from diagnosis.models.variants import ACROSS
from diagnosis.traces.four_way import FourWayNetwork
from diagnosis.traces.fused import FusedNetwork
from diagnosis.traces.network import Network


def taken_apart(model: keras.Model) -> Network:
    """The network of a model of ``models.build``.

    Raises:
        InputError: the model has no recurrent layer.
    """
    if parts := getattr(model, "parts", ()):
        return FusedNetwork(model, parts)
    if any(layer.name.startswith(ACROSS) for layer in model.layers):
        return FourWayNetwork(model)
    return Network(model)
