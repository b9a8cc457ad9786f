"""What the pages are made of: warm-up, small tables, contact sheets, loss curves."""

import gc
import importlib
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from diagnosis.dashboard.shell import caches, warmup
from diagnosis.dashboard.shell.process import send_promptly
from diagnosis.datasets import catalogue
from diagnosis.figures.contact_sheet import GAP, contact_sheet, middle_slices
from diagnosis.figures.history import loss_curves


def test_warm_up_started_by_many_loads_once_and_freezes_the_heap() -> None:
    with ThreadPoolExecutor(8) as visitors:
        list(visitors.map(lambda _: warmup.start(), range(32)))
    warmup.wait(200)
    assert warmup.ready()
    assert "keras" in sys.modules
    frozen = gc.get_freeze_count()
    assert frozen > 100_000
    warmup.start()
    warmup.wait(0)
    assert gc.get_freeze_count() <= frozen


def test_data_set_is_loaded_once_and_shared() -> None:
    assert caches.dataset("phantoms", 28) is caches.dataset("phantoms", 28)


def test_phantoms_are_always_here_and_nothing_is_downloaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCANLINE_CACHE", str(tmp_path))
    monkeypatch.delenv("SCANLINE_DATA", raising=False)
    here = {name for name, facts in catalogue().items() if caches.sizes_here(facts)}
    assert here == {"phantoms", "recordphantoms", "studyphantoms"}


def test_tables_show_markup_in_names_as_it_is() -> None:
    def page() -> None:
        from diagnosis.dashboard.widgets.tables import details, table

        details({"<b>File</b>": "<img src=x>&.png"}, monospace={"<b>File</b>"})
        table(["Class", "n"], [("<script>", "1")], monospace={"n"})

    listed, tabled = (
        element.proto.body for element in AppTest.from_function(page).run().get("html")
    )
    assert "<dt>&lt;b&gt;File&lt;/b&gt;</dt>" in listed
    assert "<dd><code>&lt;img src=x&gt;&amp;.png</code></dd>" in listed
    assert '<th scope="row">&lt;script&gt;</th><td><code>1</code></td>' in tabled


@pytest.mark.parametrize("shape", [(5, 4, 4), (5, 4, 4, 3)])
def test_contact_sheet_shows_every_picture_unsmoothed_at_its_place(shape: tuple[int, ...]) -> None:
    pictures = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    sheet = np.asarray(Image.open(BytesIO(contact_sheet(pictures, columns=3, side=8))))
    assert sheet.shape[:2] == (2 * (8 + GAP) + GAP, 3 * (8 + GAP) + GAP)
    for index, picture in enumerate(pictures):
        top, left = (GAP + place * (8 + GAP) for place in divmod(index, 3))
        shown = sheet[top : top + 8, left : left + 8]
        np.testing.assert_array_equal(shown, picture.repeat(2, axis=0).repeat(2, axis=1))


def test_middle_slice_of_each_volume() -> None:
    volumes = np.arange(2 * 5, dtype=np.uint8).reshape(2, 5, 1, 1)
    np.testing.assert_array_equal(middle_slices(volumes).ravel(), [2, 7])


def test_loss_curves_count_epochs_from_one_and_mark_the_kept_one() -> None:
    figure = loss_curves([0.7, 0.5, 0.4], [0.8, 0.6, 0.65], best_epoch=2)
    assert [curve.name for curve in figure.data] == ["training", "validation"]
    assert list(figure.data[0].x) == [1, 2, 3]
    assert list(figure.data[1].y) == [0.8, 0.6, 0.65]
    assert figure.layout.shapes[0].x0 == figure.layout.shapes[0].x1 == 2


def test_a_package_is_unseen_by_one_thread_only() -> None:
    with warmup._unseen("turtledemo"), ThreadPoolExecutor(1) as other:
        with pytest.raises(ModuleNotFoundError):
            importlib.import_module("turtledemo")
        other.submit(importlib.import_module, "turtledemo").result()
    importlib.import_module("turtledemo")


def test_connections_send_small_messages_at_once() -> None:
    with socket.socket(socket.AF_INET) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        send_promptly()
        with socket.create_connection(listening.getsockname()), listening.accept()[0] as accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_set_that_is_fetched_by_hand_says_how(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def page(name: str) -> None:
        from diagnosis.dashboard.widgets.download import download

        download(name, 512)

    monkeypatch.setenv("SCANLINE_CACHE", str(tmp_path))
    monkeypatch.delenv("SCANLINE_DATA", raising=False)
    (said,) = AppTest.from_function(page, args=("icu2012",)).run().info
    assert "physionet" in said.value
