"""Figures as plain dictionaries, for panels that are drawn at every reading.

Plotly looks through a figure property by property when it is made and copies it when it is shown: four panels
took half of the time of a reading. What is drawn here is right, as tests with the usual figure see.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

import plotly.graph_objects as go
import plotly.io as pio
from plotly.basedatatypes import convert_to_base64
from plotly.colors import get_colorscale


class Unvalidated(go.Figure):
    """A figure that is its dictionary. Whoever asks for more gets Plotly's usual figure of it, validated."""

    def __init__(self, data: Sequence[dict[str, Any]], layout: dict[str, Any]) -> None:
        """Draw.

        Args:
            data: traces with their types; arrays stand directly in them, and are contiguous.
            layout: the page's template is added if it has none.
        """
        template = _template(pio.templates.default)
        self.__dict__["_document"] = {
            "data": list(data),
            "layout": {"template": template, **layout},
        }

    def __getattr__(self, name: str) -> Any:
        """Called for what is not there yet: all that the usual figure consists of."""
        if not name.startswith("_") or "_document" not in self.__dict__:
            raise AttributeError(name)
        document = self.__dict__.pop("_document")
        super().__init__(document)
        return getattr(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        """A property of the usual figure, or one of its own."""
        if "_document" in self.__dict__:
            self.__getattr__("_data")
        super().__setattr__(name, value)

    def to_dict(self) -> dict[str, Any]:
        """The dictionary, arrays as a browser gets them. The layout is shared: change nothing in it."""
        document = self.__dict__.get("_document")
        if document is None:
            figure: dict[str, Any] = super().to_dict()
            return figure
        data = [dict(trace) for trace in document["data"]]
        convert_to_base64(data)
        return {"data": data, "layout": document["layout"]}


@cache
def colours(name: str) -> list[list[Any]]:
    """A colour scale of Plotly's by its name; the browser knows others by some of the names."""
    scale: list[list[Any]] = get_colorscale(name)
    return scale


@cache
def _template(name: str) -> dict[str, Any]:
    """What a new figure is given beside what is asked for; the name tells what is usual at the time."""
    template: dict[str, Any] = go.Figure().layout.template.to_plotly_json()
    return template
