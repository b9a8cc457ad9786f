"""The page Readings without a browser: the entries of one case are one row."""

from pathlib import Path
from typing import Any

import pytest

from diagnosis.audit import Entry, append
from diagnosis.core.access import OPEN
from tests.dashboard.test_pages import opened, words


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SCANLINE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("SCANLINE_DATA", raising=False)
    return tmp_path / "home"


def _read_thrice(number: int, *, label: str) -> None:
    """An independent read, a prediction and an AI-assisted read of one sample."""
    source = f"phantoms, test image {number}"
    case: dict[str, Any] = {
        "case": f"{number:064x}",
        "source": source,
        "task": "phantoms",
        "label": (label,),
    }
    append(
        [
            Entry("independent read", **case, by="A", read=("clear",), certainty=3),
            Entry(
                "prediction shown", **case, model="phantoms/lstm", outcome="predicted",
                prediction=("opacity",),
            ),
            Entry("AI-assisted read", **case, by="A", read=("opacity",), comment="*left*"),
        ]
    )  # fmt: skip


def test_three_entries_of_a_case_are_one_row(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _read_thrice(7, label="opacity")
    _read_thrice(9, label="clear")
    append([Entry("prediction shown", "f" * 64, "file", "phantoms", frame=2, outcome="rejected")])
    app = opened("readings")
    *_, first, second, third = [each.label for each in app.expander]
    assert "File ffffffffffff, frame 2" in first and "rejected" in first
    assert "test image 9" in second and "label: clear" in second
    for told in ("prediction: opacity", "independent read: clear", "AI\\-assisted read: opacity"):
        assert told.replace("\\", "") in third.replace("\\", "")
    assert "comment: *left*" in words(app) and "fairly sure" in words(app)
    app.button_group(key="readings-actions").set_value(["independent read"]).run()
    assert not app.exception
    assert len(app.expander) == 3  # the two cases, and where the log is
    assert any(str(home) in code.value for code in app.code)
    monkeypatch.setenv(OPEN, "1")
    app.run()
    assert not any(str(home) in code.value for code in app.code)
