"""What is overdue is said once to whose turn it is, and after twice the time once to the Director.

The clock is the process table's (`days` of a state), without pauses. Once a stay in a state: a case that comes back into
one begins anew. At most one comment each: the event is the claim, and issue_replies.py posts it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from pipeline.cases.events import CONTACT, ESCALATED, REMINDED, Case, Event
from pipeline.cases.people import Person
from pipeline.cases.state import Standing, standing
from pipeline.cases.store import Store
from pipeline.data.process import APPLICANT, NOBODY
from pipeline.github.client import GitHub
from pipeline.github.issue_replies import Replies
from pipeline.github.rate_limit_memory import patient
from pipeline.github.set_aside import Aside
from pipeline.i18n import _
from pipeline.submissions.validation import Judge
from pipeline.timestamps import stamp

BY = "intake"
DIRECTOR, INTAKE_MANAGER = "director", "intake_manager"
BATCH = 40  # comments a run: at a second each they are posted well within a claim; the next run goes on
MENTIONED = 10  # people in one comment, at most
BUDGET = timedelta(minutes=3)  # a run asks GitHub no longer: well within a claim, and beside the intake within its job
PAUSE = timedelta(days=1)  # between a reminder that came late and the Director's


@dataclass
class Reminded:
    """References only."""

    reminded: list[str]
    escalated: list[str]


@dataclass(frozen=True)
class Reminders:
    """`github` is None where people work on the board: it shows what is overdue, and the events say that it was noticed."""

    judge: Judge
    store: Store
    people: Callable[[], tuple[Person, ...]]
    github: GitHub | None
    run: str
    now: Callable[[], datetime]

    def __call__(self) -> Reminded:
        """Raises RateLimited or GitHubFailed after what is done is safe."""
        store = self.store.remembering()
        with patient(store, self.github, self.now):
            if self.github is None:
                return replace(self, store=store)._remind()
            self.github.begin(BUDGET.total_seconds())
            self.github.ensure_private()
            there = replace(self, store=store, now=self.github.corrected(self.now))
            done = there._remind()
            there._say(self.github)
            return done

    def _remind(self) -> Reminded:
        self.store.refresh()
        return self.store.settle("Remind of what is overdue", self._written)

    def _say(self, github: GitHub) -> None:
        aside = Aside(self.store, self.now)
        try:
            Replies(self.store, github, aside, self.run, self.now)()
        finally:
            aside.keep()
        if aside.silent:
            raise aside.silent

    def _written(self) -> Reminded:
        """On whatever head there is by then."""
        done, people = Reminded([], []), self.people()
        for case in self.store.cases():
            kind = self._wanted(case)
            if kind and len(done.reminded) + len(done.escalated) < BATCH and self._write(case, kind, people):
                (done.reminded if kind == REMINDED else done.escalated).append(case.reference)
        return done

    def _wanted(self, case: Case) -> str | None:
        """Which of the two is to be said now."""
        if case.opening.type == CONTACT:
            return None
        here = standing(self.judge.data, case)
        if here.due is None or here.state.awaits == NOBODY or self.now() < here.due:
            return None
        said = {event.type: event for event in _of_this_stay(case, here)}
        if REMINDED not in said:
            return REMINDED
        second = here.due + (here.due - here.since - here.rested)
        late = datetime.fromisoformat(said[REMINDED].at) + PAUSE
        return ESCALATED if ESCALATED not in said and self.now() >= max(second, late) else None

    def _write(self, case: Case, kind: str, people: tuple[Person, ...]) -> bool:
        here = standing(self.judge.data, case)
        data: dict[str, Any] = {
            "state": here.state.id,
            "since": stamp(here.since),
            "run": self.run,
            "said": self._words(here, kind),
        }
        mentions = self._mentions(here, kind, people)
        if mentions:
            data["mentions"] = mentions
        return self.store.append(case, kind, at=stamp(self.now()), by=BY, data=data) is not None

    def _mentions(self, here: Standing, kind: str, people: tuple[Person, ...]) -> list[str]:
        """Logins of people.yml, never of anything that was sent: who has the case, on GitHub else all who could take it."""
        owner = [person.login for person in people if kind == REMINDED and person.login == here.owner]
        if owner or not self.github:
            return owner
        roles = {DIRECTOR} if kind == ESCALATED else {_whose(here)}
        if kind == REMINDED and here.state.awaits != APPLICANT:  # an appeal is not the Director's alone
            roles |= {role for row in self.judge.data.process.of_command("decide", here.state.id) for role in row.who}
        free = [one.login for one in people if roles & set(one.roles) and one.login not in here.acted]
        return free[:MENTIONED]

    def _words(self, here: Standing, kind: str) -> str:
        data, waits = self.judge.data, here.state.awaits == APPLICANT
        name = data.organization.role(_whose(here)).name
        todo = _("The applicant's turn: ask how it goes, or end the case.") if waits else here.state.todo
        facts = {
            "state": here.state.title,
            "since": here.since.date().isoformat(),
            "due": here.due.date().isoformat() if here.due else "",
        }
        if kind == REMINDED:
            words = _("{name}: this case is in “{state}” since {since} and was due on {due}. {todo}")
            return words.format(name=name, todo=todo, **facts)
        words = _(
            "{director}: this case is in “{state}” since {since}, twice as long as it should be. Turn of: {name}."
        )
        return words.format(director=data.organization.role(DIRECTOR).name, name=name, **facts)


def _whose(here: Standing) -> str:
    """The role whose turn it is; the Intake Manager's to ask, where it is the applicant's."""
    return INTAKE_MANAGER if here.state.awaits == APPLICANT else here.state.awaits


def _of_this_stay(case: Case, here: Standing) -> Iterator[Event]:
    since = stamp(here.since)
    return (event for event in case.events if event.type in (REMINDED, ESCALATED) and event.data["since"] == since)
