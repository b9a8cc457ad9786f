"""A set of pictures with records on the Data sets page and in the form of a training."""

from pathlib import Path

import pytest

from tests.dashboard.data.test_record_form import opened


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCANLINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SCANLINE_CACHE", str(tmp_path / "cache"))


def test_its_card_is_shown_with_its_pictures() -> None:
    app = opened("data", set="studyphantoms")
    (title,) = app.header
    assert "Study phantoms" in title.value


def test_it_can_be_trained_on() -> None:
    opened("train", dataset="studyphantoms")
