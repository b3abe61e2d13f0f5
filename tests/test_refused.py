"""What GitHub refuses again and again stops nobody else, and what it gives again is no longer told."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import yaml

from pipeline.cases.issue_text import Issue
from pipeline.cases.store import Store
from pipeline.github.objects import Shown
from tests.fakes.github import FakeGitHub, Fault
from tests.test_exactly_once import HOUR, World, by, put

DAY = 24 * HOUR
LOGINS = {"ada": ["auditor"], "bob": ["auditor"], "cleo": ["auditor"]}


@pytest.fixture
def store(memory: Path) -> Store:
    store = Store(memory / "records")
    put(store.root, by("Rosa Lind"), by("Ben Ito"), by("Ana Cruz"))
    people = [{"login": login, "name": login.title(), "roles": roles} for login, roles in LOGINS.items()]
    (store.root / "people.yml").write_text(yaml.safe_dump({"people": people}))
    return store


@pytest.mark.parametrize(("kind", "hours"), [("403", 2), ("500", 4)])
def test_two_people_whose_rights_github_does_not_tell_hold_up_nobody_else(store: Store, kind: str, hours: int) -> None:
    world = World()
    with FakeGitHub(clock=world.clock) as fake:
        world.run(store, fake)
        for number, login in enumerate(LOGINS, 1):
            fake.add_comment(number, login, "/claim")
        fake.faults = [Fault(kind, "GET", path=f"/{login}/permission", times=math.inf) for login in ("ada", "bob")]
        for _hour in range(hours):
            world.run(store, fake)
        assert [str(reply["issue_url"])[-1] for reply in fake.replies()] == ["3"]
        reports = [world.run(store, fake) for _hour in range(24)]
        told = [line for report in reports if report for line in report.aside]
        assert len([line for line in told if "permission of ada" in line]) <= 2  # of two days (UTC)
        assert any("permission of ada" in line for line in told)


def test_two_replies_under_a_locked_issue_stop_no_other_and_are_told_once_a_day(store: Store) -> None:
    world = World()
    with FakeGitHub(clock=world.clock) as fake:
        world.run(store, fake)
        fake.add_comment(1, "ada", "/claim")
        fake.add_comment(1, "bob", "/claim")
        fake.add_comment(2, "cleo", "/claim")
        fake.faults = [Fault("403-locked", path="/issues/1/comments", times=math.inf)]
        reports = [world.run(store, fake) for _hour in range(13)]
        assert [str(reply["issue_url"])[-1] for reply in fake.replies()] == ["2"]
        told = [line for report in reports if report for line in report.aside]
        assert len(told) == 2, told
        assert all("the issue is locked; unlock its conversation" in line for line in told)
        fake.faults = []
        world.run(store, fake)
        assert sorted(str(reply["issue_url"])[-1] for reply in fake.replies()) == ["1", "1", "2"]


def test_a_drawing_that_only_the_comparison_wanted_is_tried_again_too(store: Store) -> None:
    world = World()
    with FakeGitHub(clock=world.clock) as fake:
        world.run(store, fake, later=DAY)
        fake.issues[1]["state"] = "closed"  # by hand: its case is as it was
        fake.faults = [Fault("422", "PATCH", path="/issues/2")]
        report = world.run(store, fake)
        assert report
        assert len(report.aside) == 1
        report = world.run(store, fake)
        assert report
        assert len(report.updated) == 1
        assert fake.issues[1]["state"] == "open"
        patches = sum(request.startswith("PATCH") and request.endswith("/2") for request in fake.requests)
        world.run(store, fake)
        assert patches == sum(request.startswith("PATCH") and request.endswith("/2") for request in fake.requests) == 2


def test_a_list_that_github_gives_again_is_told_no_more(store: Store) -> None:
    world = World()
    with FakeGitHub(clock=world.clock) as fake:
        world.run(store, fake, later=DAY)
        fake.faults = [Fault("422", "GET", path="/records/issues")]
        report = world.run(store, fake)
        assert report
        assert len(report.aside) == 1
        later = [world.run(store, fake) for _hour in range(30)]
        assert [report.aside if report else None for report in later] == [[]] * 30
        (standing,) = (issue for issue in fake.issues if "intake findings" in issue["body"])
        assert "list of issues" not in standing["body"]


def test_a_label_that_differs_in_capitals_is_the_same_label_as_on_github() -> None:
    drawn = Issue("Title", ("submission", "stage: received"), "<!-- m -->", "<!-- m -->\n")
    labels = frozenset({"Submission", "Stage: Received", "urgent"})
    assert Shown(1, "Title", labels, drawn.body, open=True, ours=True).shows(drawn)
    assert not Shown(1, "Title", frozenset({"Submission"}), drawn.body, open=True, ours=True).shows(drawn)
