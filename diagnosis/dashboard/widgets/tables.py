"""Small tables as plain HTML: they wrap on a telephone, and a screen reader reads them.

Every word is escaped, so names from files and addresses are shown as they are and never interpreted.
The style sheet may be applied some frames after a table is drawn, so what keeps a wide table from
widening the page is written on the table itself.
"""

import csv
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from html import escape
from io import StringIO

import streamlit as st

from diagnosis.core import inert
from diagnosis.core.intended_use import IN_SHORT


class Bold(str):
    """A cell that stands out."""

    __slots__ = ()


def details(rows: Mapping[str, str], *, monospace: Collection[str] = ()) -> None:
    """Draw what is known about one thing, a label and a value a line.

    Args:
        rows: label to value; a value may have several lines.
        monospace: labels whose values are hashes, file names or paths.
    """
    lines = []
    for label, value in rows.items():
        shown = escape(value).replace("\n", "<br>")
        if label in monospace:
            shown = f"<code>{shown}</code>"
        lines.append(f"<dt>{escape(label)}</dt><dd>{shown}</dd>")
    st.html(f'<dl class="details">{"".join(lines)}</dl>')


def table(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    monospace: Collection[str] = (),
    key: str = "table",
    file: str = "",
) -> None:
    """Draw a table whose first column names its rows.

    Args:
        header: of each column; the first may be empty.
        rows: their cells.
        monospace: columns whose cells are code.
        key: of the table on its page.
        file: name of its CSV file, without the ending; without one there is no button for it.
    """
    head = "".join(
        f'<th scope="col">{escape(cell)}</th>' if cell else "<td></td>" for cell in header
    )
    lines = []
    for first, *others in rows:
        cells = [
            f"<td>{_shown(cell, code=column in monospace)}</td>"
            for column, cell in zip(header[1:], others, strict=True)
        ]
        lines.append(f'<tr><th scope="row">{escape(first)}</th>{"".join(cells)}</tr>')
    name = escape(key)
    st.html(
        f'<div class="table" data-key="{name}" tabindex="0" style="overflow-x: auto"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table></div>"
    )
    if file:
        csv_button(header, rows, file=file)


def csv_button(header: Sequence[str], rows: Sequence[Sequence[str]], *, file: str) -> None:
    """A small button that gives a table as a file, which is made when it is pressed."""
    st.download_button(
        "CSV", partial(as_csv, header, rows), f"{file}.csv", "text/csv",
        on_click="ignore", type="tertiary", key=f"csv-{file}",
    )  # fmt: skip


def as_csv(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    """A table as CSV in UTF-8; its first line begins with "#" and states the intended use."""
    text = StringIO()
    text.write(f"# {IN_SHORT}\n")
    lines = csv.writer(text, lineterminator="\n")
    lines.writerows([inert.cell(str(cell)) for cell in row] for row in (header, *rows))
    return text.getvalue().encode()


def _shown(cell: str, *, code: bool) -> str:
    shown = f"<code>{escape(cell)}</code>" if code else escape(cell)
    return f"<strong>{shown}</strong>" if isinstance(cell, Bold) else shown
