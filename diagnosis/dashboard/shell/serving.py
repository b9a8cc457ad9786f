"""What stands between the network and the pages: where one may come from, and what every answer carries.

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
    "Scanline does not answer under this name, or to this page: open it under its own name, or have whoever "
    "runs the machine add this one (make run HOSTS=...).\n"
)


def prepare() -> None:
    """Once, before the server starts.

    Ends the process with a sentence if other machines would reach it and nobody said that they may.
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


def _inert_record(*given: Any, **named: Any) -> logging.LogRecord:
    """A line of the log stays one line, whatever is named in it."""
    record = logging.LogRecord(*given, **named)
    if isinstance(record.args, tuple):
        record.args = tuple(
            inert.terminal(value) if isinstance(value, str) else value for value in record.args
        )
    return record


class Guard:
    """Refuses what comes under a foreign name or from a foreign page, and adds `HEADERS` to every answer.

    A name that somebody else's DNS points here would make their page one of ours (DNS rebinding). Streamlit
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
        else:  # before it is accepted: the handshake is answered with 403
            await send({"type": "websocket.close"})


def _from_here(headers: Headers) -> bool:
    """Only a browser says from which page it asks: with every WebSocket and every upload it does."""
    hosts, origins = headers.getlist("host"), headers.getlist("origin")
    if len(hosts) != 1 or not is_host_allowed(hosts[0]):
        return False
    return all(origin in {f"http://{hosts[0]}", f"https://{hosts[0]}"} for origin in origins)
