"""Many people at once: nobody is shown another's reading, and nobody's model is built wrongly meanwhile."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras.src.backend.common import global_state
from streamlit.runtime.scriptrunner import script_runner
from streamlit.testing.v1 import AppTest

from benchmarks.load import Crowd
from diagnosis.dashboard.shell import caches
from diagnosis.dashboard.shell.turns import Turns
from diagnosis.inference.prediction import Prediction
from diagnosis.inference.predictor import Predictor
from diagnosis.models import store
from diagnosis.traces.check import CheckError
from tests.cases import example
from tests.conftest import ROOT, scanline
from tests.shipped import shipped, variants_of

RECURRENT = variants_of("phantoms", recurrent=True)
SOME = ("simple_rnn", "gru")  # `make test-long` has all of them
SEQUENCE = np.random.default_rng(1).uniform(0, 1, (28, 28)).astype(np.float32)
BLANK = np.zeros((28, 28), np.uint8)


def _read(model: Predictor, **ablated: list[int]) -> Prediction:
    sequence = model.config.encoder.sequence(SEQUENCE)
    return model.predict_perturbed(example(BLANK), sequence, ablated=ablated)


def _clear_as_keras_does() -> None:
    """What Keras' own ``clear_session`` does to the threads that are at work."""
    global_state.GLOBAL_STATE_TRACKER = threading.local()
    global_state.GLOBAL_SETTINGS_TRACKER = threading.local()


@pytest.mark.parametrize(
    ("names", "times"), [(SOME, 2), pytest.param(RECURRENT, 4, marks=pytest.mark.long)]
)
@pytest.mark.parametrize(
    "clear",
    [_clear_as_keras_does, pytest.param(keras.backend.clear_session, marks=pytest.mark.long)],
)
def test_models_are_built_and_read_right_while_the_session_is_cleared(
    clear: Any, names: tuple[str, ...], times: int
) -> None:
    first = {
        name: {f"{layer}": [0, 3] for layer in list(model.ablation.units)[:1]}
        for name in names
        if (model := shipped(f"pneumoniamnist/{name}"))
    }
    expected = {
        name: (_read(model), _read(model, **first[name]))
        for name in names
        if (model := shipped(f"pneumoniamnist/{name}"))
    }
    over = threading.Event()

    def keep_clearing() -> None:
        while not over.is_set():
            clear()
            time.sleep(0.0005)

    right = []

    def build(number: int) -> None:
        name = names[number % len(names)]
        try:
            model = Predictor(store.find(f"pneumoniamnist/{name}"))
            predictions = _read(model), _read(model, **first[name])
        except Exception:
            if clear is keras.backend.clear_session:
                raise
            return  # Keras itself may then fail to build, and says so; no answer is wrong
        for got, wanted in zip(predictions, expected[name], strict=True):
            np.testing.assert_allclose(got.probabilities, wanted.probabilities, atol=1e-6)
            assert got.per_step is not None and wanted.per_step is not None
            np.testing.assert_allclose(got.per_step, wanted.per_step, atol=1e-6)
        assert got.trace is None or got.trace.difference < 1e-5
        right.append(name)

    clearing = threading.Thread(target=keep_clearing)
    clearing.start()
    try:
        with ThreadPoolExecutor(8) as builders:
            list(builders.map(build, range(times * len(names))))
    finally:
        over.set()
        clearing.join()
    assert right


def test_what_streamlit_clears_after_a_run_is_its_own_thread_s() -> None:
    """Whatever name of the function the installed Streamlit looks up."""
    try:
        keras.config.set_dtype_policy("mixed_float16")
        visit = threading.Thread(target=script_runner._clean_problem_modules)
        visit.start()
        visit.join()
        assert keras.config.dtype_policy().name == "mixed_float16"
        script_runner._clean_problem_modules()
        assert keras.config.dtype_policy().name == "float32"  # its own is forgotten
    finally:
        keras.config.set_dtype_policy("float32")


class WrongRNN(keras.layers.RNN):
    """What Keras' layer would be with a mistake in it."""

    def call(
        self, sequences: Any, initial_state: Any = None, mask: Any = None, training: bool = False
    ) -> Any:
        return super().call(sequences, initial_state, mask, training) * 0.5


def test_a_trace_that_differs_from_the_layer_is_refused_and_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    model = Predictor(store.find("pneumoniamnist/simple_rnn"))
    with monkeypatch.context() as patch, caplog.at_level(logging.ERROR):
        patch.setattr(keras.layers, "RNN", WrongRNN)
        with pytest.raises(CheckError, match="The check of the gates failed"):
            _read(model, simple_rnn_1=[1])
        with pytest.raises(CheckError, match=r"^The check of the gates failed: .*No prediction"):
            _read(model)
    assert "check of the gates failed" in caplog.text
    wanted = _read(shipped("pneumoniamnist/simple_rnn"))
    caplog.clear()
    np.testing.assert_array_equal(_read(model).probabilities, wanted.probabilities)  # it is mended
    assert "check of the gates failed" in caplog.text  # by building it again


def test_the_read_page_shows_no_prediction_of_a_trace_that_differs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caches.model.clear()
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).switch_page("pages/read.py")
    app.query_params["task"], app.query_params["model"] = "phantoms", "simple_rnn"
    app.session_state["source"] = "Sample"
    with monkeypatch.context() as patch:
        patch.setattr(keras.layers, "RNN", WrongRNN)
        app.run()
        assert any("The check of the gates failed" in error.value for error in app.error)
        assert not app.get("plotly_chart") and not app.exception
        assert not any("Call" in heading.value for heading in app.subheader)
    app.run()
    assert not app.error and app.get("plotly_chart")


@pytest.mark.parametrize("places", [1, 3])
def test_turns_are_bounded_and_in_the_order_of_asking(places: int) -> None:
    turns, at_once, most = Turns(places), 0, 0
    order: list[int] = []
    lock, gate = threading.Lock(), threading.Event()

    def read(number: int) -> None:
        nonlocal at_once, most
        with turns.turn(lambda before: None, 0.01):
            with lock:
                at_once, most = at_once + 1, max(most, at_once + 1)
                order.append(number)
            gate.wait(60)
            with lock:
                at_once -= 1

    threads = []
    for number in range(12):
        threads.append(threading.Thread(target=read, args=(number,)))
        threads[-1].start()
        while len(order) + len(turns._waiting) <= number:  # until it has a place or waits for one
            time.sleep(0.001)
    gate.set()
    for thread in threads:
        thread.join()
    assert most == places and sorted(order) == list(range(12))
    if places == 1:  # of several, who is woken first may be heard of second
        assert order == list(range(12))


def test_a_long_turn_ends_for_the_first_of_those_who_wait() -> None:
    """Also when the first has just become it, since somebody before it gave up."""
    turns, done = Turns(1, 0.05), threading.Event()
    had: list[str] = []

    def hold() -> None:
        with turns.turn(lambda before: None):
            had.append("holder")
            done.wait(60)

    def give_up(before: int) -> None:
        raise RuntimeError

    def wait(name: str, say: Callable[[int], None], after: float) -> None:
        with suppress(RuntimeError), turns.turn(say, after):
            had.append(name)
            done.wait(60)

    others = [("gives up", give_up, 0.0), ("first", print, 3600.0), ("second", print, 3600.0)]
    threads = [threading.Thread(target=hold)]
    threads += [threading.Thread(target=wait, args=each) for each in others]
    for number, thread in enumerate(threads):
        thread.start()
        while number == 0 and not had:
            time.sleep(0.001)
    while len(had) < 3:
        time.sleep(0.001)
    done.set()
    for thread in threads:
        thread.join()
    assert sorted(had) == ["first", "holder", "second"]


def test_whoever_gives_up_waiting_takes_no_turn_away() -> None:
    turns, told, held = Turns(1), [], threading.Event()

    def leave(before: int) -> None:
        told.append(before)
        raise RuntimeError

    def hold() -> None:
        with turns.turn(lambda before: None):
            held.set()
            done.wait(60)

    done = threading.Event()
    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(60)
    with pytest.raises(RuntimeError), turns.turn(leave, 0.01):
        pytest.fail("it had no turn")
    done.set()
    holder.join()
    with turns.turn(leave):
        assert told == [0]


def in_own_loop(work: Coroutine[Any, Any, None]) -> None:
    """Run it in a thread: this one may have a browser's event loop."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()


@pytest.mark.long
def test_twenty_sessions_build_models_while_others_finish(tmp_path: Path) -> None:
    """All are shown what one session alone is shown by another server, to the last digit of every chart."""

    async def crowd(crowds: dict[str, Crowd]) -> None:
        names = list(crowds)
        predictions: list[float] = []
        await asyncio.gather(*(
            crowds[names[number % len(names)]].read([number % 3 + 1, 9, number % 3 + 4], predictions)
            for number in range(20)
        ))  # fmt: skip
        assert len(predictions) == 60

    async def alone(crowds: dict[str, Crowd]) -> None:
        for one in crowds.values():
            await one.read(sorted(one.truth), [])

    (tmp_path / "crowd").mkdir()
    (tmp_path / "alone").mkdir()
    with scanline(tmp_path / "crowd") as url:
        crowds = {name: Crowd(url, "phantoms", name) for name in RECURRENT}
        in_own_loop(crowd(crowds))
    with scanline(tmp_path / "alone") as url:
        for one in crowds.values():
            one.url = url
        in_own_loop(alone(crowds))
    for name, one in crowds.items():
        assert not one.errors, (name, one.errors)
        assert one.mixed == 0, name
        assert len(set(one.truth.values())) == len(one.truth)  # different images, different answers
