"""The HTML document in which every page lives: Streamlit's own, with what has to be there from the start.

* The style sheet. Sent with a page's elements it would apply a moment after them, and they would move.
* The code of the elements that most pages have. Streamlit fetches it when an element is there, which grows
  when it comes, and all below it moves.
* Where the server is. Streamlit would try the address of the page itself first, and log two errors
  (https://github.com/streamlit/streamlit/issues/7074).
"""

import re
from pathlib import Path

import streamlit
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from diagnosis.core.paths import ASSETS

STATIC = Path(streamlit.__file__).with_name("static")
ELEMENTS = (
    "BidiComponent", "Button", "ButtonGroup", "Checkbox", "DownloadButton", "FileUploader", "Html",
    "ImageList", "NumberInput", "PageLink", "Radio", "Selectbox", "Slider", "Spinner", "TextInput",
)  # fmt: skip
SERVER = 'window.__streamlit = {BACKEND_BASE_URL: new URL(".", location).href}'
HEAD_ENDS, BODY_ENDS = b"</head>", b"</body>"
ASKED = {
    b"accept-encoding",
    b"if-modified-since",
    b"if-none-match",
    b"range",
}  # of the file as it is
OF_FILE = ("etag", "last-modified", "accept-ranges")


class Document:
    """Puts it into every HTML document on its way to the browser."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        style = (ASSETS / "shell.css").read_text(encoding="utf-8")
        preloads = "".join(
            f'<link rel="modulepreload" href="./static/js/{each}">' for each in _code()
        )
        self._head = f"<script>{SERVER}</script>{preloads}".encode()
        # Behind Streamlit's own style sheets: of two equally specific rules the later one holds.
        self._body = f"<style>{style}</style>".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request or WebSocket."""
        if scope["type"] != "http" or "text/html" not in Headers(scope=scope).get("accept", ""):
            await self._app(scope, receive, send)
            return
        start: Message | None = None  # of an HTML document, which is sent when it is whole
        body = b""

        async def send_complete(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start" and _is_document(message):
                start = message
            elif start is None:
                await send(message)
            else:
                body += message.get("body", b"")
                if not message.get("more_body"):
                    body = body.replace(HEAD_ENDS, self._head + HEAD_ENDS, 1)
                    body = body.replace(BODY_ENDS, self._body + BODY_ENDS, 1)
                    headers = MutableHeaders(scope=start)
                    headers["content-length"] = str(len(body))
                    for name in OF_FILE:
                        del headers[name]
                    await send(start)
                    await send({**message, "body": body})

        asked = [header for header in scope["headers"] if header[0] not in ASKED]
        await self._app({**scope, "headers": asked}, receive, send_complete)


def _is_document(message: Message) -> bool:
    return Headers(raw=message["headers"]).get("content-type", "").startswith("text/html")


def _code() -> list[str]:
    """Names of the files with the code of `ELEMENTS`, as Streamlit's main file lists them for its own use."""
    found: dict[str, None] = {}
    for main in (STATIC / "static" / "js").glob("index.*.js"):
        code = main.read_text(encoding="utf-8")
        listed = re.search(r"m\.f=\[([^\]]+)\]", code)
        files = re.findall(r'"([^"]+)"', listed[1]) if listed else []
        for name in ELEMENTS:
            wanted = re.search(
                rf"import\(`\./{name}\.[^[]{{0,60}}__vite__mapDeps\(\[([\d,]+)\]", code
            )
            places = map(int, wanted[1].split(",")) if wanted else ()
            found |= dict.fromkeys(files[place] for place in places)
    return [file.removeprefix("./") for file in found if file.endswith(".js")]
