"""The sidebar's form: what is to be trained. Its fields outlive the page; the address may fill them in."""

from typing import Any, get_args

import streamlit as st

from diagnosis.dashboard import person, warmup
from diagnosis.dashboard.kept import kept
from diagnosis.dashboard.models import sizes_here
from diagnosis.dashboard.plain import plain
from diagnosis.dashboard.terms import term
from diagnosis.dashboard.training import recipe
from diagnosis.dashboard.training.words import set_title
from diagnosis.datasets import catalogue, own_files
from diagnosis.errors import InputError
from diagnosis.models.variants import VARIANTS
from diagnosis.runs.plan import Plan
from diagnosis.training.config import Optimizer, Schedule

KEY = "recipe-"
FIRST = "pneumoniamnist"  # the set that is chosen on a first visit, if it is here
ADDRESS, VARIANT_BEFORE, REFUSED = "recipe-address", "recipe-before", "train-refused"
USUAL_VARIANT = "lstm"
SCHEDULES = {
    "constant": "constant",
    "cosine": "cosine: falls smoothly",
    "step": "step: falls three times",
    "plateau": "plateau: falls when validation stalls",
}
DEVICES = {"auto": "as found", "cpu": "processor (CPU)", "gpu": "graphics card (GPU)"}
AUGMENTATION = {
    "shift": ("Shift, of the side", 0.01, "%.2f"),
    "rotate": ("Rotate, degrees", 1.0, "%.1f"),
    "scale": ("Scale, of the size", 0.01, "%.2f"),
    "intensity": ("Contrast and brightness", 0.01, "%.2f"),
    "noise": ("Noise, of the grey range", 0.01, "%.2f"),
}


def form() -> tuple[tuple[Plan, ...] | None, bool]:
    """Draw it in the sidebar.

    Returns:
        What is asked for: None, with a sentence there, while a field is not what it must be; and whether the
        button below was pressed.
    """
    names = _sets_here()
    _fill_in(names)
    with st.sidebar.container(key="train-form"):
        st.markdown("**New training**")
        for sentence in st.session_state.get(REFUSED, ()):
            st.warning(plain(sentence))
        _data(names)
        _network()
        left, right = st.columns(2, gap="small")
        with left:
            _number("epochs", "Epochs", 1, 10_000, help=f"At most. {term('epoch')}")
        with right:
            st.text_input(
                "Seeds", **_field("seeds"), max_chars=200,
                help=f"{term('seed')} Several, such as 1, 2, 3, start one training each.",
            )  # fmt: skip
        below = st.container()
        with st.expander("Advanced"):
            _advanced()
        plans = None
        with below:
            try:
                plans = recipe.plans(_values())
            except InputError as error:
                st.error(plain(str(error)))
            pressed = st.button(
                "Review and start", type="primary", disabled=plans is None, width="stretch"
            )
        return plans, pressed


def _values() -> dict[str, Any]:
    return {name: st.session_state[KEY + name] for name in ("dataset", *recipe.defaults("lstm"))}


def _sets_here() -> list[str]:
    published = [name for name, facts in catalogue().items() if sizes_here(facts)]
    return [*published, *own_files()]


def _fill_in(names: list[str]) -> None:
    """Defaults where there is nothing yet; what a new address asks for; and nothing that is gone."""
    state = st.session_state
    for name, value in recipe.defaults(USUAL_VARIANT).items():
        state.setdefault(KEY + name, value)
    parameters = {name: value for name, value in st.query_params.items() if name != "run"}
    if parameters and state.get(ADDRESS) != parameters:  # not again after each press
        state[ADDRESS] = parameters
        found, state[REFUSED] = recipe.asked(parameters, names)
        if "variant" in found:
            state[KEY + "variant"] = found["variant"]
            _follow_variant()
        for name, value in found.items():
            state[KEY + name] = value
    if account := person.account():  # whatever the field or the address says
        state[KEY + "by"] = account
    if state.get(KEY + "dataset") not in names:
        state[KEY + "dataset"] = FIRST if FIRST in names else names[0]


def _follow_variant() -> None:
    """Units, layers and dropout become the new variant's own, unless a person wrote others."""
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
    name = st.selectbox("Data set", names, **_field("dataset"), format_func=_set_words)
    sizes = sizes_here(catalogue()[name]) if name in catalogue() else (28,)
    if st.session_state[KEY + "size"] not in sizes:
        st.session_state[KEY + "size"] = sizes[0]
    if len(sizes) > 1:
        st.selectbox("Pixels along each side", sizes, **_field("size"))


def _set_words(name: str) -> str:
    return set_title(name) + ("" if name in catalogue() else " (yours)")


def _network() -> None:
    name = st.selectbox(
        "Variant", list(VARIANTS), **_field("variant"), on_change=_follow_variant,
        format_func=lambda name: VARIANTS[name].title,
        help="\n\n".join(f"{kind.title}: {kind.sentence}" for kind in VARIANTS.values()),
    )  # fmt: skip
    convolutions = VARIANTS[name].cell == "cnn"
    left, right = st.columns(2, gap="small")
    units = left.text_input(
        "Filters" if convolutions else "Units", **_field("units"), max_chars=100,
        help="Of each layer: one number for all, such as 50, or one for each, such as 64, 32.",
    )  # fmt: skip
    right.number_input(
        "Layers", 1, recipe.MOST_LAYERS, **_field("layers"), disabled="," in units,
        help="How many layers have that number of units. Where each has its own, they are counted.",
    )  # fmt: skip


def _advanced() -> None:
    _number("dropout", "Dropout", 0.0, 0.95, 0.05, help=term("dropout"))
    _number("batch_size", "Batch", 1, 65_536, help="Scans between two steps of learning.")
    _number(
        "learning_rate", "Learning rate", 1e-7, 10.0, 5e-4, "%g", help=term("learning rate")
    )  # fmt: skip
    _choice("schedule", "Schedule of the rate", get_args(Schedule), SCHEDULES)
    _number(
        "clip_norm", "Clip the gradient at", 0.0, 1e6, 0.5, "%g",
        help=f"{term('gradient norm')} 0 does not clip.",
    )  # fmt: skip
    _number(
        "patience", "Patience, epochs", 0, 10_000,
        help="So many epochs without a lower validation loss end the training; 0 never ends it early.",
    )  # fmt: skip
    st.checkbox(
        "Weigh rare classes more", **_field("balanced"), help="Inversely to how frequent they are."
    )
    _choice("optimizer", "Optimizer", get_args(Optimizer), {"adam": "Adam", "adamw": "AdamW"})
    if st.session_state[KEY + "optimizer"] == "adamw":
        _number("weight_decay", "Weight decay", 0.0, 1.0, 1e-4, "%g")
    _augmentation()
    _device()
    st.text_input(
        "Your name", **_field("by"), max_chars=100, help="Stored with the run.",
        disabled=bool(person.account()),
    )  # fmt: skip
    st.text_input("What for", **_field("why"), max_chars=500, help="Stored with the run.")


def _augmentation() -> None:
    on = st.toggle(
        "Change the training images a little", **_field("augment"), help=term("augmentation")
    )
    if not on:
        return
    for name, (label, step, shown) in AUGMENTATION.items():
        _number(name, label, *recipe.LIMITS[name], step, shown)
    facts = catalogue().get(st.session_state[KEY + "dataset"])
    plausible = facts is None or facts.flip  # of one's own set only its owner knows
    if not plausible:
        st.session_state[KEY + "flip"] = False
    st.checkbox(
        "Mirror half of them", **_field("flip"), disabled=not plausible,
        help="Only where a mirrored scan is still a plausible one; of this set it "
        + ("may be." if plausible else "is not."),
    )  # fmt: skip


def _device() -> None:
    gpus = 0
    if warmup.ready():  # only Keras knows
        import keras

        gpus = sum(not name.lower().startswith("cpu") for name in keras.distribution.list_devices())
    found = list(DEVICES) if gpus else ["auto", "cpu"]
    if st.session_state[KEY + "device"] not in found:
        st.session_state[KEY + "device"] = "auto"
    st.selectbox(
        "Computed on", found, **_field("device"), format_func=DEVICES.__getitem__,
        help=f"Found on this machine: {gpus or 'no'} GPU{'s' if gpus > 1 else ''}."
        if warmup.ready()
        else "What there is, is known as soon as Keras has loaded.",
    )  # fmt: skip


def _number(  # noqa: PLR0917
    name: str,
    label: str,
    low: float,
    high: float,
    step: float = 1,
    shown: str | None = None,
    **box: Any,
) -> None:
    st.number_input(label, low, high, step=step, format=shown, **_field(name), **box)


def _choice(name: str, label: str, options: tuple[str, ...], words: dict[str, str]) -> None:
    st.selectbox(label, options, **_field(name), format_func=words.__getitem__)


def _field(name: str) -> dict[str, Any]:
    """Of every field; `_fill_in` saw to it that there is a value."""
    return kept(KEY + name, st.session_state[KEY + name])
