"""Versions of one's own for tests of what is decided about them: copies of a shipped one, made in no time."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from diagnosis.models import store
from diagnosis.models.store import Version


def own_version(model: str, number: int, *, like: str | None = None, **card: Any) -> Version:
    """A copy of the active shipped version of a model as a version of one's own, whole and readable.

    Args:
        model: ``data set/variant``.
        number: a higher one is younger.
        like: the model that is copied, of which there is a shipped version; the same by default.
        card: what its card says instead of the original's.
    """
    source = store.SHIPPED / (like or model)
    original = Version(source / (source / store.ACTIVE).read_text().strip())
    name = f"2027{number:04}-0000{number:04x}"
    place = store.own_models() / model
    partial = place / f".partial-{number}"
    place.mkdir(parents=True, exist_ok=True)
    shutil.copytree(original.folder, partial)
    created = datetime(2027, 1, 1, tzinfo=UTC) + timedelta(seconds=number)
    document = original.card.to_json() | {"version": name, "created": created.isoformat()} | card
    (partial / store.CARD).write_text(json.dumps(document))
    store.write_sums(partial)
    return Version(Path(partial.rename(place / name)))
