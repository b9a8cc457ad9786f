"""Where things are kept: sizes, and which servers were named, without their passwords."""

from pathlib import Path

import pytest

from diagnosis.dashboard.home import storage


def test_a_size_counts_all_below_and_no_folder_is_nothing(tmp_path: Path) -> None:
    assert storage._size(tmp_path / "absent") == "nothing"
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "file").write_bytes(bytes(3 * 2**20))
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    assert storage._size(tmp_path) == "3.0 MB"


def test_it_says_what_leaves_the_machine_and_to_whom(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in storage.SERVERS:
        monkeypatch.delenv(name, raising=False)
    assert storage._sent().startswith("Nothing leaves this machine")
    monkeypatch.setenv("SCANLINE_STUDIES", "postgresql://user:secret@db.example/studies")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://mlflow.example:5000")
    said = storage._sent()
    assert "runs, versions and decisions: mlflow.example" in said
    assert "searches: db.example" in said and "secret" not in said
