"""An issue shows where its case stands: whatever changes that, it is drawn anew, and closed with the case.

Two runs may draw the same issue, and the one that knows less may come last. So a run that finds, when it records what it
drew, that another has recorded something else since it looked, draws that issue once more. One that somebody has deleted
is opened again by the next round: issues are drawn from the events (D3).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from pipeline.audit.issue import Issue
from pipeline.audit.work import utc
from pipeline.cases.events import DELETED, UPDATED, Case, Event
from pipeline.cases.store import ATTEMPTS, Store, about
from pipeline.cases.takein import BY
from pipeline.errors import GitHubFailed
from pipeline.github import GONE, GitHub


@dataclass(frozen=True)
class Drawn:
    """One issue as this run drew it. `before`: what the case said of it then; `gone`: there was nothing to draw on."""

    reference: str
    kind: str
    number: int
    digest: str
    before: str | None
    gone: bool


@dataclass(frozen=True)
class Redraw:
    """`draw` makes the issue of a delivery."""

    store: Store
    github: GitHub
    draw: Callable[[Case, Event], Issue]
    now: Callable[[], datetime]

    def __call__(self, done: list[str]) -> None:
        """Adds to `done` the references of what was drawn."""
        rivals: set[tuple[str, str]] = set()
        for _attempt in range(ATTEMPTS):
            rivals = self._round(rivals, done)
            if not rivals:
                return

    def _round(self, rivals: set[tuple[str, str]], done: list[str]) -> set[tuple[str, str]]:
        """Draw what is not as it should be, and `rivals` in any case; which of it somebody else was drawing as well."""
        drawn: list[Drawn] = []
        try:
            for case, kind, opened, issue in self._stale(rivals):
                number = int(opened.data["number"])
                gone = not self._there(number, issue)
                drawn.append(Drawn(case.reference, kind, number, issue.digest, case.drawn(kind), gone))
                done += [] if gone else [case.reference]
        finally:
            message = about("Record issues of", [entry.reference for entry in drawn])
            found = self.store.settle(message, lambda: self._record(drawn)) if drawn else set()
        return found

    def _stale(self, rivals: set[tuple[str, str]]) -> Iterator[tuple[Case, str, Event, Issue]]:
        for case in list(self.store.cases()):
            for kind in {str(event.data["kind"]): None for event in case.deliveries}:
                opened, event = case.opened(kind), case.current(kind)
                issue = self.draw(case, event) if opened and event else None
                if opened and issue and (case.drawn(kind) != issue.digest or (case.reference, kind) in rivals):
                    yield case, kind, opened, issue

    def _there(self, number: int, issue: Issue) -> bool:
        """Draws it; False if somebody has deleted it."""
        try:
            self.github.update_issue(number, issue)
        except GitHubFailed as error:
            if error.status not in GONE:
                raise
            return False
        return True

    def _record(self, drawn: list[Drawn]) -> set[tuple[str, str]]:
        """Record what nobody else has drawn differently in the meantime; the rest comes back."""
        rivals: set[tuple[str, str]] = set()
        for entry in drawn:
            case = self.store.case(entry.reference)
            opened, now = case.opened(entry.kind), case.drawn(entry.kind)
            if opened is None or opened.data["number"] != entry.number:
                continue
            if now == entry.digest and not entry.gone:
                continue
            if now != entry.before and not entry.gone:
                rivals.add((entry.reference, entry.kind))
                continue
            data = {"kind": entry.kind, "number": entry.number} | ({} if entry.gone else {"drawn": entry.digest})
            self.store.append(case, DELETED if entry.gone else UPDATED, at=utc(self.now()), by=BY, data=data)
        return rivals
