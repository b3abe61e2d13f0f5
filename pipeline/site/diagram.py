"""The process table as a picture: states one below the other, and at their side a line for each way between them.

Only geometry, in pixels; handbook.html draws it. A way that most states have, or that leads back to where it began, would
only hide the others: the handbook says it in words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from pipeline.data.process import SAME, Process, State, Transition

BOX, PORT, LANE, LABEL, GAP = 300, 18, 14, 186, 14
MANY = 5  # sources: from there on it is a way out of everywhere


@dataclass(frozen=True)
class Box:
    state: State
    y: int
    height: int


@dataclass(frozen=True)
class Line:
    """From the ports at `starts` along `x` to the port at `end`. `words` are the event's or the command's."""

    row: Transition
    starts: tuple[int, ...]
    end: int
    x: int

    @property
    def top(self) -> int:
        return min(*self.starts, self.end)

    @property
    def bottom(self) -> int:
        return max(*self.starts, self.end)


@dataclass(frozen=True)
class Diagram:
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    width: int
    height: int


def everywhere(row: Transition) -> bool:
    return row.to == SAME or len(row.sources) >= MANY


def draw(process: Process) -> Diagram:
    """Of each state, first the ports of what leaves it, then of what comes to it."""
    rows = list(_gathered(row for row in process.transitions if not everywhere(row)))
    ports: dict[tuple[str, int, bool], int] = {}
    boxes: list[Box] = []
    y = 2
    for state in process.states:
        own = [(state.id, index, False) for index, row in enumerate(rows) if state.id in row.sources]
        own += [(state.id, index, True) for index, row in enumerate(rows) if row.to == state.id]
        height = max(48, PORT * len(own) + 12)
        first = y + (height - PORT * len(own)) // 2 + PORT // 2
        ports |= {port: first + PORT * number for number, port in enumerate(own)}
        boxes.append(Box(state, y, height))
        y += height + GAP
    lines = tuple(_lanes(rows, ports))
    width = max((line.x for line in lines), default=BOX + LABEL) + LANE
    return Diagram(tuple(boxes), lines, width, y)


def _gathered(rows: Iterable[Transition]) -> Iterator[Transition]:
    """What happens by itself and leads to one state is one way, however it is written down."""
    own: dict[str, Transition] = {}
    for row in rows:
        if row.command:
            yield row
        else:
            before = own.get(row.to, row)
            own[row.to] = replace(before, sources=tuple(dict.fromkeys((*before.sources, *row.sources))))
    yield from own.values()


def _lanes(rows: list[Transition], ports: dict[tuple[str, int, bool], int]) -> Iterator[Line]:
    """The shortest ways nearest to the boxes; two that overlap never share a lane."""
    ends: list[list[tuple[int, int]]] = []
    spans = []
    for index, row in enumerate(rows):
        starts = tuple(ports[source, index, False] for source in row.sources)
        spans.append((row, starts, ports[row.to, index, True]))
    for row, starts, end in sorted(spans, key=lambda span: max(*span[1], span[2]) - min(*span[1], span[2])):
        top, bottom = min(*starts, end), max(*starts, end)
        lane = next(
            (number for number, taken in enumerate(ends) if all(bottom < a or top > b for a, b in taken)), len(ends)
        )
        if lane == len(ends):
            ends.append([])
        ends[lane].append((top, bottom))
        yield Line(row, starts, end, BOX + LABEL + LANE * lane)
