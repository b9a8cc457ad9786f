"""The fields of the form, in the session and in the address: a reload or a link brings them back."""

from typing import Any

import streamlit as st

from diagnosis.dashboard.shell import address, reader
from diagnosis.dashboard.shell.caches import sizes_here
from diagnosis.dashboard.train import recipe
from diagnosis.dashboard.widgets.persistent import persistent
from diagnosis.datasets import catalogue, has_records, own_files
from diagnosis.jobs.plan import Plan
from diagnosis.models.variants import (
    image_variants,
    record_variants,
    study_variants,
    volume_variants,
)

FIRST = "pneumoniamnist"  # the set that is chosen at first, if it is on this machine
USUAL = recipe.defaults("lstm")
# In the session: the parameters that filled the form in; the variant before; sentences about the address.
ADDRESS, VARIANT_BEFORE, REJECTED = "recipe-address", "recipe-before", "train-rejected"
OTHERS = ("run",)  # parameters of this page that are no fields


def key(name: str) -> str:
    """The key of a field's widget, and of its value in the session."""
    return f"recipe-{name}"


def value(name: str) -> Any:
    """What a field holds."""
    return st.session_state[key(name)]


def values() -> dict[str, Any]:
    """What all fields hold."""
    return {name: value(name) for name in ("dataset", *USUAL)}


def field(name: str) -> dict[str, Any]:
    """Arguments of every field; `prepare` has given it a value."""
    return {"on_change": changed} | persistent(key(name), value(name))


def sets_here() -> list[str]:
    """Data sets that can be trained on without a download; of published ones those of images alone first."""
    published = [name for name, facts in catalogue().items() if sizes_here(facts)]
    rank = {name: (has_records(name), catalogue()[name].record) for name in published}
    return [*sorted(published, key=rank.__getitem__), *own_files()]


def variants_of(dataset: str) -> list[str]:
    """The variants that read what a data set holds."""
    if has_records(dataset):
        return record_variants()
    facts = catalogue().get(dataset)
    if facts and facts.record:  # both together, or a part of it
        return [*study_variants(), *image_variants(), *record_variants()]
    return volume_variants() if facts and facts.dimensions == 3 else image_variants()


def prepare(names: list[str]) -> None:
    """Fill empty fields with defaults, take over a new address, and drop data sets that are gone."""
    state = st.session_state
    for name, default in USUAL.items():
        state.setdefault(key(name), default)
    parameters = {name: text for name, text in st.query_params.items() if name not in OTHERS}
    before = state.get(ADDRESS, {})
    if parameters and before != parameters:  # not again after each press
        state[ADDRESS] = parameters
        for name in (before.keys() - parameters.keys()) & USUAL.keys():
            state[key(name)] = USUAL[name]
        preset, state[REJECTED] = recipe.from_address(parameters, names)
        if "variant" in preset:
            state[key("variant")] = preset["variant"]
        follow_variant()
        for name, given in preset.items():
            state[key(name)] = given
    if account := reader.account():  # whatever the field or the address says
        state[key("by")] = account
    if state.get(key("dataset")) not in names:
        state[key("dataset")] = FIRST if FIRST in names else names[0]
    _fit_variant()


def dataset_changed() -> None:
    """A callback of the data set: another variant where the one before reads something else."""
    _fit_variant()
    changed()


def changed() -> None:
    """Write what is filled in into the address; a callback."""
    chosen = recipe.to_address(values())
    before = set(st.query_params) | set(st.session_state[address.SHOWN])
    gone = {name: None for name in before - chosen.keys() if name in ("dataset", *USUAL)}
    address.write(**chosen, **gone)
    st.session_state[ADDRESS] = chosen


def variant_changed() -> None:
    """A callback of the variant."""
    follow_variant()
    changed()


def _fit_variant() -> None:
    """Take a variant that reads what the data set holds, where the one that is chosen does not."""
    if value("variant") not in (fitting := variants_of(value("dataset"))):
        st.session_state[key("variant")] = fitting[0]
        follow_variant()


def follow_variant() -> None:
    """Units, layers and dropout become the new variant's defaults, unless they were edited."""
    state = st.session_state
    before = recipe.of_variant(state.get(VARIANT_BEFORE, USUAL["variant"]))
    state[VARIANT_BEFORE] = value("variant")
    usual = recipe.of_variant(state[VARIANT_BEFORE])
    groups: tuple[tuple[str, ...], ...] = (("units", "layers"), ("dropout",))
    for group in groups:
        if all(value(name) == before[name] for name in group):
            for name in group:
                state[key(name)] = usual[name]


def can_fill_in(plan: Plan) -> bool:
    """Whether a plan's data set is on this machine."""
    return plan.dataset in sets_here()


def fill_in(plan: Plan) -> None:
    """Fill the form with a plan's settings; a callback."""
    for name, given in recipe.of_plan(plan).items():
        st.session_state[key(name)] = given
    st.session_state[VARIANT_BEFORE] = plan.variant
    changed()
