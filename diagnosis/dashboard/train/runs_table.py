"""All runs of all users: the status of each, and which one is shown."""

import streamlit as st

from diagnosis.core import access
from diagnosis.core.dates import moment
from diagnosis.dashboard.shell import address
from diagnosis.dashboard.shell.escape import shows_errors
from diagnosis.dashboard.train.text import place_in_line, progress, title
from diagnosis.jobs import record
from diagnosis.jobs.record import Run

POLL_S = 3.0
SHOWN = 50  # the latest
ROWS = 5  # in sight; the others by scrolling
KEY = "train-runs"
WIDTHS = {  # pixels
    "State": 75, "Model": 190, "Epoch": 80, "Requested": 150, "By": 60, "Status": 380, "Run": 75,
}  # fmt: skip


def shown_run() -> str | None:
    """Id of the run that the address names; else of the one that is being trained, if there is one."""
    if asked := st.query_params.get("run"):
        return asked
    living = [run for run in record.runs(SHOWN) if run.alive]
    if not living:
        return None
    now = next((run for run in living if run.state == "running"), living[-1])
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

    def take_row() -> None:
        if rows := st.session_state[KEY]["selection"]["rows"]:
            st.query_params["run"] = runs[rows[0]].id

    st.dataframe(
        [_row(run, runs) for run in runs],
        height=38 + 35 * min(len(runs), ROWS),
        hide_index=True,
        on_select=take_row,
        selection_mode="single-row",
        column_config={
            **{name: st.column_config.Column(width=width) for name, width in WIDTHS.items()},
            "Seed": st.column_config.NumberColumn(width=45, format="%d"),
        },
        key=KEY,
        alt="All runs, newest first, one a row",
    )
    st.caption("Choose a run by its row. A link to this page opens the same run.")


def _row(run: Run, runs: list[Run]) -> dict[str, object]:
    how = {"waiting": place_in_line(run, runs), "running": progress(run, fully=False)}
    return {
        "State": run.state,
        "Model": title(run.plan),
        "Seed": run.plan.training.seed,
        "Epoch": f"{run.epoch} of {run.epochs}",
        "Requested": moment(run.created),
        "By": run.plan.by or "–",
        "Status": how.get(run.state) or run.sentence,
        "Run": run.id[:8],
    }
