"""Several figures in one HTML file that needs nothing else: no network, no other file."""

from collections.abc import Mapping, Sequence
from html import escape

import plotly.graph_objects as go

_COLOURS = {"light": ("#fafafa", "#1f2427"), "dark": ("#131516", "#e4e7e8")}  # background, ink


def html_page(
    figures: Sequence[tuple[go.Figure, str, int]],
    *,
    title: str,
    notice: str,
    about: Mapping[str, str],
    theme: str,
) -> bytes:
    """A page with figures, each above the sentence that says what it shows, and an explanation its limits.

    Args:
        figures: each with its caption and its width in pixels.
        title: of the page.
        notice: the line that comes first: what this is for and what not.
        about: what is to be known about the figures: label to value.
        theme: "light" or "dark", as the figures were drawn.
    """
    background, ink = _COLOURS[theme]
    facts = "".join(f"<li>{escape(k)}: {escape(v)}</li>" for k, v in about.items())
    parts = []
    for number, (figure, caption, width) in enumerate(figures):
        copy = go.Figure(figure)
        copy.update_layout(
            paper_bgcolor=background, plot_bgcolor=background, font={"color": ink}, width=width
        )
        chart = copy.to_html(
            full_html=False, include_plotlyjs=number == 0, config={"displaylogo": False}
        )
        limits = (copy.layout.meta or {}).get("caption", "")  # of an explanation
        words = f"{escape(caption)} {escape(limits)}".strip()
        parts.append(f"<figure>{chart}<figcaption>{words}</figcaption></figure>")
    return (
        "<!doctype html>\n"
        f'<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title><style>'
        f"body{{background:{background};color:{ink};font:16px/1.5 sans-serif;margin:2rem}}"
        "main{display:flex;flex-wrap:wrap;gap:1rem}figure{margin:0}figcaption{max-width:24rem}"
        f"</style></head><body><p><strong>{escape(notice)}</strong></p><h1>{escape(title)}</h1>"
        f"<ul>{facts}</ul><main>{''.join(parts)}</main></body></html>\n"
    ).encode()
