"""Files that are given at once: ZIP archives unpacked, junk passed over, limits kept."""

import io
import tomllib
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from diagnosis.batch.uploads import items
from diagnosis.core.errors import InputError
from diagnosis.scans import Limits
from diagnosis.scans.limits import MEGABYTE

ROOT = Path(__file__).parents[2]


@dataclass
class Given:
    """A file as a browser gives it."""

    name: str
    data: bytes

    @property
    def file_id(self) -> str:
        return f"id of {self.name}"

    @property
    def size(self) -> int:
        return len(self.data)

    def getvalue(self) -> bytes:
        return self.data


def archive(files: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in files.items():
            packed.writestr(name, data)
    return file.getvalue()


def test_a_zip_stands_for_its_files() -> None:
    given = [
        Given("a.png", b"first"),
        Given("more.dat", archive({"two/c": b"third", "two/b": b"second", "__MACOSX/b": b"junk"})),
        Given("Thumbs.db", b"junk"),
        Given("z.png", b"last"),
    ]
    found = items(given, Limits())
    assert [item.name for item in found.items] == ["a.png", "two/b", "two/c", "z.png"]
    assert [item.read() for item in found.items] == [b"first", b"second", b"third", b"last"]
    assert [item.read() for item in found.items][1] == b"second"  # and once more
    assert len({item.id for item in found.items}) == 4
    assert not found.said


def test_what_is_beyond_the_limit_of_bytes_is_left_out_and_counted() -> None:
    plain = [Given(f"{number}.png", bytes(100)) for number in range(5)]
    packed = [Given("a.zip", archive({f"{number}.png": bytes(100) for number in range(5)}))]
    for given in (plain, packed):
        found = items(given, Limits(total=250))
        assert len(found.items) == 2
        (sentence,) = found.said
        assert "3" in sentence and "SCANLINE_MAX_TOTAL" in sentence


def test_ten_files_are_taken_for_each_case_that_is_allowed() -> None:
    found = items([Given(f"{number}.png", b"a") for number in range(12)], Limits(files=1))
    (sentence,) = found.said
    assert len(found.items) == 10 and "SCANLINE_MAX_FILES" in sentence


def test_a_bad_archive_costs_only_its_own_files() -> None:
    bomb = Given("bomb.zip", archive({"a": bytes(3 * 2**20)}))
    cut = Given("cut.zip", archive({"a": b"a", "b": b"b"})[:-30])
    found = items([Given("a.png", b"a"), bomb, cut, Given("b.png", b"b")], Limits())
    assert [item.name for item in found.items] == ["a.png", "b.png"]
    assert len(found.said) == 2


def test_a_damaged_file_of_an_archive_is_an_error_when_it_is_read() -> None:
    data = bytearray(archive({"a": b"0123456789" * 20, "b": b"sound"}))
    data[data.index(b"a") + 5] ^= 0xFF
    good, bad = {}, []
    for item in items([Given("x.zip", bytes(data))], Limits()).items:
        try:
            good[item.name] = item.read()
        except InputError as error:
            bad.append(str(error))
    assert good == {"b": b"sound"}
    assert len(bad) == 1


def test_a_zip_may_be_larger_than_a_file_and_the_server_takes_it() -> None:
    """A CT of 600 slices has 180 MB packed, each slice half a megabyte."""
    noise = np.random.default_rng(1).bytes
    packed = Given("ct.zip", archive({f"{number}.dcm": noise(300) for number in range(9)}))
    limits = Limits(bytes=400)
    found = items([packed], limits)
    assert packed.size > limits.bytes
    assert len([item.read() for item in found.items]) == 9 and not found.said
    (whole,) = items([Given("one.zip", archive({"one.dcm": noise(401)}))], limits).items
    with pytest.raises(InputError, match="SCANLINE_MAX_BYTES"):
        whole.read()
    server = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())["server"]
    assert Limits().bytes < server["maxUploadSize"] * MEGABYTE <= Limits().total
