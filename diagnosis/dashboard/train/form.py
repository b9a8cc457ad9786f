"""The form in the sidebar. Its fields outlive the page, and the address can preset them."""

from functools import partial
from typing import Any

import streamlit as st

from diagnosis.core.errors import InputError
from diagnosis.dashboard.glossary.terms import term
from diagnosis.dashboard.shell import reader, warmup
from diagnosis.dashboard.shell.caches import sizes_here
from diagnosis.dashboard.shell.escape import plain, show_error
from diagnosis.dashboard.train import recipe
from diagnosis.dashboard.widgets.persistent import persistent
from diagnosis.datasets import catalogue, own_files, title_of
from diagnosis.jobs.plan import Plan
from diagnosis.models.variants import VARIANTS
from diagnosis.sequences import Augmentation

KEY = "recipe-"
FIRST = "pneumoniamnist"  # the set that is chosen at first, if it is on this machine
ADDRESS, VARIANT_BEFORE, REJECTED = "recipe-address", "recipe-before", "train-rejected"
USUAL_VARIANT = "lstm"
SCHEDULES = {
    "constant": "constant",
    "cosine": "cosine: falls smoothly",
    "step": "step: falls three times",
    "plateau": "plateau: falls when validation stalls",
}
DEVICES = {"auto": "automatic", "cpu": "processor (CPU)", "gpu": "graphics card (GPU)"}
OPTIMIZERS = {"adam": "Adam", "adamw": "AdamW"}


def form() -> tuple[tuple[Plan, ...] | None, bool]:
    """Draw it in the sidebar.

    Returns:
        The plans, or None, with a sentence there, while a field is not valid; and whether the button was
        pressed.
    """
    names = _sets_here()
    _fill_in(names)
    with st.sidebar.container(key="train-form"):
        st.markdown("**New training**")
        for sentence in st.session_state.get(REJECTED, ()):
            st.warning(plain(sentence))
        _data(names)
        _network()
        left, right = st.columns(2, gap="small")
        with left:
            _number("epochs", help=f"The maximum. {term('epoch')}")
        with right:
            st.text_input(
                "Seeds", **_field("seeds"), max_chars=200,
                help=f"{term('seed')} Each of several, such as 1, 2, 3, starts a training.",
            )  # fmt: skip
        below = st.container()
        with st.expander("Advanced"):
            _advanced()
        plans = None
        with below:
            try:
                plans = recipe.plans(_values())
            except InputError as error:
                show_error(error)
            pressed = st.button(
                "Review and start",
                type="primary",
                disabled=plans is None,
                width="stretch",
                key="train-review",
            )
        return plans, pressed


def _values() -> dict[str, Any]:
    return {name: st.session_state[KEY + name] for name in ("dataset", *recipe.defaults("lstm"))}


def _sets_here() -> list[str]:
    published = [name for name, facts in catalogue().items() if sizes_here(facts)]
    return [*published, *own_files()]


def _fill_in(names: list[str]) -> None:
    """Fill empty fields with defaults, take over a new address, and drop data sets that are gone."""
    state = st.session_state
    for name, value in recipe.defaults(USUAL_VARIANT).items():
        state.setdefault(KEY + name, value)
    parameters = {name: value for name, value in st.query_params.items() if name != "run"}
    if parameters and state.get(ADDRESS) != parameters:  # not again after each press
        state[ADDRESS] = parameters
        preset, state[REJECTED] = recipe.from_address(parameters, names)
        if "variant" in preset:
            state[KEY + "variant"] = preset["variant"]
            _follow_variant()
        for name, value in preset.items():
            state[KEY + name] = value
    if account := reader.account():  # whatever the field or the address says
        state[KEY + "by"] = account
    if state.get(KEY + "dataset") not in names:
        state[KEY + "dataset"] = FIRST if FIRST in names else names[0]


def _follow_variant() -> None:
    """Units, layers and dropout become the new variant's defaults, unless they were edited."""
    state = st.session_state
    before = recipe.of_variant(state.get(VARIANT_BEFORE, USUAL_VARIANT))
    state[VARIANT_BEFORE] = state[KEY + "variant"]
    usual = recipe.of_variant(state[VARIANT_BEFORE])
    groups: tuple[tuple[str, ...], ...] = (("units", "layers"), ("dropout",))
    for group in groups:
        if all(state[KEY + name] == before[name] for name in group):
            for name in group:
                state[KEY + name] = usual[name]


def _data(names: list[str]) -> None:
    name = st.selectbox(
        "Data set", names, **_field("dataset"), format_func=partial(title_of, imported=" (yours)")
    )
    sizes = sizes_here(catalogue()[name]) if name in catalogue() else (28,)
    if st.session_state[KEY + "size"] not in sizes:
        st.session_state[KEY + "size"] = sizes[0]
    if len(sizes) > 1:
        st.selectbox("Pixels per side", sizes, **_field("size"))


def _network() -> None:
    name = st.selectbox(
        "Variant", list(VARIANTS), **_field("variant"), on_change=_follow_variant,
        format_func=lambda name: VARIANTS[name].title,
        help="\n\n".join(f"{kind.title}: {kind.sentence}" for kind in VARIANTS.values()),
    )  # fmt: skip
    left, right = st.columns(2, gap="small")
    units = left.text_input(
        VARIANTS[name].unit_word.capitalize(), **_field("units"), max_chars=100,
        help="One number for all layers, such as 50, or one for each, such as 64, 32.",
    )  # fmt: skip
    with right:
        _number(
            "layers", disabled="," in units,
            help="Follows from the units if they are given for each layer.",
        )  # fmt: skip


def _advanced() -> None:
    _number("dropout", help=term("dropout"))
    _number("batch_size", help="Scans per optimiser step.")
    _number("learning_rate", help=term("learning rate"))
    _choice("schedule", SCHEDULES)
    _number("clip_norm", help=f"{term('gradient norm')} 0 does not clip.")
    _number(
        "patience",
        help="Training stops after this many epochs without a lower validation loss; 0 turns that off.",
    )
    _switch("balanced", help="Weights inverse to class frequency.")
    _choice("optimizer", OPTIMIZERS)
    if st.session_state[KEY + "optimizer"] == "adamw":
        _number("weight_decay")
    _augmentation()
    _device()
    most = {name: recipe.FIELDS[name].high for name in ("by", "why")}  # characters
    st.text_input(
        "Your name", **_field("by"), max_chars=most["by"], help="Stored with the run.",
        disabled=bool(reader.account()),
    )  # fmt: skip
    st.text_input("Purpose", **_field("why"), max_chars=most["why"], help="Stored with the run.")


def _augmentation() -> None:
    on = st.toggle("Augment the training images", **_field("augment"), help=term("augmentation"))
    if not on:
        return
    for name in Augmentation.model_fields:
        if name != "flip":
            _number(name)
    facts = catalogue().get(st.session_state[KEY + "dataset"])
    plausible = facts is None or facts.flip  # of an imported set only its owner knows
    if not plausible:
        st.session_state[KEY + "flip"] = False
    _switch(
        "flip", disabled=not plausible,
        help="For data sets whose mirrored scans are plausible"
        + ("." if plausible else "; this one's are not."),
    )  # fmt: skip


def _device() -> None:
    gpus = 0
    if warmup.ready():  # only Keras knows
        import keras

        gpus = sum(not name.lower().startswith("cpu") for name in keras.distribution.list_devices())
    devices = list(DEVICES) if gpus else ["auto", "cpu"]
    if st.session_state[KEY + "device"] not in devices:
        st.session_state[KEY + "device"] = "auto"
    st.selectbox(
        "Device", devices, **_field("device"), format_func=DEVICES.__getitem__,
        help=f"This machine has {gpus or 'no'} GPU{'s' if gpus > 1 else ''}."
        if warmup.ready()
        else "GPUs are listed once Keras has loaded.",
    )  # fmt: skip


def _number(name: str, **box: Any) -> None:
    st.number_input(**recipe.FIELDS[name].number(), **_field(name), **box)


def _switch(name: str, **box: Any) -> None:
    st.checkbox(recipe.FIELDS[name].label, **_field(name), **box)


def _choice(name: str, titles: dict[str, str]) -> None:
    field = recipe.FIELDS[name]
    st.selectbox(field.label, field.choices, **_field(name), format_func=titles.__getitem__)


def _field(name: str) -> dict[str, Any]:
    """Arguments of every field; `_fill_in` has given it a value."""
    return persistent(KEY + name, st.session_state[KEY + name])
