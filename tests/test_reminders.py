"""Reminders: once a stay in a state to whose turn it is, once more to the Director; never twice, whatever happens."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import yaml

from pipeline.cases.git_store import GitStore
from pipeline.cases.people import Person
from pipeline.cases.store import Store
from pipeline.errors import GitHubFailed
from pipeline.forms import json_schema
from pipeline.github.client import GitHub
from pipeline.github.issue_replies import CLAIM
from pipeline.github.reminders import BATCH, Reminded, Reminders
from pipeline.github.sync import Intake
from pipeline.receiving.desk import desk
from pipeline.receiving.receive import accept
from pipeline.settings import ROOT
from pipeline.submissions.validation import Judge
from tests import steps
from tests.fakes.github import FakeGitHub, Fault
from tests.support import CONCEPTS, DATA, JUDGE, Remote, filled, push, remote
from tests.test_cli import pipeline
from tests.test_comments import NOW, begin
from tests.test_process import NOON, PEOPLE, Body, audited

TIMED = Judge(
    replace(
        DATA, process=replace(DATA.process, states=tuple(replace(state, days=10) for state in DATA.process.states))
    ),
    JUDGE.schemas,
)
DAY = timedelta(days=1)


@pytest.fixture
def body(tmp_path: Path) -> Body:
    return Body(tmp_path)


def remind(body: Body, now: datetime, people: tuple[Person, ...] = PEOPLE) -> Reminded:
    return Reminders(TIMED, body.store, lambda: people, None, "run", lambda: now)()


def since(body: Body, reference: str) -> datetime:
    return datetime.fromisoformat(body.store.case(reference).opening.at)


def test_what_is_overdue_is_said_once_and_after_twice_the_time_to_the_director(body: Body) -> None:
    reference = body.send(json_schema.SELF_ASSESSMENT, CONCEPTS)
    start = since(body, reference)
    said = []
    for day in range(40):
        done = remind(body, start + day * DAY)
        said += [(day, "reminded") for _one in done.reminded] + [(day, "escalated") for _one in done.escalated]
    assert said == [(10, "reminded"), (20, "escalated")]
    one, two = body.store.case(reference).events[-2:]
    assert one.data["said"].startswith("Intake Manager: this case is in “Awaiting the interview” since ")
    assert two.data["said"].startswith("Director of Certification: ")
    assert two.data["said"].endswith("Turn of: Intake Manager.")
    assert "mentions" not in {*one.data, *two.data}


def test_a_reminder_that_comes_late_leaves_a_day_before_the_directors(body: Body) -> None:
    reference = body.send(json_schema.SELF_ASSESSMENT, CONCEPTS)
    late = since(body, reference) + 100 * DAY
    assert remind(body, late).reminded == [reference]
    assert remind(body, late + timedelta(hours=23)) == Reminded([], [])
    assert remind(body, late + DAY).escalated == [reference]


def test_a_pause_stops_the_clock_of_reminders_and_a_new_state_begins_anew(body: Body) -> None:
    reference = body.send(json_schema.SELF_ASSESSMENT, CONCEPTS)
    body.now = since(body, reference) + DAY
    body.do("ines", reference, "/pause")
    assert remind(body, body.now + 50 * DAY) == Reminded([], [])
    body.now += 50 * DAY - timedelta(hours=1)
    body.do("ines", reference, "/resume")
    assert remind(body, body.now + 8 * DAY) == Reminded([], [])
    assert remind(body, body.now + 9 * DAY).reminded == [reference]
    body.now += 9 * DAY
    body.do("ines", reference, "/admit")
    begun = body.now - timedelta(hours=1)
    assert remind(body, begun + 9 * DAY) == Reminded([], [])
    assert remind(body, begun + 10 * DAY).reminded == [reference]
    assert "The applicant's turn" in body.store.case(reference).events[-1].data["said"]
    body.do("ines", reference, "/withdraw")
    assert remind(body, begun + 999 * DAY) == Reminded([], [])


def test_who_has_the_case_is_mentioned_and_only_who_is_in_people(body: Body) -> None:
    reference = audited(body)
    body.do("ines", reference, "/assign @ada")
    later = datetime.now(NOON.tzinfo) + 999 * DAY
    copy = Store(Path(shutil.copytree(body.store.root, body.root / "copy")))
    body.store = copy
    remind(body, later, ())
    assert "mentions" not in copy.case(reference).events[-1].data
    body.store = Store(body.root / "records")
    remind(body, later)
    assert body.store.case(reference).events[-1].data["mentions"] == ["ada"]
    assert body.store.case(reference).events[-1].data["said"].startswith("Auditor: ")


def test_messages_and_what_nobody_gave_days_are_never_overdue(body: Body) -> None:
    body.send(json_schema.CONTACT, "question")
    assert remind(body, NOON + 9999 * DAY) == Reminded([], [])
    reference = body.send(json_schema.SELF_ASSESSMENT, CONCEPTS)
    undecided = Reminders(JUDGE, body.store, lambda: PEOPLE, None, "run", lambda: since(body, reference) + 999 * DAY)
    assert undecided() == Reminded([], [])


def test_many_overdue_cases_are_worked_off_a_batch_a_run(body: Body) -> None:
    here = desk(JUDGE, body.root, body.store, body.store.root)
    for number in range(BATCH + 5):
        applicant = {"name": "Rosa", "email": f"r{number}@example.org"}
        accept(here, filled(json_schema.SELF_ASSESSMENT, CONCEPTS, applicant=applicant))
    Intake(JUDGE, body.store)()
    now = datetime.now(NOON.tzinfo) + 15 * DAY
    assert [len(remind(body, now).reminded) for _run in range(3)] == [BATCH, 5, 0]


# On GitHub

LATER = NOW + 9999 * DAY  # the events of these tests are of today


def run(root: Path, clone: str, fake: FakeGitHub, now: datetime = LATER, name: str = "") -> Reminded:
    github = GitHub(fake.url, fake.repository, "token", sleep=lambda _seconds: None)
    return Reminders(TIMED, GitStore.at(root / clone), lambda: PEOPLE, github, name or clone, lambda: now)()


def opened(memory: Path, fake: FakeGitHub) -> tuple[Remote, str]:
    """Records with one case and its issue, claimed by Ada for the audit, and clones to run in."""
    made, reference = begin(memory / "start")
    github = GitHub(fake.url, fake.repository, "token", sleep=lambda _seconds: None)
    store = GitStore.at(made.root / "first")
    Intake(JUDGE, store, github, run="open", address="https://x/", now=lambda: NOW)()
    return made, reference


def test_a_reminder_is_one_comment_and_mentions_whom_it_was_assigned_to(memory: Path) -> None:
    with FakeGitHub() as fake:
        made, reference = opened(memory, fake)
        store = GitStore.at(made.root / "first")
        data = {
            "login": "ines",
            "for": "intake_manager",
            "role": "intake_manager",
            "from": "received",
            "to": "received",
        }
        store.append(store.case(reference), "assigned", at="2027-03-14T09:00:00Z", by="dora", data=data)
        store.publish("Assign")
        for name in ("one", "two"):
            made.clone(name)
            run(made.root, name, fake)
        (comment,) = fake.replies()
        assert comment["body"].split("\n")[1].startswith("@ines Intake Manager\\: this case is in")
        assert comment["issue_url"].endswith("/issues/1")
        run(made.root, "one", fake, LATER + 30 * DAY)
        assert len(fake.replies()) == 2
        escalated = fake.replies()[1]["body"]
        assert escalated.split("\n")[1].startswith("@dora @all Director of Certification\\: this case is in")
        assert escalated.count("@") == 2
        assert fake.violations == []
        assert sum(request.startswith("POST") for request in fake.requests) == 3


def test_a_case_that_nobody_has_is_said_to_all_who_could_take_it(memory: Path) -> None:
    with FakeGitHub() as fake:
        made, _reference = opened(memory, fake)
        made.clone("one")
        run(made.root, "one", fake)
        run(made.root, "one", fake, LATER + 30 * DAY)
        told = [re.findall(r"@\w+", reply["body"]) for reply in fake.replies()]
        assert told == [["@ines", "@all"], ["@dora", "@all"]]


@pytest.mark.parametrize(("kind", "done"), [("500", True), ("drop", True), ("500", False), ("not-json", False)])
def test_an_answer_that_says_nothing_never_makes_a_second_reminder(memory: Path, kind: str, done: bool) -> None:
    with FakeGitHub(lag=2) as fake:
        made, _reference = opened(memory, fake)
        fake.faults.append(Fault(kind, "POST", done))
        made.clone("one")
        run(made.root, "one", fake)
        run(made.root, "one", fake, LATER + timedelta(hours=1), "two")
        assert len(fake.replies()) == 1


def test_a_reminder_left_by_a_run_that_died_is_posted_by_a_later_one(memory: Path) -> None:
    with FakeGitHub() as fake:
        made, _reference = opened(memory, fake)
        made.clone("one")
        fake.faults += [Fault("500")] * 8
        with pytest.raises(GitHubFailed):
            run(made.root, "one", fake)
        fake.faults.clear()
        run(made.root, "one", fake, LATER + timedelta(minutes=5), "two")
        assert fake.replies() == []
        run(made.root, "one", fake, LATER + timedelta(minutes=20), "three")
        run(made.root, "one", fake, LATER + timedelta(minutes=40), "four")
        assert len(fake.replies()) == 1


def test_where_the_issue_was_deleted_the_reminder_waits_for_the_one_that_is_opened_anew(memory: Path) -> None:
    with FakeGitHub() as fake:
        made, _reference = opened(memory, fake)
        made.clone("one")
        fake.deleted.add(1)
        run(made.root, "one", fake)
        assert fake.replies() == []
        later = LATER + timedelta(minutes=20)
        github = GitHub(fake.url, fake.repository, "token", sleep=lambda _seconds: None)
        done = Intake(JUDGE, GitStore.at(made.root / "one"), github, "intake", "https://x/", now=lambda: later)()
        assert len(done.opened) == 1
        run(made.root, "one", fake, later + timedelta(minutes=20), "two")
        (comment,) = fake.replies()
        assert comment["issue_url"].endswith("/issues/2")


def test_killed_anywhere_it_reminds_once(memory: Path) -> None:
    with FakeGitHub() as fake:
        made, reference = opened(memory, fake)
        issues = fake.issues

    def start(name: str) -> Remote:
        here = Remote(memory / name)
        here.root.mkdir()
        shutil.copytree(made.bare, here.bare)
        for clone in ("killed", "second"):
            here.clone(clone)
        return here

    with FakeGitHub(issues=issues) as fake:
        whole = start("whole")
        moments = steps.deaths(lambda: run(whole.root, "killed", fake), whole.bare)
        assert (len(fake.replies()), len(moments) > 3) == (1, True)
    for moment in moments:
        here = start(str(moment))
        with FakeGitHub(issues=issues) as fake:
            killed = steps.run(partial(run, here.root, "killed", fake), moment)
            assert killed[0] == steps.KILLED, killed
            for hours in (1, 2):
                run(here.root, "second", fake, LATER + timedelta(hours=hours), f"after-{hours}")
            assert len(fake.replies()) == 1, moment
        types = [event.type for event in Store(here.clone("look")).case(reference).events]
        assert (types.count("reminded"), types.count("replied")) == (1, 1), moment
        shutil.rmtree(here.root)


def test_the_command_runs_at_the_workflow_and_on_a_machine_alone(tmp_path: Path, memory: Path) -> None:
    data = shutil.copytree(ROOT / "data", tmp_path / "data")
    table = yaml.safe_load((data / "process.yml").read_text("utf-8"))
    for state in table["states"]:
        state["days"] = 1
    (data / "process.yml").write_text(yaml.safe_dump(table, allow_unicode=True), "utf-8")
    made = remote(memory / "r")
    first = made.root / "first"
    accept(desk(JUDGE, memory / "keys", GitStore.at(first), first), filled(json_schema.SELF_ASSESSMENT, CONCEPTS))
    (waiting,) = (first / "inbox").glob("*.json")
    waiting.write_text(waiting.read_text("utf-8").replace('"received_at": "20', '"received_at": "19'), "utf-8")
    push(first, "Deliver")
    Intake(JUDGE, GitStore.at(first))()
    done = pipeline("remind", PIPELINE_RECORDS=str(first), PIPELINE_DATA=str(data), PIPELINE_VAR=str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "1 reminded of, 0 told to the Director"


def test_a_run_that_reminds_asks_no_longer_than_what_it_wrote_is_its_own(memory: Path) -> None:
    made, _reference = begin(memory / "start")
    with FakeGitHub() as fake:
        github = GitHub(fake.url, fake.repository, "token", sleep=lambda _seconds: None)
        Reminders(TIMED, GitStore.at(made.clone("one")), lambda: PEOPLE, github, "one", lambda: LATER)()
    assert 0 < github.left < CLAIM.total_seconds()
