"""The server as others meet it: who may connect, what its answers carry, what it writes and whom it asks."""

import http.client
import os
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from diagnosis.core import access
from diagnosis.core.access import beyond_loopback
from diagnosis.core.errors import InputError
from tests.conftest import ROOT, scanline
from tests.watched import asked, watching

HANDSHAKE = (
    "GET /_stcore/stream HTTP/1.1\r\n{headers}Upgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def opened(url: str, **headers: str | None) -> int:
    """The status of a WebSocket's handshake with these headers of a browser."""
    place = urlsplit(url)
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if value is not None)
    with socket.create_connection((place.hostname, place.port), timeout=20) as connection:
        connection.sendall(HANDSHAKE.format(headers=lines).encode())
        return int(connection.recv(4096).split(b" ", 2)[1])


def answer(url: str, path: str, **headers: str) -> http.client.HTTPResponse:
    """What a request is answered, read."""
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=20)
    connection.request("GET", path, headers=headers)
    found = connection.getresponse()
    found.read()
    connection.close()
    return found


def test_own_page_connects(app_url: str) -> None:
    port = urlsplit(app_url).port
    for name in ("127.0.0.1", "localhost", "[::1]"):
        host = f"{name}:{port}"
        assert opened(app_url, Host=host, Origin=f"http://{host}") == 101
    assert opened(app_url, Host=f"127.0.0.1:{port}") == 101  # no browser


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("evil.example", "http://evil.example"),  # DNS rebinding: same origin, foreign name
        ("evil.example", None),
        ("evil.example:{port}", "http://evil.example:{port}"),
        ("127.0.0.1.evil.example:{port}", None),
        ("user@127.0.0.1:{port}", None),
        ("127.0.0.1:{port}", "http://evil.example"),
        ("127.0.0.1:{port}", "http://127.0.0.1.evil.example:{port}"),
        ("127.0.0.1:{port}", "http://127.0.0.1:1"),  # another server of this machine
        ("127.0.0.1:{port}", "http://localhost:{port}"),
        ("127.0.0.1:{port}", "null"),
        ("127.0.0.1:{port}", ""),
    ],
)
def test_foreign_names_and_pages_are_refused(app_url: str, host: str, origin: str | None) -> None:
    port = urlsplit(app_url).port
    host, origin = host.format(port=port), origin and origin.format(port=port)
    assert opened(app_url, Host=host, Origin=origin) == 403
    headers = {"Host": host} | ({} if origin is None else {"Origin": origin})
    for path in ("/", "/_stcore/health", "/_stcore/upload_file/a/b"):
        assert answer(app_url, path, **headers).status == 403


@pytest.mark.parametrize(
    "path", ["/", "/read", "/_stcore/health", "/media/none.png", "/nowhere/at/all"]
)
def test_every_answer_forbids_framing_and_guessing(app_url: str, path: str) -> None:
    headers = answer(app_url, path).headers
    policy = headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "http" not in policy and "*" not in policy  # nothing from anywhere else
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("path", ["/", "/read", "/no-such-page"])
def test_every_document_has_the_style_sheet_from_the_start(app_url: str, path: str) -> None:
    place = urlsplit(app_url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=20)
    asked = {"Accept": "text/html,*/*", "Accept-Encoding": "gzip", "If-None-Match": '"1"'}
    connection.request("GET", path, headers=asked)
    found = connection.getresponse()
    document = found.read()
    assert found.status == 200
    assert int(found.headers["Content-Length"]) == len(document)
    assert found.headers["ETag"] is None  # it is no file's
    style = (ROOT / "assets/shell.css").read_bytes()
    assert document.index(b'<div id="root">') < document.index(style) < document.index(b"</body>")
    connection.close()


def test_no_page_around_it_steers_it(app_url: str) -> None:
    place = urlsplit(app_url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=20)
    connection.request("GET", "/_stcore/host-config")
    assert b'"allowedOrigins":[]' in connection.getresponse().read()
    connection.close()


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "127.0.0.2", "localhost", "LOCALHOST", "::1", "[::1]"]
)
def test_loopback_is_this_machine_alone(address: str) -> None:
    assert not beyond_loopback(address)


@pytest.mark.parametrize(
    "address",
    [None, "", "0.0.0.0", "::", "10.0.0.5", "fe80::1", "scans.example", "127.0.0.1.example"],
)
def test_all_else_is_open(address: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert beyond_loopback(address)
    monkeypatch.delenv(access.OPEN, raising=False)
    with pytest.raises(InputError, match="no sign-in"):
        access.check_address(address)
    monkeypatch.setenv(access.OPEN, "1")
    access.check_address(address)
    monkeypatch.setenv(access.OPEN, "yes")
    with pytest.raises(InputError, match="'yes': set it to 1"):
        access.check_address(address)


def test_an_open_server_asks_nobody_for_its_address(tmp_path: Path) -> None:
    opening = {access.OPEN: "1", **watching(tmp_path)}
    with scanline(tmp_path, "--server.address", "0.0.0.0", **opening) as url:
        assert answer(url, "/").status == 200
        host = urlsplit(url).netloc
        assert opened(url, Host=host, Origin="http://evil.example") == 403
        assert opened(url, Host="evil.example", Origin="http://evil.example") == 403
    assert asked(tmp_path) == []


@pytest.mark.parametrize("address", ["0.0.0.0", "::"])
def test_open_server_does_not_start_unasked(tmp_path: Path, address: str) -> None:
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", "0"]
    environment = {name: value for name, value in os.environ.items() if name != access.OPEN}
    ended = subprocess.run(
        [*command, "--server.address", address],
        cwd=ROOT, env=environment | {"SCANLINE_HOME": str(tmp_path)}, capture_output=True, text=True,
        timeout=90, check=False,
    )  # fmt: skip
    assert ended.returncode == 1
    assert access.CLOSED in ended.stderr
    assert "Traceback" not in ended.stderr


def test_make_run_names_its_hosts() -> None:
    said = subprocess.run(
        ["make", "-n", "-o", ".venv/.installed", "run", "HOST=0.0.0.0", "HOSTS=scans.example 10.0.0.5"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    for name in ("127.0.0.1", "localhost", "::1", "scans.example", "10.0.0.5"):
        assert f"--server.allowedHosts {name}" in said


def test_a_line_of_the_log_stays_one_line() -> None:
    code = (
        "import logging; from diagnosis.dashboard.shell.serving import prepare; prepare();"
        "logging.error('%s was read', 'a\\x1b[31m\\r\\n2026 ERROR forged')"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
    (line,) = [line for line in ended.stderr.split(b"\n") if b"was read" in line]
    assert line.endswith(b"a\\x1b[31m\\r\\n2026 ERROR forged was read")
