"""An issue shows where its case stands: whatever changes that, it is drawn anew, and closed with the case.

Two runs may draw the same issue, and the one that knows less may come last. So a run that finds, when it records what it
drew, that another has recorded something else since it looked, draws that issue once more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from pipeline.cases.events import UPDATED, Case, Event
from pipeline.cases.ingest import BY
from pipeline.cases.issue_text import Issue
from pipeline.cases.store import ATTEMPTS, Store, about
from pipeline.errors import GitHubFailed, Gone, StoreFailed
from pipeline.github.client import GitHub
from pipeline.github.comparison import Which
from pipeline.github.deleted_issues import note_deleted
from pipeline.github.set_aside import Aside, issue_of
from pipeline.timestamps import stamp

MOVED = 301


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
    aside: Aside
    draw: Callable[[Case, Event], Issue]
    now: Callable[[], datetime]

    def __call__(self, done: list[str], different: set[Which]) -> bool:
        """Adds to `done` the references of what was drawn. True if some had been deleted: they are to be opened anew.

        `different`: issues that do not look as they were last drawn.
        """
        rivals = different
        deleted = False
        for _attempt in range(ATTEMPTS):
            drawn: list[Drawn] = []
            try:
                self._draw(rivals, drawn)
            finally:
                done += [entry.reference for entry in drawn if not entry.gone]
                rivals = self._recorded(drawn)
            deleted = deleted or any(entry.gone for entry in drawn)
            if not rivals:
                break
        return deleted

    def _draw(self, rivals: set[Which], drawn: list[Drawn]) -> None:
        """What is not as it should be, and `rivals` in any case; also what GitHub refused, whatever it was drawn for."""
        refused = self.aside.every()
        for case in list(self.store.cases()):
            for kind in {str(event.data["kind"]): None for event in case.deliveries}:
                opened, event = case.opened(kind), case.current(kind)
                issue = self._issue(case, event) if opened and event else None
                what = issue_of(case.reference, kind)
                wanted = (case.reference, kind) in rivals or what in refused
                if opened and issue and (wanted or case.drawn(kind) != issue.digest):
                    if self.aside.waits(what):
                        continue
                    number = int(opened.data["number"])
                    try:
                        gone = not self._there(number, issue)
                    except GitHubFailed as error:
                        self.aside.refused(what, error)
                        continue
                    self.aside.done(what)
                    drawn.append(Drawn(case.reference, kind, number, issue.digest, case.drawn(kind), gone))

    def _issue(self, case: Case, event: Event) -> Issue | None:
        """None where what it is drawn from cannot be read at the moment: that stops no other case's issue."""
        try:
            return self.draw(case, event)
        except StoreFailed:
            return None

    def _there(self, number: int, issue: Issue) -> bool:
        """Draws it; False if somebody has deleted it, or it was moved away and has come back with another number."""
        try:
            self.github.update_issue(number, issue)
        except Gone:
            return False
        except GitHubFailed as error:
            if error.status == MOVED and self.github.find(issue):
                return False
            raise
        return True

    def _recorded(self, drawn: list[Drawn]) -> set[Which]:
        """Records what nobody else has drawn differently in the meantime; the rest comes back."""
        if not drawn:
            return set()
        message = about("Record issues of", [entry.reference for entry in drawn])
        return self.store.settle(message, lambda: {(e.reference, e.kind) for e in drawn if not self._record(e)})

    def _record(self, entry: Drawn) -> bool:
        """False if somebody else has drawn it."""
        case = self.store.readable(entry.reference)
        if case is None:
            return True  # it was damaged since; once it is mended it is drawn again
        if entry.gone:
            note_deleted(self.store, entry.reference, entry.number, self.now())
            return True
        opened, drawn = case.opened(entry.kind), case.drawn(entry.kind)
        if opened is None or opened.data["number"] != entry.number or drawn == entry.digest:
            return True
        if drawn != entry.before:
            return False
        data = {"kind": entry.kind, "number": entry.number, "drawn": entry.digest}
        self.store.append(case, UPDATED, at=stamp(self.now()), by=BY, data=data)
        return True
