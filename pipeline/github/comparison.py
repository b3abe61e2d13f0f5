"""Once a day the issues on GitHub are compared with the records: one listing of the cases', one of the standing issues.

So an issue that somebody deleted, edited, closed or opened by hand is noticed although its case stays as it is. And where an
issue is there twice, the one that the records do not name is closed, and points to the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipeline.cases import issue_text as issues
from pipeline.cases.events import OPENED, Case, Event
from pipeline.cases.issue_text import Issue, marker_of, pointer
from pipeline.cases.store import Store
from pipeline.data.model import Data
from pipeline.durable import write
from pipeline.errors import GitHubFailed, Gone, StoreFailed
from pipeline.github.client import GitHub
from pipeline.github.objects import Shown
from pipeline.github.set_aside import Aside
from pipeline.github.standing_issues import FINDINGS, RETENTION
from pipeline.timestamps import kept, stamp

NAME = "issues-compared-at"
Which = tuple[str, str]  # reference, kind


@dataclass(frozen=True)
class Comparison:
    """`draw` makes the issue of a delivery."""

    data: Data
    store: Store
    github: GitHub
    aside: Aside
    draw: Callable[[Case, Event], Issue]
    now: Callable[[], datetime]

    @property
    def due(self) -> bool:
        """Not on the day (UTC) of the last one, or on which the first issue was opened."""
        opened = (e.at for case in self.store.cases() for e in case.events if e.type == OPENED)
        first = min(opened, default=None)
        last = kept(self._path) or (datetime.fromisoformat(first) if first else None)
        return last is not None and last.date() != self.now().date()

    def __call__(self) -> set[Which]:
        """What does not look as it should, or is not in the list: to be drawn again. Closes what is there twice."""
        recorded = {
            int(opened.data["number"]): (case.reference, kind)
            for case in self.store.cases()
            for kind in {str(event.data["kind"]) for event in case.deliveries}
            if (opened := case.opened(kind))
        }
        labels = self.data.organization.labels
        markers = {marker_of(*which): number for number, which in recorded.items()}
        listed = self._one_each(labels.submission[:50], markers)
        if standing := self._standing():
            self._one_each(labels.intake_findings, standing)
        return {which for number, which in recorded.items() if not self._is_well(which, listed.get(number))}

    def _standing(self) -> dict[str, int]:
        """Marker → number."""
        names = {issues.FINDINGS: FINDINGS, issues.RETENTION: RETENTION}
        cases = ((marker, name, self.store.readable(name)) for marker, name in names.items())
        opened = ((marker, case.opened(name)) for marker, name, case in cases if case)
        return {marker: int(event.data["number"]) for marker, event in opened if event}

    def _one_each(self, label: str, markers: Mapping[str, int]) -> dict[int, Shown]:
        """What the records name, by its number; what has the same marker is closed, if the one that they name is there."""
        numbers, found, others = set(markers.values()), {}, []
        for shown in self.github.listed(label):
            if shown.number in numbers:
                found[shown.number] = shown
            elif shown.ours and shown.marker in markers:
                others.append(shown)
        for shown in others:
            if (number := markers[shown.marker]) in found:
                self._close(shown, pointer(shown.marker, label, number))
        return found

    def remember(self) -> None:
        """Once all of it has been drawn."""
        write(self._path, stamp(self.now()).encode())
        self.store.settle("Remember when the issues were compared", lambda: True)

    @property
    def _path(self) -> Path:
        return self.store.root / NAME

    def _is_well(self, which: Which, shown: Shown | None) -> bool:
        """Also where it cannot be drawn at the moment."""
        case = self.store.readable(which[0])
        event = case.current(which[1]) if case else None
        try:
            return not case or not event or bool(shown and shown.shows(self.draw(case, event)))
        except StoreFailed:
            return True

    def _close(self, shown: Shown, drawn: Issue) -> None:
        """It keeps its marker: commands under it are its case's."""
        what = f"second issue {shown.number}"
        if shown.shows(drawn) or self.aside.waits(what):
            return
        try:
            self.github.update_issue(shown.number, drawn)
        except Gone:
            return
        except GitHubFailed as error:
            self.aside.refused(what, error)
        else:
            self.aside.done(what)
