"""A ZIP that somebody else made: hostile until proved otherwise.

Its directory is checked before a byte is unpacked, and what comes out is counted while it is unpacked,
because a directory may lie. Nothing is ever written to disk.
"""

import re
import stat
import struct
import zipfile
import zlib
from typing import BinaryIO

from diagnosis.datasets.dataset import DatasetError
from diagnosis.datasets.importing.labelled import (
    MAX_FILES,
    Files,
    each,
    is_junk,
    is_list,
    printable,
)
from diagnosis.datasets.importing.report import Finding, counted
from diagnosis.scans import Limits, ScanError

MAX_TOTAL = 16 * 2**30  # bytes unpacked, all files together
MAX_RATIO, FREE = (
    200,
    2**20,
)  # unpacked to packed, of files over a megabyte; a CT packs 2 to 10 to 1
CHUNK = 2**18
MAX_PATH, MAX_DEPTH = 4096, 16  # characters, folders; no system takes more of the first
HEAD = 1024  # bytes that tell what a file is
UTF_8, DOS_FOLDER, UNICODE_PATH = 0x800, 0x10, 0x7075  # APPNOTE 4.4.4, 4.4.15, 4.6.9

DIRECTORY_ENTRY = b"PK\x01\x02"
ARCHIVE_NAMES = re.compile(r"\.(zip|7z|rar|tar|tgz|tar\.\w+|tbz2?|txz|jar|npz)$", re.IGNORECASE)
ARCHIVE_STARTS = (b"PK\x03\x04", b"PK\x05\x06", b"7z\xbc\xaf\x27\x1c", b"Rar!")

_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError)


class GuardedZip:
    """The files of a ZIP, readable one by one.

    Raises (when made, and in `read`):
        DatasetError: the archive cannot be imported, with the reason in a sentence.
    """

    def __init__(
        self, file: BinaryIO, *, most: int = MAX_TOTAL, most_files: int = MAX_FILES
    ) -> None:
        """Check the directory of the archive in ``file``, which must stay open.

        Args:
            file: the archive.
            most: bytes that it may unpack to, all files together.
            most_files: that it may hold.
        """
        self._most = most
        check_count(file, most_files)
        try:
            self._zip = zipfile.ZipFile(file)
        except UnicodeDecodeError as error:
            raise _rejected(
                "it says that its names are in UTF-8, and they are not: pack the files again"
            ) from error
        except _DAMAGE as error:
            raise DatasetError(
                "The ZIP archive is damaged or cut short: make or copy it again."
            ) from error
        self._unpacked = 0
        infos = self._zip.infolist()
        for info in infos:
            _check_entry(info)
        self._check_total(sum(info.file_size for info in infos))
        _check_apart(infos, self._zip.start_dir)
        self._infos: dict[str, zipfile.ZipInfo] = {}
        self._passed_over: list[str] = []
        self._guessed: list[str] = []
        for info in infos:
            name, is_certain = _name(info)
            path = _path(name)
            if _is_folder(info, name):
                continue
            if is_junk(path):
                self._passed_over.append(path)
                continue
            if path in self._infos:
                raise _rejected(f"it holds two files {printable(path)}: rename one")
            if ARCHIVE_NAMES.search(path):
                raise _nested(path)
            self._infos[path] = info
            if not is_certain:
                self._guessed.append(path)

    def sizes(self) -> dict[str, int]:
        """Its files as `files` has them, and their bytes unpacked as the directory says."""
        return {path: self._infos[path].file_size for path in sorted(self._infos)}

    def files(self) -> Files:
        """Its files, without folders, hidden files and what systems leave behind."""
        readers = {
            path: (lambda limits, path=path: self.read(path, limits))
            for path in sorted(self._infos)
        }
        said = []
        if names := self._guessed:
            sentence = (
                "The ZIP does not say in which alphabet names are written; taken for DOS' code page 437: "
                f"{counted(len(names), 'name')}. Check letters with accents in the names of classes."
            )
            said.append(Finding("warning", "names", sentence, each(names)))
        return Files(
            "ZIP", readers, self._head, passed_over=tuple(self._passed_over), said=tuple(said)
        )

    def read(self, path: str, limits: Limits) -> bytes:
        """The bytes of one file.

        Raises:
            ScanError: it is damaged, or larger than a scan may be.
            DatasetError: it is packed too tightly, an archive itself, or the total is too large.
        """
        info = self._infos[path]
        limits.check_bytes(info.file_size)
        data = bytearray()
        try:
            with self._zip.open(info) as member:
                while chunk := member.read(CHUNK):
                    data += chunk
                    self._unpacked += len(chunk)
                    self._check_unpacked(len(data), info)
                    limits.check_bytes(len(data))
        except _DAMAGE as error:
            if isinstance(error, DatasetError | ScanError):  # they are ValueErrors too
                raise
            raise ScanError("The file is damaged in the archive: pack it again.") from error
        is_archive = data.startswith(ARCHIVE_STARTS) or data[257:262] == b"ustar"
        if is_archive and not is_list(path):  # Excel's are ZIPs too
            raise _nested(path)
        return bytes(data)

    def _head(self, path: str) -> bytes:
        try:
            with self._zip.open(self._infos[path]) as member:
                return member.read(HEAD)
        except _DAMAGE:
            return b""

    def _check_unpacked(self, size: int, info: zipfile.ZipInfo) -> None:
        if size > FREE and size > MAX_RATIO * info.compress_size:
            raise _bomb(info)
        self._check_total(self._unpacked)

    def _check_total(self, size: int) -> None:
        most = min(self._most, MAX_TOTAL)
        if size > most:
            raise _rejected(f"it unpacks to more than {most / 2**30:.3g} GiB: import it in parts")


def check_count(file: BinaryIO, most: int = MAX_FILES) -> None:
    """Reject an archive of more files than ``most``, before `zipfile` makes an object for each.

    Raises:
        DatasetError: there are more.
    """
    file.seek(0)
    count, before = 0, b""
    while chunk := file.read(2**22):
        count += (before + chunk).count(DIRECTORY_ENTRY)
        before = chunk[1 - len(DIRECTORY_ENTRY) :]
    file.seek(0)
    if count > most:
        raise _rejected(f"it holds more than {most:,} files: import it in parts")


def _check_entry(info: zipfile.ZipInfo) -> None:
    """Reject what no archive of pictures needs."""
    name = _name(info)[0]
    shown = printable(name)
    name = name.replace("\\", "/")
    if name.startswith("/") or re.match(r"[A-Za-z]:", name):
        raise _rejected(f"{shown} is an absolute path: pack the files with relative ones")
    if ".." in name.split("/"):
        raise _rejected(f"the path {shown} leads out of the archive: pack the files again")
    if len(name) > MAX_PATH or name.count("/") > MAX_DEPTH:
        raise _rejected(
            f"the path {shown} is too long or too deep: pack the files with shorter ones"
        )
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind == stat.S_IFLNK:
        raise _rejected(f"{shown} is a link: pack the file itself")
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise _rejected(f"{shown} is neither a file nor a folder: pack the files again")
    if info.flag_bits & 0x1:
        raise _rejected("it is encrypted: pack the files without a password")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise _rejected("it is packed in an unusual way: pack the files as a plain ZIP (Deflate)")
    if info.file_size > FREE and info.file_size > MAX_RATIO * info.compress_size:
        raise _bomb(info)


def _check_apart(infos: list[zipfile.ZipInfo], directory: int) -> None:
    """Reject entries that share their bytes (Fifield 2019, "A better zip bomb")."""
    end, before = 0, ""
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset < end:
            raise _overlap(before)
        end, before = info.header_offset + info.compress_size, _name(info)[0]
    if end > directory:
        raise _overlap(before)


def _name(info: zipfile.ZipInfo) -> tuple[str, bool]:
    """The name of an entry, and whether that is certain.

    Without the flag for UTF-8 names are those of DOS, but macOS and others write UTF-8 all the same, and
    7-Zip and WinRAR a field beside it (APPNOTE 4.6.9).
    """
    name = info.orig_filename.partition("\0")[0]
    if info.flag_bits & UTF_8 or name.isascii():
        return name, True
    raw = info.orig_filename.encode("cp437")
    for candidate in (_unicode_path(info.extra, raw), raw):
        try:
            if candidate:
                return candidate.decode("utf-8").partition("\0")[0], True
        except UnicodeDecodeError:
            pass
    return name, False


def _unicode_path(extra: bytes, raw: bytes) -> bytes:
    """The name in the Unicode field; none if there is no field, or it belongs to another name."""
    while len(extra) >= 4:
        kind, size = struct.unpack_from("<HH", extra)
        field, extra = extra[4 : 4 + size], extra[4 + size :]
        if kind == UNICODE_PATH and len(field) > 5 and field[0] == 1:
            (crc,) = struct.unpack_from("<I", field, 1)
            return field[5:] if crc == zlib.crc32(raw) else b""
    return b""


def _is_folder(info: zipfile.ZipInfo, name: str) -> bool:
    """As the name says, which .NET ends with a backslash; or as its attributes do, of one without bytes."""
    attributes = stat.S_ISDIR(info.external_attr >> 16) or info.external_attr & DOS_FOLDER
    return name.endswith(("/", "\\")) or (bool(attributes) and not info.file_size)


def _path(name: str) -> str:
    parts = name.replace("\\", "/").split("/")
    return "/".join(part for part in parts if part not in ("", "."))


def _rejected(reason: str) -> DatasetError:
    return DatasetError(f"The ZIP archive cannot be imported: {reason}.")


def _nested(path: str) -> DatasetError:
    return _rejected(f"{printable(path)} is an archive inside it: pack the pictures themselves")


def _overlap(name: str) -> DatasetError:
    return _rejected(
        f"its files overlap, as in a bomb ({printable(name)} and the next): pack the files again"
    )


def _bomb(info: zipfile.ZipInfo) -> DatasetError:
    return _rejected(
        f"{printable(_name(info)[0])} unpacks to more than {MAX_RATIO} times its packed size, as in a bomb: "
        "take it out, or save it as PNG if it is a picture"
    )
