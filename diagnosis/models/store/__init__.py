"""Model versions on disk: a folder each, written whole or not at all, checked before it is used.

    <root>/<data set>/<variant>/<version>/config.json  model.weights.h5  card.json
                                          ood.npz  predictions.npz  files.sha256
    <root>/<data set>/<variant>/active                 the version in use, by name; below, why

There are two roots: the shipped models (read only) and the user's own, which are their owner's alone. A
user's ``active`` file comes before the shipped one. Names that begin with a dot are being written or deleted,
and are no versions.

``files.sha256`` holds the SHA-256 of configuration and card, and the card those of the other files, so that
nothing is read that was changed after it was saved; ``sha256sum --check files.sha256`` says the same.
"""

from diagnosis.models.store.disk import sweep, write_small
from diagnosis.models.store.finding import (
    ACTIVE,
    activate,
    active,
    active_note,
    find,
    is_name,
    own_models,
    shipped,
    versions,
)
from diagnosis.models.store.saving import save, write_sums
from diagnosis.models.store.version import (
    CARD,
    CONFIG,
    OOD,
    PREDICTIONS,
    SHIPPED,
    SUMS,
    WEIGHTS,
    ModelError,
    Version,
    sha256_of,
)

__all__ = [
    "ACTIVE",
    "CARD",
    "CONFIG",
    "OOD",
    "PREDICTIONS",
    "SHIPPED",
    "SUMS",
    "WEIGHTS",
    "ModelError",
    "Version",
    "activate",
    "active",
    "active_note",
    "find",
    "is_name",
    "own_models",
    "save",
    "sha256_of",
    "shipped",
    "sweep",
    "versions",
    "write_small",
    "write_sums",
]
