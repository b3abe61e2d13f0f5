"""What came after what is what was seen after what: no clock that jumps turns a revision down, or an older copy into the newer."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.cases.erasure import COMMAND_LINE, Forget
from pipeline.cases.git_store import GitStore
from pipeline.cases.integrity import verify
from pipeline.cases.store import Store
from pipeline.errors import AuditBegun
from pipeline.forms import json_schema
from pipeline.github.sync import Intake
from pipeline.receiving.desk import desk
from pipeline.receiving.lookup import Submitted
from pipeline.receiving.quarantine import release
from pipeline.receiving.receive import Receipt, accept
from pipeline.receiving.relay import Relay
from pipeline.submissions import inbox as deliveries
from pipeline.submissions.rejected import Rejected
from pipeline.submissions.sequence import Sequence, Turn
from pipeline.timestamps import stamp
from tests.support import CONCEPTS, JUDGE, filled, remote
from tests.test_process import NOON, Body, act, audited

SELF = (json_schema.SELF_ASSESSMENT, CONCEPTS)
DRAFT = "0123456789abcdef" * 2
DAYS = [-2, 0, 2]  # by which the clock jumps in between


@pytest.fixture
def body(tmp_path: Path) -> Body:
    return Body(tmp_path)


def types(body: Body, reference: str) -> list[str]:
    return [event.type for event in body.store.case(reference).events]


def name_of(body: Body, reference: str) -> str:
    """Of the applicant, as the case has it now."""
    case = body.store.case(reference)
    event = case.current(json_schema.SELF_ASSESSMENT)
    assert event
    value = body.store.submission(reference, str(event.data["digest"]))
    assert value
    return str(value["applicant"]["name"])


def named(name: str) -> dict[str, str]:
    return {"name": name, "email": "rosa@example.org"}


def arrive(body: Body, kind: str, *, suspicious: bool = False, **more: Any) -> Receipt:
    """Accepted, and not taken in yet."""
    here = desk(JUDGE, body.root, body.store, body.store.root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipeline.receiving.receive.now", lambda: stamp(body.now))
        receipt = accept(here, filled(kind, CONCEPTS, **more), suspicious=suspicious)
    assert isinstance(receipt, Receipt)
    return receipt


@pytest.mark.parametrize("days", DAYS)
@pytest.mark.parametrize("waits", [False, True])
def test_a_revision_that_was_acknowledged_is_taken_in_whatever_the_clock_does(
    body: Body, days: int, waits: bool
) -> None:
    reference = arrive(body, json_schema.SELF_ASSESSMENT, id=DRAFT, applicant=named("First")).reference
    for name in ("Second", "Third", "Fourth"):
        if not waits:
            Intake(JUDGE, body.store)()
        body.now += timedelta(days=days)
        assert arrive(body, json_schema.SELF_ASSESSMENT, id=DRAFT, applicant=named(name)).reference == reference
    Intake(JUDGE, body.store)()
    assert types(body, reference) == ["received", *["revised"] * 3]
    assert name_of(body, reference) == "Fourth"
    assert Rejected(body.store.root).all() == {}
    moments = [event.at for event in body.store.case(reference).events]
    assert moments == sorted(moments)


@pytest.mark.parametrize("days", DAYS)
def test_what_is_released_from_quarantine_replaces_nothing_that_was_sent_after_it(body: Body, days: int) -> None:
    here = desk(JUDGE, body.root, body.store, body.store.root)
    arrive(body, json_schema.SELF_ASSESSMENT, id=DRAFT, applicant=named("First"), suspicious=True)
    body.now += timedelta(days=days)
    reference = arrive(body, json_schema.SELF_ASSESSMENT, id=DRAFT, applicant=named("Second")).reference
    Intake(JUDGE, body.store)()
    (name,) = here.quarantine.names()
    release(here, deliveries.read(here.quarantine.path(name)))
    Intake(JUDGE, body.store)()
    assert name_of(body, reference) == "Second"
    assert "is older than what" in str(Rejected(body.store.root).all()[name])


@pytest.mark.parametrize("days", DAYS)
def test_what_answers_a_request_for_evidence_is_known_by_the_request_it_followed(body: Body, days: int) -> None:
    reference = audited(body)
    act(body, reference, ("ada", "/claim no-conflict"), ("ada", "/request-evidence C1.1"))
    body.now += timedelta(days=days)
    arrive(body, json_schema.PORTFOLIO, case=body.secret(reference))
    Intake(JUDGE, body.store)()
    assert types(body, reference)[-1] == "revised"
    assert Rejected(body.store.root).all() == {}


def test_what_was_sent_before_a_request_and_came_after_it_answers_nothing(body: Body) -> None:
    reference = audited(body)
    answers = {**filled(json_schema.PORTFOLIO, CONCEPTS)["answers"], "C1.1": {"answer": "not_yet"}}
    arrive(body, json_schema.PORTFOLIO, case=body.secret(reference), answers=answers)
    body.now += timedelta(hours=1)
    act(body, reference, ("ada", "/claim no-conflict"), ("ada", "/request-evidence C1.1"))
    Intake(JUDGE, body.store)()
    (found,) = Rejected(body.store.root).all().values()
    assert "before more evidence was requested" in str(found)


@pytest.mark.parametrize("days", DAYS)
def test_who_sends_again_after_being_forgotten_is_taken_in(body: Body, days: int) -> None:
    reference = body.send(*SELF, id=DRAFT)
    Forget(body.store, "IMC", (), COMMAND_LINE, body.now)(reference)
    body.now += timedelta(days=days)
    assert body.send(*SELF, id=DRAFT) == reference
    assert types(body, reference) == ["received", "forgotten", "revised"]


def test_what_the_intake_would_refuse_is_refused_before_it_is_acknowledged(body: Body) -> None:
    reference = audited(body, id=DRAFT)
    act(body, reference, ("ada", "/claim no-conflict"))
    for days in DAYS:
        body.now = NOON + timedelta(days=days)
        with pytest.raises(AuditBegun):
            arrive(body, json_schema.SELF_ASSESSMENT, id=DRAFT, applicant=named("Late"))
    assert list((body.store.root / "inbox").glob("*.json")) == []


@pytest.mark.parametrize("days", DAYS)
def test_the_order_goes_through_a_relay(tmp_path: Path, days: int) -> None:
    made = remote(tmp_path / "r")
    clone = made.clone("clone")
    here = desk(JUDGE, tmp_path / "var", Store(clone), tmp_path / "outbox")
    receipt: object = None
    for step, name in enumerate(("First", "Second", "Third")):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("pipeline.receiving.receive.now", lambda step=step: stamp(NOON + step * timedelta(days=days)))
            receipt = accept(here, filled(*SELF, id=DRAFT, applicant=named(name)))
        if step:
            Relay(here.inbox, GitStore.at(clone))()
    assert isinstance(receipt, Receipt)
    body = Body(tmp_path)
    body.store = GitStore.at(made.clone("intake"))
    Intake(JUDGE, body.store)()
    assert types(body, receipt.reference) == ["received", "revised", "revised"]
    assert name_of(body, receipt.reference) == "Third"


@pytest.mark.parametrize("days", DAYS)
def test_a_lost_reference_is_sent_to_the_address_that_was_given_last(body: Body, days: int) -> None:
    here = desk(JUDGE, body.root, body.store, body.store.root)
    for step, name in enumerate(("First", "Second")):
        body.now = NOON + step * timedelta(days=days)
        arrive(body, json_schema.SELF_ASSESSMENT, id=DRAFT, applicant=named(name))
        if not step:
            Intake(JUDGE, body.store)()
    (filed,) = Submitted((here.inbox,), body.store).current()
    assert filed.content["applicant"]["name"] == "Second"


def test_many_at_once_get_a_number_each_and_a_folder_from_a_backup_goes_on_from_the_case(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        turns = list(pool.map(lambda _: Sequence(tmp_path).next((), 0), range(40)))
    assert sorted(turn.number for turn in turns) == list(range(1, 41))
    shutil.copytree(tmp_path, tmp_path / "backup")
    last = [Sequence(tmp_path).next((), 0) for _ in range(5)][-1]
    again = Sequence(tmp_path / "backup")
    assert again.next([last, Turn("another", 9000)], 3) == Turn(last.desk, last.number + 1, 3)
    (tmp_path / "last").write_text("garbage")
    assert Sequence(tmp_path).next([last], 0).number == last.number + 1


def test_what_an_earlier_version_left_in_the_inbox_goes_by_its_time(body: Body) -> None:
    reference = arrive(body, json_schema.SELF_ASSESSMENT, id=DRAFT, applicant=named("First")).reference
    arrive(body, json_schema.SELF_ASSESSMENT, id=DRAFT, applicant=named("Second"))
    for path in (body.store.root / "inbox").glob("*.json"):
        value = json.loads(path.read_bytes())
        del value["turn"]
        if value["submission"]["applicant"]["name"] == "First":
            value["received_at"] = stamp(body.now + timedelta(hours=1))
        path.write_text(json.dumps(value))
    Intake(JUDGE, body.store)()
    assert name_of(body, reference) == "First"


# Sent one after the other before the intake has seen the first


def other(body: Body, reference: str, answer: str) -> None:
    answers = {
        **filled(json_schema.PORTFOLIO, CONCEPTS)["answers"],
        "C1.1": {"answer": answer, "evidence": "I said it in my own words."},
    }
    arrive(body, json_schema.PORTFOLIO, case=body.secret(reference), answers=answers)


def answered(body: Body, reference: str) -> str:
    """What the case has now as the answer to C1.1."""
    case = body.store.case(reference)
    event = case.current(json_schema.PORTFOLIO)
    assert event
    return str(event.data["answers"]["C1.1"])


def test_of_two_answers_to_one_request_that_were_acknowledged_the_newer_stays(body: Body) -> None:
    reference = audited(body, id=DRAFT)
    act(body, reference, ("ada", "/claim no-conflict"), ("ada", "/request-evidence C1.1"))
    other(body, reference, "not_yet")
    other(body, reference, "partly")
    arrive(body, json_schema.SELF_ASSESSMENT, id=DRAFT, applicant=named("Second"))
    Intake(JUDGE, body.store)()
    assert answered(body, reference) == "partly"
    assert name_of(body, reference) == "Second"
    assert types(body, reference)[-3:] == ["revised", "revised", "revised"]
    assert body.state(reference) == "audit"
    assert Rejected(body.store.root).all() == {}
    assert verify(JUDGE, body.store).findings == []
    with pytest.raises(AuditBegun):
        other(body, reference, "yes")


def test_an_answer_that_comes_after_the_auditor_has_gone_on_changes_nothing(body: Body) -> None:
    reference = audited(body)
    act(body, reference, ("ada", "/claim no-conflict"), ("ada", "/request-evidence C1.1"))
    other(body, reference, "partly")
    other(body, reference, "yes")
    late = max((body.store.root / "inbox").glob("*.json"), key=lambda path: deliveries.read(path).turn.number)
    content = late.read_bytes()
    late.unlink()
    Intake(JUDGE, body.store)()
    act(body, reference, ("ada", "/finding all met"))
    late.write_bytes(content)
    Intake(JUDGE, body.store)()
    assert answered(body, reference) == "partly"
    assert list(Rejected(body.store.root).all()) == [late.name]


@pytest.mark.parametrize("taken", [0, 1, 2])
def test_who_goes_back_to_an_earlier_version_has_that_version(body: Body, taken: int) -> None:
    """`taken`: how many of the three were taken in before the next was sent."""
    reference = ""
    for step, name in enumerate(("First", "Second", "First")):
        reference = arrive(body, json_schema.SELF_ASSESSMENT, id=DRAFT, applicant=named(name)).reference
        if step < taken:
            Intake(JUDGE, body.store)()
    Intake(JUDGE, body.store)()
    assert name_of(body, reference) == "First"
    assert Rejected(body.store.root).all() == {}
    assert verify(JUDGE, body.store).findings == []


def test_who_goes_back_to_an_earlier_version_of_what_joins_a_case_has_that_version(body: Body) -> None:
    reference = audited(body)
    for answer in ("not_yet", "partly"):
        other(body, reference, answer)
    Intake(JUDGE, body.store)()
    for answer in ("not_yet", "partly", "not_yet", "partly"):
        other(body, reference, answer)
    Intake(JUDGE, body.store)()
    assert answered(body, reference) == "partly"
    assert Rejected(body.store.root).all() == {}


@pytest.mark.parametrize("pushed", [0, 1, 2])
@pytest.mark.parametrize("taken", [False, True])
def test_who_goes_back_to_an_earlier_version_has_that_version_through_a_relay(
    tmp_path: Path, pushed: int, taken: bool
) -> None:
    """`pushed`: how many of the three were before the pushes failed; `taken`: the first was taken in then."""
    made = remote(tmp_path / "r")
    clone = made.clone("clone")
    here = desk(JUDGE, tmp_path / "var", Store(clone), tmp_path / "outbox")
    body = Body(tmp_path)
    body.store = GitStore.at(made.clone("intake"))
    receipt: object = None
    for step, name in enumerate(("First", "Second", "First")):
        receipt = accept(here, filled(*SELF, id=DRAFT, applicant=named(name)))
        if step < pushed:
            Relay(here.inbox, GitStore.at(clone))()
            if taken and not step:
                Intake(JUDGE, body.store)()
                GitStore.at(clone).refresh()
    Relay(here.inbox, GitStore.at(clone))()
    Intake(JUDGE, body.store)()
    assert isinstance(receipt, Receipt)
    assert name_of(body, receipt.reference) == "First"
    assert Rejected(body.store.root).all() == {}


def test_what_is_sent_again_while_the_first_is_handled_stays(body: Body) -> None:
    reference = arrive(body, json_schema.SELF_ASSESSMENT, id=DRAFT, applicant=named("First")).reference
    inbox = desk(JUDGE, body.root, body.store, body.store.root).inbox
    (name,) = inbox.names()
    first = deliveries.read(inbox.path(name))
    arrive(body, json_schema.SELF_ASSESSMENT, id=DRAFT, applicant=named("First"))
    again = deliveries.read(inbox.path(name))
    assert (again.turn.number, again.reference) == (first.turn.number + 1, reference)
    inbox.done(name, lambda path: deliveries.read(path) == first)
    assert inbox.names() == [name]
    inbox.done(name, lambda path: deliveries.read(path) == again)
    inbox.done(name, lambda path: deliveries.read(path) == again)
    assert inbox.names() == []
