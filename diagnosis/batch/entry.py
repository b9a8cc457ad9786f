"""The entry of the audit log for a row of a table."""

from diagnosis.audit import Entry
from diagnosis.batch.rows import Row
from diagnosis.models.store import Version


def entry_of(row: Row, version: Version, *, by: str = "", session: str = "") -> Entry:
    """For the audit log, of a file that could be read; see `Entry`."""
    probabilities = zip(version.config.classes, row.probabilities or (), strict=False)
    return Entry(
        "prediction shown", case=row.sha256 or "", source="file", by=by, session=session, frame=row.frame,
        task=version.card.dataset.name, model=version.card.model,
        version=version.card.version, outcome=row.outcome, prediction=row.prediction,
        reasons=tuple(reason["code"] for reason in row.reasons) or None,
        probabilities=dict(probabilities) or None, threshold=version.card.threshold, quality=row.quality,
    )  # fmt: skip
