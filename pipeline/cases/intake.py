"""Inbox → events → issues. Any run may be killed, doubled, late or early: the next one goes on from what is durable (D7)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from pipeline.accept.check import Judge
from pipeline.audit import issue as issues
from pipeline.cases.comments import Comments
from pipeline.cases.events import CLAIMED, OPENED, UPDATED, Case, Event
from pipeline.cases.rejected import Rejected
from pipeline.cases.rolling import Rolling
from pipeline.cases.store import Store
from pipeline.cases.takein import BY, TakeIn
from pipeline.errors import CannotGoOn, GitFailed, GitHubFailed, PushRejected, StoreFailed
from pipeline.github import GitHub
from pipeline.moment import stamp
from pipeline.text import speaking

ATTEMPTS = 20  # how often a run starts over because somebody else was faster
BATCH = 40  # issues claimed at once: at a second each they are opened well within CLAIM
FINDINGS = ".intake-findings"
CLAIM = timedelta(minutes=15)  # after that, a claim's run is taken for dead


@dataclass
class Report:
    """What a run did; printed by the command line. References only, no names."""

    taken: list[str] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    rejected: int = 0


@dataclass(frozen=True)
class Intake:
    """`github` is None where people work on the board: it draws the same issues from the events by itself.

    `run` names this run in its claims; `address` is where the records' files can be read, and ends in /.
    """

    judge: Judge
    store: Store
    github: GitHub | None = None
    run: str = "local"
    address: str = ""
    claim: timedelta = CLAIM
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def __call__(self) -> Report:
        """Raises RateLimited, GitHubFailed, or StoreFailed for damaged cases, after everything done so far is safe.

        All of it is in the body's first language, whatever the submissions are in.
        """
        with speaking(self.judge.data.language):
            return self._run()

    def _run(self) -> Report:
        report = Report()
        if self.github:
            self.github.ensure_private()
        self._swap(report)
        if self.github:
            while self._open_issues(report):
                pass
            report.commands = Comments(self.judge, self.store, self.github, self.run, self.now)()
            self._update_issues(report)
            rejected = Rejected(self.store.root).all()
            rolling = Rolling(self.store, self.github, self.run, self.now, self.claim)
            rolling.show(FINDINGS, issues.rolling(self.judge.data, rejected), bool(rejected))
        damaged = self.store.damaged()
        if damaged:
            raise StoreFailed("; ".join(damaged[:5]))
        return report

    def _swap(self, report: Report) -> None:
        """Take in what waits, on a fresh head, until the result is where everybody sees it."""
        for _attempt in range(ATTEMPTS):
            self.store.refresh()
            takein = TakeIn(self.judge, self.store)
            taken = takein.run()
            try:
                self.store.publish(_message("Take in", taken))
            except PushRejected:
                continue
            report.taken = taken
            report.rejected = len(Rejected(self.store.root).all())
            return
        raise GitFailed("Others pushed faster, again and again; the next run goes on.")

    def _open_issues(self, report: Report) -> bool:
        """Claim a batch, then open it. True if there may be more."""
        claimed = self._claim_batch()
        opened: list[tuple[str, str, str, int]] = []
        try:
            for case, event in claimed:
                issue = self.draw(case, event)
                number = self._github.open_issue(issue, tried=case.tried(str(event.data["kind"])))
                # A new issue is open, whatever the case is: one that is closed is drawn anew at once.
                opened.append((case.reference, str(event.data["kind"]), replace(issue, open=True).digest, number))
                report.opened.append(case.reference)
        finally:
            self._record(OPENED, opened)
        return len(claimed) == BATCH

    @property
    def _github(self) -> GitHub:
        if self.github is None:
            raise CannotGoOn("No GitHub repository is configured; set GITHUB_REPOSITORY and GITHUB_TOKEN")
        return self.github

    def _claim_batch(self) -> list[tuple[Case, Event]]:
        for _attempt in range(ATTEMPTS):
            claimed: list[tuple[Case, Event]] = []
            for case, event in self._waiting()[:BATCH]:
                data = {"kind": event.data["kind"], "run": self.run}
                after = self.store.append(
                    self.store.case(case.reference), CLAIMED, at=stamp(self.now()), by=BY, data=data
                )
                if after:
                    claimed.append((after, event))
            try:
                self.store.publish(_message("Claim issues of", [case.reference for case, _event in claimed]))
                return claimed
            except PushRejected:
                self.store.refresh()
        raise GitFailed("Others pushed faster, again and again; the next run goes on.")

    def _waiting(self) -> list[tuple[Case, Event]]:
        """Deliveries without an issue that nobody is opening at this moment."""
        waiting = []
        for case in self.store.cases():
            for kind in {str(event.data["kind"]): None for event in case.deliveries}:
                event, claim = case.current(kind), case.claimed(kind)
                fresh = claim and claim.data["run"] != self.run and self._age(claim) < self.claim
                if event and not case.opened(kind) and not fresh:
                    waiting.append((case, event))
        return waiting

    def _age(self, event: Event) -> timedelta:
        return self.now() - datetime.fromisoformat(event.at)

    def _record(self, kind: str, done: list[tuple[str, str, str, int]], *, again: Event | None = None) -> None:
        """What was done outside becomes events, on whatever head there is by then. `again`: the opening that is void."""
        for _attempt in range(ATTEMPTS):
            for reference, form, digest, number in done:
                case = self.store.case(reference)
                opened = case.opened(form)
                if kind == OPENED and opened and not (again and opened.number == again.number):
                    continue
                data = {"kind": form, "drawn": digest, "number": number}
                self.store.append(case, kind, at=stamp(self.now()), by=BY, data=data)
            try:
                self.store.publish(_message("Record issues of", [entry[0] for entry in done]))
                return
            except PushRejected:
                self.store.refresh()
        raise GitFailed("Others pushed faster, again and again; the next run goes on.")

    def _update_issues(self, report: Report) -> None:
        """An issue shows where its case stands: whatever changes that, it is drawn anew, and closed with the case."""
        updated: list[tuple[str, str, str, int]] = []
        try:
            for case in list(self.store.cases()):
                for kind in {str(event.data["kind"]): None for event in case.deliveries}:
                    opened, event = case.opened(kind), case.current(kind)
                    issue = self.draw(case, event) if opened and event else None
                    if opened and issue and case.drawn(kind) != issue.digest:
                        number = int(opened.data["number"])
                        if self._updated(case, kind, issue, opened):
                            updated.append((case.reference, kind, issue.digest, number))
                        report.updated.append(case.reference)
        finally:
            self._record(UPDATED, updated)

    def _updated(self, case: Case, kind: str, issue: issues.Issue, opened: Event) -> bool:
        """False if the issue was deleted: it is opened anew, because issues are drawn from the events (D3)."""
        try:
            self._github.update_issue(int(opened.data["number"]), issue)
        except GitHubFailed as error:
            if not error.gone:
                raise
            number = self._github.open_issue(issue, tried=True)
            self._record(OPENED, [(case.reference, kind, replace(issue, open=True).digest, number)], again=opened)
            return False
        return True

    def draw(self, case: Case, event: Event) -> issues.Issue:
        """The issue of a delivery, from the schema it was judged by."""
        digest = str(event.data["digest"])
        name = None
        if self.judge.data.organization.name_on_issues:
            submission = self.store.submission(case.reference, digest) or {}
            name = submission.get("applicant", {}).get("name")
        folder = f"{self.address}cases/{case.reference}/private/{digest[:16]}/"
        drawing = issues.Drawing(self.judge.data, self.store.schema(str(event.data["schema"])), folder, name)
        return issues.draw(drawing, case, event)


def _message(verb: str, references: list[str]) -> str:
    """A commit message: references are no personal data."""
    unique = list(dict.fromkeys(references))
    more = f" and {len(unique) - 5} more" if len(unique) > 5 else ""
    return f"{verb} {', '.join(unique[:5])}{more}" if unique else "Keep what could not be taken in"
