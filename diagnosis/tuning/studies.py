"""Where searches are kept: Optuna's studies, in SQLite beside the runs or in the database of an address.

``$SCANLINE_STUDIES`` is that address (SQLAlchemy's, such as ``postgresql://user@host/studies``): with it,
drivers on several machines work on the same studies.
"""

import os
import re
import time
import warnings
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from diagnosis.core.access import require_write
from diagnosis.core.errors import InputError, nearest
from diagnosis.core.paths import home
from diagnosis.core.private_files import FILE, private
from diagnosis.datasets import Dataset
from diagnosis.tuning.plan import Plan

if TYPE_CHECKING:
    from optuna import Study
    from optuna.storages import RDBStorage
    from optuna.trial import FrozenTrial

ADDRESS = "SCANLINE_STUDIES"
HEARTBEAT_S, GRACE_S = (
    20,
    90,
)  # of drivers on other machines: one that is silent for so long is dead
PLAN, ABOUT, STOP, ENDED, TRIALS = "plan", "about", "stop", "ended", "trials"  # of a study
INSTEAD_OF = "instead_of"  # of a trial: the number of the one that it does again


def runs_folder() -> Path:
    """Where studies, their locks and their logs are."""
    return home() / "runs"


def address() -> str:
    """The database of the studies, as SQLAlchemy writes it."""
    import sqlalchemy

    path = str(runs_folder() / "studies.db")
    return (
        os.environ.get(ADDRESS) or sqlalchemy.URL.create("sqlite", database=path).render_as_string()
    )


def shared() -> bool:
    """Whether drivers on several machines may work on the same study."""
    return not address().startswith("sqlite")


def shown_address() -> str:
    """The address without its password."""
    import sqlalchemy

    return sqlalchemy.make_url(address()).render_as_string(hide_password=True)


def storage() -> "RDBStorage":
    """The database, opened once; its tables are made if need be.

    Raises:
        InputError: it cannot be opened.
    """
    return _opened(address())


@lru_cache(maxsize=4)  # safe to share: each thread has a session of its own
def _opened(address: str) -> "RDBStorage":
    import optuna
    import sqlalchemy
    from filelock import FileLock

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    folder = runs_folder()
    options: dict[str, Any] = {"engine_kwargs": {"pool_pre_ping": True}}
    if shared():
        options |= {
            "heartbeat_interval": HEARTBEAT_S,
            "grace_period": GRACE_S,
            "heartbeat_stale_trial_callback": put_back,
        }
    else:
        options["engine_kwargs"] = {"connect_args": {"timeout": 60}}
    try:
        private(folder)
        # two must not make tables at once
        with FileLock(folder / "studies.lock", mode=FILE), warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            try:
                return optuna.storages.RDBStorage(address, **options)
            except sqlalchemy.exc.DBAPIError:  # another machine has made them meanwhile
                time.sleep(1)
                return optuna.storages.RDBStorage(address, **options)
    except (sqlalchemy.exc.SQLAlchemyError, ImportError, OSError, RuntimeError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        place = f"${ADDRESS}" if os.environ.get(ADDRESS) else str(folder)
        raise InputError(f"The studies cannot be opened ({reason}): check {place}.") from error


def names() -> list[str]:
    """The names of all searches, the one that was begun last first; makes no database where there is none."""
    if not os.environ.get(ADDRESS) and not (runs_folder() / "studies.db").is_file():
        return []
    import optuna

    summaries = optuna.get_all_study_summaries(storage(), include_best_trial=False)
    ours = [summary for summary in summaries if PLAN in summary.user_attrs]
    ours.sort(key=lambda summary: summary.user_attrs[ABOUT]["created"], reverse=True)
    return [summary.study_name for summary in ours]


def find(name: str) -> "Study":
    """The study of a search.

    Raises:
        InputError: there is none of that name.
    """
    known = names()
    if name not in known:
        hint = nearest(name, known) if known else " There is none yet."
        raise InputError(f"There is no search called {name[:100]!r}.{hint}")
    import optuna

    return optuna.load_study(study_name=name, storage=storage())


def create(plan: Plan, dataset: Dataset, name: str) -> "Study":
    """The study of that name: a new one, or the one there is if it has the same plan.

    Raises:
        InputError: it has another plan, or the name cannot be used.
    """
    require_write("search")
    import optuna

    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}", name):
        raise InputError(
            f"{name[:100]!r} cannot name a search: a name has 1 to 80 letters, digits, -, _ and dots."
        )
    study = optuna.create_study(
        study_name=name, storage=storage(), direction="maximize", load_if_exists=True
    )
    if PLAN in study.user_attrs:
        plan.check_same(plan_of(study), name)
        return study
    study.set_user_attr(ABOUT, _about(plan, dataset))
    study.set_user_attr(PLAN, plan.to_json())
    return study


def plan_of(study: "Study") -> Plan:
    """The plan that a study was begun with."""
    return Plan.from_json(study.user_attrs[PLAN])


def ask_to_stop(study: "Study") -> None:
    """Its driver will end after the folds that are being computed."""
    require_write("stop searches")
    study.set_user_attr(STOP, True)


def put_back(study: "Study", trial: "FrozenTrial") -> None:
    """Let a trial be done again, by another with the same values; folds that had ended are not."""
    if trial.number in replaced(study.get_trials(deepcopy=False)):
        return
    known = trial.system_attrs.get("fixed_params", {}) | trial.params
    study.enqueue_trial(known, user_attrs={**trial.user_attrs, INSTEAD_OF: trial.number})


def replaced(trials: "list[FrozenTrial]") -> set[int]:
    """The numbers of trials that others do again: they do not count."""
    return {trial.user_attrs[INSTEAD_OF] for trial in trials if INSTEAD_OF in trial.user_attrs}


def _about(plan: Plan, dataset: Dataset) -> dict[str, Any]:
    """What the pages say about a search without opening its data set."""
    from diagnosis.datasets.folds import SEARCHED
    from diagnosis.models.config import config_for, learned_encoder
    from diagnosis.models.heads import logit_count

    facts = dataset.facts
    config = config_for(plan.variant, facts, size=plan.size, encoder=learned_encoder(dataset))
    return {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "title": facts.title,
        "synthetic": facts.synthetic,
        "task": facts.task,
        "cases": sum(len(dataset.labels[split]) for split in SEARCHED),
        "by_patient": dataset.patients is not None,
        "inputs": config.encoder.features,
        "outputs": logit_count(facts.task, len(facts.classes)),
    }
