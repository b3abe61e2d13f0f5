"""Inbox → events → issues. Any run may be killed, doubled, late or early: the next one goes on from what is durable (D7)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from pipeline.cases import issue_text as issues
from pipeline.cases.events import CLAIMED, OPENED, Case, Event
from pipeline.cases.ingest import BY, TakeIn
from pipeline.cases.store import ATTEMPTS, Store, about
from pipeline.errors import (
    CannotGoOn,
    DataInvalid,
    GitFailed,
    GitHubFailed,
    OutOfTime,
    PushRejected,
    RateLimited,
    StoreFailed,
)
from pipeline.github.client import GitHub
from pipeline.github.comments import Comments
from pipeline.github.comparison import Comparison
from pipeline.github.rate_limit_memory import patient
from pipeline.github.redraw import Redraw
from pipeline.github.set_aside import Aside, issue_of
from pipeline.github.standing_issues import FINDINGS, Rolling
from pipeline.i18n import speaking
from pipeline.submissions.rejected import Rejected
from pipeline.submissions.validation import Judge
from pipeline.timestamps import stamp

LIST = "list of issues"  # its name where it is set aside
BATCH = 40  # issues claimed at once: what a run that dies has claimed waits for CLAIM to be over
EACH = 1.5  # seconds that one issue takes: no more are claimed than there is time for
CLAIM = timedelta(minutes=15)  # after that, a claim's run is taken for dead
BUDGET = timedelta(minutes=11)  # a run asks GitHub no longer: well within CLAIM, and within its job's time (intake.yml)


@dataclass
class Report:
    """What a run did; printed by the command line. References only, no names.

    `aside`: what GitHub refuses, and why: each once a day.
    """

    taken: list[str] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    rejected: int = 0
    held: list[str] = field(default_factory=list)
    aside: list[str] = field(default_factory=list)
    unfinished: bool = False


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
    budget: timedelta = BUDGET
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def __call__(self) -> Report:
        """Raises RateLimited, GitHubFailed, or StoreFailed for damaged cases, after everything done so far is safe.

        All of it is in the body's first language, whatever the submissions are in.
        """
        report, store = Report(), self.store.remembering()
        with speaking(self.judge.data.language), patient(store, self.github, self.now):
            if self.github is None:
                replace(self, store=store)._swap(report)
            else:
                there = replace(self, store=store, now=self.github.corrected(self.now))
                there._on_github(self.github, report)
        damaged = list(dict.fromkeys((*report.held, *store.damaged())))
        if damaged:
            raise StoreFailed("; ".join(damaged[:5]))
        return report

    def _on_github(self, github: GitHub, report: Report) -> None:
        github.begin(self.budget.total_seconds())
        github.ensure_private()
        self._swap(report)
        github.ensure_issues()
        try:
            self._work(github, report)
        except OutOfTime:
            report.unfinished = True
        finally:
            self.aside.keep()
        report.aside = self.aside.keep(tell=True)

    @cached_property
    def aside(self) -> Aside:
        return Aside(self.store, self.now)

    def _work(self, github: GitHub, report: Report) -> None:
        """People's commands first: they are few, and must not wait behind hundreds of issues.

        What is wrong with one of them, and the first of all that GitHub did not answer, is raised at the end: it stops
        nobody else's case.
        """
        wrong: CannotGoOn | None = None
        try:
            report.commands += Comments(self.judge, self.store, github, self.aside, self.run, self.now)()
        except (RateLimited, OutOfTime):
            raise
        except (DataInvalid, GitHubFailed) as error:
            wrong = error
        comparison = Comparison(self.judge.data, self.store, github, self.aside, self.draw, self.now)
        different = None
        if comparison.due:
            try:
                different = comparison()
            except GitHubFailed as error:
                self.aside.refused(LIST, error)
            else:
                self.aside.done(LIST)
        redraw = Redraw(self.store, github, self.aside, self.draw, self.now)
        for twice in range(2):  # what has been deleted is opened anew, once a run
            while self._open_issues(report):
                pass
            if not redraw(report.updated, set() if twice else different or set()):
                break
        if different is not None:
            comparison.remember()
        rejected = Rejected(self.store.root).all()
        refused = {what: one.why for what, one in self.aside.every().items() if one.lasts}
        rolling = Rolling(self.store, github, self.aside, self.run, self.now, self.claim)
        rolling.show(FINDINGS, issues.rolling(self.judge.data, rejected, refused), bool(rejected or refused))
        wrong = wrong or self.aside.silent
        if wrong:
            raise wrong

    def _swap(self, report: Report) -> None:
        """Take in what waits, on a fresh head, until the result is where everybody sees it."""
        for _attempt in range(ATTEMPTS):
            self.store.refresh()
            takein = TakeIn(self.judge, self.store)
            taken = takein.run()
            try:
                self.store.publish(about("Take in", taken))
            except PushRejected:
                continue
            report.taken = taken
            report.held = takein.held
            report.rejected = len(Rejected(self.store.root).all())
            return
        raise GitFailed("Others pushed faster, again and again; the next run goes on.")

    def _open_issues(self, report: Report) -> bool:
        """Claim a batch, then open it. True if there may be more. Raises OutOfTime where there is no time for one."""
        size = self._batch()
        claimed = self._claim_batch(size)
        self._github.look_afresh()
        opened: list[tuple[str, str, str, int]] = []
        try:
            for case, event in claimed:
                kind = str(event.data["kind"])
                issue, what = self.draw(case, event), issue_of(case.reference, kind)
                try:
                    tried = case.tried(kind) or self.aside.known(what)
                    number, created = self._github.open_issue(issue, tried=tried)
                except GitHubFailed as error:
                    self.aside.refused(what, error)
                    if error.status == 403:  # the token may open none
                        raise
                    continue
                self.aside.done(what)
                # A new issue is open, whatever the case is: one that is closed is drawn anew at once. So is one that was
                # found: what it shows is what a run before this one knew.
                drawn = replace(issue, open=True).digest if created else ""
                opened.append((case.reference, kind, drawn, number))
                report.opened.append(case.reference)
        finally:
            self._record(opened)
        return len(claimed) == size

    def _batch(self) -> int:
        """How many issues are claimed at once."""
        size = int(min(1 if self.aside.may_open_none else BATCH, self._github.left / EACH))
        if not size and any(self._drawable(case, event) for case, event in self._waiting()):
            raise OutOfTime
        return size or 1

    @property
    def _github(self) -> GitHub:
        if self.github is None:
            raise CannotGoOn("No GitHub repository is configured; set GITHUB_REPOSITORY and GITHUB_TOKEN")
        return self.github

    def _claim_batch(self, size: int = BATCH) -> list[tuple[Case, Event]]:
        def once() -> list[tuple[Case, Event]]:
            claimed: list[tuple[Case, Event]] = []
            for case, event in self._waiting():
                if len(claimed) == size:
                    break
                if not self._drawable(case, event):
                    continue  # told at the end of the run; claimed by no run until it is mended
                if self.aside.claim(issue_of(case.reference, str(event.data["kind"]))):
                    claimed.append((case, event))
                    continue
                data = {"kind": event.data["kind"], "run": self.run}
                after = self.store.append(
                    self.store.case(case.reference), CLAIMED, at=stamp(self.now()), by=BY, data=data
                )
                if after:
                    claimed.append((after, event))
            return claimed

        return self.store.settle("Claim issues", once)

    def _waiting(self) -> list[tuple[Case, Event]]:
        """Deliveries without an issue that nobody is opening at this moment, and GitHub has not just refused."""
        waiting = []
        for case in self.store.cases():
            for kind in {str(event.data["kind"]): None for event in case.deliveries}:
                event, claim = case.current(kind), case.claimed(kind)
                if not event or case.opened(kind):
                    continue
                what = issue_of(case.reference, kind)
                fresh = claim and claim.data["run"] != self.run and self._age(claim) < self.claim
                if not (self.aside.waits(what) if self.aside.known(what) else fresh):
                    waiting.append((case, event))
        return waiting

    def _age(self, event: Event) -> timedelta:
        return self.now() - datetime.fromisoformat(event.at)

    def _record(self, opened: list[tuple[str, str, str, int]]) -> None:
        """What was opened becomes events: (reference, kind, digest of the drawing, number)."""

        def once() -> None:
            for reference, kind, digest, number in opened:
                case = self.store.readable(reference)
                if case and not case.opened(kind):
                    data = {"kind": kind, "drawn": digest, "number": number}
                    self.store.append(case, OPENED, at=stamp(self.now()), by=BY, data=data)

        self.store.settle(about("Record issues of", [entry[0] for entry in opened]), once)

    def draw(self, case: Case, event: Event) -> issues.Issue:
        """The issue of a delivery, from the schema it was judged by. Raises StoreFailed where that cannot be read."""
        schema, name = self._sources(case, event)
        folder = f"{self.address}cases/{case.reference}/private/"
        return issues.draw(issues.Drawing(self.judge.data, schema, folder, name), case, event)

    def _sources(self, case: Case, event: Event) -> tuple[dict[str, Any], str | None]:
        """What an issue is drawn from: the schema, and the name where the body wants it."""
        schema, name = self.store.schema(str(event.data["schema"])), None
        if self.judge.data.organization.name_on_issues:
            submission = self.store.submission(case.reference, str(event.data["digest"])) or {}
            name = submission.get("applicant", {}).get("name")
        return schema, name

    def _drawable(self, case: Case, event: Event) -> bool:
        try:
            self._sources(case, event)
        except StoreFailed:
            return False
        return True
