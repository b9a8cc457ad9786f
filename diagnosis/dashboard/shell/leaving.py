"""Frees the memory of a session some minutes after its tab was closed.

Streamlit keeps a closed session for `server.disconnectedSessionTTL`, so that a short loss of the network
costs nothing. It forgets it only when the next session closes, and refers to the last one from its own loop
and its downloads: a scan would stay in memory until somebody else comes. Streamlit has no public way to end a
closed session, so this uses private names (1.67); tests/dashboard/test_browser_uploads.py checks that they
work.
"""

import gc
import threading
import time
from typing import Any

from streamlit import runtime

LOOKS_EVERY_S = 15.0

_started = threading.Lock()


def start() -> None:
    """Start the thread that looks; once a process, and only in a server."""
    if runtime.exists() and _started.acquire(blocking=False):
        threading.Thread(target=_look, name="leaving", daemon=True).start()


def _look() -> None:
    while True:
        time.sleep(LOOKS_EVERY_S)
        if not runtime.exists():
            return
        server: Any = runtime.get_instance()
        server._get_async_objs().eventloop.call_soon_threadsafe(_let_go, server._session_mgr)


def _let_go(manager: Any) -> None:
    """End the sessions that were closed for long enough; on Streamlit's loop, as it ends others."""
    with manager._storage_lock:
        expired = [info.session for _, info in manager._session_storage._cache.expire()]
    for session in expired:
        session.shutdown()
        session.session_state.clear()
        session._fragment_storage.clear()
    if expired:
        gc.collect()
