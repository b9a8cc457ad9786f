"""The task and the model: choices that stand in the address and survive a change of page."""

from collections.abc import Collection, Iterable
from contextlib import suppress

import streamlit as st

from diagnosis.core.errors import InputError
from diagnosis.dashboard.shell import address
from diagnosis.dashboard.shell.escape import plain
from diagnosis.dashboard.widgets.persistent import addressed
from diagnosis.dashboard.widgets.version_notice import in_use
from diagnosis.datasets import task_title
from diagnosis.models import store
from diagnosis.models.store import Version
from diagnosis.models.variants import VARIANTS

PREFERRED = "pneumoniamnist"  # the task that is selected at first


def choose_task(*, drops: Collection[str] = ()) -> str | None:
    """Ask for the task, the name of a data set that there is a model for; the address' ``task`` presets it.

    Args:
        drops: further parameters of the address that belong to the task, beside the case's.

    Returns:
        Its name, or None, with a sentence on the page, if there is no model yet.
    """
    tasks = {version.dataset for version in active_versions()}
    if not tasks:
        st.info("No models yet. Train one with `python -m diagnosis train phantoms lstm`.")
        return None
    names = sorted(tasks, key=lambda name: (name != PREFERRED, name))
    return addressed(
        "Task", names, parameter="task", key="task", default=names[0], format_func=task_title,
        drops=(*address.OF_CASE, *drops),
    )  # fmt: skip


def choose_model(*, narrow: bool = False) -> Version | None:
    """Ask for task and model, side by side; the address' ``task`` and ``model`` preset them.

    Args:
        narrow: one below the other, on a page that says itself for whom the model is.

    Returns:
        The active version, or the one that this session stays with; None, with a sentence on the page, if
        there is no model yet.
    """
    left, right = (st.container(), st.container()) if narrow else st.columns(2)
    with left:
        task = choose_task(drops=("model",))
    if task is None:
        return None
    of_task = {version.variant: version for version in active_versions() if version.dataset == task}
    names = [name for name in VARIANTS if name in of_task]
    with right:
        variant = addressed(
            "Model", names, parameter="model", key=f"model-{task}",
            default="lstm" if "lstm" in names else names[0],
            format_func=lambda name: VARIANTS[name].title,
            help="\n\n".join(f"{VARIANTS[name].title}: {VARIANTS[name].sentence}" for name in names),
        )  # fmt: skip
    version = in_use(of_task[variant])
    if not narrow:
        for_whom([version])
    return version


def for_whom(versions: Iterable[Version]) -> None:
    """Draw the intended population of models."""
    if sentences := populations(versions):
        st.caption(plain(sentences))


def populations(versions: Iterable[Version]) -> str:
    """The intended population of models, each sentence once; damaged versions are reported elsewhere."""
    sentences = []
    for version in versions:
        with suppress(InputError):
            sentences.append(version.population.sentence)
    return " ".join(dict.fromkeys(sentences))


def active_versions() -> list[Version]:
    """The active version of every model of images and records."""
    names = sorted({version.name for version in store.versions()})
    return [version for name in names if (version := store.active(name)) is not None]
