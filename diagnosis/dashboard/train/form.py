"""The form in the sidebar."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import streamlit as st

from diagnosis.core.errors import InputError
from diagnosis.dashboard.glossary.terms import term
from diagnosis.dashboard.shell import address, reader, warmup
from diagnosis.dashboard.shell.caches import sizes_here
from diagnosis.dashboard.shell.escape import plain, show_error
from diagnosis.dashboard.train import fields, recipe
from diagnosis.dashboard.train.fields import field
from diagnosis.datasets import catalogue, has_records, title_of
from diagnosis.jobs.plan import Plan
from diagnosis.models.variants import VARIANTS
from diagnosis.sequences import STRONG, Augmentation

SCHEDULES = "Cosine falls smoothly, step three times, plateau when the validation loss stalls."
DEVICES = {"auto": "automatic", "cpu": "CPU", "gpu": "GPU"}
OPTIMIZERS = {"adam": "Adam", "adamw": "AdamW"}


def form() -> tuple[tuple[Plan, ...] | None, bool]:
    """Draw it, in the container that the caller has opened.

    Returns:
        The plans, or None, with a sentence there, while a field is not valid; and whether the button was
        pressed.
    """
    names = fields.sets_here()
    fields.prepare(names)
    for sentence in st.session_state.get(fields.REJECTED, ()):
        st.warning(plain(sentence))
    _data(names)
    _network()
    left, right = st.columns(2, gap="small")
    with left:
        _number("epochs", help=f"The maximum. {term('epoch')}")
    with right:
        st.text_input(
            "Seeds", **field("seeds"), max_chars=200,
            help=f"{term('seed')} Each of several, such as 1, 2, 3, starts a training.",
        )  # fmt: skip
    with st.expander("Advanced"):
        _advanced()
    plans = None
    with st.container(key="train-start"):  # in sight, however long the form is
        try:
            plans = recipe.plans(fields.values())
        except InputError as error:
            show_error(error)
        pressed = st.button(
            "Review and start",
            type="primary",
            disabled=plans is None,
            width="stretch",
            key="train-review",
        )
    address.show(**recipe.to_address(fields.values()))
    return plans, pressed


def _data(names: list[str]) -> None:
    name = st.selectbox(
        "Data set", names, **field("dataset") | {"on_change": fields.dataset_changed},
        format_func=partial(title_of, imported=" (yours)"),
    )  # fmt: skip
    several = name in catalogue() and not has_records(name)
    sizes = sizes_here(catalogue()[name]) if several else (28,)
    if fields.value("size") not in sizes:
        st.session_state[fields.key("size")] = sizes[0]
    if len(sizes) > 1:
        st.selectbox("Pixels per side", sizes, **field("size"))


def _network() -> None:
    fitting = fields.variants_of(fields.value("dataset"))
    name = st.selectbox(
        "Variant", fitting, **field("variant") | {"on_change": fields.variant_changed},
        format_func=lambda name: VARIANTS[name].title,
        help="\n\n".join(
            f"{VARIANTS[name].title}: {VARIANTS[name].sentence}" for name in fitting
        ),
    )  # fmt: skip
    left, right = st.columns(2, gap="small")
    units = left.text_input(
        VARIANTS[name].unit_word.capitalize(), **field("units"), max_chars=100,
        help="One number for all layers, such as 50, or one for each, such as 64, 32.",
    )  # fmt: skip
    with right:
        _number(
            "layers", disabled="," in units,
            help="Follows from the units if they are given for each layer.",
        )  # fmt: skip


def _advanced() -> None:
    left, right = st.columns(2, gap="small")
    with left:
        _number("dropout", help=term("dropout"))
        _number("learning_rate", help=term("learning rate"))
        _choice("optimizer", OPTIMIZERS)
        _number("clip_norm", help=f"{term('gradient norm')} 0 does not clip.")
    with right:
        _number("batch_size", help="Cases per optimiser step.")
        _choice("schedule", help=SCHEDULES)
        _number(
            "weight_decay", disabled=fields.value("optimizer") != "adamw", help="Of AdamW alone."
        )
        _number(
            "patience",
            help="Training stops after this many epochs without a lower validation loss; 0 turns that off.",
        )
    _number(
        "averaging",
        help="Momentum of a moving average of the weights, which is judged and saved; 0 for none.",
    )
    left, right = st.columns(2, gap="small")
    with left:
        _number("folds", help=f"{recipe.FIELDS['folds'].info.description}.".capitalize())
    with right:
        _number(
            "prevalence", disabled=fields.value("folds") < 2,
            help="Of the finding, at which probabilities hold. With folds alone.",
        )  # fmt: skip
    _switch("balanced", help="Weights inverse to class frequency.")
    kind = VARIANTS[fields.value("variant")]
    if not kind.embedding or kind.fusion:
        _augmentation()
    _device()
    most = {name: recipe.FIELDS[name].high for name in ("by", "why")}  # characters
    st.text_input(
        "Your name", **field("by"), max_chars=most["by"], help="Stored with the run.",
        disabled=bool(reader.account()),
    )  # fmt: skip
    st.text_input("Description", **field("why"), max_chars=most["why"], help="Stored with the run.")


def _augmentation() -> None:
    on = st.toggle("Data augmentation", **field("augment"), help=term("augmentation"))
    if not on:
        return
    presets = {"Moderate": Augmentation(), "Strong": STRONG}
    with st.container(horizontal=True, gap="small"):
        for title, preset in presets.items():
            st.button(title, key=f"train-augmentation-{title}", on_click=_take, args=(preset,))
    columns = st.columns(2, gap="small")
    numbers = [name for name in Augmentation.model_fields if name != "flip"]
    for index, name in enumerate(numbers):
        with columns[index % 2]:
            _number(name, help=f"At most; {recipe.FIELDS[name].info.description}.")
    facts = catalogue().get(fields.value("dataset"))
    plausible = facts is None or facts.flip  # of an imported set only its owner knows
    if not plausible:
        st.session_state[fields.key("flip")] = False
    _switch(
        "flip", disabled=not plausible,
        help="For data sets whose mirrored scans are plausible"
        + ("." if plausible else "; this one's are not."),
    )  # fmt: skip


def _take(preset: Augmentation) -> None:
    """Fill its numbers in; mirroring is for the data set to allow."""
    for name, value in preset.to_json().items():
        if name != "flip":
            st.session_state[fields.key(name)] = value


def _device() -> None:
    gpus = 0
    if warmup.ready():  # only Keras knows
        import keras

        gpus = sum(not name.lower().startswith("cpu") for name in keras.distribution.list_devices())
    devices = list(DEVICES) if gpus else ["auto", "cpu"]
    if fields.value("device") not in devices:
        st.session_state[fields.key("device")] = "auto"
    st.selectbox(
        "Device", devices, **field("device"), format_func=DEVICES.__getitem__,
        help=f"This machine has {gpus or 'no'} GPU{'s' if gpus > 1 else ''}."
        if warmup.ready()
        else "GPUs are listed once Keras has loaded.",
    )  # fmt: skip


def _number(name: str, **box: Any) -> None:
    st.number_input(**recipe.FIELDS[name].number(), **field(name), **box)


def _switch(name: str, **box: Any) -> None:
    st.checkbox(recipe.FIELDS[name].label, **field(name), **box)


def _choice(name: str, titles: Mapping[str, str] | None = None, **box: Any) -> None:
    given = recipe.FIELDS[name]
    shown = str if titles is None else titles.__getitem__
    st.selectbox(given.label, given.choices, format_func=shown, **field(name), **box)
