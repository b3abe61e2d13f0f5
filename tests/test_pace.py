"""Five hundred waiting portfolios are worked off at the pace that GitHub allows, in hours that pass on a virtual clock."""

from __future__ import annotations

import contextlib
import math
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.cases.store import Store
from pipeline.errors import RateLimited
from pipeline.forms import json_schema
from pipeline.github import reminders
from pipeline.github.client import GitHub
from pipeline.github.http import TIMEOUT
from pipeline.github.sync import BUDGET, CLAIM, Intake, Report
from pipeline.settings import ROOT
from pipeline.submissions.inbox import Delivery, Inbox
from pipeline.submissions.submission import Submission
from tests.fakes.clock import VirtualClock
from tests.fakes.github import LIMITS, FakeGitHub
from tests.support import BAKERS, SOURDOUGH, filled
from tests.test_exactly_once import first, with_people

DATA = BAKERS.data
WAITING = 500
PREFIX = DATA.organization.reference_prefix
TEN_MINUTES = 600.0
JOB = 20 * 60.0  # seconds: intake.yml


def deliver(root: Path, number: int) -> None:
    """Portfolios in the inbox, as the server puts them there."""
    schema = json_schema.form_schema(DATA, json_schema.PORTFOLIO, SOURDOUGH)
    inbox = Inbox(root, PREFIX)
    for index in range(number):
        applicant = {"name": f"Applicant {index}", "email": "n@example.org"}
        value = filled(json_schema.PORTFOLIO, SOURDOUGH, DATA, applicant=applicant)
        value["answers"] = {name: {"answer": "not_yet"} for name in value["answers"]}
        submission = Submission(json_schema.PORTFOLIO, SOURDOUGH, value, schema)
        at = "2027-03-14T08:00:00Z"
        inbox.put(Delivery(submission.name, inbox.reference(submission), False, at, submission.value))


def soonest(number: int, before: Sequence[float], now: float) -> float:
    """Seconds until so many are created by somebody who knows the limits and waits a second between two."""
    times: deque[float] = deque(before)
    began = now
    for _one in range(number):
        for seconds, most in LIMITS:
            recent = [at for at in times if at > now - seconds]
            if len(recent) >= most:
                now = recent[-most] + seconds
        times.append(now)
        now += 1
    return now - 1 - began


class Schedule:
    """Starts a run every ten minutes, as comments and the hour do; each says how long it took."""

    def __init__(self, store: Store, fake: FakeGitHub, clock: VirtualClock) -> None:
        self.store, self.fake, self.clock = store, fake, clock
        self.took: list[float] = []
        self.done: list[Report] = []

    def run(self) -> None:
        began, name = self.clock(), f"run-{len(self.took)}"
        github = GitHub(self.fake.url, self.fake.repository, "token", sleep=self.clock.sleep, clock=self.clock)
        with contextlib.suppress(RateLimited):
            self.done.append(Intake(BAKERS, self.store, github, name, "https://x/", now=self.clock.moment)())
        self.took.append(self.clock() - began)
        self.clock.sleep(max(TEN_MINUTES - self.took[-1], 1))


def test_five_hundred_waiting_portfolios_are_opened_once_each_as_fast_as_the_limits_allow(memory: Path) -> None:
    """People have written 300 things in the last minute, so that the minute is full at first, and the hour soon."""
    clock, store = VirtualClock(), Store(memory / "records")
    with_people(store.root)
    deliver(store.root, WAITING)
    began = clock()
    people = [began - 60 + index / 5 for index in range(300)]
    with FakeGitHub(clock=clock, takes=0.2, limits=LIMITS, lag_seconds=5, created=deque(people)) as fake:
        schedule = Schedule(store, fake, clock)
        while len(fake.issues) < WAITING and len(schedule.took) < 20:
            schedule.run()
            if len(schedule.took) == 3:
                fake.add_comment(1, "ines", "/schedule 2027-03-20 09:30")
        needed = max(fake.created) - began
        for _more in range(2):
            schedule.run()
        assert fake.violations == []
        markers = Counter(first(issue) for issue in fake.issues)
        assert (len(markers), max(markers.values())) == (WAITING, 1)
        assert [first(reply) for reply in fake.replies()] == ["<!-- reply to 1000 -->"]
    assert needed <= 1.3 * soonest(WAITING + 1, people, began)
    assert max(schedule.took) <= BUDGET.total_seconds()
    assert fake.refused <= 5
    assert sum(len(report.opened) for report in schedule.done[-2:]) == 0


def test_a_run_whose_time_is_over_says_so_and_the_next_goes_on(memory: Path) -> None:
    clock, store = VirtualClock(), Store(memory / "records")
    deliver(store.root, 30)
    with FakeGitHub(clock=clock, takes=0.5) as fake:
        github = GitHub(fake.url, fake.repository, "token", sleep=clock.sleep, clock=clock)
        intake = Intake(BAKERS, store, github, "one", "https://x/", now=clock.moment, budget=timedelta(seconds=20))
        assert intake().unfinished
        opened = len(fake.issues)
        assert 10 <= opened < 20
        clock.sleep(3600)
        assert not replace(intake, run="two", budget=BUDGET)().unfinished
        assert (len(fake.issues), len({first(issue) for issue in fake.issues})) == (30, 30)
        assert sum("labels" in request for request in fake.requests) == 0


def test_a_run_ends_before_its_claims_and_its_job_do() -> None:
    workflow = (ROOT / ".github/workflows/intake.yml").read_text("utf-8")
    assert f"timeout-minutes: {JOB / 60:.0f}" in workflow
    assert BUDGET.total_seconds() + sum(TIMEOUT) + 60 < CLAIM.total_seconds()
    assert BUDGET.total_seconds() + reminders.BUDGET.total_seconds() + 180 < JOB


@pytest.mark.parametrize("many", [1, 40, 300])
def test_what_a_dead_run_claimed_is_looked_for_in_one_list_however_many_it_was(memory: Path, many: int) -> None:
    clock, store = VirtualClock(), Store(memory / "records")
    deliver(store.root, min(many, 40))
    with FakeGitHub(clock=clock) as fake:
        for number in range(many):
            fake.add_issue({"title": str(number), "body": "", "labels": [DATA.organization.labels.submission]})
        github = GitHub(fake.url, fake.repository, "token", sleep=clock.sleep, clock=clock)
        intake = Intake(BAKERS, store, github, "dead", "https://x/", now=clock.moment)
        Intake(BAKERS, store)()
        intake._claim_batch()
        clock.sleep(3600)
        replace(intake, run="next")()
        lists = [request for request in fake.requests if request == f"GET /repos/{fake.repository}/issues"]
        assert len(lists) == math.ceil(many / 100)
        assert len(fake.issues) == many + min(many, 40)
