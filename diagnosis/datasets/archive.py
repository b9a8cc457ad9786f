"""Reading an NPZ archive that somebody else wrote.

An NPZ is a ZIP of ``.npy`` members. What they declare is checked before anything is unpacked, so
that a small file cannot fill the memory; nothing in them is ever unpickled.
"""

import hashlib
import lzma
import math
import struct
import tokenize
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.lib import format as npy

from diagnosis.datasets.dataset import SPLITS, DatasetError

MEDMNIST_KEYS = tuple(f"{split}_{what}" for split in SPLITS for what in ("images", "labels"))
KERAS_KEYS = ("x_train", "y_train", "x_test", "y_test")
CLASS_NAMES = "class_names"  # optional, beside MedMNIST's keys
PATIENT_KEYS = tuple(f"{split}_patients" for split in SPLITS)  # optional, all or none

# Unpacked bytes of all arrays together. The largest published set has 1.3 GB (PathMNIST at 64).
MAX_BYTES = 2 * 1024**3

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


def read_open(file: BinaryIO, path: Path) -> Archive:
    """As `read`, from an open file; ``path`` is what it is called in errors."""
    md5, sha256 = _hashes(file)
    try:
        with zipfile.ZipFile(file) as members:
            arrays = _arrays(members, path)
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


def _arrays(members: zipfile.ZipFile, path: Path) -> dict[str, np.ndarray]:
    keys = _keys(members, path)
    declared = sum(members.getinfo(f"{key}.npy").file_size for key in keys)
    if declared > MAX_BYTES:
        raise DatasetError(
            f"{path} declares {declared / 1e9:.1f} GB of arrays; at most {MAX_BYTES / 1e9:.1f} GB "
            "are read."
        )
    for key in keys:
        _check_header(members, key, path)
    arrays = {}
    for key in keys:
        with members.open(f"{key}.npy") as member:
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


def _check_header(members: zipfile.ZipFile, key: str, path: Path) -> None:
    """NumPy allocates what a header asks for: that must be what the ZIP directory declares."""
    info = members.getinfo(f"{key}.npy")
    with members.open(info) as member:
        version = npy.read_magic(member)
        if version == (1, 0):
            shape, _, dtype = npy.read_array_header_1_0(member)
        else:
            shape, _, dtype = npy.read_array_header_2_0(member)
        if dtype.hasobject:
            raise DatasetError(
                f"{path}: {key} holds Python objects, which are never read: store plain numbers or "
                "text."
            )
        if math.prod(shape) * dtype.itemsize != info.file_size - member.tell():
            raise ValueError(f"{key} declares {shape} {dtype} but holds {info.file_size} bytes")


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
