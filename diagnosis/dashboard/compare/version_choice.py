"""Which versions to compare: two to six, in the order chosen; the address' ``models`` says which."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from diagnosis.comparison.configuration import distinction
from diagnosis.core.errors import InputError
from diagnosis.dashboard.shell import address
from diagnosis.models import store
from diagnosis.models.store import Version
from diagnosis.models.variants import VARIANTS, Variant
from diagnosis.text.configuration import fields_text

FEWEST, MOST = 2, 6
PREFERRED = ("lstm", "gru", "bidirectional_lstm", "simple_rnn")  # then whatever else there is
MODELS = "models"


@dataclass(frozen=True)
class Choice:
    """A version that can be chosen."""

    version: Version
    token: str  # in the address: the variant, or for a version that is not active variant/version
    title: str  # of its column: what distinguishes it from the others of the task

    @property
    def label(self) -> str:
        """In the box: the title, with the name of a version that is not active."""
        name = self.version.version
        return (
            self.title if "/" not in self.token or name in self.title else f"{self.title}, {name}"
        )


def choose_models(task: str) -> list[Choice]:
    """Ask for the versions of a task; a sentence on the page if there are too few.

    Returns:
        Two to six choices, or an empty list.
    """
    options = {choice.token: choice for choice in choices(task)}
    if len(options) < FEWEST:
        there = {choice.version.variant for choice in options.values()}
        names = [kind.name for kind in kinds(task)]
        new = [name for name in names if name not in there] or names or ["gru"]
        other = "gru" if "gru" in new else new[0]
        st.info(
            "There is only one model for this task: train another with "
            f"`python -m diagnosis train {task} {other}` to compare them."
        )
        return []
    key = f"compare-models-{task}"

    def tell_address() -> None:
        address.write(**{MODELS: ",".join(st.session_state[key])})

    tokens = list(filter(None, st.query_params.get(MODELS, "").split(",")))
    asked = known(tokens, list(options.values()))[:MOST]
    if len(asked) < len(tokens):
        address.ignore(MODELS)
    if len(asked) >= FEWEST:
        st.session_state[key] = asked
    elif key not in st.session_state:
        st.session_state[key] = _usual(list(options))
    else:  # a version may have gone since it was chosen
        st.session_state[key] = known(st.session_state[key], list(options.values()))
    chosen: list[str] = st.multiselect(
        f"Models, {FEWEST} to {MOST}", list(options), key=key, max_selections=MOST,
        on_change=tell_address, wrap=True, select_all=False,  # it would offer more than may be chosen
        format_func=lambda token: options[token].label, persist_state="session",
        help="\n\n".join(f"{kind.title}: {kind.sentence}" for kind in kinds(task)),
    )  # fmt: skip
    if len(chosen) < FEWEST:
        st.info(f"Choose at least {FEWEST} models to compare.")
        return []
    address.show(**{MODELS: ",".join(chosen)})
    return [options[token] for token in chosen]


def known(tokens: Sequence[str], among: Sequence[Choice]) -> list[str]:
    """Tokens that stand for a choice, in its present form: a version may have become active since."""
    now = {f"{choice.version.variant}/{choice.version.version}": choice.token for choice in among}
    now |= {choice.token: choice.token for choice in among}
    return list(dict.fromkeys(now[token] for token in tokens if token in now))


def choices(task: str) -> list[Choice]:
    """All versions of a task: of each variant the active one first, then the others, newest first."""
    of_task = [version for version in store.versions() if version.dataset == task]
    found: list[Choice] = []
    for kind in kinds(task):
        versions = [version for version in of_task if version.variant == kind.name]
        usual = store.active(f"{task}/{kind.name}") if versions else None
        if usual is not None:
            found.append(Choice(usual, kind.name, kind.title))
        taken = {kind.title}
        for version in reversed(versions):
            if usual is None or version.version != usual.version:
                title = ", ".join(filter(None, [kind.title, _difference(version, usual)]))
                if title in taken:
                    title += f", {version.version}"
                taken.add(title)
                found.append(Choice(version, f"{kind.name}/{version.version}", title))
    return found


def kinds(task: str) -> list[Variant]:
    """Variants that read what the models of a task read: images, or records."""
    of_task = {version.variant for version in store.versions() if version.dataset == task}
    reads = {VARIANTS[name].reads for name in of_task if name in VARIANTS}
    return [kind for kind in VARIANTS.values() if kind.reads in reads]


def _difference(version: Version, usual: Version | None) -> str:
    """The difference of a version to the active one; nothing where that cannot be read."""
    try:
        return "" if usual is None else fields_text(distinction(version, usual))
    except InputError:  # its column will say so
        return ""


def _usual(tokens: Sequence[str]) -> list[str]:
    """Compared by default: four models."""
    ranked = [*(token for token in PREFERRED if token in tokens), *tokens]
    return list(dict.fromkeys(ranked))[: len(PREFERRED)]


def first_readable(choices: Sequence[Choice]) -> Version:
    """The first choice that has a configuration: samples and slices are asked for by it.

    Raises:
        InputError: none of them can be read.
    """
    problem: InputError | None = None
    for choice in choices:
        try:
            _ = choice.version.config
        except InputError as error:
            problem = problem or error
        else:
            return choice.version
    raise problem or InputError("There is no model to compare: choose at least two.")
