"""Rolling issues: one for all of a kind, claimed and opened with the first, then only drawn anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pipeline.cases.events import CLAIMED, OPENED
from pipeline.cases.ingest import BY
from pipeline.cases.issue_text import Issue
from pipeline.cases.store import Store
from pipeline.errors import GitHubFailed, Gone, PushRejected
from pipeline.github.client import GitHub
from pipeline.github.deleted_issues import note_deleted
from pipeline.github.set_aside import Aside
from pipeline.timestamps import stamp

FINDINGS, RETENTION = ".intake-findings", ".retention-due"  # names in cases/
CLAIM = timedelta(minutes=15)  # after that, a claim's run is taken for dead


@dataclass(frozen=True)
class Rolling:
    """`run` names this run in its claims."""

    store: Store
    github: GitHub
    aside: Aside
    run: str
    now: Callable[[], datetime]
    claim: timedelta = CLAIM

    def show(self, name: str, issue: Issue, wanted: bool) -> None:
        """`name` keeps its claim in cases/; it is no case, so it begins with a dot. Opened only once it is `wanted`."""
        if self.aside.waits(_what(name)):
            return
        try:
            self._show(name, issue, wanted)
        except GitHubFailed as error:
            self.aside.refused(_what(name), error)
        else:
            self.aside.done(_what(name))

    def _show(self, name: str, issue: Issue, wanted: bool) -> None:
        opened = self.store.case(name).opened(name)
        if opened and self._drawn(int(opened.data["number"]), issue, wanted):
            return
        if opened:
            number = int(opened.data["number"])
            self.store.settle("A rolling issue was deleted", lambda: note_deleted(self.store, name, number, self.now()))
        if wanted:
            self._open(name, issue)

    def _open(self, name: str, issue: Issue) -> None:
        case = self.store.case(name)
        claim = case.claimed(name)
        others, again = claim and claim.data["run"] != self.run, self.aside.known(_what(name))
        fresh = claim and others and self.now() - datetime.fromisoformat(claim.at) < self.claim
        if case.opened(name) or (fresh and not again):
            return
        try:
            data, after = {"kind": name, "run": self.run}, case
            if not self.aside.claim(_what(name)):
                after = self.store.append(case, CLAIMED, at=stamp(self.now()), by=BY, data=data) or case
            self.store.publish("Claim a rolling issue")
        except PushRejected:
            return  # another run is at it
        number, created = self.github.open_issue(issue, tried=again or after.tried(name))
        if not created:  # it shows what a run before this one knew
            self.github.update_issue(number, issue)
        self.store.settle("Record a rolling issue", lambda: self._opened(name, number))

    def _drawn(self, number: int, issue: Issue, wanted: bool) -> bool:
        """Draws it anew, and opens it again while it is wanted; False if somebody has deleted it."""
        try:
            shown = self.github.issue(number)
            drawn = replace(issue, open=wanted or shown.open)
            if not shown.shows(drawn):
                self.github.update_issue(number, drawn)
        except Gone:
            return False
        return True

    def _opened(self, name: str, number: int) -> None:
        case = self.store.case(name)
        if case.opened(name) is None:
            data = {"kind": name, "drawn": "", "number": number}
            self.store.append(case, OPENED, at=stamp(self.now()), by=BY, data=data)


def _what(name: str) -> str:
    """Its name where it is set aside."""
    return f"standing issue {name.strip('.')}"
