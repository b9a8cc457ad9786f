"""A report as a file: a page to read and print, JSON for programs, a table of its values."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from io import StringIO
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from diagnosis.core import inert, strict_json
from diagnosis.core.population import Population
from diagnosis.core.reason import Reason
from diagnosis.report.charts import Chart
from diagnosis.text.evaluation import figure_of, metric_name
from diagnosis.text.outcome import class_text, headline, ood_text, rule_sentences, sentences

FORMATS = ("html", "json", "csv")
_pages = Environment(
    loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined,
    trim_blocks=True, lstrip_blocks=True,
)  # fmt: skip


def written(report: Mapping[str, Any], format: str, charts: Sequence[Chart] = ()) -> bytes:
    """The bytes of the file.

    Args:
        report: as ``case_report`` gives it.
        format: one of `FORMATS`.
        charts: of the prediction, for the page alone.
    """
    if format == "json":
        return strict_json.dumps(dict(report), ensure_ascii=False).encode() + b"\n"
    return _csv(report) if format == "csv" else _page(report, charts)


def _csv(report: Mapping[str, Any]) -> bytes:
    """A line for each entry: its place in the JSON, and its value."""
    text = StringIO()
    text.write(f"# {report['notice']}\n")
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(("entry", "value"))
    lines.writerows(_flat(report))
    return text.getvalue().encode()


def _flat(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _flat(item, f"{place}.{name}" if place else str(name))
    elif isinstance(value, list):
        for number, item in enumerate(value, start=1):
            yield from _flat(item, f"{place}.{number}")
    else:
        yield place, inert.cell(value) if isinstance(value, str) else value


def _page(report: Mapping[str, Any], charts: Sequence[Chart]) -> bytes:
    metrics, prediction = report["performance"]["metrics"], report["prediction"]
    reasons = _reasons(prediction["reasons"])
    predicted = prediction["prediction"]
    names = [predicted] if isinstance(predicted, str) else predicted
    return (
        _pages.get_template("page.html")
        .render(
            **report,
            headline=headline(prediction["outcome"], reasons)
            if predicted is None
            else f"Prediction: {class_text(names)}",
            findings=sentences(reasons + _reasons(prediction["warnings"])),
            quality=sentences(_reasons(prediction["quality"]["reasons"])),
            ood=prediction["ood"] and ood_text(prediction["ood"]),
            for_whom=Population.from_json(prediction["population"]).sentence,
            figures=[(metric_name(name), figure_of(metrics, name)) for name in metrics],
            abstains=rule_sentences(_reasons(report["performance"]["abstains"])),
            class_text=class_text,
            charts=[_drawn(chart, first=number == 0) for number, chart in enumerate(charts)],
        )
        .encode()
    )


def _reasons(documents: Sequence[Mapping[str, Any]]) -> list[Reason]:
    return [Reason.from_json(document) for document in documents]


def _drawn(chart: Chart, *, first: bool) -> Markup:
    """HTML of a chart; the first one brings what draws them all, so that the page needs no network."""
    figure = chart.figure.update_layout(
        width=chart.width, paper_bgcolor="white", plot_bgcolor="white"
    )
    html = figure.to_html(
        full_html=False,
        include_plotlyjs=first,
        config={"displayModeBar": False, "staticPlot": True},
    )
    return Markup(f"<figure>{html}<figcaption>{escape(chart.words)}</figcaption></figure>")
