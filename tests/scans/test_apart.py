"""Files decoded apart: the same scans, and what a hostile file may not do to others."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import fields
from pathlib import Path

import numpy as np
import psutil  # type: ignore[import-untyped]
import pytest
from PIL import Image

from diagnosis.scans import Limits, Scan, ScanError, read_scan
from diagnosis.scans.apart import caller, wire
from diagnosis.scans.apart.caller import Decoder, Waiting, all_apart
from diagnosis.scans.apart.held import hold, in_all
from diagnosis.scans.decode import DECODE
from diagnosis.scans.series import read_series
from diagnosis.scans.series.header import read_header
from tests.decoding import decoding, helper
from tests.scan_files import RAMP, dicom, grey_picture, nifti, png, saved, tiff, written
from tests.series_files import files, series, slice_file

PICTURE = saved(Image.fromarray(grey_picture()), "PNG")
LARGE = png(np.zeros((9_000, 9_000, 1), np.uint8))  # within the limit of pixels, 0.1 MB


def read_scan_apart(
    data: bytes, *, limits: Limits | None = None, while_waiting: Waiting | None = None
) -> Scan:
    """As `read_scan`, by a decoder of its own."""
    decoder = Decoder(while_waiting)
    try:
        return decoder.read(data, limits=limits)
    finally:
        decoder.close()


@pytest.fixture(scope="module")
def slow() -> bytes:
    """What the limits let through and keeps a processor for seconds: a JPEG of 60 passes."""
    jpeg = saved(Image.new("L", (9_900, 9_900)), "JPEG", progressive=True)
    last = jpeg.rindex(b"\xff\xc4")  # the table and the data of the last pass
    return jpeg[:-2] + jpeg[last:-2] * (60 - jpeg.count(b"\xff\xda")) + jpeg[-2:]


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """No child outlives the file that it was for."""
    yield
    until = time.monotonic() + 20
    while children() and time.monotonic() < until:
        time.sleep(0.05)
    assert not children()


def children() -> list[psutil.Process]:
    """What decodes a file for this process."""
    return decoding(psutil.Process())


def same(one: Scan, other: Scan) -> bool:
    facts = [f.name for f in fields(Scan) if f.name != "pixels"]
    return (
        one.pixels.dtype == other.pixels.dtype
        and np.array_equal(one.pixels, other.pixels)
        and all(getattr(one, name) == getattr(other, name) for name in facts)
        and [type(getattr(one, name)) for name in facts]
        == [type(getattr(other, name)) for name in facts]
    )


FILES = {
    "PNG": PICTURE,
    "TIFF of floats": tiff(np.linspace(-1, 1, 48 * 64).astype(np.float32).reshape(48, 64), pages=3),
    "DICOM": written(dicom(RAMP, WindowCenter=9, WindowWidth=40, PatientName="Doe^Jane")),
    "NIfTI": nifti(np.arange(210, dtype=np.int16).reshape(5, 6, 7)),
}


@pytest.mark.parametrize("name", FILES)
def test_a_scan_is_the_same_wherever_it_is_decoded(name: str) -> None:
    here, there = read_scan(FILES[name]), read_scan_apart(FILES[name])
    assert same(here, there)
    assert not there.pixels.flags.writeable


def test_a_series_is_the_same_wherever_it_is_decoded() -> None:
    given = files(series([0, 5, 10, 15]), [("text", b"No slice.")])
    decoder = Decoder()
    try:
        there = read_series(given, decoder=decoder)
        assert len(children()) == 1
        with pytest.raises(ScanError):
            decoder.header(b"text", key=b"k")
    finally:
        decoder.close()
    here = read_series(given)
    assert same(here.scan, there.scan)
    assert here.arrangement.to_json(names=True) == there.arrangement.to_json(names=True)


def test_a_series_is_stopped_between_files() -> None:
    class StoppedError(Exception):
        pass

    def stop(done: int, of: int) -> None:
        if done == 2:
            raise StoppedError

    decoder = Decoder()
    try:
        with pytest.raises(StoppedError):
            read_series(files(series([0, 5, 10, 15])), decoder=decoder, progress=stop)
        assert len(children()) == 1
    finally:
        decoder.close()


def test_a_header_that_is_none_is_rejected() -> None:
    header = read_header(slice_file(5.0), key=b"k", limits=Limits())
    message = wire.header_reply(header)
    assert wire.received_header(fed(message)) == header
    document = json.loads(message[wire.HEAD.size :])
    for name, value in (
        ("order", [1]), ("moments", []), ("places", [[0, 0]]), ("rows", "many"), ("kind", "film")
    ):  # fmt: skip
        wrong = {"header": document["header"] | {name: value}}
        text = json.dumps(wrong).encode()
        with pytest.raises(wire.GarbledError):
            wire.received_header(fed(wire.HEAD.pack(len(text)) + text))


def test_refusals_are_the_same_and_the_child_goes_on() -> None:
    decoder = Decoder()
    try:
        for bad in (b"", b"text", PICTURE[:200], FILES["DICOM"][:900]):
            with pytest.raises(ScanError) as here:
                read_scan(bad)
            with pytest.raises(ScanError) as there:
                decoder.read(bad)
            assert str(here.value) == str(there.value)
        numbers = {child.pid for child in children()}
        assert same(decoder.read(PICTURE), read_scan(PICTURE))
        assert {child.pid for child in children()} == numbers
    finally:
        decoder.close()


def test_a_file_that_takes_too_long_is_ended(slow: bytes) -> None:
    with pytest.raises(ScanError, match="takes longer than 1 s"):
        read_scan_apart(slow, limits=Limits(seconds=1))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds an address space")
def test_a_file_that_takes_too_much_memory_is_ended() -> None:
    """The limit of pixels lets 81 million through, and the memory for 20 million does not."""
    code = f"""
    import sys
    sys.path.insert(0, {str(Path.cwd())!r})
    from diagnosis.scans.apart import decoder
    from diagnosis.scans.limits import Limits
    from diagnosis.scans.decode import read_scan
    from diagnosis.scans.scan import ScanError
    decoder.SPARE = 0
    decoder._bound(Limits(pixels=5_000_000), decoder._address_space())
    try:
        read_scan(sys.stdin.buffer.read(), limits=Limits())
    except ScanError as error:
        print(error)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], input=LARGE, capture_output=True, check=True
    )
    assert b"more memory than there is or is allowed" in done.stdout


def test_a_decoder_that_breaks_costs_its_own_file(slow: bytes) -> None:
    """Killed as by the system for want of memory, while another file is decoded beside it."""
    read_scan_apart(PICTURE)
    while children():  # that of this picture may still be ending
        time.sleep(0.01)
    with ThreadPoolExecutor(1) as threads:
        victim = threads.submit(read_scan_apart, slow)
        while not children():
            assert not victim.done()
        time.sleep(0.2)  # it may not have been given its file yet
        while not victim.done():
            for child in children():
                with suppress(psutil.NoSuchProcess):
                    child.kill()
        assert same(read_scan_apart(PICTURE), read_scan(PICTURE))
        with pytest.raises(ScanError, match="more memory than allowed"):
            victim.result()


def test_leaving_ends_the_work(slow: bytes) -> None:
    """What a page does when its tab is closed: the next look at it raises."""

    class GoneError(Exception):
        pass

    def leave() -> None:
        raise GoneError

    with pytest.raises(GoneError):
        read_scan_apart(slow, while_waiting=leave)
    # and the fixture sees that the child is gone


def test_five_hostile_files_leave_an_honest_one_served(slow: bytes) -> None:
    read_scan_apart(PICTURE)
    with ThreadPoolExecutor(5) as threads:
        hostile = [threads.submit(read_scan_apart, slow) for _ in range(5)]
        while len(children()) < 5:
            assert not any(future.done() for future in hostile)
        assert same(read_scan_apart(PICTURE), read_scan(PICTURE))
        assert not all(future.done() for future in hostile)
        for future in hostile:
            try:
                assert future.result().frames == 1
            except ScanError as error:
                assert "takes longer than 10 s" in str(error)


def test_the_decoding_process_is_replaced_when_it_is_killed() -> None:
    read_scan_apart(PICTURE)
    first = helper(psutil.Process())
    assert first is not None
    assert first.num_threads() == 1
    os.kill(first.pid, signal.SIGKILL)
    assert same(read_scan_apart(PICTURE), read_scan(PICTURE))
    second = helper(psutil.Process())
    assert second is not None
    assert second.pid != first.pid


def test_it_ends_with_the_server_however_that_ends() -> None:
    code = f"""
    import os, sys
    sys.path.insert(0, {str(Path.cwd())!r})
    from diagnosis.scans.apart import caller
    decoder = caller.Decoder(None)
    decoder.read(sys.stdin.buffer.read())
    decoder.close()
    print(caller._HELPER._process.pid, flush=True)
    os.kill(os.getpid(), 9)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        input=PICTURE,
        capture_output=True,
        check=False,
    )
    number = int(done.stdout)
    until = time.monotonic() + 20
    while psutil.pid_exists(number):
        with suppress(psutil.NoSuchProcess):
            if psutil.Process(number).status() == psutil.STATUS_ZOMBIE:
                break
        assert time.monotonic() < until
        time.sleep(0.05)


def test_without_a_process_apart_files_are_decoded_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "fork")
    assert same(read_scan_apart(PICTURE), read_scan(PICTURE))


def test_a_process_that_cannot_start_is_done_without(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(caller, "_HELPER", caller._Helper())
    monkeypatch.setattr(sys, "executable", "/bin/false")
    assert same(read_scan_apart(PICTURE), read_scan(PICTURE))
    assert "cannot start" in caplog.text


def test_pictures_that_are_imported_are_decoded_apart() -> None:
    with all_apart():
        assert same(DECODE.get()(PICTURE), read_scan(PICTURE))
        assert len(children()) == 1
        assert same(DECODE.get()(PICTURE), read_scan(PICTURE))
    assert DECODE.get() is read_scan


def fed(content: bytes) -> wire.Receive:
    place = 0

    def receive(into: memoryview) -> None:
        nonlocal place
        into[:] = content[place : place + len(into)].ljust(len(into), b"\0")
        place += len(into)

    return receive


def test_what_a_decoder_says_is_not_believed() -> None:
    """A process that a hostile file has taken over may send anything."""
    scan = read_scan(PICTURE)
    head, pixels = wire.scan_reply(scan)
    other = wire.received_scan(fed(head + pixels), Limits(), sha256="of what was sent")
    assert isinstance(other, Scan)
    assert other.sha256 == "of what was sent"
    assert np.array_equal(other.pixels, scan.pixels)
    told = json.loads(head[4:])
    lies: tuple[dict[str, object], ...] = (
        {"shape": [1, 10**6, 10**6, 1]},
        {"shape": [1, 48, 64, 2]},
        {"shape": [0, 48, 64, 1]},
        {"shape": [48, 64]},
        {"dtype": "object"},
        {"dtype": "float64"},
        {"facts": {**told["facts"], "kind": "film"}},
        {"facts": {**told["facts"], "notes": 5}},
        {"facts": {**told["facts"], "tags": {"a": ["b"]}}},
        {"facts": {}},
        {"error": {"not": "a sentence"}},
    )
    for lie in lies:
        text = json.dumps(told | lie).encode()
        with pytest.raises(wire.GarbledError):
            wire.received_scan(fed(wire.HEAD.pack(len(text)) + text), Limits(), sha256=scan.sha256)
    for noise in (b"\xff" * 50, wire.HEAD.pack(4) + b"[[[[", wire.HEAD.pack(2) + b"[]"):
        with pytest.raises(wire.GarbledError):
            wire.received_scan(fed(noise), Limits(), sha256=scan.sha256)


def test_what_all_sessions_hold_is_bounded_and_let_go() -> None:
    scan = read_scan(PICTURE)
    size = scan.pixels.nbytes
    assert in_all() == 0
    room = Limits(held=20 * size)
    held = [hold(read_scan(PICTURE), room) for _ in range(17)]
    assert in_all() == 17 * size
    with pytest.raises(ScanError, match=r"leave no room.*SCANLINE_MAX_HELD"):
        hold(scan, room)
    smaller = read_scan(saved(Image.fromarray(grey_picture(24, 24)), "PNG"))
    assert hold(smaller, room) is smaller  # which a small one still finds
    del held, smaller
    assert in_all() == 0
    assert hold(scan, room) is scan
