"""From a folder to a table: read what has not been read yet, then write."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from diagnosis import __version__
from diagnosis.audit import append
from diagnosis.batch import spreadsheet
from diagnosis.batch.about import about
from diagnosis.batch.entry import entry_of
from diagnosis.batch.listing import File, Listing, name_of
from diagnosis.batch.parts import Parts
from diagnosis.batch.rows import Job
from diagnosis.batch.running import completed
from diagnosis.core.errors import InputError
from diagnosis.models.store import Version
from diagnosis.scans import Limits


@dataclass
class Summary:
    """Counts of a folder."""

    files: int = 0
    resumed: int = 0  # of them read by an earlier run that was stopped
    outcomes: Counter[str] = field(default_factory=Counter)
    predictions: Counter[str] = field(default_factory=Counter)  # files by predicted class


def read_folder(
    contents: Listing,
    version: Version,
    out: Path,
    *,
    workers: int,
    names: bool = False,
    by: str = "",
    progress: Callable[[int], object] = lambda _: None,
) -> Summary:
    """Read all files with a model and write the table.

    Until it is written, results are kept beside it (`parts_of`): however this is ended, the next call with
    the same files and model reads none of them twice.

    Args:
        contents: of the folder.
        version: the model version.
        out: the table, see `spreadsheet.write`; replaced at the end.
        workers: processes on this machine.
        names: whether the table has the files' paths.
        by: name of the reader, for the audit log: it gets an entry for each file that is read.
        progress: called with the number of files that were dealt with since the last call.

    Raises:
        InputError: see `completed`; or this table is being made already, or the audit log cannot be
            written.
        OSError: something cannot be written.
    """
    from filelock import FileLock, Timeout

    parts = Parts(parts_of(out))
    try:
        with FileLock(parts.folder / ".lock", timeout=0):
            chunks, jobs = _shared_out(contents, version, parts)
            left = sum(len(job.paths) for job in jobs)
            summary = Summary(len(contents.files), resumed=len(contents.files) - left)
            progress(summary.resumed)
            for job, rows in completed(jobs, workers=workers):
                append(entry_of(row, version, by=by) for row in rows if row.outcome != "unreadable")
                parts.save(job.name, rows)
                progress(len(rows))
            columns = spreadsheet.Columns(version, names)
            rows_in_order = _values(chunks, parts, columns, summary)
            spreadsheet.write(out, columns, rows_in_order, about(version))
    except Timeout as error:
        raise InputError(
            f"{out} is being made already: wait for it, or give another name."
        ) from error
    except BaseException:
        if not parts.any():
            parts.remove()
        raise
    parts.remove()
    return summary


def parts_of(out: Path) -> Path:
    """The folder of what has been read while a table is made. It holds no file name and no picture."""
    return out.with_name(f"{out.name}.parts")


def _shared_out(
    contents: Listing, version: Version, parts: Parts
) -> tuple[dict[str, tuple[File, ...]], list[Job]]:
    """All files in pieces by the name of their results, and those pieces that have none yet."""
    limits = Limits.from_environment()
    model = f"{version.name} {version.card.weights_sha256} {limits} {__version__}"
    chunks = {name_of(chunk, model): chunk for chunk in contents.chunks()}
    jobs = [
        Job(
            name,
            contents.folder,
            tuple(file.path for file in chunk),
            version.folder.resolve(),
            limits,
        )
        for name, chunk in chunks.items()
        if parts.load(name) is None
    ]
    return chunks, jobs


def _values(
    chunks: dict[str, tuple[File, ...]],
    parts: Parts,
    columns: spreadsheet.Columns,
    summary: Summary,
) -> Iterator[list[Any]]:
    """The rows of the table, counted as they pass."""
    number = 0
    for name, chunk in chunks.items():
        rows = parts.load(name)
        if rows is None:
            raise InputError(f"{parts.folder} was changed meanwhile: give the same command again.")
        for file, row in zip(chunk, rows, strict=True):
            number += 1
            summary.outcomes[row.outcome] += 1
            summary.predictions.update(row.prediction or ())
            yield columns.values(number, file.path, row)
