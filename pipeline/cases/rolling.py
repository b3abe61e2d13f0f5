"""Rolling issues: one for all of a kind, claimed and opened with the first, then only drawn anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.audit.issue import Issue
from pipeline.cases.events import CLAIMED, OPENED
from pipeline.cases.store import Store
from pipeline.cases.takein import BY
from pipeline.errors import PushRejected
from pipeline.github import GitHub

CLAIM = timedelta(minutes=15)  # after that, a claim's run is taken for dead


@dataclass(frozen=True)
class Rolling:
    """`run` names this run in its claims."""

    store: Store
    github: GitHub
    run: str
    now: Callable[[], datetime]
    claim: timedelta = CLAIM

    def show(self, name: str, issue: Issue, wanted: bool) -> None:
        """`name` keeps its claim in cases/; it is no case, so it begins with a dot. Opened only once it is `wanted`."""
        case = self.store.case(name)
        opened, claim = case.opened(name), case.claimed(name)
        if opened:
            number = int(opened.data["number"])
            if self.github.body(number).strip() != issue.body.strip():
                self.github.update_issue(number, issue)
            return
        others = claim and claim.data["run"] != self.run
        if not wanted or (claim and others and self.now() - datetime.fromisoformat(claim.at) < self.claim):
            return
        try:
            self.store.append(case, CLAIMED, at=self._stamp(), by=BY, data={"kind": name, "run": self.run})
            self.store.publish("Claim a rolling issue")
        except PushRejected:
            return  # another run is at it
        number = self.github.open_issue(issue, tried=claim is not None)
        self.store.settle("Record a rolling issue", lambda: self._opened(name, number))

    def _opened(self, name: str, number: int) -> None:
        case = self.store.case(name)
        if not case.opened(name):
            data = {"kind": name, "drawn": "", "number": number}
            self.store.append(case, OPENED, at=self._stamp(), by=BY, data=data)

    def _stamp(self) -> str:
        return self.now().strftime("%Y-%m-%dT%H:%M:%SZ")
