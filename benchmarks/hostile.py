"""What the worst file of every format takes: memory and processor time, each in a process of its own.

    python -m benchmarks.hostile [NAME ...]

The files are made here, none is larger than the limit. "Peak" is what the process grew by at most while
the file was decoded or rejected; aims are 1,024 MB and 10 seconds. A server ends what takes longer, see
`diagnosis.scans.apart.caller`: the table shows what would be left to end.
"""

import argparse
import importlib
import json
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from pydicom.encaps import encapsulate
from pydicom.uid import UID, JPEG2000Lossless, JPEGBaseline8Bit

from diagnosis.scans import Limits, ScanError, read_scan
from tests.scan_files import dicom, png, saved, tiff, written

SIDE = 10_000  # 100 million pixels: the limit
BLANK = np.zeros((SIDE, SIDE), np.uint8)  # takes no memory before somebody writes into it
NOISE = np.random.default_rng(1).integers(0, 256, (64, SIDE), np.uint8)


def large_png(samples: int, depth: int, side: int = SIDE, *, colour: int | None = None) -> bytes:
    """A PNG of one value, packed in bands."""
    row = b"\0" + bytes(-(-side * samples * depth // 8))
    packer = zlib.compressobj(1)
    body = b"".join(packer.compress(row * 100) for _ in range(side // 100)) + packer.flush()
    kind = {1: 0, 2: 4, 3: 2, 4: 6}[samples] if colour is None else colour
    data = b"\x89PNG\r\n\x1a\n"
    header = struct.pack(">IIBBBBB", side, side, depth, kind, 0, 0, 0)
    palette = [(b"PLTE", bytes(range(6))), (b"tRNS", b"\x80")] if kind == 3 else []
    for name, content in ((b"IHDR", header), *palette, (b"IDAT", body), (b"IEND", b"")):
        check = struct.pack(">I", zlib.crc32(name + content))
        data += struct.pack(">I", len(content)) + name + content + check
    return data


def jpeg(mode: str, *, side: int = SIDE, **options: Any) -> bytes:
    """A JPEG with noise in its first rows."""
    image = Image.new(mode, (side, side))
    image.paste(Image.fromarray(NOISE[:, :side]).convert(mode), (0, 0))
    return saved(image, "JPEG", **options)


def passes(data: bytes, most: int) -> bytes:
    """A progressive JPEG with its last pass again and again, so that there are so many."""
    last = data.rindex(b"\xff\xda")
    start = data.rfind(b"\xff\xc4", 0, last)
    start = start if start > 0 else last
    again = data[start:-2]
    return data[:-2] + again * (most - data.count(b"\xff\xda")) + data[-2:]


def chain(pages: int, *, loop: bool = False) -> bytes:
    """A TIFF of tiny pages; with a loop the last one is followed by the first."""
    one = tiff(np.zeros((1, 1), np.uint8))
    offset = struct.unpack_from("<I", one, 4)[0]
    entries = bytearray(one[offset:-4])
    head = one[:offset]
    data = bytearray(head)
    for number in range(pages):
        place = len(data) + len(entries) + 4
        last = offset if loop else 0
        data += entries + struct.pack("<I", place if number + 1 < pages else last)
    return bytes(data)


def film(format: str, frames: int, side: int) -> bytes:
    """Frames that differ."""
    images = []
    for number in range(frames):
        picture = np.zeros((side, side), np.uint8)
        picture[number % side, number // side :] = 200
        images.append(Image.fromarray(picture))
    options: dict[str, Any] = {"lossless": True} if format == "WebP" else {}
    return saved(images[0], format, save_all=True, append_images=images[1:], **options)


def compressed_dicom(frame: bytes, syntax: UID) -> bytes:
    """A DICOM file of one compressed frame of the largest size."""
    dataset = dicom(np.zeros((8, 8), np.uint8), syntax=syntax, Rows=SIDE, Columns=SIDE)
    dataset.PixelData = encapsulate([frame])
    dataset["PixelData"].VR = "OB"
    return written(dataset)


def saved_tiff(mode: str, compression: str, side: int = SIDE) -> bytes:
    """A TIFF as Pillow writes it."""
    return saved(Image.new(mode, (side, side)), "TIFF", compression=compression)


FILES: dict[str, Callable[[], bytes]] = {
    "PNG 1 bit": lambda: large_png(1, 1),
    "PNG grey": lambda: large_png(1, 8),
    "PNG palette, transparent": lambda: large_png(1, 8, colour=3),
    "PNG RGB": lambda: large_png(3, 8),
    "PNG RGBA": lambda: large_png(4, 8),
    "PNG grey 16 bit": lambda: large_png(1, 16),
    "PNG RGB 16 bit, 66 million": lambda: large_png(3, 16, 8_100),
    "PNG RGBA 16 bit, 66 million": lambda: large_png(4, 16, 8_100),
    "PNG interlaced RGBA": lambda: png(np.zeros((4_000, 4_000, 4), np.uint8), interlaced=True),
    "PNG text of 2 MB": lambda: png(BLANK[:64, :64, None], (b"zTXt", b"a\0\0" + zlib.compress(bytes(2**21)))),
    "APNG, 2,000 frames": lambda: film("PNG", 2_000, 200),
    "APNG, 3 frames of 33 million": lambda: film("PNG", 3, 5_700),
    "JPEG RGB": lambda: jpeg("RGB"),
    "JPEG CMYK": lambda: jpeg("CMYK"),
    "JPEG progressive RGB": lambda: jpeg("RGB", progressive=True, subsampling=0),
    "JPEG progressive, 64 passes": lambda: passes(jpeg("L", progressive=True), 64),
    "JPEG progressive, 400 passes": lambda: passes(jpeg("L", progressive=True), 400),
    "TIFF float, deflate": lambda: saved_tiff("F", "tiff_adobe_deflate"),
    "TIFF int32, LZW": lambda: saved_tiff("I", "tiff_lzw"),
    "TIFF RGB, LZW": lambda: saved_tiff("RGB", "tiff_lzw"),
    "TIFF CMYK, deflate": lambda: saved_tiff("CMYK", "tiff_adobe_deflate"),
    "TIFF JPEG": lambda: saved_tiff("RGB", "jpeg"),
    "TIFF float64, 50 million": lambda: tiff(np.zeros((7_000, 7_000)), deflated=True),
    "TIFF RGB 16 bit in planes": lambda: tiff(
        np.zeros((8_000, 8_000, 3), np.uint16), photometric=2, planar=True, deflated=True
    ),
    "TIFF, 2,000 pages": lambda: chain(2_000),
    "TIFF, 2,000 pages in a loop": lambda: chain(2_000, loop=True),
    "TIFF, 100,000 pages": lambda: chain(100_000),
    "GIF": lambda: saved(Image.new("P", (SIDE, SIDE)), "GIF"),
    "GIF, 2,000 frames": lambda: film("GIF", 2_000, 220),
    "GIF, 5,000 frames": lambda: film("GIF", 5_000, 80),
    "WebP, 49 million": lambda: saved(Image.new("RGBA", (7_000, 7_000)), "WebP", lossless=True),
    "WebP, 2,000 frames": lambda: film("WebP", 2_000, 200),
    "BMP 1 bit": lambda: saved(Image.new("1", (SIDE, SIDE)), "BMP"),
    "DICOM JPEG 2000": lambda: compressed_dicom(
        saved(Image.fromarray(BLANK), "JPEG2000", no_jp2=True), JPEG2000Lossless
    ),
    "DICOM JPEG, 64 passes": lambda: compressed_dicom(
        passes(jpeg("L", progressive=True), 64), JPEGBaseline8Bit
    ),
    "DICOM JPEG, 400 passes": lambda: compressed_dicom(
        passes(jpeg("L", progressive=True), 400), JPEGBaseline8Bit
    ),
}  # fmt: skip


def decode() -> None:
    """In a process of its own: decode standard input, and tell what came of it and what it took."""
    data = sys.stdin.buffer.read()
    importlib.import_module("diagnosis.scans.dicom.pipeline")
    before, cpu = high_water(), time.process_time()
    try:
        scan = read_scan(data, limits=Limits())
        said = f"read: {' × '.join(map(str, scan.pixels.shape))} {scan.pixels.dtype}"
    except ScanError as error:
        said = f"rejected: {error}"
    print(json.dumps([said, time.process_time() - cpu, (high_water() - before) / 1024]))


def high_water() -> int:
    """KB that this process had in memory at most (Linux)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def main() -> int:
    """Print the table; 1 if a file takes more than it may."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", help="files to try; all unless given")
    parser.add_argument("--decode", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.decode:
        decode()
        return 0
    over = 0
    print(f"{'file':<30} {'MB':>7} {'CPU s':>6} {'clock s':>7} {'peak MB':>8}  result")
    for name in args.names or FILES:
        data = FILES[name]()
        begun = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.hostile", "--decode"],
            input=data,
            capture_output=True,
            check=False,
        )
        wall = time.monotonic() - begun
        said, cpu, growth = (
            json.loads(done.stdout) if done.returncode == 0 else ("the process ended", 99, 9999)
        )
        bad = cpu > 10 or growth > 1024
        over += bad
        print(
            f"{name:<30} {len(data) / 2**20:>7.2f} {cpu:>6.1f} {wall:>7.1f} {growth:>8.0f}  "
            f"{said[:90]}{'  <- over' if bad else ''}",
            flush=True,
        )
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
