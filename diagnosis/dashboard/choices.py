"""What to read for and with which model: two boxes that also live in the page's address."""

import streamlit as st

from diagnosis.datasets import catalogue
from diagnosis.models import store
from diagnosis.models.store import Version
from diagnosis.models.variants import VARIANTS

PREFERRED = "pneumoniamnist"  # the task that is open on a first visit


def choose_model() -> Version | None:
    """Ask for task and model; the addresses' ``task`` and ``model`` preset them.

    Returns:
        The active version, or None, with a sentence on the page, if there is no model yet.
    """
    tasks: dict[str, dict[str, Version]] = {}
    for name in sorted({version.name for version in store.versions()}):
        version = store.active(name)
        if version is not None and version.variant in VARIANTS:
            tasks.setdefault(version.dataset, {})[version.variant] = version
    if not tasks:
        st.info("There is no model yet: train one with `python -m diagnosis train phantoms lstm`.")
        return None
    left, right = st.columns(2)
    with left:
        names = sorted(tasks, key=lambda name: (name != PREFERRED, name))
        task = st.selectbox(
            "Task", names, index=_asked("task", names), format_func=_task_title, key="task"
        )
    with right:
        kinds = [name for name in VARIANTS if name in tasks[task]]
        default = "lstm" if "lstm" in kinds else kinds[0]
        variant = st.selectbox(
            "Model", kinds, index=_asked("model", kinds, default),
            format_func=lambda name: VARIANTS[name].title, key=f"model-{task}",
            help="\n\n".join(f"{VARIANTS[name].title}: {VARIANTS[name].sentence}" for name in kinds),
        )  # fmt: skip
    if (st.query_params.get("task"), st.query_params.get("model")) != (task, variant):
        st.query_params["task"], st.query_params["model"] = task, variant
    return tasks[task][variant]


def _asked(parameter: str, names: list[str], default: str | None = None) -> int:
    """Where the box starts: at the address's wish if there is such a thing."""
    asked = st.query_params.get(parameter)
    if asked in names:
        return names.index(asked)
    return 0 if default is None else names.index(default)


def _task_title(name: str) -> str:
    facts = catalogue().get(name)
    if facts is None:
        return name
    return (
        f"{facts.title}: {' or '.join(facts.classes) if len(facts.classes) < 4 else facts.task}"
        + (" (synthetic)" if facts.synthetic else "")
    )
