"""Exactly once, whatever GitHub does: one issue, one reply a comment, one event, and no request while told to wait."""

from __future__ import annotations

import contextlib
import copy
import math
import re
import shutil
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from pipeline.cases.git_store import GitStore
from pipeline.cases.issue_text import Issue
from pipeline.cases.store import Store
from pipeline.errors import GitFailed, GitHubFailed, RateLimited
from pipeline.forms import json_schema
from pipeline.github import rate_limit_memory, set_aside
from pipeline.github.client import GitHub
from pipeline.github.standing_issues import Rolling
from pipeline.github.sync import Intake, Report
from pipeline.http_limits import limited
from pipeline.receiving.desk import desk
from pipeline.receiving.receive import Receipt, accept
from pipeline.settings import ROOT
from pipeline.timestamps import stamp
from tests import steps
from tests.fakes.clock import VirtualClock
from tests.fakes.github import TOLD, UNCLEAR, FakeGitHub, Fault
from tests.support import BAKERS, SOURDOUGH, filled, push, remote
from tests.test_cli import pipeline

HOUR = timedelta(hours=1).total_seconds()
PEOPLE = {"ines": ["intake_manager"], "ada": ["auditor"]}
BY_ISSUE = ("/issues", "POST")
BY_REPLY = ("/comments", "POST")
BY_DRAWING = ("/issues/1", "PATCH")


def put(root: Path, *values: dict[str, Any]) -> list[str]:
    here = desk(BAKERS, root.parent / "keys", Store(root), root)
    receipts = [accept(here, value) for value in values]
    assert all(isinstance(receipt, Receipt) for receipt in receipts), receipts
    return [receipt.reference for receipt in receipts if isinstance(receipt, Receipt)]


def by(name: str, kind: str = json_schema.SELF_ASSESSMENT) -> dict[str, Any]:
    return filled(kind, SOURDOUGH, BAKERS.data, applicant={"name": name, "email": "n@example.org"})


@dataclass
class World:
    """A GitHub, and the clock that it and every run share. Runs begin with `run`, each with a name of its own."""

    clock: VirtualClock = field(default_factory=VirtualClock)
    runs: int = 0

    def github(self, fake: FakeGitHub, name: str) -> GitHub:
        return GitHub(fake.url, fake.repository, name, sleep=self.clock.sleep, clock=self.clock, timeout=(2.0, 0.4))

    def intake(self, store: Store, fake: FakeGitHub, name: str = "") -> Intake:
        self.runs += 1
        github = self.github(fake, name and f"token of {name}")
        return Intake(BAKERS, store, github, name or f"run-{self.runs}", "https://x/", now=self.clock.moment)

    def run(self, store: Store, fake: FakeGitHub, *, later: float = HOUR) -> Report | None:
        """None where it could not finish. The next one begins `later` seconds after."""
        try:
            report = self.intake(store, fake)()
        except GitHubFailed:
            report = None
        self.clock.sleep(later)
        return report


def with_people(root: Path) -> None:
    people = [{"login": login, "name": login.title(), "roles": roles} for login, roles in PEOPLE.items()]
    root.mkdir(parents=True, exist_ok=True)
    (root / "people.yml").write_text(yaml.safe_dump({"people": people}))


def settled(store: Store, fake: FakeGitHub, world: World, issues: int, replies: int) -> None:
    """One of everything; every issue shows where its case stands; and one more run writes nothing."""
    wrong = list(fake.violations)
    assert wrong == []
    shown = [issue for issue in fake.issues if issue["number"] not in fake.deleted]
    assert Counter(first(issue) for issue in shown).most_common(1)[0][1] == 1
    assert Counter(first(reply) for reply in fake.replies()).most_common(1)[0][1] == 1 if replies else True
    assert (len(shown), len(fake.replies())) == (issues, replies)
    for case in store.cases():
        acted = Counter(event.data["comment"] for event in case.events if "said" in event.data)
        told = Counter(event.data["reply_to"] for event in case.events if event.type == "replied")
        opened = Counter(event.data["kind"] for event in case.events if event.type == "issue_opened")
        assert all(number == 1 for number in (acted | told | opened).values()), case
        assert acted.keys() == told.keys()
        for event in case.latest:
            there = case.opened(str(event.data["kind"]))
            assert there
            assert fake.issues[there.data["number"] - 1]["body"] == world.intake(store, fake).draw(case, event).body
    writes = sum(not request.startswith("GET") for request in fake.requests)
    assert world.run(store, fake)
    assert sum(not request.startswith("GET") for request in fake.requests) == writes


def first(entry: dict[str, Any]) -> str:
    return str(entry["body"]).split("\n")[0]


def test_a_portfolio_is_one_request_that_creates_and_a_command_one_more(memory: Path) -> None:
    world, store = World(), Store(memory / "records")
    with_people(store.root)
    put(store.root, by("Rosa", json_schema.PORTFOLIO))
    with FakeGitHub(clock=world.clock) as fake:
        assert world.run(store, fake)
        assert [request.split()[0] for request in fake.requests].count("POST") == 1
        fake.add_comment(1, "ines", "/help")
        assert world.run(store, fake)
        assert [request.split()[0] for request in fake.requests].count("POST") == 2
        settled(store, fake, world, 1, 1)


@pytest.mark.parametrize("done", [True, False], ids=["done", "not done"])
@pytest.mark.parametrize("what", [BY_ISSUE, BY_REPLY, BY_DRAWING], ids=["issue", "reply", "drawing"])
@pytest.mark.parametrize("kind", UNCLEAR)
def test_an_answer_that_says_nothing_makes_nothing_twice(
    memory: Path, kind: str, what: tuple[str, str], done: bool
) -> None:
    """Nor where lists do not show for 25 seconds what was created, and the first lists fail as well."""
    world, store = World(), Store(memory / "records")
    with_people(store.root)
    put(store.root, by("Rosa"))
    with FakeGitHub(clock=world.clock, lag_seconds=25) as fake:
        assert world.run(store, fake)
        put(store.root, by("Otto"))
        fake.add_comment(1, "ines", "/schedule 2027-03-20 09:30")
        fake.faults += [Fault(kind, what[1], done, what[0]), Fault("502", "GET"), Fault("drop", "GET")]
        assert world.run(store, fake)
        settled(store, fake, world, 2, 1)


@pytest.mark.parametrize("what", [BY_ISSUE, BY_REPLY, BY_DRAWING], ids=["issue", "reply", "drawing"])
@pytest.mark.parametrize("done", [True, False], ids=["done", "not done"])
def test_after_an_outage_the_next_run_goes_on_where_this_one_stopped(
    memory: Path, what: tuple[str, str], done: bool
) -> None:
    world, store = World(), Store(memory / "records")
    with_people(store.root)
    put(store.root, by("Rosa"))
    with FakeGitHub(clock=world.clock, lag_seconds=90) as fake:
        assert world.run(store, fake)
        put(store.root, by("Otto"), by("Ada"))
        fake.add_comment(1, "ines", "/schedule 2027-03-20 09:30")
        fake.add_comment(1, "ada", "/admit")
        fake.faults += [Fault("502", what[1], done, what[0]), *(Fault("503", "GET") for _ in range(40))]
        fake.faults += [Fault("502", what[1], False, what[0])] * 4
        failed = world.run(store, fake)
        fake.faults.clear()
        assert failed is None
        assert world.run(store, fake)
        settled(store, fake, world, 3, 2)


WAITS = [45.0, 1500.0]


@pytest.mark.parametrize("wait", WAITS, ids=["soon over", "left to a later run"])
@pytest.mark.parametrize(
    "what", [BY_ISSUE, BY_REPLY, BY_DRAWING, ("", "GET"), ("permission", "GET")], ids=lambda what: "-".join(what)
)
@pytest.mark.parametrize("kind", [*TOLD, "200-remaining"])
def test_nothing_is_asked_while_told_to_wait_and_nothing_is_lost(
    memory: Path, kind: str, what: tuple[str, str], wait: float
) -> None:
    """Also by the runs that comments start every five minutes."""
    world, store = World(), Store(memory / "records")
    with_people(store.root)
    put(store.root, by("Rosa"))
    with FakeGitHub(clock=world.clock, wait=wait) as fake:
        assert world.run(store, fake)
        put(store.root, by("Otto"))
        fake.add_comment(1, "ines", "/schedule 2027-03-20 09:30")
        fake.faults.append(Fault(kind, what[1], path=what[0]))
        reports = [world.run(store, fake, later=300) for _ in range(12)]
        assert any(reports)
        assert fake.faults == []
        settled(store, fake, world, 2, 1)


@pytest.mark.parametrize("words", [["intake"], ["remind"], ["due", "--issue"], ["pull"]], ids=" ".join)
def test_no_command_asks_while_one_before_it_was_told_to_wait(memory: Path, tmp_path: Path, words: list[str]) -> None:
    data = shutil.copytree(ROOT / "tests/examples/other-body", tmp_path / "data")
    organization = data / "organization.yml"
    endpoint = "submission_endpoint: {kind: formspree, url: https://formspree.io/f/abcdwxyz}"
    organization.write_text(organization.read_text("utf-8").replace("submission_endpoint: null", endpoint), "utf-8")
    records = memory / "records"
    with_people(records)
    put(records, by("Rosa"))
    with FakeGitHub() as fake:
        environment = {
            "PIPELINE_RECORDS": str(records),
            "PIPELINE_DATA": str(data),
            "PIPELINE_VAR": str(tmp_path / "var"),
            "GITHUB_API_URL": fake.url,
            "GITHUB_REPOSITORY": fake.repository,
            "GITHUB_TOKEN": "token",
            "FORMSPREE_API_KEY": "key",
        }
        (records / rate_limit_memory.NAME).write_text(stamp(datetime.now(UTC) + timedelta(minutes=5)))
        done = pipeline(*words, **environment)
        assert (done.returncode, fake.requests) == (2, [])
        assert re.search(r"asks to wait (300|2\d\d) seconds", done.stderr)


@dataclass
class Told:
    told: float

    def corrected(self, now: Callable[[], datetime]) -> Callable[[], datetime]:
        return now


@pytest.mark.parametrize(
    "kept", ["", "soon", "\ufffd<<<<<<< HEAD", "2027-01-01", "2027-03-15T09:00:00", "9999-12-31T23:59:59Z"]
)
def test_a_moment_to_wait_until_that_is_none_stops_no_run(memory: Path, kept: str) -> None:
    store, now = Store(memory), datetime(2027, 3, 14, 9, tzinfo=UTC)
    (memory / rate_limit_memory.NAME).write_text(kept, "utf-8")
    with rate_limit_memory.patient(store, Told(60), lambda: now):  # type: ignore[arg-type]
        pass
    with pytest.raises(RateLimited, match="61 seconds"), rate_limit_memory.patient(store, Told(0), lambda: now):  # type: ignore[arg-type]
        pass


@pytest.mark.parametrize("seconds", [float("9" * 20), float("inf")])
def test_a_wait_for_ever_is_a_day(memory: Path, seconds: float) -> None:
    store, now = Store(memory), datetime(2027, 3, 14, 9, tzinfo=UTC)
    with rate_limit_memory.patient(store, Told(seconds), lambda: now):  # type: ignore[arg-type]
        pass
    assert (memory / rate_limit_memory.NAME).read_text("utf-8") == "2027-03-15T09:00:00Z"


def test_without_a_hint_the_wait_doubles_and_then_the_run_ends(memory: Path) -> None:
    world, store = World(), Store(memory / "records")
    put(store.root, by("Rosa"))
    with FakeGitHub(clock=world.clock, faults=[Fault("403-secondary")] * 3) as fake:
        began = world.clock()
        with pytest.raises(RateLimited):
            world.github(fake, "x").open_issue(world.intake(store, fake).draw(*taken(store)), tried=False)
        assert 60 + 120 <= world.clock() - began < 190
        assert fake.violations == []


def taken(store: Store) -> Any:
    Intake(BAKERS, store)()
    case = next(store.cases())
    return case, case.opening


@pytest.mark.parametrize(
    ("status", "headers", "body", "seconds"),
    [
        (403, {"Retry-After": "7"}, "", 8),
        (429, {"Retry-After": "Sun, 14 Mar 2027 09:00:20 GMT"}, "", 21),
        (429, {"Retry-After": "Sun, 14 Mar 2027 09:00:20"}, "", 21),
        (403, {"Retry-After": "²"}, "", 60),
        (403, {"Retry-After": "soon"}, "", 60),
        (403, {"Retry-After": "Sun, 14 Mar 2027 08:00:00 GMT"}, "", 60),
        (403, {"Retry-After": "0"}, "", 60),
        (403, {"Retry-After": "Sun, 14 Mar 2027 12:00:07 GMT", "Date": "Sun, 14 Mar 2027 12:00:00 GMT"}, "", 8),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1805014700"}, "", 60),
        (
            403,
            {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1805014830", "Date": "Sun, 14 Mar 2027 06:00:00 GMT"},
            "",
            3 * 3600 + 31,
        ),
        (403, {}, "You have triggered an abuse detection mechanism. Please wait a few minutes.", 60),
        (422, {}, '{"message": "Validation Failed", "errors": [{"message": "was submitted too quickly"}]}', 60),
        (422, {"Retry-After": "7"}, '{"message": "was submitted too quickly"}', 8),
        (422, {"Retry-After": "7"}, '{"message": "Validation Failed"}', None),
        (403, {}, "Repository was archived so is read-only.", None),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1805014830"}, "", 31),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "never"}, "", 60),
        (403, {"x-ratelimit-remaining": "0"}, "", 60),
        (403, {"x-ratelimit-remaining": "12"}, "You have exceeded a secondary rate limit", 60),
        (429, {}, "", 60),
        (403, {"x-ratelimit-remaining": "12"}, "Resource not accessible by integration", None),
        (401, {"Retry-After": "7"}, "", None),
        (200, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1805014830"}, "", None),
    ],
)
def test_what_is_a_limit_and_how_long_it_lasts(
    status: int, headers: dict[str, str], body: str, seconds: float | None
) -> None:
    answer = requests.Response()
    answer.status_code = status
    answer.headers.update(headers)
    answer._content = body.encode()
    assert limited(answer, datetime.fromisoformat("2027-03-14T09:00:00Z").timestamp()) == seconds


@pytest.mark.parametrize("kind", ["403", "401"])
def test_a_refusal_that_is_no_limit_is_not_asked_again_in_this_run(memory: Path, kind: str) -> None:
    world, store = World(), Store(memory / "records")
    put(store.root, by("Rosa"), by("Otto"))
    with FakeGitHub(clock=world.clock, faults=[Fault(kind)]) as fake:
        with pytest.raises(GitHubFailed):
            world.intake(store, fake)()
        assert sum(request.startswith("POST") for request in fake.requests) == 1
        world.clock.sleep(HOUR)
        assert world.run(store, fake)
        settled(store, fake, world, 2, 0)


def test_an_issue_that_somebody_deleted_is_opened_again_and_stops_no_other(memory: Path) -> None:
    world, store = World(), Store(memory / "records")
    with_people(store.root)
    put(store.root, by("Rosa"), by("Otto"))
    with FakeGitHub(clock=world.clock) as fake:
        assert world.run(store, fake)
        fake.add_comment(1, "ines", "/schedule 2027-03-20 09:30")
        fake.add_comment(2, "ines", "/schedule 2027-03-20 10:30")
        fake.deleted.add(1)
        assert world.run(store, fake)
        assert world.run(store, fake)
        assert [issue["number"] for issue in fake.issues if issue["number"] not in fake.deleted] == [2, 3]
        assert [reply["issue_url"][-1] for reply in fake.replies()] == ["2"]
        assert [event.type for event in next(store.cases()).events].count("issue_opened") in (1, 2)
        settled_writes = len([request for request in fake.requests if not request.startswith("GET")])
        assert world.run(store, fake)
        assert len([request for request in fake.requests if not request.startswith("GET")]) == settled_writes


@pytest.mark.parametrize("status", ["404", "410"])
@pytest.mark.parametrize(
    "what", [BY_ISSUE, BY_REPLY, BY_DRAWING, ("permission", "GET")], ids=lambda what: "-".join(what)
)
def test_one_404_or_410_is_no_deletion_and_makes_nothing_twice(
    memory: Path, what: tuple[str, str], status: str
) -> None:
    """Nor is anything lost: the reply is posted, and the person is not refused."""
    world, store = World(), Store(memory / "records")
    with_people(store.root)
    put(store.root, by("Rosa"))
    with FakeGitHub(clock=world.clock) as fake:
        assert world.run(store, fake)
        put(store.root, by("Otto"))
        fake.add_comment(1, "ines", "/schedule 2027-03-20 09:30")
        fake.faults.append(Fault(status, what[1], path=what[0]))
        assert world.run(store, fake)
        assert "arranged for" in fake.replies()[0]["body"]
        assert not any(event.type == "issue_deleted" for case in store.cases() for event in case.events)
        settled(store, fake, world, 2, 1)


def test_one_404_for_a_reply_that_is_to_be_changed_makes_no_second_reply(memory: Path) -> None:
    world, store = World(), Store(memory / "records")
    with_people(store.root)
    put(store.root, by("Rosa"))
    with FakeGitHub(clock=world.clock) as fake:
        assert world.run(store, fake)
        fake.add_comment(1, "ines", "/amdit")
        assert world.run(store, fake)
        fake.add_comment(1, "ines", "/decide grant")
        fake.faults.append(Fault("404", "PATCH", path=f"/comments/{fake.replies()[0]['id']}"))
        assert world.run(store, fake)
        (reply,) = fake.replies()
        assert "To your latest command" in reply["body"]


def test_issues_that_are_switched_off_are_named_and_nothing_counts_as_deleted(memory: Path) -> None:
    """Whether that was so when the run began, or from then on."""
    world, store = World(), Store(memory / "records")
    with_people(store.root)
    put(store.root, by("Rosa"))
    with FakeGitHub(clock=world.clock) as fake:
        assert world.run(store, fake)
        put(store.root, by("Otto"))
        fake.add_comment(1, "ines", "/schedule 2027-03-20 09:30")
        fake.has_issues = False
        with pytest.raises(GitHubFailed, match=r"Issues are switched off .* Switch them on"):
            world.intake(store, fake)()
        fake.has_issues = True
        world.clock.sleep(HOUR)
        github = SwitchedOff(fake.url, fake.repository, "t", sleep=world.clock.sleep, clock=world.clock, fake=fake)
        with pytest.raises(GitHubFailed, match=r"Issues are switched off .* Switch them on"):
            replace(world.intake(store, fake), github=github)()
        fake.has_issues = True
        world.clock.sleep(HOUR)
        assert world.run(store, fake)
        assert not any(event.type == "issue_deleted" for case in store.cases() for event in case.events)
        settled(store, fake, world, 2, 1)


@dataclass
class SwitchedOff(GitHub):
    """Issues are switched off before the first drawing."""

    fake: FakeGitHub | None = None

    def update_issue(self, number: int, issue: Issue) -> None:
        assert self.fake
        self.fake.has_issues = False
        super().update_issue(number, issue)


def test_an_issue_that_a_dead_run_opened_shows_the_revision_that_came_since(memory: Path) -> None:
    world, store = World(), Store(memory / "records")
    value = {**by("Rosa"), "id": "c" * 32}
    put(store.root, value)
    with FakeGitHub(clock=world.clock) as fake:
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(Intake, "_record", _die)
            with pytest.raises(KeyboardInterrupt):
                world.intake(store, fake)()
        world.clock.sleep(HOUR)
        put(store.root, {**value, "answers": {name: {"answer": "yes"} for name in value["answers"]}})
        assert world.run(store, fake)
        assert "This replaces what was sent before" in fake.issues[0]["body"]
        settled(store, fake, world, 1, 0)


def test_a_standing_issue_that_a_dead_run_opened_shows_what_is_there_now(memory: Path) -> None:
    world, store = World(), Store(memory / "records")
    (store.root / "inbox").mkdir(parents=True)
    (store.root / "inbox/one.json").write_text("[")
    with FakeGitHub(clock=world.clock) as fake:
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(Rolling, "_opened", _die)
            with pytest.raises(KeyboardInterrupt):
                world.intake(store, fake)()
        world.clock.sleep(HOUR)
        (store.root / "inbox/two.json").write_text("[")
        assert world.run(store, fake)
        assert "two" in fake.issues[0]["body"]
        assert len(fake.issues) == 1


def _die(*_whatever: object) -> None:
    raise KeyboardInterrupt


# Refused


def claims(store: Store) -> list[int]:
    return [sum(event.type == "issue_claimed" for event in case.events) for case in store.cases()]


def standing_issue(fake: FakeGitHub) -> str:
    return next((str(one["body"]) for one in fake.issues if "intake findings" in first(one)), "")


def test_an_issue_that_github_refuses_stops_no_other_and_is_told_once_a_day(memory: Path) -> None:
    """It is tried more and more seldom, without a further claim, and opened once GitHub takes it."""
    world, store = World(), Store(memory / "records")
    refused, *_others = put(store.root, by("Rosa"), by("Otto"), by("Ada"))
    with FakeGitHub(
        clock=world.clock, faults=[Fault("422", path="/issues", about=f"case {refused} ", times=math.inf)]
    ) as fake:
        reports = [world.run(store, fake) for _hour in range(48)]
        assert [len(report.opened) for report in reports if report][:2] == [2, 0]
        told = [(hour, line) for hour, report in enumerate(reports) if report for line in report.aside]
        assert [hour for hour, _line in told] == [0, 15, 39]  # the first run is at nine
        assert f"issue of {refused} self-assessment: GitHub answered 422" in told[0][1]
        assert "Validation Failed; body invalid" in told[0][1]
        assert claims(store) == [1, 1, 1]
        assert sum(request.startswith("POST") for request in fake.requests) < 15
        body = standing_issue(fake)
        assert refused in body
        assert "422" in body
        fake.faults.clear()
        for _hour in range(24):
            assert world.run(store, fake)
        assert "None is waiting" in standing_issue(fake)
        fake.issues = [one for one in fake.issues if "intake findings" not in first(one)]
        assert len(fake.issues) == 3
        assert [case.opened("self-assessment") is not None for case in store.cases()] == [True] * 3


def test_a_drawing_that_github_refuses_and_an_issue_that_was_moved_away_stop_no_other(memory: Path) -> None:
    """Nothing is asked of the repository that it was moved to: that is no request of the description."""
    world, store = World(), Store(memory / "records")
    with_people(store.root)
    put(store.root, by("Rosa"), by("Otto"), by("Ada"))
    with FakeGitHub(clock=world.clock) as fake:
        assert world.run(store, fake)
        for number in (1, 2, 3):
            fake.add_comment(number, "ines", "/schedule 2027-03-20 09:30")
        fake.faults.append(Fault("422", "PATCH", path="/issues/1", times=math.inf))
        fake.moved.add(2)
        report = world.run(store, fake)
        assert report
        assert [line.split(": GitHub")[0][:8] for line in report.aside] == ["issue of", "issue of", "reply to"]
        assert "moved to another repository" in "".join(report.aside)
        assert "Arranged for" in fake.issues[2]["body"]
        assert len(fake.replies()) == 2
        patched = [request for request in fake.requests if request.startswith("PATCH")]
        for _hour in range(24):
            assert world.run(store, fake)
        assert len([request for request in fake.requests if request.startswith("PATCH")]) - len(patched) < 15 * 3
        assert fake.violations == []
        fake.faults.clear()
        fake.deleted |= fake.moved
        fake.moved.clear()
        for _hour in range(25):
            assert world.run(store, fake)
        assert len([one for one in fake.issues if "case" in first(one) and one["number"] not in fake.deleted]) == 3
        assert "Arranged for" in fake.issues[0]["body"]


def test_an_issue_that_was_moved_away_and_back_is_found_by_its_marker(memory: Path) -> None:
    world, store = World(), Store(memory / "records")
    value = {**by("Rosa"), "id": "c" * 32}
    put(store.root, value)
    with FakeGitHub(clock=world.clock) as fake:
        assert world.run(store, fake)
        fake.moved.add(1)
        labels = [label["name"] for label in fake.issues[0]["labels"]]
        back = fake.add_issue({**fake.issues[0], "labels": labels})
        put(store.root, {**value, "answers": {name: {"answer": "yes"} for name in value["answers"]}})
        assert world.run(store, fake)
        assert len(fake.issues) == 2
        assert "This replaces what was sent before" in back["body"]


@pytest.mark.parametrize(("kind", "times"), [("403", 1), ("500", 4)])
def test_a_permission_that_github_does_not_tell_holds_up_one_persons_commands(
    memory: Path, kind: str, times: int
) -> None:
    world, store = World(), Store(memory / "records")
    with_people(store.root)
    put(store.root, by("Rosa"), by("Otto"))
    with FakeGitHub(clock=world.clock) as fake:
        assert world.run(store, fake)
        fake.add_comment(1, "ada", "/help")
        fake.add_comment(2, "ines", "/schedule 2027-03-20 09:30")
        fake.faults.append(Fault(kind, "GET", path="/ada/permission", times=times))
        report = world.run(store, fake)
        assert (report is None) == (kind == "500")  # no answer: that may be GitHub's, and is raised at the end
        assert [reply["issue_url"][-1] for reply in fake.replies()] == ["2"]
        assert "Arranged for" in fake.issues[1]["body"]
        assert world.run(store, fake)
        assert [reply["issue_url"][-1] for reply in fake.replies()] == ["2", "1"]


def test_a_token_that_may_open_no_issue_makes_no_claims_run_after_run(memory: Path) -> None:
    world, store = World(), Store(memory / "records")
    put(store.root, *(by(f"N{number}") for number in range(5)))
    with FakeGitHub(clock=world.clock, faults=[Fault("403", path="/issues", times=math.inf)]) as fake:
        for _hour in range(24):
            with pytest.raises(GitHubFailed, match="may not do this"):
                world.intake(store, fake)()
            world.clock.sleep(HOUR)
        assert max(claims(store)) <= 2
        fake.faults.clear()
        assert world.run(store, fake)
        assert len(fake.issues) == 5


@pytest.mark.parametrize("text", ["", "soon", "[]", '{"issue of X": {"since": "soon"}}', '{"x": 1}'])
def test_a_spoiled_file_of_what_is_set_aside_stops_no_run(memory: Path, text: str) -> None:
    world, store = World(), Store(memory / "records")
    put(store.root, by("Rosa"))
    (store.root / set_aside.NAME).write_text(text)
    with FakeGitHub(clock=world.clock) as fake:
        assert world.run(store, fake)
        settled(store, fake, world, 1, 0)


# Compared once a day


def days(world: World, store: Store, fake: FakeGitHub, number: int) -> int:
    """Four runs a day; how many listings they asked for."""
    before = fake.requests.count(f"GET /repos/{fake.repository}/issues")
    for _run in range(4 * number):
        assert world.run(store, fake, later=6 * HOUR)
    return fake.requests.count(f"GET /repos/{fake.repository}/issues") - before


BY_HAND: dict[str, Callable[[FakeGitHub], object]] = {
    "deleted": lambda fake: fake.deleted.add(1),
    "emptied": lambda fake: fake.issues[0].update(body=None),
    "edited": lambda fake: fake.issues[0].update(body=fake.issues[0]["body"].replace("Next", "Never")),
    "renamed": lambda fake: fake.issues[0].update(title="Old"),
    "closed": lambda fake: fake.issues[0].update(state="closed"),
    "without its labels": lambda fake: fake.issues[0].update(labels=[]),
}


@pytest.mark.parametrize("change", BY_HAND.values(), ids=BY_HAND.keys())
def test_what_somebody_did_to_an_issue_by_hand_is_mended_within_a_day(
    memory: Path, change: Callable[[FakeGitHub], object]
) -> None:
    """For one listing a day. What was deleted is opened again; a label that somebody added stays."""
    world, store = World(), Store(memory / "records")
    put(store.root, by("Rosa"), by("Otto"))
    with FakeGitHub(clock=world.clock) as fake:
        assert world.run(store, fake)
        kept = copy.deepcopy(fake.issues[0])
        fake.issues[1]["labels"].append({"name": "urgent"})
        change(fake)
        writes = sum(not request.startswith("GET") for request in fake.requests)
        listings = days(world, store, fake, 2)
        gone = 1 in fake.deleted
        assert listings == 2 + gone  # before a second issue is opened, its marker is looked for
        assert sum(not request.startswith("GET") for request in fake.requests) == writes + 1 + gone
        mended = fake.issues[2 if gone else 0]
        for name in ("title", "body", "state", "labels"):
            assert mended[name] == kept[name]
        assert fake.issues[1]["labels"][-1] == {"name": "urgent"}
        settled(store, fake, world, 2, 0) if not gone else None


def test_the_issue_of_a_case_that_has_ended_is_closed_again_where_somebody_opened_it(memory: Path) -> None:
    world, store = World(), Store(memory / "records")
    with_people(store.root)
    put(store.root, by("Rosa"))
    with FakeGitHub(clock=world.clock) as fake:
        assert world.run(store, fake)
        fake.add_comment(1, "ines", "/withdraw")
        assert world.run(store, fake)
        fake.issues[0]["state"] = "open"
        days(world, store, fake, 1)
        assert fake.issues[0]["state"] == "closed"


def test_a_comparison_that_was_broken_off_is_made_by_the_next_run(memory: Path) -> None:
    world, store = World(), Store(memory / "records")
    put(store.root, by("Rosa"))
    with FakeGitHub(clock=world.clock) as fake:
        assert world.run(store, fake)
        fake.issues[0]["body"] = ""
        world.clock.sleep(24 * HOUR)
        fake.faults.append(Fault("403-remaining", "PATCH"))
        fake.wait = 1500
        assert world.run(store, fake) is None
        assert world.run(store, fake)
        settled(store, fake, world, 1, 0)


# Twice


def twice(memory: Path, kind: str, done: bool, lag: float) -> tuple[World, Store, FakeGitHub]:
    """After an unclear answer, with lists that lag; under each issue of the case there is a command."""
    world, store = World(), Store(memory / "records")
    with_people(store.root)
    put(store.root, by("Rosa"))
    fake = FakeGitHub(clock=world.clock, lag_seconds=lag, faults=[Fault(kind, "POST", done, "/issues")])
    return world, store, fake


def one_is_left(world: World, store: Store, fake: FakeGitHub) -> None:
    """Every command is answered where it stands; only the recorded issue is open, and any other one points to it."""
    world.run(store, fake)
    for _hour in range(2):
        world.run(store, fake)
    numbers = [issue["number"] for issue in fake.issues]
    for number, command in zip(numbers, ("/schedule 2027-03-20 09:30", "/admit"), strict=False):
        fake.add_comment(number, "ines", command, at=stamp(world.clock.moment()))
    assert world.run(store, fake)
    assert sorted(int(reply["issue_url"][-1]) for reply in fake.replies()) == numbers
    days(world, store, fake, 2)
    (case,) = store.cases()
    opened = case.opened("self-assessment")
    assert opened
    assert [issue["number"] for issue in fake.issues if issue["state"] == "open"] == [opened.data["number"]]
    for issue in fake.issues:
        if issue["state"] == "closed":
            assert issue["body"].endswith(f"Go on here\\: #{opened.data['number']}\n")
    fake.add_comment(numbers[0], "ines", "/help", at=stamp(world.clock.moment()))
    assert world.run(store, fake)
    assert fake.replies()[-1]["issue_url"].endswith(f"/{numbers[0]}")
    writes = sum(not request.startswith("GET") for request in fake.requests)
    days(world, store, fake, 2)
    assert sum(not request.startswith("GET") for request in fake.requests) == writes
    assert fake.violations == []


def test_of_two_issues_of_a_case_one_is_closed_with_a_pointer_and_commands_under_both_are_answered(
    memory: Path,
) -> None:
    world, store, fake = twice(memory, "502", True, 90)
    with fake:
        one_is_left(world, store, fake)
        assert len(fake.issues) == 2


@pytest.mark.long
@pytest.mark.parametrize("lag", [0, 5, 25, 59, 61, 90, 600, 7000])
@pytest.mark.parametrize("done", [True, False], ids=["done", "not done"])
@pytest.mark.parametrize("kind", UNCLEAR)
def test_whatever_the_answer_and_the_lag_one_open_issue_is_left_and_no_command_is_unanswered(
    memory: Path, kind: str, done: bool, lag: float
) -> None:
    world, store, fake = twice(memory, kind, done, lag)
    with fake:
        one_is_left(world, store, fake)
        assert len(fake.issues) == 1 + (done and lag > 60)


def test_of_two_standing_issues_one_is_closed_with_a_pointer(memory: Path) -> None:
    world, store = World(), Store(memory / "records")
    (store.root / "inbox").mkdir(parents=True)
    (store.root / "inbox/one.json").write_text("[")
    with FakeGitHub(clock=world.clock, lag_seconds=90, faults=[Fault("502", "POST", True, "/issues")]) as fake:
        put(store.root, by("Rosa"))
        fake.faults[0].about = "intake findings"
        assert world.run(store, fake)
        assert [issue["state"] for issue in fake.issues] == ["open"] * 3
        days(world, store, fake, 2)
        assert [issue["state"] for issue in fake.issues] == ["open", "closed", "open"]
        assert fake.issues[1]["body"].endswith("#3\n")


def test_a_command_under_somebody_elses_issue_with_the_same_marker_does_nothing(memory: Path) -> None:
    world, store = World(), Store(memory / "records")
    with_people(store.root)
    (reference,) = put(store.root, by("Rosa"))
    with FakeGitHub(clock=world.clock) as fake:
        assert world.run(store, fake)
        body = f"<!-- case {reference} self-assessment -->\n"
        fake.add_issue({"title": "x", "body": body, "labels": ["submission"]}, "User")
        fake.add_comment(2, "ines", "/admit")
        days(world, store, fake, 2)
        assert fake.replies() == []
        assert (fake.issues[1]["state"], fake.issues[1]["body"]) == ("open", body)


def test_a_reply_stands_under_the_issue_of_its_command_and_fits_whatever_was_typed(memory: Path) -> None:
    world, store = World(), Store(memory / "records")
    with_people(store.root)
    put(store.root, by("Rosa"), by("Otto"))
    with FakeGitHub(clock=world.clock) as fake:
        assert world.run(store, fake)
        fake.add_comment(2, "ines", "/finding " + "@" * 60_000 + " met")
        fake.add_comment(1, "ines", "/" + "frobnicate" * 5_000)
        assert world.run(store, fake)
        assert sorted(reply["issue_url"][-1] for reply in fake.replies()) == ["1", "2"]
        settled(store, fake, world, 2, 2)


@dataclass
class Late(GitHub):
    """`meanwhile` happens once between the look at a case and the drawing of its issue."""

    meanwhile: Callable[[], object] = lambda: None

    def update_issue(self, number: int, issue: Issue) -> None:
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        super().update_issue(number, issue)


def test_the_one_that_knows_less_and_draws_last_draws_again(memory: Path) -> None:
    """Between a run's look and its drawing, another acts on one more command, draws, and records."""
    world, made = World(), remote(memory / "r")
    with_people(made.root / "first")
    put(made.root / "first", by("Rosa"))
    push(made.root / "first", "Deliver")
    one, two, look = (GitStore.at(made.clone(name)) for name in ("one", "two", "look"))
    with FakeGitHub(clock=world.clock) as fake:
        assert world.run(one, fake)
        fake.add_comment(1, "ines", "/schedule 2027-03-20 09:30")

        def quick() -> None:
            fake.add_comment(1, "ines", "/admit")
            assert world.intake(two, fake, "quick")().updated

        late = Late(fake.url, fake.repository, "late", sleep=world.clock.sleep, clock=world.clock, meanwhile=quick)
        replace(world.intake(one, fake, "late"), github=late)()
        world.clock.sleep(HOUR)
        look.refresh()
        settled(look, fake, world, 1, 2)


def test_runs_at_once_on_clones_of_one_remote_open_answer_and_draw_once(memory: Path) -> None:
    world, made = World(), remote(memory / "r")
    with_people(made.root / "first")
    put(made.root / "first", *(by(f"N{number}") for number in range(3)))
    push(made.root / "first", "Deliver")
    with FakeGitHub(clock=world.clock, lag=1) as fake:
        assert world.run(GitStore.at(made.clone("begin")), fake)
        put(made.root / "more", *(by(f"M{number}") for number in range(5)))
        clone = made.clone("deliver")
        shutil.copytree(made.root / "more/inbox", clone / "inbox", dirs_exist_ok=True)
        push(clone, "Deliver")
        for number in (1, 2, 3):
            fake.add_comment(number, "ines", "/schedule 2027-03-20 09:30")
            fake.add_comment(number, "ada", "/admit")
        clones = [GitStore.at(made.clone(f"c{number}")) for number in range(3)]

        def work(store: GitStore) -> None:
            with contextlib.suppress(GitFailed):  # others pushed faster, again and again
                world.intake(store, fake, store.root.name)()

        with ThreadPoolExecutor(3) as pool:
            list(pool.map(work, clones))
        world.clock.sleep(HOUR)
        last = GitStore.at(made.clone("last"))
        assert world.run(last, fake)
        settled(last, fake, world, 8, 6)


# Killed at any moment


@dataclass(frozen=True)
class Start:
    """A GitHub with one open case, a reply that it refused and the standing issue that says so, and two commands.

    In the inbox wait two deliveries.
    """

    issues: list[dict[str, Any]]
    comments: list[dict[str, Any]]
    now: float

    def fake(self, clock: VirtualClock) -> FakeGitHub:
        fake = FakeGitHub(clock=clock, issues=copy.deepcopy(self.issues), comments=copy.deepcopy(self.comments))
        fake.permissions |= dict.fromkeys(PEOPLE, "write")
        return fake


def start(store: Store, deliver: Callable[..., object]) -> Start:
    world = World()
    with FakeGitHub(clock=world.clock) as fake:
        deliver(by("Rosa"))
        assert world.run(store, fake)
        fake.add_comment(1, "ines", "/help")
        fake.faults.append(Fault("403", "POST", path="/comments"))
        report = world.run(store, fake)
        assert report
        assert report.aside
        deliver(by("Otto"), filled(json_schema.CONTACT, "question", BAKERS.data))
        fake.add_comment(1, "ines", "/schedule 2027-03-20 09:30")
        fake.add_comment(1, "ada", "/admit")
        fake.add_comment(1, "ada", "/decide grant")
        fake.add_comment(1, "ada", "/frobnicate")
        return Start(fake.issues, fake.comments, world.clock())


def deaths(begun: Start, store: Store, folder: Path) -> list[int]:
    """Of a run that does all of it; `folder`: where those who come after look."""
    clock = VirtualClock(begun.now)
    with begun.fake(clock) as fake:
        found = steps.deaths(lambda: World(clock).intake(store, fake, "whole")(), folder)
        assert (len(fake.issues), len(fake.replies())) == (4, 3)
    return found


def dies(begun: Start, store: Store, moment: int) -> Start:
    """What a run that dies at this moment leaves, an hour later."""
    world = World(VirtualClock(begun.now))
    with begun.fake(world.clock) as fake:
        killed = steps.run(lambda: world.intake(store, fake, "killed")(), moment)
        assert killed[0] == steps.KILLED, killed
        return Start(fake.issues, fake.comments, world.clock() + HOUR)


def goes_on(left: Start, store: Store, moment: int) -> None:
    world = World(VirtualClock(left.now))
    with left.fake(world.clock) as fake:
        assert world.run(store, fake), moment
        settled(store, fake, world, 4, 3)
        assert "There is no such command" in fake.replies()[-1]["body"], moment


PARTS = 2


@pytest.mark.parametrize("part", range(PARTS))
def test_killed_before_and_after_every_write_and_request_the_next_run_goes_on(memory: Path, part: int) -> None:
    store = Store(memory / "start/records")
    with_people(store.root)
    begun = start(store, partial(put, store.root))
    shutil.copytree(store.root, memory / "whole")
    moments = deaths(begun, Store(memory / "whole"), memory / "whole")
    assert len(moments) > 80
    for moment in moments[part::PARTS]:
        here = Path(shutil.copytree(store.root, memory / str(moment)))
        goes_on(dies(begun, Store(here), moment), Store(here), moment)
        shutil.rmtree(here)


@pytest.mark.parametrize("part", range(PARTS))
def test_killed_at_every_push_and_request_the_same_machine_goes_on_or_another(memory: Path, part: int) -> None:
    """These alone change what another machine sees. On the same one, what was written and not pushed is put aside."""
    made = remote(memory / "start")
    here = made.root / "first"
    with_people(here)

    def deliver(*values: dict[str, Any]) -> None:
        put(here, *values)
        push(here, "Deliver")

    begun = start(GitStore.at(here), deliver)
    for name in CLONES:
        made.clone(name)
    moments = deaths(begun, copied(made.root, memory / "whole")[0], memory / "whole/records.git")
    assert len(moments) > 20
    for moment in moments[part::PARTS]:
        one, other = copied(made.root, memory / str(moment))
        left = dies(begun, one, moment)
        for store in (one, other):
            store.refresh()
        assert files(one) == files(other)
        goes_on(left, other, moment)
        shutil.rmtree(memory / str(moment))


def files(store: GitStore) -> dict[Path, bytes]:
    """All that a run can see there."""
    found = (path for path in store.root.rglob("*") if path.is_file())
    return {path.relative_to(store.root): path.read_bytes() for path in found if ".git" not in path.parts}


CLONES = ("one", "other")


def copied(whole: Path, target: Path) -> list[GitStore]:
    """A remote and its clones."""
    shutil.copytree(whole, target, ignore=lambda _folder, found: {"first", "keys"} & set(found))
    for name in CLONES:
        config = target / name / ".git/config"
        config.write_text(config.read_text().replace(str(whole / "records.git"), str(target / "records.git")))
    return [GitStore(target / name) for name in CLONES]
