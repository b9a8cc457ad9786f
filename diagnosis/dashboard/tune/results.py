"""The results of a search: the best setting, charts, importances and all trials."""

from typing import TYPE_CHECKING

import streamlit as st

from diagnosis.core import access
from diagnosis.dashboard.glossary.terms import terms
from diagnosis.dashboard.shell import page
from diagnosis.dashboard.widgets.chart_registry import chart
from diagnosis.dashboard.widgets.charts import theme
from diagnosis.dashboard.widgets.row_table import rows_csv
from diagnosis.dashboard.widgets.tables import table
from diagnosis.figures import tuning as figures
from diagnosis.tuning.rules import Rule
from diagnosis.tuning.summary import Summary, TrialRow

if TYPE_CHECKING:
    from optuna import Study

PART = "tune"
LETTERS = "ABCDEFGH"  # of the rules of thumb, as the chart has them
FEWEST = 4  # complete trials before importances are computed


def winner(found: Summary) -> None:
    """The best setting so far, with a button that trains it."""
    best = found.best
    if best is None or best.setting is None:
        st.info("No trial is complete yet; each is computed fold by fold.")
        return
    spread = "" if best.spread is None else f" ± {best.spread:.4f}"
    st.markdown(
        f"**Best so far, trial {best.number}:** {best.setting}. AUC **{best.score:.4f}**{spread}."
    )
    st.caption(
        f"Mean ± standard deviation over {len(best.folds)} folds, not a confidence interval. The best of "
        f"{len(found.of('complete'))} trials is optimistic, since it was selected: train the setting and "
        "measure it on the test split.",
        help=terms("AUC", "cross-validation", "trial"),
    )
    if not access.read_only() and st.button("Train with this setting", type="primary"):
        st.switch_page(page.PAGES["train"].file, query_params=handed_over(found, best))


def handed_over(found: Summary, trial: TrialRow) -> dict[str, str]:
    """A setting as query parameters of the page Train."""
    setting = trial.setting
    assert setting is not None
    return {
        "dataset": found.plan.dataset,
        "variant": found.plan.variant,
        "units": ",".join(map(str, setting.of_each_layer)),
        "dropout": f"{setting.dropout:.3g}",
        "learning_rate": f"{setting.learning_rate:.3g}",
    }


def charts(study: "Study", found: Summary) -> None:
    """Draw the charts of finished and pruned trials."""
    scored = [
        trial
        for trial in found.trials
        if trial.state in ("complete", "pruned") and trial.setting and trial.score is not None
    ]
    if not scored:
        return
    numbers = [trial.number for trial in scored]
    scores = [trial.score or 0.0 for trial in scored]
    pruned = [trial.state == "pruned" for trial in scored]
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**Score by trial**")
        chart(
            figures.score_history(numbers, scores, pruned, theme=theme()),
            part=PART, key="tune-history", alt="AUC of each trial in order, and the best so far",
        )  # fmt: skip
    with right:
        st.markdown("**Score by units, and rules of thumb**")
        units = [trial.setting.units for trial in scored if trial.setting]
        chart(
            figures.score_by_units(units, scores, pruned, numbers, found.rules, theme=theme()),
            part=PART, key="tune-units", alt="AUC by units of a layer; the rules of thumb are lines A to F",
        )  # fmt: skip
        lettered = zip(LETTERS, found.rules, strict=False)
        st.caption(
            "Rules of thumb: "
            + " · ".join(f"**{letter}** {rule.name} ({_units(rule)})" for letter, rule in lettered)
        )
    _rules(found)
    complete = found.of("complete")
    if len(complete) < FEWEST:
        return
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**Parallel coordinates**")
        names = found.plan.space.searched
        columns = {name: [getattr(trial.setting, name) for trial in complete] for name in names}
        chart(
            figures.parallel_coordinates(columns, [t.score or 0.0 for t in complete], theme=theme()),
            part=PART, key="tune-parallel", alt="Each complete trial as a line through its values and AUC",
        )  # fmt: skip
    with right:
        shares = _importances(study, found.name, tuple(trial.number for trial in complete))
        if shares:
            st.markdown("**Hyperparameter importance**")
            chart(
                figures.importances(shares, theme=theme()),
                part=PART, key="tune-importance", alt="Importance of each searched value for the AUC",
            )  # fmt: skip
            st.caption("Optuna's PED-ANOVA, on the best trials; unreliable with few.")


@st.cache_data(max_entries=32, show_spinner=False)
def _importances(_study: "Study", name: str, complete: tuple[int, ...]) -> dict[str, float]:
    """By hyperparameter, cached for these complete trials; empty if none can be computed."""
    import optuna

    try:
        return dict(optuna.importance.get_param_importances(_study))
    except (RuntimeError, ValueError):  # all scores are the same, or a value never varied
        return {}


def _rules(found: Summary) -> None:
    with st.expander("The rules of thumb"):
        st.markdown(
            "Made for feed-forward networks with one hidden layer; here the inputs are the "
            f"{found.about['inputs']:,} features of one row and the outputs the network's "
            f"{found.about['outputs']}. They ignore the task and contradict one another: use them for "
            "orientation only."
        )
        table(
            ["Line", "Rule", "Units", "Formula", "Source"],
            [
                (
                    letter,
                    rule.name,
                    _units(rule),
                    rule.formula,
                    rule.source,
                )
                for letter, rule in zip(LETTERS, found.rules, strict=False)
            ],
            key="rules",
        )


def _units(rule: Rule) -> str:
    return f"{rule.low:.0f}" if rule.low == rule.high else f"{rule.low:.0f}–{rule.high:.0f}"


def trials_table(found: Summary) -> None:
    """Every trial, the best first."""
    order = {"complete": 0, "pruned": 1, "running": 2, "failed": 3, "waiting": 4}
    trials = sorted(found.trials, key=lambda trial: (order[trial.state], -(trial.score or 0)))
    if not trials:
        return
    st.markdown("**All trials**")
    lines = [_line(trial) for trial in trials]
    st.dataframe(
        lines,
        hide_index=True,
        height=min(420, 37 + 35 * len(trials)),
        column_config={
            "AUC": st.column_config.NumberColumn(format="%.4f"),
            "Parameters": st.column_config.NumberColumn(format="localized"),
        },
        key="tune-trials-table",
        alt="All trials with their settings and scores, the best first",
    )
    rows_csv(lines, file=f"trials-{found.name}")


def _line(trial: TrialRow) -> dict[str, object]:
    setting = trial.setting
    return {
        "Trial": trial.number,
        "State": trial.state,
        "Units": None if setting is None else " + ".join(map(str, setting.of_each_layer)),
        "Dropout": None if setting is None else round(setting.dropout, 3),
        "Learning rate": None if setting is None else f"{setting.learning_rate:.3g}",
        "AUC": trial.score,
        "±": "" if trial.spread is None else f"{trial.spread:.4f}",
        "Folds": len(trial.folds),
        "Parameters": trial.folds[0]["parameters"] if trial.folds else None,
        "Seconds": round(sum(each["seconds"] for each in trial.folds), 1),
        "Problem": trial.problem or "",
    }
