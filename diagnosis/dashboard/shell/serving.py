"""Between the network and the pages: permitted hosts and origins, and the headers of every response.

``app.py`` puts it around Streamlit's own server as middleware. That serves the pages' files, takes uploads
and has the WebSockets over which pages live.
"""

import logging
import os
import sys
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.formparsers import MultiPartParser
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

from diagnosis.core import access, inert
from diagnosis.core.errors import InputError
from diagnosis.core.private_files import keep_private

HEADERS = {
    # A page loads from its own server alone: nothing that a file names is fetched, and nothing sent away.
    "Content-Security-Policy": (
        "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; base-uri 'self'; object-src 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Frame-Options": "DENY",  # frame-ancestors, for browsers that do not know it
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
ELSEWHERE = (
    "Scanline does not respond under this host name, or to this page. Open it under its own name, or ask its "
    "administrator to add this one (make run HOSTS=...).\n"
)


def prepare() -> None:
    """Once, before the server starts.

    Ends the process with a sentence if other machines could reach it without that being permitted.
    """
    try:
        access.check_address(config.get_option("server.address"))
        access.read_only()
        keep_private()
    except InputError as error:
        sys.exit(str(error))
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"  # before anything here or in a child imports it
    logging.setLogRecordFactory(_inert_record)
    # An upload stays in memory, whatever its size below server.maxUploadSize; Starlette's own limit is 1 MB.
    MultiPartParser.spool_max_size = (int(config.get_option("server.maxUploadSize")) + 1) << 20


def _inert_record(*args: Any, **kwargs: Any) -> logging.LogRecord:
    """A line of the log stays one line, whatever name is in it."""
    record = logging.LogRecord(*args, **kwargs)
    if isinstance(record.args, tuple):
        record.args = tuple(
            inert.terminal(value) if isinstance(value, str) else value for value in record.args
        )
    return record


class Guard:
    """Blocks requests under a foreign host name or from a foreign page; adds `HEADERS` to every response.

    A name that a foreign DNS points here would make its page one of ours (DNS rebinding). Streamlit
    looks at the name for WebSockets alone, and for a foreign origin asks the internet for its own address.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request or WebSocket."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        if _from_here(Headers(scope=scope)):
            await self._app(scope, receive, send_guarded)
        elif scope["type"] == "http":
            await PlainTextResponse(ELSEWHERE, 403)(scope, receive, send_guarded)
        else:  # before it is accepted: the response to the handshake is 403
            await send({"type": "websocket.close"})


def _from_here(headers: Headers) -> bool:
    """Browsers state the page that a request comes from, with every WebSocket and every upload."""
    hosts, origins = headers.getlist("host"), headers.getlist("origin")
    if len(hosts) != 1 or not is_host_allowed(hosts[0]):
        return False
    return all(origin in {f"http://{hosts[0]}", f"https://{hosts[0]}"} for origin in origins)
