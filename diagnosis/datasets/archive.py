"""Reading an NPZ archive that somebody else wrote.

An NPZ is a ZIP of ``.npy`` members. What they declare is checked before anything is unpacked, so
that a small file cannot fill the memory; nothing in them is ever unpickled.
"""

import hashlib
import io
import lzma
import math
import re
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.lib import format as npy

from diagnosis.datasets.dataset import SPLITS, DatasetError

MEDMNIST_KEYS = tuple(f"{split}_{what}" for split in SPLITS for what in ("images", "labels"))
KERAS_KEYS = ("x_train", "y_train", "x_test", "y_test")
CLASS_NAMES = "class_names"  # optional, beside MedMNIST's keys
PATIENT_KEYS = tuple(f"{split}_patients" for split in SPLITS)  # optional, all or none

# Unpacked bytes of all arrays together. The largest published set has 1.3 GB (PathMNIST at 64).
MAX_BYTES = 2 * 1024**3
# Unpacked to packed, of members above the second number; labels in order pack well, and are small.
MAX_RATIO, FREE = 200, 64 * 1024**2
MAX_HEADER = 10_000  # bytes of an .npy header; NumPy reads it whole before it looks at its length
MAX_CLASSES, MAX_NAME_BYTES = 1000, 4096  # of class_names, which has four bytes a letter

# What zipfile, its decompressors and NumPy raise on a damaged or unusual member.
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    ValueError,
    LookupError,
    struct.error,
    lzma.LZMAError,
    NotImplementedError,  # a compression method this Python has not
    RuntimeError,  # an encrypted member
    tokenize.TokenError,  # an .npy header that is no Python literal
    OSError,  # a damaged bzip2 member
)


class Declared(NamedTuple):
    """What the header of an array says."""

    shape: tuple[int, ...]
    dtype: np.dtype

    @property
    def size(self) -> int:
        """How many elements."""
        return math.prod(self.shape)


Inspect = Callable[[Mapping[str, Declared]], None]  # by key; raises to end the reading


@dataclass(frozen=True, eq=False)
class Archive:
    """The arrays of one file, by key, and the file's hashes."""

    path: Path
    arrays: dict[str, np.ndarray]
    md5: str
    sha256: str


def read(path: Path) -> Archive:
    """Read the arrays of a data set in MedMNIST's or Keras' layout.

    Raises:
        DatasetError: there is no such file, it is no NPZ, is damaged, lacks a key, holds pickled
            objects, or declares more than `MAX_BYTES` of arrays.
    """
    if path.exists() and not path.is_file():  # a folder; a device would be read without end
        raise DatasetError(f"{path} is not a file: give the path of an NPZ file.")
    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise DatasetError(f"There is no file {path}: check the path.") from None
    except OSError as error:
        raise DatasetError(f"{path} cannot be opened ({error.strerror}).") from None
    with file:
        return read_open(file, path)


def read_open(file: BinaryIO, path: Path, *, inspect: Inspect = lambda declared: None) -> Archive:
    """As `read`, from an open file.

    Args:
        file: the file.
        path: its name in errors.
        inspect: looks at what the arrays declare, before any is read.
    """
    md5, sha256 = _hashes(file)
    try:
        with zipfile.ZipFile(file) as members:
            arrays = _arrays(members, path, inspect)
    except DatasetError:
        raise
    except MemoryError:
        raise DatasetError(f"{path} does not fit into this machine's memory.") from None
    except _DAMAGE as error:
        raise DatasetError(
            f"{path} is damaged or not an NPZ archive ({_first_line(error)}): get it again, or "
            "write it with numpy.savez_compressed."
        ) from None
    return Archive(path, arrays, md5, sha256)


def _hashes(file: BinaryIO) -> tuple[str, str]:
    md5, sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()
    while chunk := file.read(1 << 20):
        md5.update(chunk)
        sha256.update(chunk)
    file.seek(0)
    return md5.hexdigest(), sha256.hexdigest()


def _arrays(members: zipfile.ZipFile, path: Path, inspect: Inspect) -> dict[str, np.ndarray]:
    infos = {key: members.getinfo(f"{key}.npy") for key in _keys(members, path)}
    total = sum(info.file_size for info in infos.values())
    if total > MAX_BYTES:
        raise DatasetError(
            f"{path} declares {total / 1e9:.1f} GB of arrays; at most {MAX_BYTES / 1e9:.1f} GB "
            "are read."
        )
    for key, info in infos.items():
        if info.file_size > max(FREE, MAX_RATIO * info.compress_size):
            raise DatasetError(
                f"{path}: {key} unpacks to more than {MAX_RATIO} times its packed size, as in a bomb: "
                "write it with numpy.savez, which does not pack."
            )
    declared = {key: _declared(members, info, key, path) for key, info in infos.items()}
    for key, array in declared.items():
        _check(array, key, path)
    inspect(declared)
    arrays = {}
    for key, info in infos.items():
        with members.open(info) as member:
            arrays[key] = npy.read_array(member, allow_pickle=False)
    return arrays


def _keys(members: zipfile.ZipFile, path: Path) -> tuple[str, ...]:
    present = {name.removesuffix(".npy") for name in members.namelist()}
    expected: tuple[str, ...]
    if "x_train" in present and "train_images" not in present:
        expected, layout = KERAS_KEYS, "Keras'"
    else:
        expected, layout = MEDMNIST_KEYS, "MedMNIST's"
    missing = [key for key in expected if key not in present]
    if missing:
        raise DatasetError(
            f"{path} lacks {', '.join(missing)}: an NPZ in {layout} layout holds "
            f"{', '.join(expected)}."
        )
    optional = [(CLASS_NAMES,), PATIENT_KEYS]
    return (*expected, *(key for keys in optional if present.issuperset(keys) for key in keys))


def _declared(members: zipfile.ZipFile, info: zipfile.ZipInfo, key: str, path: Path) -> Declared:
    """NumPy allocates what a header asks for: that must be what the ZIP directory declares."""
    with members.open(info) as member:
        start = member.read(12)
        first = npy.read_magic(io.BytesIO(start)) == (1, 0)
        length = int.from_bytes(start[8:10] if first else start[8:12], "little")
        if length > MAX_HEADER:
            raise ValueError(f"{key} has a header of {length:,} bytes")
        header = io.BytesIO(start + member.read(length - 2 if first else length))
    npy.read_magic(header)
    read = npy.read_array_header_1_0 if first else npy.read_array_header_2_0
    shape, _, dtype = read(header)
    if dtype.hasobject:
        raise DatasetError(
            f"{path}: {key} holds Python objects, which are never read: store plain numbers or "
            "text."
        )
    if min(shape, default=0) < 0 or not dtype.itemsize:
        raise ValueError(f"{key} declares {shape} {dtype}")
    if math.prod(shape) * dtype.itemsize != info.file_size - header.tell():
        raise ValueError(f"{key} declares {shape} {dtype} but holds {info.file_size} bytes")
    return Declared(shape, dtype)


def _check(array: Declared, key: str, path: Path) -> None:
    """Reject what is no images, labels, patients or names, before it is read."""
    split = re.sub(r"_.*|^[xy]_", "", key)
    shape, dtype = array
    if key.endswith("_images") or key.startswith("x_"):
        if dtype != np.uint8:
            raise DatasetError(
                f"{path}: the {split} images are {dtype}; expected uint8, grey levels 0 to 255."
            )
        if len(shape) not in {3, 4}:
            raise DatasetError(
                f"{path}: the {split} images have shape {shape}; expected (n, H, W), "
                "(n, H, W, 3) or (n, D, H, W)."
            )
        if not array.size:
            raise DatasetError(f"{path}: the {split} split is empty; every split needs images.")
    elif key.endswith("_labels") or key.startswith("y_"):
        if dtype.kind not in "iubf" or (dtype.kind == "f" and shape[1:] in {(), (1,)}):
            raise DatasetError(
                f"{path}: the {split} labels are {dtype}; expected whole numbers from 0."
            )
        if len(shape) not in {1, 2} or not array.size or max(shape[1:], default=1) > MAX_CLASSES:
            raise DatasetError(
                f"{path}: the {split} labels have shape {shape}; expected (n,), (n, 1) "
                f"or, for several findings, (n, findings), at most {MAX_CLASSES:,}."
            )
    elif key in PATIENT_KEYS:
        if (
            not (dtype.kind in "iu" or _are_names(array))
            or len(shape) > 2
            or max(shape[1:], default=1) != 1
        ):
            raise DatasetError(
                f"{path}: {key} must be one whole number for each image, -1 where the patient is not "
                "known; or one name, empty where not known."
            )
    elif dtype.kind != "U" or array.size > MAX_CLASSES or dtype.itemsize > MAX_NAME_BYTES:
        raise DatasetError(
            f"{path}: class_names must be a text array with one different, printable name (at most 100 "
            "characters) for each class."
        )


def _are_names(array: Declared) -> bool:
    return array.dtype.kind == "U" and array.dtype.itemsize <= MAX_NAME_BYTES


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
