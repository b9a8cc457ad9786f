"""All runs of all users: the status of each, which one is shown, and which ones are compared."""

from collections.abc import Sequence

import streamlit as st

from diagnosis.core import access
from diagnosis.core.dates import moment
from diagnosis.dashboard.shell import address
from diagnosis.dashboard.shell.escape import shows_errors
from diagnosis.dashboard.train.compared_runs import MOST, compared_runs
from diagnosis.dashboard.train.text import place_in_line, progress, title
from diagnosis.dashboard.widgets.row_table import Ticks, row_table, rows_csv
from diagnosis.jobs import record
from diagnosis.jobs.record import Run
from diagnosis.models import store
from diagnosis.registry import waiting

POLL_S = 1.5  # as often as the run itself is looked at, so that both say the same
SHOWN = 50  # the latest
ROWS = 5  # in sight; the others by scrolling
TICKED = "train-ticked"  # in the session: the runs with a tick, by id
WIDTHS = {  # pixels
    "State": 75, "Version": 85, "Model": 190, "Epoch": 80, "Submitted": 160, "By": 60, "Status": 330,
    "Run": 75,
}  # fmt: skip


def shown_run() -> str | None:
    """Id of the run that the address names; else of the one that is being trained, or of the newest."""
    if asked := st.query_params.get("run"):
        return asked
    found = record.runs(SHOWN)
    if not found:
        return None
    living = [run for run in found if run.alive]
    now = next((run for run in living if run.state != "waiting"), (living or found[:1])[-1])
    address.show(run=now.id)
    return now.id


def runs_table(shown: str | None) -> None:
    """Draw it; while any run is alive it is refreshed every few seconds.

    Args:
        shown: id of the run that the page shows.
    """
    alive = any(run.alive for run in record.runs(SHOWN))
    st.fragment(_table, run_every=POLL_S if alive else None)(alive, shown)


@shows_errors
def _table(was_alive: bool, shown: str | None) -> None:
    runs = record.runs(SHOWN)
    if any(run.alive for run in runs) != was_alive or st.query_params.get("run", shown) != shown:
        st.rerun()  # of the whole page: a row was chosen, or there is nothing to poll for any more
    st.header("All runs", anchor=False)
    if not runs:
        st.info(
            "No runs yet."
            if access.read_only()
            else "No runs yet. Choose a data set and a network in the sidebar and press “Review and start”; "
            "the training starts only after the review."
        )
        return
    ticked = [run for run in runs if run.id in st.session_state.get(TICKED, ())]

    def tick(rows: list[int]) -> None:
        st.session_state[TICKED] = [runs[row].id for row in rows]

    def open_run(row: int) -> None:
        st.query_params["run"] = runs[row].id

    to_decide = () if access.read_only() else waiting.candidates()
    rows = [_row(run, runs, to_decide) for run in runs]
    row_table(
        rows,
        key=f"train-runs-{runs[0].id[:8]}",  # a newer run moves the rows, and the ticks with them
        alt="All runs, newest first, one a row",
        shown=next((row for row, run in enumerate(runs) if run.id == shown), None),
        opened=open_run,
        in_sight=ROWS,
        columns={
            **{name: st.column_config.Column(width=width) for name, width in WIDTHS.items()},
            "Seed": st.column_config.NumberColumn(width=45, format="%d"),
        },
        ticks=Ticks([runs.index(run) for run in ticked], tick),
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            f"Press a row to open its run. Tick 2 to {MOST} runs to compare their curves and settings."
        )
        rows_csv(rows, file="scanline-runs")
    if len(ticked) > 1:
        compared_runs(ticked)


def _row(run: Run, runs: Sequence[Run], to_decide: Sequence[str]) -> dict[str, object]:
    status = run.sentence
    if run.state == "waiting":
        status = place_in_line(run, runs) or status
    elif run.alive:
        status = progress(run, fully=False)
    return {
        "State": run.state,
        "Version": _version(run, to_decide),
        "Model": title(run.plan),
        "Seed": run.plan.training.seed,
        "Epoch": f"{run.epoch} of {run.epochs}",
        "Submitted": moment(run.created),
        "By": run.plan.by or "–",
        "Status": status,
        "Run": run.id[:8],
    }


def _version(run: Run, to_decide: Sequence[str]) -> str:
    """What became of its version, as far as this machine knows."""
    if run.version is None:
        return "–"
    if f"{run.model}/{run.version}" in to_decide:
        return "to decide"
    active = store.active(run.model)
    return "active" if active is not None and active.version == run.version else "not active"
