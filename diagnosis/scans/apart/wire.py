"""How a scan goes from one process to another: facts as JSON, pixels as bytes, nothing pickled.

A message is the length of a JSON object in 4 bytes, the object, and as many bytes as it announces.
Neither side believes the other: the decoding process may be under the control of a hostile file.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from functools import cache
from math import prod
from typing import TYPE_CHECKING, Any, get_type_hints

import numpy as np

from diagnosis.scans.limits import Limits
from diagnosis.scans.scan import DTYPES, Scan

if TYPE_CHECKING:  # they are imported with the first reply: a page is drawn before
    from pydantic import TypeAdapter

    from diagnosis.scans.series.file_header import FileHeader

HEAD = struct.Struct(">I")
MOST_JSON = 2**22  # bytes
PIXEL = 12  # bytes at most: three float32
Receive = Callable[[memoryview], None]  # fills it, or raises


class GarbledError(Exception):
    """What was received is no message of ours."""


@dataclass(frozen=True)
class Request:
    """A file to decode, or whose header is asked for."""

    data: bytes
    limits: Limits
    time: int = 1
    key: bytes = b""  # of the hashes in a header; where there is one, the header is asked for

    def parts(self) -> tuple[bytes, bytes]:
        """Two parts to send."""
        head = {
            "bytes": len(self.data),
            "limits": asdict(self.limits),
            "time": self.time,
            "key": self.key.hex(),
        }
        return _framed(head), self.data


def received_request(receive: Receive) -> Request:
    """What is asked for, as the decoding process gets it."""
    asked = _json(receive)
    data = bytearray(asked["bytes"])
    receive(memoryview(data))
    limits = Limits(**asked["limits"])
    return Request(bytes(data), limits, asked["time"], bytes.fromhex(asked["key"]))


def header_reply(header: FileHeader) -> bytes:
    """A header, to send."""
    return _framed({"header": asdict(header)})


def received_header(receive: Receive) -> FileHeader | str:
    """A header, or the sentence that says why there is none.

    Raises:
        GarbledError: what comes is neither.
    """
    from pydantic import TypeAdapter, ValidationError

    from diagnosis.scans.series.file_header import FileHeader

    reply = _json(receive)
    try:
        if "error" in reply:
            return TypeAdapter(str).validate_python(reply["error"], strict=True)
        header = TypeAdapter(FileHeader).validate_python(reply["header"])
    except (ValidationError, KeyError) as error:
        raise GarbledError from error
    frames = len(header.places)
    if sorted(header.order) != list(range(frames)) or len(header.moments) != frames:
        raise GarbledError
    return header


def scan_reply(scan: Scan) -> tuple[bytes, memoryview]:
    """A scan in two parts to send."""
    facts = {f.name: getattr(scan, f.name) for f in fields(scan) if f.name != "pixels"}
    pixels = np.ascontiguousarray(scan.pixels)
    head = {"facts": facts, "shape": pixels.shape, "dtype": pixels.dtype.name}
    return _framed(head), pixels.data.cast("B")


def error_reply(sentence: str) -> bytes:
    """Why there is no scan, to send."""
    return _framed({"error": sentence})


def received_scan(receive: Receive, limits: Limits, *, sha256: str) -> Scan | str:
    """A scan, or the sentence that says why there is none.

    Args:
        receive: fills a buffer with what comes next.
        limits: what was asked for; a larger array is none of ours.
        sha256: of the file that was sent: not for the decoding process to say.

    Raises:
        GarbledError: what comes is neither.
    """
    from pydantic import TypeAdapter, ValidationError

    reply = _json(receive)
    try:
        if "error" in reply:
            return TypeAdapter(str).validate_python(reply["error"], strict=True)
        shape = TypeAdapter(tuple[int, int, int, int]).validate_python(reply["shape"])
        dtype = np.dtype(str(reply["dtype"]))
        if dtype not in DTYPES or min(shape) < 1:
            raise GarbledError
        if prod(shape) * dtype.itemsize > PIXEL * limits.pixels:
            raise GarbledError
        facts = {
            name: adapter.validate_python(reply["facts"][name])
            for name, adapter in _adapters().items()
        }
    except (ValidationError, KeyError, TypeError, ValueError) as error:
        raise GarbledError from error
    pixels = np.empty(shape, dtype)
    receive(pixels.data.cast("B"))
    try:
        return Scan(pixels=pixels, **{**facts, "sha256": sha256})
    except ValueError as error:
        raise GarbledError from error


@cache
def _adapters() -> dict[str, TypeAdapter[Any]]:
    from pydantic import TypeAdapter

    hints = get_type_hints(Scan)
    return {f.name: TypeAdapter(hints[f.name]) for f in fields(Scan) if f.name != "pixels"}


def _framed(content: dict[str, Any]) -> bytes:
    text = json.dumps(content).encode()
    return HEAD.pack(len(text)) + text


def _json(receive: Receive) -> dict[str, Any]:
    head = bytearray(HEAD.size)
    receive(memoryview(head))
    (length,) = HEAD.unpack(head)
    if length > MOST_JSON:
        raise GarbledError
    text = bytearray(length)
    receive(memoryview(text))
    try:
        content = json.loads(text)
    except ValueError as error:
        raise GarbledError from error
    if not isinstance(content, dict):
        raise GarbledError
    return content
