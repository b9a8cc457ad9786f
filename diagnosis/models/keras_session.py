"""Keras' ``clear_session`` forgets for the calling thread only, and no longer for all of them.

Keras keeps what it needs to know while it builds or calls a model in an object of each thread
(``GLOBAL_STATE_TRACKER``, a ``threading.local``). Its ``clear_session`` puts new objects in the place of that
of *every* thread, and collects garbage. Streamlit runs it after each run of each session (streamlit#169, of
2018, meant for the graphs of TensorFlow 1), so one session took the state away while another one was building
or compiling a model. What a script leaves in that state goes with its thread anyway.

The function itself is mended, not one of its names: it does not matter where a caller finds it.
"""

import keras


def _of_this_thread(free_memory: bool = False) -> None:
    """Forget what Keras keeps for the calling thread; ``free_memory`` collects garbage, too.

    Runs among the names of Keras' own module, where both trackers are.
    """
    GLOBAL_STATE_TRACKER.__dict__.clear()  # type: ignore[name-defined]  # noqa: F821
    GLOBAL_SETTINGS_TRACKER.__dict__.clear()  # type: ignore[name-defined]  # noqa: F821
    if free_memory:
        gc.collect()  # type: ignore[name-defined]  # noqa: F821


def keep_to_own_thread() -> None:
    """Mend it for this process; again is no harm."""
    keras.utils.clear_session.__code__ = _of_this_thread.__code__
    keras.utils.clear_session.__defaults__ = _of_this_thread.__defaults__
