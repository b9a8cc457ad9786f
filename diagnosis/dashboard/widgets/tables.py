"""Small tables as plain HTML: they wrap on a telephone, and a screen reader reads them.

Every word is escaped, so names from files and addresses are shown as they are and never interpreted.
The style sheet may be applied some frames after a table is drawn, so what keeps a wide table from
widening the page is written on the table itself.
"""

from collections.abc import Collection, Mapping, Sequence
from html import escape

import streamlit as st


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
) -> None:
    """Draw a table whose first column names its rows.

    Args:
        header: of each column.
        rows: their cells.
        monospace: columns whose cells are code.
        key: of the table on its page.
    """
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in header)
    lines = []
    for first, *others in rows:
        cells = [
            f"<td><code>{escape(cell)}</code></td>"
            if column in monospace
            else f"<td>{escape(cell)}</td>"
            for column, cell in zip(header[1:], others, strict=True)
        ]
        lines.append(f'<tr><th scope="row">{escape(first)}</th>{"".join(cells)}</tr>')
    name = escape(key)
    st.html(
        f'<div class="table" data-key="{name}" style="overflow-x: auto"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )
