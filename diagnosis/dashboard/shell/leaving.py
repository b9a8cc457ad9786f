"""What a visit held is let go some minutes after its tab was closed, whether or not others come.

Streamlit keeps a closed visit for `server.disconnectedSessionTTL`, so that a short loss of the network costs
nothing. It forgets it only when the next visit closes, and refers to the last one from its own loop and from
what it offers for download: a scan would stay for as long as nobody comes. Streamlit has no public way to
end a closed visit, so this uses names of its own (1.67);
tests/dashboard/test_browser_uploads.py sees that they hold.
"""

import gc
import threading
import time
from typing import Any

from streamlit import runtime

LOOKS_EVERY_S = 15.0

_started = threading.Lock()


def start() -> None:
    """Look from now on, in a thread of its own; once a process, and only in a server."""
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
    """End the visits that were closed for long enough; on Streamlit's own loop, as it ends others."""
    with manager._storage_lock:
        gone = [info.session for _, info in manager._session_storage._cache.expire()]
    for session in gone:
        session.shutdown()
        session.session_state.clear()
        session._fragment_storage.clear()
    if gone:
        gc.collect()
