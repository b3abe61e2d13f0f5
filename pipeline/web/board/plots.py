"""Numbers → bars: lengths in percent of the widest, so that a plot fits every screen. Drawn by templates/plots.html."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

ROW = 44  # pixels a bar takes with its words


@dataclass(frozen=True)
class Bar:
    """`words` stand at its end; `length` and `mark` (a line across it) in percent. `y` in pixels."""

    label: str
    words: str
    length: float
    mark: float | None
    y: int


def bars(rows: Iterable[tuple[str, str, float, float | None]]) -> list[Bar]:
    """Of (label, words, value, value of the mark), as the words give them: what is 0.0 there has no bar."""
    every = list(rows)
    widest = max((value for _label, _words, value, _mark in every), default=0) or 1
    return [
        Bar(label, words, _percent(value, widest), None if mark is None else _percent(mark, widest), number * ROW)
        for number, (label, words, value, mark) in enumerate(every)
    ]


def _percent(value: float, widest: float) -> float:
    return round(100 * value / widest, 1)
