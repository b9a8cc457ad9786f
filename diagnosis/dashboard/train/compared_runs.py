"""Several runs side by side: the settings in which they differ, and one chart a curve."""

from collections.abc import Mapping, Sequence

import streamlit as st

from diagnosis.dashboard.shell.escape import plain
from diagnosis.dashboard.train import recipe
from diagnosis.dashboard.train.curve_file import csv_of
from diagnosis.dashboard.train.text import CHARTS, run_name
from diagnosis.dashboard.widgets.charts import theme
from diagnosis.dashboard.widgets.tables import table
from diagnosis.figures import training as figures
from diagnosis.jobs import record
from diagnosis.jobs.record import Run

MOST = 6  # as many colours and dashes can be told apart


def compared_runs(runs: Sequence[Run]) -> None:
    """Draw them; of more than six the first ones.

    Args:
        runs: at least two.
    """
    with st.container(key="train-compared"):
        st.header(f"{min(len(runs), MOST)} runs compared", anchor=False)
        if len(runs) > MOST:
            st.caption(f"The newest {MOST} of the {len(runs)} that are ticked.")
        chosen = list(runs[:MOST])
        names = [run_name(run) for run in chosen]
        different = recipe.differences([run.plan for run in chosen])
        if different:
            table(
                ["Setting", *names],
                [(label, *values) for label, values in different.items()],
                key="differences",
                file="scanline-settings",
            )
        else:
            st.markdown("They have the same settings.")
        curves = {name: record.curves(run.id) for name, run in zip(names, chosen, strict=True)}
        _charts(curves, growing=any(run.alive for run in chosen))
        st.download_button(
            "Curves as CSV",
            lambda: csv_of(curves),
            "scanline-runs.csv",
            "text/csv",
            key="train-compared-csv",
            on_click="ignore",
        )


def _charts(curves: Mapping[str, figures.Curves], *, growing: bool) -> None:
    shown = [name for name in CHARTS if any(name in each for each in curves.values())]
    columns = st.columns(2)
    for place, name in enumerate(shown):
        words, both, digits = CHARTS[name]
        data = figures.rows_of_runs(curves, f"val_{name}" if both else name)
        if data:
            title = f"{words}, validation" if both else words
            drawn = figures.overlay(
                title, data, list(curves), theme=theme(), digits=digits, growing=growing
            )
            columns[place % 2].vega_lite_chart(data, drawn)
    missing = [plain(name) for name, each in curves.items() if not each]
    if missing:
        st.caption(f"No epoch yet: {', '.join(missing)}.")
