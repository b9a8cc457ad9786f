"""The one cursor of all columns of Compare, and the per-step prediction of each model that it shows."""

from collections.abc import Sequence

import streamlit as st

from diagnosis.dashboard.widgets.events import steps_in_words
from diagnosis.dashboard.widgets.step_cursor import step_cursor
from diagnosis.dashboard.widgets.traced_case import Board
from diagnosis.figures import palette

GRID = "compare"  # key of the container of the columns; its grid is in assets/shell.css


@st.fragment
def cursor(board: Board, titles: Sequence[str], boards: Sequence[Board | None]) -> None:
    """The cursor is a fragment of its own: when it rests, the panels are not drawn again."""
    readouts, beside = _readouts(titles, boards, board)
    step_cursor(
        GRID, steps=board.axis.steps, readouts=readouts, beside=beside,
        names=steps_in_words(board) if board.has_events else None,
        colour=palette.CURSOR[board.theme], halo=palette.HALO[board.theme], start=board.start,
    )  # fmt: skip


def line_up(board: Board, other: Board) -> bool:
    """Whether step t of both models is the same part of the case."""
    own, others = board.config.encoder, other.config.encoder
    return (own.kind, own.steps, own.length) == (others.kind, others.steps, others.length)


def _readouts(
    titles: Sequence[str], boards: Sequence[Board | None], first: Board
) -> tuple[list[str], list[list[str]]]:
    """The per-step prediction of every model at each step: with names, and alone for its column."""
    lines: list[list[str]] = [[] for _ in range(len(first.prediction.sequence))]
    alone: list[list[str]] = [[] for _ in lines]
    step = first.axis.step
    finding = None
    for title, board in zip(titles, boards, strict=True):
        if board is None or board.prediction.per_step is None or not line_up(board, first):
            continue
        if board.prediction.is_rejected:  # its column stays empty
            for own in alone:
                own.append("")
            continue
        config = board.config
        if config.finding is not None:
            finding = config.classes[config.finding]
        for at, probabilities in enumerate(board.prediction.per_step):
            index = int(probabilities.argmax()) if config.finding is None else config.finding
            name = "" if config.finding is not None else f" {config.classes[index]}"
            lines[at].append(f"{title}:{name} {probabilities[index]:.2f}")
            alone[at].append(f"{step} {at + 1}:{name} {probabilities[index]:.2f}")
    begins = "" if finding is None else f"{finding}, "
    return [begins + "; ".join(line) if line else "" for line in lines], alone
