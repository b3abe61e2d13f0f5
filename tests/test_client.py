"""What GitHub answers is taken as it is meant: pages, clocks, limits, archived repositories, and whose token it is."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline.cases.git_store import GitStore
from pipeline.cases.store import Store
from pipeline.errors import GitHubFailed, RateLimited, Unusable
from pipeline.forms import json_schema
from pipeline.github.client import GitHub
from pipeline.github.http import Answer
from pipeline.github.reminders import Reminders
from pipeline.github.sync import Intake
from tests.fakes.clock import VirtualClock
from tests.fakes.github import FakeGitHub, Fault
from tests.support import BAKERS, CONCEPTS, JUDGE, filled
from tests.test_exactly_once import World, by, first, put, settled, taken, with_people
from tests.test_intake import begin
from tests.test_reminders import TIMED

LABEL = BAKERS.data.organization.labels.submission
HOURS = 3600.0


@pytest.fixture
def store(memory: Path) -> Store:
    with_people(memory / "records")
    return Store(memory / "records")


def commands(store: Store) -> list[str]:
    return [event.type for case in store.cases() for event in case.events if "comment" in event.data]


def old_issues(fake: FakeGitHub, number: int) -> None:
    for index in range(number):
        issue = fake.add_issue({"title": "Old", "body": f"<!-- case OLD-{index} -->", "labels": [LABEL]})
        issue["updated_at"] = "2026-01-01T00:00:00Z"


# Pages


@pytest.mark.parametrize("size", [1, 7, 99, 100])
def test_every_page_is_read_however_few_entries_one_holds(store: Store, size: int) -> None:
    world = World()
    put(store.root, by("Rosa"))
    with FakeGitHub(clock=world.clock, page_size=size) as fake:
        assert world.run(store, fake)
        for number in range(8):
            fake.add_comment(1, f"reader-{number}", "Just a remark")
        fake.add_comment(1, "ines", "/schedule 2027-03-20 09:30")
        assert world.run(store, fake)
        assert commands(store) == ["scheduled"]
        settled(store, fake, world, 1, 1)


def test_an_issue_on_a_later_short_page_is_found_and_no_second_one_opened(store: Store) -> None:
    world = World()
    put(store.root, by("Rosa"))
    with FakeGitHub(clock=world.clock, page_size=3, faults=[Fault("500", done=True)] * 1) as fake:
        for _other in range(7):
            fake.add_issue({"title": "Other", "body": "", "labels": [LABEL]})
        assert world.run(store, fake)
        assert sum(first(issue).startswith("<!-- case") for issue in fake.issues) == 1


class Linked(GitHub):
    """Its lists link where `link` says."""

    link = ""

    def _request(self, *arguments: Any, **named: Any) -> Answer:
        return super()._request(*arguments, **named)._replace(following=self.link)


def test_no_page_on_another_host_is_asked(store: Store) -> None:
    with FakeGitHub() as fake, FakeGitHub() as stranger:
        fake.add_comment(1, "ines", "/help")
        github = Linked(fake.url, fake.repository, "token", sleep=lambda _seconds: None)
        for link in (f"{stranger.url}/repos/body/records/issues", "//x.invalid/", "https://x.invalid/", "file:///x"):
            github.link = link
            with pytest.raises(GitHubFailed, match="not on its own host"):
                list(github.comments(""))
        assert stranger.requests == []


def test_a_list_that_links_to_itself_ends(store: Store) -> None:
    with FakeGitHub() as fake:
        fake.add_comment(1, "ines", "/help")
        github = Linked(fake.url, fake.repository, "token", sleep=lambda _seconds: None)
        github.link = f"{fake.url}/repos/{fake.repository}/issues/comments?page=1"
        assert {comment.login for comment in github.comments("")} == {"ines"}
        assert len(fake.requests) == 2


# What a list may hold


def test_null_in_a_list_and_entries_that_lack_something_end_no_run(store: Store) -> None:
    world = World()
    put(store.root, by("Rosa"), by("Otto"))
    with FakeGitHub(clock=world.clock) as fake:
        assert world.run(store, fake)
        for odd in (None, 7, {}, {"id": 1}, {"user": None}, {"user": "x", "body": 5, "labels": [None, {}]}):
            fake.odd.append(odd)
        fake.add_comment(1, "ines", "/schedule 2027-03-20 09:30")
        put(store.root, by("Ada"))
        fake.faults.append(Fault("500", done=True))
        assert world.run(store, fake)
        assert commands(store) == ["scheduled"]
        settled(store, fake, world, 3, 1)


# Clocks


@pytest.mark.parametrize("behind", [3 * HOURS, -3 * HOURS, 400 * 24 * HOURS])
def test_a_command_is_read_though_the_clock_of_the_machine_is_wrong(store: Store, behind: float) -> None:
    world = World()
    put(store.root, by("Rosa"))
    with FakeGitHub(clock=world.clock, behind=behind) as fake:
        assert world.run(store, fake)
        for minute, words in enumerate(("/schedule 2027-03-20 09:30", "/help", "/help")):
            fake.add_comment(1, "ines", words, at=fake.stamp(-60.0 * minute))
            assert world.run(store, fake)
        assert len(commands(store)) == 3
        assert fake.violations == []


def test_what_a_machine_with_a_wrong_clock_remembered_keeps_no_command_from_being_read(store: Store) -> None:
    world = World()
    put(store.root, by("Rosa"))
    with FakeGitHub(clock=world.clock) as fake:
        assert world.run(store, fake)
        (store.root / "comments-read-until").write_text("2027-04-01T00:00:00Z")
        fake.add_comment(1, "ines", "/schedule 2027-03-20 09:30")
        assert world.run(store, fake)
        assert commands(store) == ["scheduled"]
        assert (store.root / "comments-read-until").read_text() < "2027-03-15"


@pytest.mark.parametrize("kind", ["403-remaining", "403-retry-date", "200-remaining"])
@pytest.mark.parametrize("behind", [3 * HOURS, -3 * HOURS])
def test_a_wait_is_counted_by_the_clock_of_who_asks_to_wait(store: Store, kind: str, behind: float) -> None:
    world = World()
    put(store.root, by("Rosa"), by("Otto"))
    with FakeGitHub(clock=world.clock, behind=behind, wait=50, faults=[Fault(kind)]) as fake:
        began = world.clock()
        world.intake(store, fake)()
        assert 50 <= world.clock() - began < 90
        settled(store, fake, world, 2, 0)


@pytest.mark.parametrize("behind", [3 * HOURS, -3 * HOURS])
def test_a_long_wait_stands_in_the_records_by_githubs_clock(store: Store, behind: float) -> None:
    world = World()
    put(store.root, by("Rosa"))
    with FakeGitHub(clock=world.clock, behind=behind, wait=1800, faults=[Fault("403-remaining")]) as fake:
        with pytest.raises(RateLimited):
            world.intake(store, fake)()
        until = datetime.fromisoformat((store.root / "github-asks-to-wait-until").read_text())
        assert abs(until.timestamp() - fake.now - 1800) < 10


@pytest.mark.parametrize("wrong", [3 * HOURS, -3 * HOURS])
def test_a_run_on_a_machine_with_a_wrong_clock_takes_no_claim_of_a_living_one(store: Store, wrong: float) -> None:
    """The other has claimed and is about to create: whoever thinks that it died creates a second issue."""
    world = World()
    put(store.root, by("Rosa"))
    with FakeGitHub(clock=world.clock) as fake:
        living = world.intake(store, fake, "living")
        Intake(BAKERS, store)()
        assert len(living._claim_batch()) == 1
        other = World(clock=VirtualClock(world.clock() + wrong))
        other.intake(store, fake, "other")()
        assert fake.issues == []


def test_events_are_written_by_githubs_clock(store: Store) -> None:
    world = World()
    put(store.root, by("Rosa"))
    with FakeGitHub(clock=world.clock, behind=3 * HOURS) as fake:
        assert world.run(store, fake, later=0)
        opened = [event.at for case in store.cases() for event in case.events if event.type == "issue_opened"]
        assert [abs(datetime.fromisoformat(at).timestamp() - fake.now) < 60 for at in opened] == [True]


def test_nobody_is_reminded_early_by_a_machine_whose_clock_is_ahead(memory: Path) -> None:
    made = begin(memory / "r", filled(json_schema.SELF_ASSESSMENT, CONCEPTS))
    store, clock = GitStore.at(made.clone("one")), VirtualClock(datetime.now(UTC).timestamp())
    Intake(JUDGE, store)()
    with FakeGitHub(clock=clock) as fake:
        for months, wrong, reminded in ((0, 60, 0), (2, -60, 1)):
            clock.sleep(months * 30 * 24 * HOURS)
            other = VirtualClock(clock() + wrong * 24 * HOURS)
            github = GitHub(fake.url, fake.repository, "token", sleep=other.sleep, clock=other)
            done = Reminders(TIMED, store, lambda: (), github, f"run-{months}", other.moment)()
            assert len(done.reminded) == reminded


# Limits


@pytest.mark.parametrize("kind", ["403-reset-past", "403-abuse", "422-too-quickly", "403-secondary"])
def test_a_limit_without_an_end_is_a_minute_and_never_four_requests_at_once(store: Store, kind: str) -> None:
    world = World()
    put(store.root, by("Rosa"))
    with FakeGitHub(clock=world.clock, faults=[Fault(kind)]) as fake:
        began = world.clock()
        world.intake(store, fake)()
        assert 60 <= world.clock() - began < 90
        settled(store, fake, world, 1, 0)


# An unclear creation


def test_an_unclear_creation_costs_few_requests_however_many_old_issues_there_are(store: Store) -> None:
    """Not created, and so looked for as often as can be: five looks of one page each, where they were eleven."""
    world = World()
    put(store.root, by("Rosa"))
    with FakeGitHub(clock=world.clock, faults=[Fault("500")]) as fake:
        old_issues(fake, 1000)
        assert world.run(store, fake)
        lists = [request for request in fake.requests if request == f"GET /repos/{fake.repository}/issues"]
        assert len(lists) == 5
        assert len(fake.issues) == 1001


@pytest.mark.parametrize("behind", [0, 3 * HOURS, -3 * HOURS])
def test_what_was_created_without_an_answer_is_found_by_githubs_clock(store: Store, behind: float) -> None:
    world = World()
    put(store.root, by("Rosa"))
    with FakeGitHub(clock=world.clock, behind=behind, lag_seconds=10, faults=[Fault("drop", done=True)]) as fake:
        old_issues(fake, 150)
        assert world.run(store, fake)
        assert len(fake.issues) == 151


# Archived


def test_an_archived_repository_is_named_before_anything_is_written_with_what_to_do(store: Store) -> None:
    world = World()
    put(store.root, by("Rosa"))
    with FakeGitHub(clock=world.clock, archived=True) as fake:
        with pytest.raises(Unusable, match=r"archived.*Unarchive it in its settings"):
            world.intake(store, fake)()
        assert all(request.startswith("GET") for request in fake.requests)
    assert list(store.cases()) == []


def test_a_repository_that_is_archived_during_a_run_is_named_too(store: Store) -> None:
    world = World()
    put(store.root, by("Rosa"), by("Otto"))
    with FakeGitHub(clock=world.clock) as fake:
        github = world.github(fake, "x")
        issue = world.intake(store, fake).draw(*taken(store))
        fake.archived = True
        with pytest.raises(Unusable, match=r"archived.*Unarchive it in its settings"):
            github.open_issue(issue, tried=False)
        assert len(fake.requests) == 1


# Whose token it is


@pytest.mark.parametrize("owner", ["rosa-admin", ""])
@pytest.mark.parametrize("kind", ["500", "drop", "not-json", "empty-object"])
@pytest.mark.parametrize("what", ["/issues", "/comments"])
def test_a_lost_answer_makes_no_second_issue_or_reply_whoevers_token_it_is(
    store: Store, owner: str, kind: str, what: str
) -> None:
    world = World()
    put(store.root, by("Rosa"))
    faults = [Fault(kind, done=True, path=what)]
    with FakeGitHub(clock=world.clock, owner=owner, faults=faults) as fake:
        assert world.run(store, fake)
        fake.add_comment(1, "ines", "/schedule 2027-03-20 09:30")
        assert world.run(store, fake)
        assert world.run(store, fake)
        assert fake.faults == []
        settled(store, fake, world, 1, 1)
        assert fake.requests.count("GET /user") <= 5


@pytest.mark.parametrize("login", ["ines", "Ines"])
def test_who_runs_this_with_their_own_token_writes_commands_too_and_no_reply_is_taken_for_one(
    store: Store, login: str
) -> None:
    world = World()
    put(store.root, by("Rosa"))
    with FakeGitHub(clock=world.clock, owner=login) as fake:
        assert world.run(store, fake)
        fake.add_comment(1, "ines", "/help")
        fake.add_comment(1, "ines", "/schedule 2027-03-20 09:30")
        assert world.run(store, fake)
        assert world.run(store, fake)
        assert len(commands(store)) == 2
        settled(store, fake, world, 1, 2)


def test_the_marker_of_somebody_else_is_no_issue_of_ours(store: Store) -> None:
    world = World()
    put(store.root, by("Rosa"))
    with FakeGitHub(clock=world.clock, owner="rosa-admin", faults=[Fault("500")]) as fake:
        issue = world.intake(store, fake).draw(*taken(store))
        fake.add_issue({"title": "Imitated", "body": issue.body, "labels": list(issue.labels)}, kind="User")
        assert world.github(fake, "x").open_issue(issue, tried=True)[0] == 2
        assert fake.requests.count("GET /user") == 1


def test_whose_token_it_is_is_not_asked_where_nobody_has_to_be_told_from_us(store: Store) -> None:
    world = World()
    put(store.root, by("Rosa"))
    with FakeGitHub(clock=world.clock) as fake:
        assert world.run(store, fake)
        fake.add_comment(1, "ines", "/schedule 2027-03-20 09:30")
        assert world.run(store, fake)
        assert "GET /user" not in fake.requests
