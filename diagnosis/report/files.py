"""A report as a file: a page to read and print, JSON for programs, a table of its values."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from diagnosis.core import dates, inert, strict_json
from diagnosis.core.population import Population
from diagnosis.core.reason import Reason
from diagnosis.datasets.variables import title_of_code
from diagnosis.evaluation.reliability import Bin
from diagnosis.figures import palette
from diagnosis.inference.probability_basis import ProbabilityBasis
from diagnosis.report.bar import probability_bar
from diagnosis.report.charts import THEME
from diagnosis.text.classes import class_text
from diagnosis.text.evaluation import figure_of, metric_name
from diagnosis.text.events import change_parts, event_label
from diagnosis.text.outcome import (
    OUTCOMES,
    decision_words,
    headline,
    ood_text,
    rule_sentences,
    sentences,
)
from diagnosis.text.parts import ABOUT, missing, part_table
from diagnosis.text.probability import basis_sentence, contrasts

FORMATS = ("html", "json", "csv")
DIGITS = 2  # of figures on the page, as on the screen; JSON and table have all
_pages = Environment(
    loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined,
    trim_blocks=True, lstrip_blocks=True,
)  # fmt: skip
_pages.filters |= {
    "day": lambda text: dates.day(datetime.fromisoformat(text)),
    "moment": lambda text: dates.moment(datetime.fromisoformat(text)),
}


def written(report: Mapping[str, Any], format: str, charts: Sequence[str] = ()) -> bytes:
    """The bytes of the file.

    Args:
        report: as ``case_report`` gives it.
        format: one of `FORMATS`.
        charts: of the prediction, in HTML, for the page alone.
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


def _page(report: Mapping[str, Any], charts: Sequence[str]) -> bytes:
    performance, prediction = report["performance"], report["prediction"]
    metrics, reasons = performance["metrics"], _reasons(prediction["reasons"])
    predicted, explanation = prediction["prediction"], report["explanation"]
    names = [predicted] if isinstance(predicted, str) else predicted
    basis = ProbabilityBasis.from_json(performance["probability"])
    observed = {name: Bin.from_json(bin) for name, bin in prediction["observed"].items()}
    return (
        _pages.get_template("page.html")
        .render(
            **report,
            headline=headline(prediction["outcome"], reasons)
            if predicted is None
            else f"Prediction: {class_text(names)}",
            findings=sentences(reasons + _reasons(prediction["warnings"])),
            finding=basis.finding,
            bar=_bar(report, basis.finding),
            contrasts=contrasts(prediction["probabilities"], observed),
            basis=basis_sentence(basis),
            quality=sentences(_reasons(prediction["quality"]["reasons"])),
            ood=prediction["ood"] and ood_text(prediction["ood"]),
            for_whom=Population.from_json(prediction["population"]).sentence,
            figures=[(metric_name(name), figure_of(metrics, name, DIGITS)) for name in metrics],
            abstains=rule_sentences(_reasons(performance["abstains"])),
            decision=decision_words(
                prediction["decision_step"], singular=explanation["step"],
                never_crossed=explanation["never_crossed"],
                threshold=prediction["threshold"] is not None,
            ),
            events=_events(report),
            target=_target(report),
            change=_change(report),
            parts=_parts(report),
            missing=missing(explanation.get("parts") or {}),
            parts_about=ABOUT,
            class_text=class_text,
            outcome_text=_outcome_text,
            charts=[Markup(chart) for chart in charts],
        )
        .encode()
    )  # fmt: skip


def _events(report: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Hour, words and probability of each event of a record; none of a scan."""
    target, name = _target(report), report["model"]["model"].partition("/")[0]
    lines = []
    for event in report["explanation"]["events"] or ():
        hour = "" if event["hours"] is None else f"{event['hours']:.1f} h"
        after = event["probabilities"]
        shown = report["prediction"]["outcome"] != "rejected" and after is not None
        words = event_label(event, partial(title_of_code, name))
        lines.append((hour, words, f"{after[target]:.2f}" if shown else ""))
    return lines


def _parts(report: Mapping[str, Any]) -> tuple[list[str], list[list[str]]] | None:
    """The table of what each part of a study did; None of other cases."""
    parts, prediction = report["explanation"].get("parts"), report["prediction"]
    if parts is None:
        return None
    known = None if prediction["outcome"] == "rejected" else prediction["probabilities"]
    return part_table(parts, known, _target(report))


def _change(report: Mapping[str, Any]) -> str:
    """The sentence about the event at which the probability changed most; empty of a scan."""
    change = report["explanation"].get("largest_change")
    if change is None or report["prediction"]["outcome"] == "rejected":
        return ""
    name = report["model"]["model"].partition("/")[0]
    return "".join(change_parts(change, partial(title_of_code, name)))


def _target(report: Mapping[str, Any]) -> str:
    """The class whose probability is listed: the finding, or the most probable one."""
    probabilities: Mapping[str, float] = report["prediction"]["probabilities"]
    finding = ProbabilityBasis.from_json(report["performance"]["probability"]).finding
    return finding or max(probabilities, key=lambda name: probabilities[name])


def _reasons(documents: Sequence[Mapping[str, Any]]) -> list[Reason]:
    return [Reason.from_json(document) for document in documents]


def _outcome_text(entry: Mapping[str, Any]) -> str:
    """What an entry says was predicted, or why nothing was."""
    if entry["prediction"] is not None:
        return class_text(entry["prediction"])
    return OUTCOMES.get(entry["outcome"], "–").lower()


def _bar(report: Mapping[str, Any], finding: str | None) -> Markup | None:
    """The bar of a binary task's finding; None for other tasks."""
    if finding is None:
        return None
    prediction = report["prediction"]
    colour = palette.class_colour(report["model"]["classes"].index(finding), THEME)
    return Markup(
        probability_bar(
            prediction["probabilities"][finding], colour, threshold=prediction["threshold"],
            zone=report["performance"]["indeterminate_zone"],
        )
    )  # fmt: skip
