"""The process: who may do what from where, what it needs, and where it leads."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.cases import events, prerequisite, reasons, timeline
from pipeline.cases.commands import EVERY
from pipeline.cases.context import Work
from pipeline.cases.decisions import Outcome, decide, record
from pipeline.cases.erasure import COMMAND_LINE, Forget
from pipeline.cases.impartiality import uninvolved
from pipeline.cases.integrity import verify
from pipeline.cases.issue_text import Issue
from pipeline.cases.joining import join
from pipeline.cases.people import Person
from pipeline.cases.preconditions import NEEDS
from pipeline.cases.state import standing
from pipeline.cases.store import Store
from pipeline.data import process_rules
from pipeline.data.load import load
from pipeline.errors import AuditBegun, CaseOver, StoreFailed
from pipeline.findings import errors
from pipeline.forms import json_schema
from pipeline.github.sync import Intake
from pipeline.i18n import speaking
from pipeline.receiving.desk import desk
from pipeline.receiving.quarantine import release
from pipeline.receiving.receive import Receipt, accept
from pipeline.settings import ROOT
from pipeline.submissions import references
from pipeline.submissions.inbox import read
from pipeline.submissions.markdown import escaped
from pipeline.submissions.rejected import Rejected
from pipeline.submissions.validation import Judge
from pipeline.timestamps import stamp
from pipeline.web.board.actions import acts
from pipeline.web.board.case_page import CaseDesk
from tests.support import CONCEPTS, DATA, JUDGE, PRACTICE, filled

PEOPLE = (
    Person("ines", "Ines Intake", ("intake_manager",)),
    Person("ada", "Ada Audit", ("auditor",)),
    Person("abe", "Abe Audit", ("auditor",), teaches_for=("WELLth Movement",)),
    Person("vera", "Vera Verify", ("verifier",)),
    Person("vic", "Vic Verify", ("verifier",)),
    Person("dora", "Dora Director", ("director",)),
    Person("all", "Al Rounder", ("intake_manager", "auditor", "verifier", "director")),
)
NOON = datetime(2027, 3, 14, 12, tzinfo=UTC)


class Body:
    """A body at work on its records: each call of `do` is one comment of one person."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.store = Store(root / "records")
        self.now = NOON

    def send(self, kind: str, about: str, **more: Any) -> str:
        here = desk(JUDGE, self.root, self.store, self.store.root)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("pipeline.receiving.receive.now", lambda: stamp(self.now))
            receipt = accept(here, filled(kind, about, **more))
        assert isinstance(receipt, Receipt)
        Intake(JUDGE, self.store)()
        return receipt.reference

    def secret(self, reference: str) -> dict[str, str]:
        receipts = desk(JUDGE, self.root, self.store, self.store.root).receipts
        return {"reference": reference, "secret": receipts.secret(reference)}

    def work(self, login: str, reference: str) -> Work:
        person = next(person for person in PEOPLE if person.login == login)
        return Work(JUDGE, self.store, PEOPLE, self.store.case(reference), person, self.now)

    def do(self, login: str, reference: str, comment: str) -> Outcome:
        work = self.work(login, reference)
        outcome = decide(work, comment)
        assert outcome is not None
        assert record(work, outcome) is not None
        self.now += timedelta(hours=1)
        return outcome

    def state(self, reference: str) -> str:
        return standing(DATA, self.store.case(reference)).state.id


@pytest.fixture
def body(tmp_path: Path) -> Body:
    return Body(tmp_path)


def audited(body: Body, about: str = CONCEPTS, **more: Any) -> str:
    """A case whose portfolio is ready for its audit."""
    reference = body.send(json_schema.SELF_ASSESSMENT, about, **more)
    body.do("ines", reference, "/schedule 2027-03-20 09:30")
    body.do("ines", reference, "/admit")
    assert body.state(reference) == "awaiting_portfolio"
    body.send(json_schema.PORTFOLIO, about, case=body.secret(reference))
    assert body.state(reference) == "audit"
    return reference


def test_concepts_goes_from_the_audit_to_the_decision(body: Body) -> None:
    reference = audited(body)
    assert body.do("ada", reference, "/claim no-conflict").said == "The case is yours."
    assert body.do("ada", reference, "/finding all met").said == "216 findings, 0 not met."
    body.do("ada", reference, "/recommend grant")
    assert body.state(reference) == "decision"
    body.do("dora", reference, "/decide grant no-conflict")
    assert body.state(reference) == "granted"


def test_practice_has_a_meeting_in_between(body: Body) -> None:
    reference = audited(body, PRACTICE)
    for login, comment in (
        ("ada", "/claim no-conflict"),
        ("ada", "/finding all met"),
        ("ada", "/recommend grant"),
        ("vera", "/claim no-conflict"),
        ("vera", "/schedule 2027-04-02 10:00"),
        ("vera", "/meeting missed"),
    ):
        assert not body.do(login, reference, comment).refusals, comment
    assert body.state(reference) == "verification"
    body.do("vera", reference, "/meeting held")
    assert body.state(reference) == "decision"
    assert body.do("all", reference, "/decide grant no-conflict").refusals == ()
    assert body.state(reference) == "granted"


def test_more_evidence_may_replace_what_is_audited_and_brings_the_case_back(body: Body) -> None:
    reference = audited(body)
    body.do("ada", reference, "/claim no-conflict")
    assert body.store.case(reference).audit_begun
    body.do("ada", reference, "/request-evidence C3.4 C1.1")
    assert body.state(reference) == "evidence_requested"
    assert not body.store.case(reference).audit_begun
    answers = filled(json_schema.PORTFOLIO, CONCEPTS)["answers"]
    answers["C3.4"]["evidence"] = "More of it."
    body.send(json_schema.PORTFOLIO, CONCEPTS, case=body.secret(reference), answers=answers)
    assert body.state(reference) == "audit"
    assert body.store.case(reference).audit_begun


def test_what_is_asked_of_whoever_has_claimed_a_case_is_offered_to_nobody_else(body: Body) -> None:
    reference = audited(body)

    def offered(login: str) -> set[str]:
        found = acts(body.work(login, reference))
        return {entry.comment.split()[0] for name in ("buttons", "forms", "written") for entry in found[name]}

    assert offered("ada") == {"/claim", "/pause"}
    body.do("ada", reference, "/claim no-conflict")
    assert offered("ada") == {"/pause", "/finding", "/request-evidence"}
    assert offered("abe") == {"/pause"}
    assert offered("ines") == {"/assign", "/pause", "/withdraw"}


def test_a_case_is_claimed_once_by_one_person_and_again_only_after_it_was_assigned_to_another(body: Body) -> None:
    reference = audited(body)
    body.do("ada", reference, "/claim no-conflict")
    before = len(body.store.case(reference).events)
    again = body.do("ada", reference, "/claim no-conflict")
    assert "You have claimed it already." in again.said
    assert len(body.store.case(reference).events) == before
    body.do("ines", reference, "/assign @abe")
    assert body.do("ada", reference, "/claim no-conflict").refusals
    assert not body.do("abe", reference, "/claim no-conflict").refusals
    body.do("ines", reference, "/assign @ada")
    assert not body.do("ada", reference, "/claim no-conflict").refusals


def test_the_table_says_what_is_not_met_and_opens_where_more_was_asked_for(body: Body) -> None:
    reference = audited(body, PRACTICE)
    for comment in (
        "/claim no-conflict",
        "/finding all met except C2.1 mastery C2.2 mastery",
        "/request-evidence C1.1",
        "/request-evidence P2.1",
    ):
        body.do("ada", reference, comment)
        if "request" in comment:
            answers = filled(json_schema.PORTFOLIO, PRACTICE)["answers"] | {
                "P2.1": {"answer": "yes", "evidence": comment}
            }
            body.send(json_schema.PORTFOLIO, PRACTICE, case=body.secret(reference), answers=answers)
    work = body.work("ada", reference)
    parts = {
        part["id"]: part for part in CaseDesk(Intake(JUDGE, body.store), PEOPLE).shown(work.case, work.person)["table"]
    }
    assert (parts["C2"]["done"], parts["C2"]["bad"]) == (parts["C2"]["total"], 2)
    assert {part["bad"] for name, part in parts.items() if name != "C2"} == {0}
    assert [name for name, part in parts.items() if part["open"]] == ["P2"]
    assert [row["id"] for part in parts.values() for row in part["rows"] if row["again"]] == ["P2.1"]


def test_a_command_without_words_or_a_field_of_its_own_is_shown_as_it_is_typed(
    body: Body, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = tuple(replace(command, labels=dict, ask=None) for command in EVERY)
    monkeypatch.setattr("pipeline.web.board.actions.EVERY", plain)
    found = acts(body.work("ines", body.send(json_schema.SELF_ASSESSMENT, CONCEPTS)))
    assert found["forms"] == []
    assert [(form.label, form.comment) for form in found["written"]] == [
        ("/schedule DATE TIME", "/schedule DATE TIME"),
        ("/credit REFERENCE", "/credit REFERENCE"),
    ]
    assert [(button.label, button.comment) for button in found["buttons"] if not button.ends] == [
        ("/admit", "/admit"),
        ("/pause", "/pause"),
    ]


def test_only_those_who_may_judge_can_be_chosen(body: Body) -> None:
    taught: dict[str, Any] = {"education": {"providers": [], "trainers": ["Ada Audit"]}}
    reference = audited(body, **taught)
    (form,) = (form for form in acts(body.work("ines", reference))["forms"] if form.name == "assign")
    assert [name for name, _shown in form.choices] == ["abe", "all"]


def test_an_appeal_is_decided_by_somebody_who_took_no_part(body: Body) -> None:
    reference = audited(body)
    for login, comment in (
        ("ada", "/claim no-conflict"),
        ("ada", "/finding all met except C3.4 mastery"),
        ("ada", "/recommend decline"),
        ("dora", "/decide decline no-conflict"),
        ("ines", "/appeal"),
    ):
        assert not body.do(login, reference, comment).refusals, comment
    assert body.state(reference) == "appealed"
    for login in ("dora", "ada"):
        refused = body.do(login, reference, "/decide grant no-conflict")
        assert "an appeal goes to somebody uninvolved" in refused.said
    assert not body.do("abe", reference, "/decide grant no-conflict").refusals
    assert body.state(reference) == "granted"


def act(body: Body, reference: str, *steps: tuple[str, str]) -> None:
    """Each is accepted."""
    for login, comment in steps:
        assert not body.do(login, reference, comment).refusals, (login, comment)


def rules(body: Body, login: str, reference: str, comment: str) -> list[str]:
    return [refusal.rule for refusal in body.do(login, reference, comment).refusals]


def test_what_was_found_of_an_answer_holds_only_as_long_as_that_answer(body: Body) -> None:
    reference = audited(body)
    act(body, reference, ("ada", "/claim no-conflict"), ("ada", "/finding all met except C1.1 because of nothing"))
    act(body, reference, ("ada", "/request-evidence C1.1"))
    answers = filled(json_schema.PORTFOLIO, CONCEPTS)["answers"]
    for statement in ("C1.1", "C2.3"):
        answers[statement]["evidence"] = "Another text."
    body.send(json_schema.PORTFOLIO, CONCEPTS, case=body.secret(reference), answers=answers)
    here = standing(DATA, body.store.case(reference))
    assert {statement for statement, _ in here.findings} == set(answers) - {"C1.1", "C2.3"}
    assert here.reasons == {}
    assert rules(body, "ada", reference, "/recommend grant") == ["a finding for every statement"]
    event = body.store.case(reference).current(json_schema.PORTFOLIO)
    assert event
    issue = Intake(JUDGE, body.store).draw(body.store.case(reference), event)
    assert escaped("C1.1, C2.3") in issue.body.partition("so to be judged anew")[2].splitlines()[0]
    assert "| Auditor | ` ada ` |" in issue.body


def declined_practice(body: Body) -> str:
    reference = audited(body, PRACTICE)
    act(
        body,
        reference,
        ("ada", "/claim no-conflict"),
        ("ada", "/finding all met"),
        ("ada", "/recommend grant"),
        ("vera", "/claim no-conflict"),
        ("vera", "/meeting held"),
        ("dora", "/decide decline no-conflict"),
    )
    return reference


def test_the_verifier_of_an_appeal_is_another_one(body: Body) -> None:
    reference = declined_practice(body)
    act(body, reference, ("ines", "/appeal"))
    assert standing(DATA, body.store.case(reference)).claims == {}
    for comment in ("/claim no-conflict", "/schedule 2027-06-01 10:00", "/meeting held"):
        assert "an appeal goes to somebody uninvolved" in rules(body, "vera", reference, comment)
    act(body, reference, ("all", "/claim no-conflict"), ("all", "/meeting held"))
    assert "one judging role a case" in rules(body, "all", reference, "/decide grant no-conflict")
    act(body, reference, ("abe", "/decide grant no-conflict"))


def test_an_appeal_says_who_may_decide_it(body: Body) -> None:
    reference = declined_practice(body)
    said = body.do("ines", reference, "/appeal").said
    assert "These took no part and may decide: abe, vic, all." in said
    assert body.do("ines", reference, "/withdraw").said == "It is withdrawn."
    assert body.state(reference) == "declined"


def test_where_there_is_no_meeting_nobody_claims_an_appeal(body: Body) -> None:
    reference = audited(body)
    act(body, reference, ("ada", "/claim no-conflict"), ("ada", "/finding all met except C1.1"))
    act(body, reference, ("ada", "/recommend decline"), ("dora", "/decide decline no-conflict"), ("ines", "/appeal"))
    assert rules(body, "vera", reference, "/claim no-conflict") == ["the state of the case"]
    act(body, reference, ("vera", "/decide decline no-conflict"))


def test_a_case_goes_back_to_its_audit_from_the_meeting_and_from_the_decision(body: Body) -> None:
    reference = audited(body, PRACTICE)
    act(body, reference, ("ada", "/claim no-conflict"), ("ada", "/finding all met"), ("ada", "/recommend grant"))
    act(body, reference, ("vera", "/claim no-conflict"), ("vera", "/return"))
    assert (body.state(reference), standing(DATA, body.store.case(reference)).recommendation) == ("audit", None)
    act(body, reference, ("ada", "/finding C1.1 mastery not-met because of the talk"), ("ada", "/recommend decline"))
    assert "grant only what is met" in rules(body, "dora", reference, "/decide grant no-conflict")
    act(body, reference, ("dora", "/return"), ("ada", "/finding C1.1 met"), ("ada", "/recommend grant"))
    assert body.state(reference) == "verification"


def test_who_does_not_come_is_not_arranged_any_more(body: Body) -> None:
    reference = audited(body, PRACTICE)
    act(body, reference, ("ada", "/claim no-conflict"), ("ada", "/finding all met"), ("ada", "/recommend grant"))
    act(body, reference, ("vera", "/claim no-conflict"), ("vera", "/schedule 2027-06-01 10:00"))
    assert standing(DATA, body.store.case(reference)).moment
    act(body, reference, ("vera", "/meeting missed"))
    assert standing(DATA, body.store.case(reference)).moment is None


def test_a_case_expires_only_after_a_day_that_is_decided_and_not_while_it_is_paused(body: Body) -> None:
    reference = body.send(json_schema.SELF_ASSESSMENT, CONCEPTS)
    assert "Nobody has decided" in body.do("ines", reference, "/expire").said
    since = standing(DATA, body.store.case(reference)).since
    states = tuple(replace(state, days=30) for state in DATA.process.states)
    judge = Judge(replace(DATA, process=replace(DATA.process, states=states)), ROOT / "schemas")

    def expire(days: int) -> str:
        work = replace(body.work("ines", reference), judge=judge, now=since + timedelta(days=days))
        outcome = decide(work, "/expire")
        assert outcome
        return outcome.said

    assert "It is due on" in expire(29)
    assert expire(30) == "The case has expired."
    body.do("ines", reference, "/pause")
    assert "/resume comes first" in expire(60)


def test_nobody_does_anything_to_a_case_of_their_own(body: Body) -> None:
    own = body.send(json_schema.SELF_ASSESSMENT, CONCEPTS, applicant={"name": "Ines Intake", "email": "i@x.org"})
    for comment in ("/admit", "/schedule 2027-06-01 10:00", "/pause", "/withdraw"):
        assert "not on oneself" in rules(body, "ines", own, comment)
    assert not body.do("ines", own, "/help").refusals
    act(body, own, ("all", "/admit"))


def test_a_certificate_that_is_no_more_grants_nothing(body: Body) -> None:
    reference = audited(body)
    gone = replace(DATA, profiles=tuple(one for one in DATA.profiles if one.id != CONCEPTS))
    work = replace(body.work("ada", reference), judge=Judge(gone, ROOT / "schemas"))
    outcome = decide(work, "/claim no-conflict")
    assert outcome
    assert "put it back" in outcome.said


def test_a_certificate_that_cannot_be_shown_is_a_reason_to_decline(body: Body) -> None:
    case = body.send(json_schema.SELF_ASSESSMENT, PRACTICE)
    body.do("ines", case, "/admit")
    own = filled(json_schema.PORTFOLIO, PRACTICE)["answers"]
    answers = {name: answer for name, answer in own.items() if name.startswith("P")}
    body.send(json_schema.PORTFOLIO, PRACTICE, case=body.secret(case), held={CONCEPTS: "IMC 7"}, answers=answers)
    act(body, case, ("ada", "/claim no-conflict"), ("ada", "/finding all met"))
    assert rules(body, "ada", case, "/recommend grant") == ["a certificate that is valid today"]
    act(body, case, ("ada", "/recommend decline"))


def test_evidence_that_comes_in_a_case_of_its_own_is_joined_and_goes_on_also_after_another_request(
    body: Body,
) -> None:
    reference = audited(body)
    act(body, reference, ("ada", "/claim no-conflict"), ("ada", "/finding all met"), ("ada", "/request-evidence C1.1"))
    answers = filled(json_schema.PORTFOLIO, CONCEPTS)["answers"]
    answers["C1.1"]["evidence"] = "More of it."
    alone = body.send(json_schema.PORTFOLIO, CONCEPTS, answers=answers, id="d" * 32)
    act(body, alone, ("ines", f"/link {reference}"))
    here = standing(DATA, body.store.case(reference))
    assert here.state.id == "audit"
    assert {place for place in here.findings if place[0] == "C1.1"} == set()
    act(body, reference, ("ada", "/request-evidence C1.1"))
    answers["C1.1"]["evidence"] = "And more."
    assert body.send(json_schema.PORTFOLIO, CONCEPTS, answers=answers, id="d" * 32) == alone
    event = body.store.case(reference).current(json_schema.PORTFOLIO)
    assert event
    assert (event.type, event.data["changed"], body.state(reference)) == ("revised", ["C1.1"], "audit")
    assert verify(JUDGE, body.store).findings == []


def appealed(body: Body, *before: tuple[str, str]) -> str:
    """Declined by Dora, appealed at Ines's; `before` is done while it waits for its audit."""
    reference = audited(body)
    for login, comment in (
        *before,
        ("ada", "/claim no-conflict"),
        ("ada", "/finding all met except C3.4 mastery"),
        ("ada", "/recommend decline"),
        ("dora", "/decide decline no-conflict"),
        ("all", "/appeal"),
    ):
        assert not body.do(login, reference, comment).refusals, comment
    return reference


@pytest.mark.parametrize(
    ("before", "login"),
    [
        ((("all", "/pause"), ("ada", "/resume")), "all"),
        ((("ines", "/assign @abe"), ("ines", "/assign @ada")), "abe"),
    ],
    ids=["who paused it", "whom it was assigned to"],
)
def test_whoever_did_anything_before_the_appeal_took_part(
    body: Body, before: tuple[tuple[str, str], ...], login: str
) -> None:
    reference = appealed(body, *before)
    refused = body.do(login, reference, "/decide decline no-conflict")
    assert [refusal.rule for refusal in refused.refusals] == ["an appeal goes to somebody uninvolved"]


def test_who_recorded_the_appeal_or_came_after_it_took_no_part(body: Body) -> None:
    reference = appealed(body)
    for login, comment in (("all", "/pause"), ("all", "/resume"), ("all", "/decide decline no-conflict")):
        assert not body.do(login, reference, comment).refusals, comment


def test_who_admitted_a_case_took_part_in_it_in_whatever_case_their_login_is_written(body: Body) -> None:
    work = body.work("ines", appealed(body))
    loud = replace(work, person=replace(work.person, login="INES"))
    assert [refusal.rule for refusal in uninvolved(loud)] == ["an appeal goes to somebody uninvolved"]
    assert list(uninvolved(body.work("vera", work.case.reference))) == []


REFUSED = [
    ("ada", "/admit", "your role", "Intake Manager"),
    ("ines", "/recommend grant", "the state of the case", "In audit"),
    ("ines", "/frobnicate", "the commands", "/help"),
    ("ines", "/schedule tomorrow noon", "a date and a time", "2027-03-14 09:30"),
    ("ines", "/schedule", "the form of the command", "/schedule DATE TIME"),
    ("ines", "/schedule 2020-01-01 09:00", "a date and a time", "one to come"),
    ("ines", "/link nonsense", "another case", ""),
    ("ines", "/resume", "not paused", ""),
    ("ines", "/schedule 2027-03-20 09:30\n/admit", "one command a comment", "/admit"),
]


@pytest.mark.parametrize(("login", "comment", "rule", "words"), REFUSED, ids=[entry[1][:14] for entry in REFUSED])
def test_a_refusal_names_its_rule_and_records_nothing(
    body: Body, login: str, comment: str, rule: str, words: str
) -> None:
    reference = body.send(json_schema.SELF_ASSESSMENT, CONCEPTS)
    before = len(body.store.case(reference).events)
    outcome = body.do(login, reference, comment)
    assert [refusal.rule for refusal in outcome.refusals] == [rule]
    assert words in outcome.said
    assert len(body.store.case(reference).events) == before


def test_what_is_no_command_is_left_alone(body: Body) -> None:
    reference = body.send(json_schema.SELF_ASSESSMENT, CONCEPTS)
    work = body.work("ines", reference)
    for comment in ("I called her yesterday.", "//admit", "see /admit", ""):
        assert decide(work, comment) is None


def test_a_command_is_understood_in_any_case_and_a_reason_keeps_its_own(body: Body) -> None:
    reference = body.send(json_schema.PORTFOLIO, CONCEPTS)
    for login, comment in (
        ("ines", "/Admit"),
        ("ada", "/CLAIM No-Conflict"),
        ("ada", "/Finding ALL Met Except c3.4 Mastery\n/FINDING C5.1 mastery Not-Met Because She speaks of ROSA"),
    ):
        assert not body.do(login, reference, comment).refusals, comment
    here = standing(DATA, body.store.case(reference))
    assert {place for place, verdict in here.findings.items() if verdict == "not_met"} == {
        ("C3.4", "mastery"),
        ("C5.1", "mastery"),
    }
    why = reasons.of(body.store, body.store.case(reference), here)
    assert why == {("C5.1", "mastery"): "She speaks of ROSA"}
    assert body.do("ada", reference, "/preview\n/Request-Evidence c1.1").refusals == ()
    assert not body.do("ada", reference, "/recommend DECLINE").refusals
    assert body.do("dora", reference, "/Decide Decline No-Conflict").event == "declined"


AUDIT_REFUSED = [
    ("/finding C3.4 mastery", "the form of the command"),
    ("/finding C99 met", "statements of this profile"),
    ("/finding C3.4 charm met", "criteria of this profile"),
    ("/finding C3.4 met not-met", "the form of the command"),
    ("/finding all met except", "the form of the command"),
    ("/finding all met except X1", "statements of this profile"),
    ("/request-evidence", "the form of the command"),
    ("/request-evidence P1.1", "statements of this profile"),
    ("/recommend grant", "a finding for every statement"),
    ("/recommend perhaps", "the form of the command"),
]


@pytest.mark.parametrize(("comment", "rule"), AUDIT_REFUSED, ids=[entry[0] for entry in AUDIT_REFUSED])
def test_an_auditors_slip_is_explained(body: Body, comment: str, rule: str) -> None:
    reference = audited(body)
    body.do("ada", reference, "/claim no-conflict")
    assert [refusal.rule for refusal in body.do("ada", reference, comment).refusals] == [rule]


FINDINGS = [
    ("/finding C3.4 mastery not-met", {("C3.4", "mastery"): "not_met"}),
    ("/finding C3.4 met", {("C3.4", name): "met" for name in ("relevance", "authorship", "mastery")}),
    (
        "/finding C3.4 met except C3.4 mastery",
        {("C3.4", "relevance"): "met", ("C3.4", "authorship"): "met", ("C3.4", "mastery"): "not_met"},
    ),
    (
        "/finding C3.4 relevance met\n\n/finding C3.5 mastery not-met\nThank you!\n",
        {("C3.4", "relevance"): "met", ("C3.5", "mastery"): "not_met"},
    ),
]


@pytest.mark.parametrize(("comment", "judged"), FINDINGS, ids=[entry[0][:30] for entry in FINDINGS])
def test_findings_are_read_as_written(body: Body, comment: str, judged: dict[tuple[str, str], str]) -> None:
    reference = audited(body)
    body.do("ada", reference, "/claim no-conflict")
    body.do("ada", reference, comment)
    assert standing(DATA, body.store.case(reference)).findings == judged


def test_an_old_page_of_the_table_changes_only_what_was_changed_in_it_and_nothing_of_another_text(body: Body) -> None:
    reference = audited(body)
    act(body, reference, ("ada", "/claim no-conflict"), ("ada", "/finding all met"))
    desk_, ada = CaseDesk(Intake(JUDGE, body.store), PEOPLE), next(one for one in PEOPLE if one.login == "ada")

    def save(old: dict[str, str], **changed: str) -> Outcome:
        return desk_.answer(body.store.case(reference), ada, {**old, **changed})

    case = body.store.case(reference)
    found = standing(DATA, case).findings
    old = {
        "table": str(len(case.events)),
        **{f"finding {' '.join(place)}": verdict for place, verdict in found.items()},
    }
    assert save(old).said == "Nothing was changed."
    act(body, reference, ("ada", "/finding C1.1 mastery not-met because of the course"))
    assert save(old, **{"finding C5.1 mastery": "not_met"}).said.startswith("1 finding, 1 not met. This")
    here = standing(DATA, body.store.case(reference))
    assert {place for place, verdict in here.findings.items() if verdict == "not_met"} == {
        ("C1.1", "mastery"),
        ("C5.1", "mastery"),
    }
    assert list(here.reasons) == [("C1.1", "mastery")]
    act(body, reference, ("ada", "/request-evidence C1.1"))
    answers = filled(json_schema.PORTFOLIO, CONCEPTS)["answers"]
    answers["C1.1"]["evidence"] = "More of it."
    body.send(json_schema.PORTFOLIO, CONCEPTS, case=body.secret(reference), answers=answers)
    refused = save(old, **{"finding C1.1 mastery": "not_met"})
    assert [refusal.rule for refusal in refused.refusals] == ["findings are about what was read"]


def test_a_newer_portfolio_is_not_replaced_by_joining_an_older_one(body: Body) -> None:
    alone = body.send(json_schema.PORTFOLIO, CONCEPTS, id="a" * 32)
    body.now += timedelta(days=2)
    reference = body.send(json_schema.SELF_ASSESSMENT, CONCEPTS)
    answers = filled(json_schema.PORTFOLIO, CONCEPTS)["answers"]
    answers["C1.1"]["evidence"] = "Better."
    body.send(json_schema.PORTFOLIO, CONCEPTS, case=body.secret(reference), answers=answers)
    newest = body.store.case(reference).current(json_schema.PORTFOLIO)
    assert "newer portfolio" in body.do("ines", alone, f"/link {reference}").said
    assert (body.state(alone), body.store.case(reference).current(json_schema.PORTFOLIO)) == ("joined", newest)


def test_a_question_or_a_refusal_is_no_part_in_a_case(body: Body) -> None:
    reference = declined_practice(body)
    case = body.store.case(reference)
    for login in ("abe", "all"):
        case_ = body.store.append(case, "answered", at=stamp(body.now), by=login, data={"comment": 1, "said": "x"})
        assert case_
        case = case_
    assert "These took no part and may decide: abe, vic, all." in body.do("ines", reference, "/appeal").said


def test_the_verifier_of_an_appeal_can_be_replaced(body: Body) -> None:
    reference = declined_practice(body)
    act(body, reference, ("ines", "/appeal"), ("all", "/claim no-conflict"))
    assert "one verifier a case" in rules(body, "vic", reference, "/claim no-conflict")[0].lower()
    assert "an appeal goes to somebody uninvolved" in rules(body, "ines", reference, "/assign @vera")
    act(body, reference, ("ines", "/assign @vic"), ("vic", "/claim no-conflict"), ("vic", "/meeting held"))
    assert "assigned" in rules(body, "all", reference, "/meeting held")


def test_the_same_portfolio_again_is_an_answer_and_a_request_can_be_taken_back(body: Body) -> None:
    reference = audited(body)
    act(body, reference, ("ada", "/claim no-conflict"), ("ada", "/finding all met"), ("ada", "/request-evidence C1.1"))
    body.send(json_schema.PORTFOLIO, CONCEPTS, case=body.secret(reference))
    assert body.state(reference) == "audit"
    assert len(standing(DATA, body.store.case(reference)).findings) == 216
    act(body, reference, ("ada", "/request-evidence C1.1"), ("ada", "/return"))
    assert body.state(reference) == "audit"
    assert body.store.case(reference).audit_begun


def test_what_was_sent_before_the_request_is_no_answer_to_it_and_no_event_lies_before_another(body: Body) -> None:
    reference = audited(body)
    answers = filled(json_schema.PORTFOLIO, CONCEPTS)["answers"]
    answers["C1.1"]["evidence"] = "From a quarantine."
    here = desk(JUDGE, body.root, body.store, body.store.root)
    value = filled(json_schema.PORTFOLIO, CONCEPTS, case=body.secret(reference), answers=answers)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipeline.receiving.receive.now", lambda: stamp(body.now))
        assert isinstance(accept(here, value, suspicious=True), Receipt)
    body.now += timedelta(minutes=1)
    act(body, reference, ("ada", "/claim no-conflict"), ("ada", "/finding all met"), ("ada", "/request-evidence C1.1"))
    (name,) = here.quarantine.names()
    release(here, read(here.quarantine.path(name)))
    Intake(JUDGE, body.store)()
    assert body.state(reference) == "evidence_requested"
    (found,) = Rejected(body.store.root).all().values()
    assert "was sent before more evidence was requested" in found[0].message
    first = body.send(json_schema.SELF_ASSESSMENT, CONCEPTS, id="e" * 32, applicant={"name": "Ola", "email": "o@x.org"})
    act(body, first, ("ines", "/pause"))
    body.now -= timedelta(days=3)
    body.send(json_schema.SELF_ASSESSMENT, CONCEPTS, id="e" * 32, applicant={"name": "Ola O", "email": "o@x.org"})
    events_ = body.store.case(first).events
    assert [event.at for event in events_] == sorted(event.at for event in events_)


def test_who_sends_a_case_back_as_the_director_does_not_audit_it(body: Body) -> None:
    reference = audited(body)
    act(body, reference, ("all", "/claim no-conflict"), ("all", "/finding all met"), ("all", "/recommend grant"))
    assert "one judging role a case" in rules(body, "all", reference, "/return")
    act(body, reference, ("dora", "/return"))
    other = audited(body, applicant={"name": "Ola", "email": "o@x.org"})
    act(body, other, ("ada", "/claim no-conflict"), ("ada", "/finding all met"), ("ada", "/recommend grant"))
    act(body, other, ("all", "/return"))
    assert "one judging role a case" in rules(body, "ines", other, "/assign @all")


def test_a_trainer_named_where_the_certificate_was_granted_does_not_judge_what_it_counts_for(body: Body) -> None:
    hers = audited(body, education={"providers": [], "trainers": ["Abe Audit"]})
    granted(body, hers)
    case = body.send(json_schema.SELF_ASSESSMENT, PRACTICE)
    act(body, case, ("ines", "/admit"))
    own = filled(json_schema.PORTFOLIO, PRACTICE)["answers"]
    answers = {name: answer for name, answer in own.items() if name.startswith("P")}
    body.send(json_schema.PORTFOLIO, PRACTICE, case=body.secret(case), held={CONCEPTS: "IMC 7"}, answers=answers)
    act(body, case, ("ines", f"/credit {hers}"))
    assert "not on those one has trained" in rules(body, "abe", case, "/claim no-conflict")


def test_two_people_of_one_name_are_told_apart_by_their_addresses_but_judge_nobody_of_their_name(body: Body) -> None:
    people = (*PEOPLE, Person("mia", "Mia Garcia", ("intake_manager", "auditor"), "mia@work.org"))
    reference = body.send(json_schema.PORTFOLIO, CONCEPTS, applicant={"name": "Mia Garcia", "email": "other@x.org"})
    work = replace(body.work("ines", reference), people=people, person=people[-1])
    outcome = decide(work, "/admit")
    assert outcome
    assert outcome.refusals == ()
    act(body, reference, ("ines", "/admit"))
    work = replace(body.work("ines", reference), people=people, person=people[-1])
    outcome = decide(work, "/claim no-conflict")
    assert outcome
    assert [refusal.rule for refusal in outcome.refusals] == ["not on oneself"]


def test_the_issue_says_to_whom_a_case_is_assigned_and_that_it_is_paused(body: Body) -> None:
    reference = audited(body)
    act(body, reference, ("ines", "/assign @ada"), ("ines", "/pause"))
    case = body.store.case(reference)
    event = case.current(json_schema.PORTFOLIO)
    assert event
    shown = Intake(JUDGE, body.store).draw(case, event).body
    assert "| Assigned to | ` ada ` (Auditor) |" in shown
    assert "| Paused since | 2027" in shown
    assert case.events[-2].data["mentions"] == ["ada"]


def test_a_lost_race_leaves_neither_a_reason_nor_a_sheet_of_what_did_not_happen(body: Body) -> None:
    reference = audited(body)
    act(body, reference, ("ada", "/claim no-conflict"))
    work = body.work("ada", reference)
    outcome = decide(work, "/finding C1.1 not-met because of the course")
    assert outcome
    act(body, reference, ("ines", "/pause"))
    assert record(work, outcome) is None
    assert not list(body.store.folder(reference).glob("private/*/reasons.*"))
    assert verify(JUDGE, body.store).findings == []


def test_a_joining_that_was_broken_off_is_done_again_though_the_audit_has_begun(body: Body) -> None:
    alone, reference = body.send(json_schema.PORTFOLIO, CONCEPTS), body.send(json_schema.SELF_ASSESSMENT, CONCEPTS)
    act(body, reference, ("ines", "/admit"))
    assert join(body.work("ines", alone), reference)
    act(body, reference, ("ada", "/claim no-conflict"))
    act(body, alone, ("ines", f"/link {reference}"))
    assert body.state(alone) == "joined"


def test_a_portfolio_that_was_admitted_alone_can_still_be_joined_before_somebody_audits_it(body: Body) -> None:
    alone, reference = body.send(json_schema.PORTFOLIO, CONCEPTS), body.send(json_schema.SELF_ASSESSMENT, CONCEPTS)
    act(body, alone, ("ines", "/admit"))
    other = body.send(json_schema.PORTFOLIO, CONCEPTS, id="f" * 32)
    act(body, other, ("ines", "/admit"), ("ada", "/claim no-conflict"))
    assert rules(body, "ines", other, f"/link {reference}") == ["before the audit"]
    act(body, alone, ("ines", f"/link {reference}"))


WITH_REASONS = """/finding C3 met except C3.4 mastery because the evidence  speaks of a course only
/finding C5.1 not-met because it is somebody else's @work <b>
/finding C5.1 authorship met"""


def test_why_something_is_not_met_lies_beside_what_was_sent_and_not_in_the_events(body: Body) -> None:
    reference = audited(body)
    body.do("ada", reference, "/claim no-conflict")
    said = body.do("ada", reference, WITH_REASONS).said
    assert said == "30 findings, 3 not met. 3 with a reason."
    here = standing(DATA, body.store.case(reference))
    own = "it is somebody else's @work <b>"
    assert reasons.of(body.store, body.store.case(reference), here) == {
        ("C3.4", "mastery"): "the evidence speaks of a course only",
        ("C5.1", "relevance"): own,
        ("C5.1", "mastery"): own,
    }
    events = "".join(path.read_text("utf-8") for path in body.store.folder(reference).glob("events/*.json"))
    assert "course only" not in events
    (shown,) = body.store.folder(reference).glob("private/*/reasons.md")
    assert "\\<b\\>" in shown.read_text("utf-8")
    assert "@work" not in shown.read_text("utf-8")
    event = body.store.case(reference).current(json_schema.PORTFOLIO)
    assert event
    issue = Intake(JUDGE, body.store, address="https://x.org/").draw(body.store.case(reference), event)
    assert (
        issue.body.count(f"✗ not met [why](https://x.org/cases/{reference}/private/{shown.parent.name}/reasons.md)")
        == 3
    )
    body.do("ada", reference, "/finding C5.1 met")
    here = standing(DATA, body.store.case(reference))
    assert set(reasons.of(body.store, body.store.case(reference), here)) == {("C3.4", "mastery")}


REASONS_REFUSED = [
    ("/finding C3.4 met because it is good", "leave out"),
    ("/finding C3.4 not-met because", "Write it like this"),
    (f"/finding C3.4 not-met because {'x' * 501}", "500 characters or fewer (now 501)"),
]


@pytest.mark.parametrize(("comment", "words"), REASONS_REFUSED, ids=["met", "empty", "long"])
def test_a_reason_that_cannot_be_kept_is_refused_with_all_of_its_comment(body: Body, comment: str, words: str) -> None:
    reference = audited(body)
    body.do("ada", reference, "/claim no-conflict")
    outcome = body.do("ada", reference, f"/finding C1 met\n{comment}")
    assert words in outcome.said
    assert standing(DATA, body.store.case(reference)).findings == {}
    assert not list(body.store.folder(reference).glob("private/*/reasons.*"))


def test_a_preview_says_what_would_be_recorded_and_records_nothing(body: Body) -> None:
    reference = audited(body, PRACTICE)
    body.do("ada", reference, "/claim no-conflict")
    said = body.do("ada", reference, "/preview\n/finding all met except C3.4 mastery").said
    assert said == "Would record 336 findings, 1 not met. Nothing is recorded."
    assert standing(DATA, body.store.case(reference)).findings == {}


def test_a_preview_before_any_other_command_says_what_it_would_do_or_what_is_in_the_way(body: Body) -> None:
    reference = body.send(json_schema.SELF_ASSESSMENT, CONCEPTS)
    before = body.store.case(reference).events
    assert body.do("ines", reference, "/preview\n/admit").said == (
        "It would say: The case is admitted. Nothing is recorded."
    )
    refused = body.do("ada", reference, "/preview\n\n/admit")
    assert [refusal.rule for refusal in refused.refusals] == ["your role"]
    for words in ("/preview", "/preview\n/preview\n/admit", "/preview\n/admit\n/withdraw", "/preview all met"):
        assert body.do("ines", reference, words).refusals, words
    assert body.store.case(reference).events == before


def test_nobody_judges_themselves_or_those_they_trained_or_twice(body: Body) -> None:
    taught: dict[str, Any] = {
        "education": {"providers": ["wellth movement"], "trainers": ["Dr. Ada Audit", "ADA  AUDIT"]}
    }
    reference = audited(body, applicant={"name": "Véra Verify", "email": "v@example.org"}, **taught)
    assert body.do("ada", reference, "/claim no-conflict").refusals[0].rule == "not on those one has trained"
    assert body.do("abe", reference, "/claim no-conflict").refusals[0].rule == "not on those one has trained"
    assert body.do("all", reference, "/claim").refusals[0].rule == "a declaration before judging"
    assert not body.do("all", reference, "/claim no-conflict").refusals
    body.do("all", reference, "/finding all met")
    body.do("all", reference, "/recommend grant")
    twice = body.do("all", reference, "/decide grant no-conflict")
    assert [refusal.rule for refusal in twice.refusals] == ["one judging role a case"]
    other = audited(body, PRACTICE, applicant={"name": "Véra Verify", "email": "v@example.org"})
    refused = body.do("ines", other, "/assign @vera")
    assert "people.yml" in refused.said


def test_whom_a_portfolio_that_came_alone_names_as_a_teacher_does_not_judge_it(body: Body) -> None:
    taught = {"providers": ["WELLth Movement"], "trainers": ["Ada Audit"]}
    reference = body.send(json_schema.PORTFOLIO, CONCEPTS, education=taught)
    body.do("ines", reference, "/admit")
    for login in ("ada", "abe"):
        refused = body.do(login, reference, "/claim no-conflict").refusals
        assert [refusal.rule for refusal in refused] == ["not on those one has trained"]
    assert not body.do("all", reference, "/claim no-conflict").refusals


def test_a_prerequisite_must_be_valid_on_the_day(body: Body) -> None:
    assert DATA.profile("journey-mentor") is not None
    needy = replace(
        DATA,
        profiles=tuple(
            replace(profile, prerequisite=PRACTICE) if profile.id == CONCEPTS else profile for profile in DATA.profiles
        ),
    )
    granted = audited(body, PRACTICE)
    for login, comment in (
        ("ada", "/claim no-conflict"),
        ("ada", "/finding all met"),
        ("ada", "/recommend grant"),
        ("vera", "/claim no-conflict"),
        ("vera", "/meeting held"),
        ("dora", "/decide grant no-conflict"),
    ):
        body.do(login, granted, comment)
    reference = body.send(json_schema.SELF_ASSESSMENT, CONCEPTS)

    def admit(comment: str, years: int = 0) -> Outcome:
        work = body.work("ines", reference)
        work = replace(work, judge=replace(JUDGE, data=needy), now=body.now + timedelta(days=366 * years))
        outcome = decide(work, comment)
        assert outcome
        return outcome

    assert admit("/admit").refusals[0].rule == "the prerequisite must be valid today"
    assert admit(f"/admit {granted}", years=2).refusals[0].rule == "the prerequisite must be valid today"
    assert admit(f"/admit {granted}").refusals == ()
    namesake = body.send(
        json_schema.SELF_ASSESSMENT, CONCEPTS, applicant={"name": "Rosa Test", "email": "other@example.org"}
    )
    reference, hers = namesake, reference
    assert "only if the e-mail address is the same" in admit(f"/admit {granted}").said
    reference = hers
    Forget(body.store, "IMC", (), COMMAND_LINE, body.now)(granted)
    forgotten = admit(f"/admit {granted}")
    assert forgotten.refusals[0].rule == "the prerequisite must be valid today"
    assert "show the certificate in another way" in forgotten.said


def granted(body: Body, reference: str) -> None:
    for login, comment in (
        ("ada", "/claim no-conflict"),
        ("ada", "/finding all met"),
        ("ada", "/recommend grant"),
        ("dora", "/decide grant no-conflict"),
    ):
        assert not body.do(login, reference, comment).refusals


def test_a_certificate_that_is_held_counts_once_its_case_is_named_and_only_for_who_it_was_granted_to(
    body: Body,
) -> None:
    hers = audited(body, CONCEPTS)
    others = body.send(json_schema.SELF_ASSESSMENT, CONCEPTS, applicant={"name": "Ola", "email": "o@x.org"})
    case = body.send(json_schema.SELF_ASSESSMENT, PRACTICE, interview={"times": "any"})
    body.do("ines", case, "/admit")
    own = filled(json_schema.PORTFOLIO, PRACTICE)["answers"]
    answers = {name: answer for name, answer in own.items() if name.startswith("P")}
    body.send(json_schema.PORTFOLIO, PRACTICE, case=body.secret(case), held={CONCEPTS: "IMC 7"}, answers=answers)
    body.do("ada", case, "/claim no-conflict")
    body.do("ada", case, "/finding all met")
    rule = "a certificate that is valid today"
    assert [refusal.rule for refusal in body.do("ada", case, "/recommend grant").refusals] == [rule]
    assert [refusal.rule for refusal in body.do("ada", case, f"/credit {hers}").refusals] == [rule]
    granted(body, hers)
    assert [refusal.rule for refusal in body.do("ada", case, f"/credit {case}").refusals] == [rule]
    assert not body.do("ada", case, f"/credit {hers}").refusals
    assert not body.do("ada", case, "/recommend grant").refusals
    assert body.state(case) == "verification"
    (sheet,) = body.store.folder(case).glob("private/*/meeting.md")
    asked = sheet.read_text("utf-8")
    assert re.findall(r"^☐ \*\*(\w+)\\\.", asked, re.MULTILINE).count("P1") == 10
    assert asked.count("there is no need to ask again") == 8
    assert "C1\\.1" not in asked
    stranger = body.work("ines", others)
    assert not prerequisite.valid(stranger, body.store.case(hers), CONCEPTS)
    assert "does not say" in body.do("ines", others, f"/credit {hers}").said


def test_only_a_portfolio_ends_the_request_for_more_evidence(body: Body) -> None:
    reference = audited(body, id="a" * 32)
    body.do("ada", reference, "/claim no-conflict")
    body.do("ada", reference, "/request-evidence C3.4")
    answers = filled(json_schema.SELF_ASSESSMENT, CONCEPTS)["answers"] | {"C1.1": {"answer": "yes"}}
    body.send(json_schema.SELF_ASSESSMENT, CONCEPTS, id="a" * 32, answers=answers)
    assert body.state(reference) == "evidence_requested"
    more = filled(json_schema.PORTFOLIO, CONCEPTS)["answers"] | {"C3.4": {"answer": "yes", "evidence": "More."}}
    body.send(json_schema.PORTFOLIO, CONCEPTS, case=body.secret(reference), answers=more)
    assert body.state(reference) == "audit"


def test_nothing_is_sent_into_a_case_that_is_over(body: Body) -> None:
    reference = body.send(json_schema.SELF_ASSESSMENT, CONCEPTS)
    body.do("ines", reference, "/withdraw")
    with pytest.raises(CaseOver, match=r"is over \(Withdrawn\)\. .* A new self-assessment begins a new case\."):
        body.send(json_schema.PORTFOLIO, CONCEPTS, case=body.secret(reference))
    assert [event.type for event in body.store.case(reference).events] == ["received", "withdrawn"]


def test_who_sends_to_a_case_that_is_over_is_told_what_to_do_instead(body: Body) -> None:
    reference = audited(body)
    for state, words in (("audit", "The audit of"), ("declined", "You may appeal"), ("granted", "write to us")):
        kind = "claimed" if state == "audit" else state
        data = {"role": "auditor", "to": state}
        assert body.store.append(body.store.case(reference), kind, at="2027-04-01T00:00:00Z", by="ada", data=data)
        with pytest.raises(AuditBegun, match=words) as told:
            body.send(json_schema.PORTFOLIO, CONCEPTS, case=body.secret(reference), id="d" * 32)
        assert isinstance(told.value, CaseOver) is (state != "audit")
    with speaking("fr"), pytest.raises(CaseOver, match="Délivré"):
        body.send(json_schema.PORTFOLIO, CONCEPTS, case=body.secret(reference), id="d" * 32)


def test_a_portfolio_is_joined_to_an_open_case_of_the_same_person_alone(body: Body) -> None:
    mine = body.send(json_schema.PORTFOLIO, CONCEPTS, id="b" * 32)
    strangers = body.send(json_schema.SELF_ASSESSMENT, CONCEPTS, applicant={"name": "Ola", "email": "o@x.org"})
    over = body.send(json_schema.SELF_ASSESSMENT, CONCEPTS)
    body.do("ines", over, "/withdraw")
    assert body.do("ines", mine, f"/link {strangers}").refusals[0].rule == "the same person"
    assert body.do("ines", mine, f"/link {over}").refusals[0].rule == "before the audit"
    assert body.state(mine) == "received"


def test_a_portfolio_is_joined_to_no_namesakes_case_and_to_none_that_was_forgotten(body: Body) -> None:
    mine = body.send(json_schema.PORTFOLIO, CONCEPTS, id="b" * 32)
    namesakes = body.send(json_schema.SELF_ASSESSMENT, CONCEPTS, applicant={"name": "Rosa Test", "email": "r@x.org"})
    gone = body.send(json_schema.SELF_ASSESSMENT, CONCEPTS, id="c" * 32)
    Forget(body.store, "IMC", (), COMMAND_LINE, body.now)(gone)
    assert body.do("ines", mine, f"/link {namesakes}").refusals[0].rule == "the same person"
    assert body.do("ines", mine, f"/link {gone}").refusals[0].rule == "not on what is forgotten"
    assert body.state(mine) == "received"


def test_whom_a_joined_case_names_as_a_trainer_judges_the_other_one_neither(body: Body) -> None:
    alone = body.send(json_schema.SELF_ASSESSMENT, CONCEPTS, id="d" * 32, education={"trainers": ["Ada Audit"]})
    body.send(json_schema.PORTFOLIO, CONCEPTS, case=body.secret(alone))
    first = body.send(json_schema.SELF_ASSESSMENT, CONCEPTS, id="e" * 32)
    assert not body.do("ines", alone, f"/link {first}").refusals
    body.do("ines", first, "/admit")
    assert body.do("ada", first, "/claim no-conflict").refusals[0].rule == "not on those one has trained"
    assert not body.do("abe", first, "/claim no-conflict").refusals


@pytest.mark.parametrize(
    "comment",
    [
        "/claim no-conflict\n/finding all met",
        "/recommend grant\n/finding C3.4 mastery not-met",
        "/finding all met\nthanks\n/finding C3.4 mastery not-met",
        "/finding all met" + "\n/finding C1.1 met" * 500,
    ],
)
def test_no_finding_is_passed_over_without_a_word(body: Body, comment: str) -> None:
    reference = audited(body)
    body.do("ada", reference, "/claim no-conflict")
    assert body.do("ada", reference, comment).refusals[0].rule == "one command a comment"


def test_practice_is_not_granted_without_its_meeting_or_against_the_findings(body: Body) -> None:
    reference = audited(body, PRACTICE)
    body.do("ada", reference, "/claim no-conflict")
    body.do("ada", reference, "/finding all not-met")
    body.do("ada", reference, "/recommend decline")
    refused = body.do("dora", reference, "/decide grant no-conflict").refusals
    assert [refusal.rule for refusal in refused] == ["grant only what is met", "no grant without the meeting"]


TABLE = (ROOT / "data/process.yml").read_text("utf-8")
Found = Callable[[str, str], str]


@pytest.fixture
def found(tmp_path: Path) -> Found:
    """What is found in the process table with one piece of it replaced."""
    for place in ("organization.yml", "providers.yml", "profiles"):
        source = ROOT / "data" / place
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / place)

    def with_other(old: str, new: str) -> str:
        assert old in TABLE
        (tmp_path / "process.yml").write_text(TABLE.replace(old, new, 1), "utf-8")
        return "\n".join(str(finding) for finding in errors(load(tmp_path, ROOT / "schemas").findings))

    return with_other


def row(found: Found, of: str, **changed: str) -> str:
    """What is found with other parts in the first row of an event."""
    line = next(line for line in TABLE.splitlines() if line.startswith(f"  - {{event: {of},"))
    other = line
    for name, value in changed.items():
        other = re.sub(rf"\b{name.strip('_')}: (\[[^]]*\]|[a-z_]+)", f"{name.strip('_')}: {value}", other)
    assert other != line
    return found(line, other)


def test_what_would_break_the_process_is_found_in_the_table(found: Found) -> None:
    assert "is no command" in found("command: claim,", "command: clame,")
    assert "is no event" in found("event: granted,", "event: certified,")
    assert "is the pipeline's" in found("command: withdraw,", "command: null,")
    assert "lacks no_conflict" in found("needs: [no_conflict, impartial, unclaimed]", "needs: [impartial, unclaimed]")
    assert "never happen" in row(found, "granted", needs="[]")
    assert "past the audit" in row(found, "admitted", to="decision")
    assert "ends no case" in row(found, "admitted", to="granted")
    assert "moves no case" in row(found, "paused", to="granted")
    assert "moves no case" in row(found, "findings", to="decision")
    assert "ends a case" in row(found, "declined", to="audit")
    assert "is written by /decide alone" in row(found, "withdrawn", event="granted")
    assert "is written by /finding alone" in row(found, "paused", event="findings")
    assert "is written by /schedule alone" in row(found, "admitted", event="scheduled")
    assert "add grant" in row(found, "granted", when="[]")
    assert "exclude each other" in row(found, "recommended", when="[grant, decline]")
    assert "exclude each other" in row(found, "recommended", when="[meeting, no meeting, grant]")
    assert "only what was declined can be appealed" in row(found, "appealed", from_="[granted]")
    assert "only an appeal leaves" in row(found, "resumed", from_="[granted]")
    assert "nobody of auditor can claim" in row(found, "claimed", who="[verifier]")
    assert "is the pipeline's" in row(found, "admitted", who="[intake, intake_manager]")
    assert "nothing that they send leads on" in row(found, "received", from_="[evidence_requested]")


def test_no_guard_can_be_taken_out_of_the_table(found: Found) -> None:
    tried = set()
    for line in TABLE.splitlines():
        parts = re.search(r"event: (\w+),.* needs: \[([^]]*)\]", line)
        if parts:
            needs = [need for need in parts[2].split(", ") if need]
            guards = {*process_rules.EVENTS[parts[1]].needs, *([] if parts[1] == "scheduled" else ["uninvolved"])}
            for need in guards & set(needs):
                left = ", ".join(other for other in needs if other != need)
                less = line.replace(f"needs: [{parts[2]}]", f"needs: [{left}]")
                assert f"lacks {need}, without which it must never happen" in found(line, less), less
                tried.add(need)
    assert tried >= {need for meaning in process_rules.EVENTS.values() for need in meaning.needs}


def test_every_end_is_one_and_every_outcome_is_possible(found: Found) -> None:
    for event, to in (
        ("granted", "declined"),
        ("granted", "withdrawn"),
        ("appeal_withdrawn", "granted"),
        ("expired", "withdrawn"),
        ("withdrawn", "joined"),
    ):
        assert f"leads to “{to}”, which is the end of " in row(found, event, to=to)
    assert "“granted”, which is the end of granted too" in row(found, "appeal_withdrawn", to="granted")
    assert "/decide that fits grant, for certificates without a meeting" in row(found, "granted", from_="[appealed]")
    assert "/decide that fits decline, for certificates with a meeting" in row(found, "declined", from_="[appealed]")
    fewer = row(found, "granted", when="[grant, meeting]")
    assert "/decide that fits grant, for certificates without a meeting" in fewer
    assert "grant, for certificates with a meeting" not in fewer
    assert "/recommend that fits grant, for certificates with a meeting" in row(
        found, "recommended", when="[meeting, decline]"
    )
    line = next(line for line in TABLE.splitlines() if "[no meeting, grant]" in line)
    assert "/recommend that fits grant, for certificates without a meeting" in found(f"{line}\n", "")
    line = next(line for line in TABLE.splitlines() if "event: recommended" in line and "[decline]" in line)
    assert "/recommend that fits decline, for certificates with a meeting" in found(f"{line}\n", "")
    undecided = "".join(f"{line}\n" for line in TABLE.splitlines() if "command: decide" not in line)
    assert "decide nothing" in found(TABLE, undecided)


def test_a_pause_stops_the_clock(body: Body) -> None:
    days = replace(DATA.process, states=tuple(replace(state, days=10) for state in DATA.process.states))
    data = replace(DATA, process=days)
    reference = body.send(json_schema.SELF_ASSESSMENT, CONCEPTS)
    due = standing(data, body.store.case(reference)).due
    assert due
    body.do("ines", reference, "/pause")
    assert standing(data, body.store.case(reference)).due is None
    body.now += timedelta(days=4)
    body.do("ines", reference, "/resume")
    after = standing(data, body.store.case(reference)).due
    assert after == due + timedelta(days=4, hours=1)


def test_nothing_is_due_before_the_day_that_is_arranged(body: Body) -> None:
    days = replace(DATA.process, states=tuple(replace(state, days=10) for state in DATA.process.states))
    data = replace(DATA, process=days)
    reference = body.send(json_schema.SELF_ASSESSMENT, CONCEPTS)
    far = body.now + timedelta(days=30)
    body.do("ines", reference, f"/schedule {far:%Y-%m-%d %H:%M}")
    here = standing(data, body.store.case(reference))
    assert (here.state.id, here.moment) == ("interview", f"{far:%Y-%m-%d %H:%M}")
    assert here.due == far.replace(second=0, microsecond=0)
    body.do("ines", reference, "/admit")
    after = standing(data, body.store.case(reference))
    assert after.moment is None
    assert after.due == after.since + timedelta(days=10)


def test_every_command_of_the_table_has_its_file_and_every_need_its_rule() -> None:
    names = {command.name for command in EVERY}
    assert set(DATA.process.commands) <= names
    assert names - set(DATA.process.commands) == {"help", "preview", "answered"}
    assert set(NEEDS) == set(process_rules.NEEDS)
    for command in EVERY:
        assert command.example.startswith(f"/{command.name}")
        assert command.usage.startswith(f"/{command.name}")


def test_every_event_that_is_a_step_of_a_case_has_words_and_no_other() -> None:
    kinds = {value for name, value in vars(events).items() if name.isupper() and isinstance(value, str)}
    kinds -= {events.PORTFOLIO}  # a kind of delivery
    assert set(timeline.SILENT) < kinds
    named = {key.split("/")[0] for key in timeline.words()}
    assert named == ({*process_rules.EVENTS, *DATA.process.events} | kinds) - set(timeline.SILENT)


def test_the_history_of_a_case_says_who_did_what_oldest_first(body: Body) -> None:
    reference = audited(body)
    for login, comment in (
        ("ines", "/assign @ada"),
        ("ada", "/claim no-conflict"),
        ("ada", "/help"),
        ("ada", "/finding all met except C3.4 mastery because nobody saw it"),
        ("ada", "/recommend decline"),
        ("dora", "/decide decline no-conflict"),
    ):
        assert not body.do(login, reference, comment).refusals, comment
    told = [(line.words, line.login) for line in timeline.lines(DATA, body.store.case(reference))]
    assert told == [
        ("Self-assessment received", ""),
        ("Arranged for 2027-03-20 09:30", "ines"),
        ("The case was admitted", "ines"),
        ("Portfolio received", ""),
        ("Assigned to ada", "ines"),
        ("Claimed as Auditor", "ada"),
        ("Findings recorded: 216, not met: 1", "ada"),
        ("Recommended to decline the certificate", "ada"),
        ("The certificate was declined", "dora"),
    ]


def test_every_choice_has_words_of_its_own_and_a_command_without_them_its_text() -> None:
    for command in EVERY:
        labels = [command.label(said) for said in command.choices]
        assert len(set(labels)) == len(labels)
        if command.name in DATA.process.commands:
            assert command.labels()
            assert not [label for label in labels if label.startswith("/")], command.name
            assert command.choices or command.ask or command.name == "finding"
        assert replace(command, labels=dict).label(f"/{command.name} held") == f"/{command.name} held"


def test_a_message_takes_no_command(body: Body) -> None:
    reference = body.send(json_schema.CONTACT, "question")
    for words in ("/withdraw", "/help", "/preview\n/admit"):
        assert [refusal.rule for refusal in body.do("ines", reference, words).refusals] == ["commands are for cases"]
    assert len(body.store.case(reference).events) == 1


def test_a_message_ends_when_it_is_answered_and_begins_again_with_another(body: Body) -> None:
    reference = body.send(json_schema.CONTACT, "question", id="c" * 32)
    assert [refusal.rule for refusal in body.do("ada", reference, "/answered").refusals] == ["your role"]

    def drawn() -> Issue:
        case = body.store.case(reference)
        return Intake(JUDGE, body.store).draw(case, case.deliveries[-1])

    assert drawn().open
    act(body, reference, ("ines", "/answered"))
    assert not drawn().open
    assert "stage: answered" in drawn().labels
    assert [refusal.rule for refusal in body.do("ines", reference, "/answered").refusals] == ["the state of the case"]
    assert body.send(json_schema.CONTACT, "question", id="c" * 32, message="And when does it end?") == reference
    assert drawn().open
    assert body.do("ines", audited(body), "/answered").refusals


def test_help_lists_only_what_is_possible_now(body: Body) -> None:
    reference = body.send(json_schema.SELF_ASSESSMENT, CONCEPTS)
    said = body.do("ines", reference, "/help").said
    assert "`/admit" in said
    assert "`/recommend" not in said


def test_a_portfolio_without_its_reference_is_joined_to_the_case_of_the_same_person(body: Body) -> None:
    first = body.send(json_schema.SELF_ASSESSMENT, CONCEPTS)
    alone = body.send(json_schema.PORTFOLIO, CONCEPTS)
    assert alone != first
    assert not body.do("ines", alone, f"/link {first.replace('-', ' ').lower()}.").refusals
    assert body.state(alone) == "joined"
    portfolio = body.store.case(first).current(json_schema.PORTFOLIO)
    assert portfolio is not None
    assert (body.store.private(first, str(portfolio.data["digest"])) / "portfolio.md").is_file()
    body.do("ines", first, "/admit")
    assert body.state(first) == "audit"


def test_what_is_assigned_to_one_auditor_is_claimed_by_no_other_until_it_is_assigned_anew(body: Body) -> None:
    reference = audited(body)
    body.do("ines", reference, "/assign @ada")
    assert standing(DATA, body.store.case(reference)).assigned == {"auditor": "ada"}
    assert body.do("abe", reference, "/claim no-conflict").refusals[0].rule == "assigned"
    assert not body.do("ada", reference, "/claim no-conflict").refusals
    assert body.do("abe", reference, "/claim no-conflict").refusals
    body.do("ines", reference, "/assign @abe")
    assert not body.do("abe", reference, "/claim no-conflict").refusals
    assert standing(DATA, body.store.case(reference)).claims == {"auditor": "abe"}


def test_a_damaged_file_holds_up_its_own_case_alone(body: Body) -> None:
    reference = audited(body)
    act(body, reference, ("ada", "/claim no-conflict"), ("ada", "/request-evidence C1.1"))
    event = body.store.case(reference).current(json_schema.PORTFOLIO)
    assert event
    path = body.store.private(reference, str(event.data["digest"])) / "submission.json"
    kept = path.read_bytes()
    path.write_text("")
    here = desk(JUDGE, body.root, body.store, body.store.root)
    answers = filled(json_schema.PORTFOLIO, CONCEPTS)["answers"]
    answers["C1.1"]["evidence"] = "More of it."
    for value in (
        filled(json_schema.PORTFOLIO, CONCEPTS, case=body.secret(reference), answers=answers),
        filled(json_schema.SELF_ASSESSMENT, CONCEPTS, applicant={"name": "Ola", "email": "o@x.org"}),
    ):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("pipeline.receiving.receive.now", lambda: stamp(body.now))
            accept(here, value)
    with pytest.raises(StoreFailed, match=reference):
        Intake(JUDGE, body.store)()
    assert len(list(body.store.cases())) == 2
    assert len(here.inbox.names()) == 1
    path.write_bytes(kept)
    Intake(JUDGE, body.store)()
    assert body.state(reference) == "audit"


def test_what_was_sent_before_a_request_answers_nothing_by_link_either(body: Body) -> None:
    reference = audited(body)
    body.now += timedelta(hours=1)
    alone = body.send(json_schema.PORTFOLIO, CONCEPTS, id="b" * 32)
    act(body, reference, ("ada", "/claim no-conflict"), ("ada", "/request-evidence C1.1"))
    assert rules(body, "ines", alone, f"/link {reference}") == ["what came after the request"]


def test_the_same_portfolio_is_an_answer_behind_a_relay_too(body: Body, tmp_path: Path) -> None:
    reference = audited(body)
    act(body, reference, ("ada", "/claim no-conflict"), ("ada", "/request-evidence C1.1"))
    relay = desk(JUDGE, body.root, body.store, tmp_path / "outbox")
    value = filled(json_schema.PORTFOLIO, CONCEPTS, case=body.secret(reference))
    own = references.Claim(reference, body.store.case(reference).key, json_schema.SELF_ASSESSMENT, CONCEPTS)
    assert references.claim(relay.inbox.claims, own)
    assert isinstance(accept(relay, value), Receipt)
    (name,) = relay.inbox.names()
    relay.inbox.path(name).unlink()
    relay.inbox.marker(name).parent.mkdir()
    relay.inbox.marker(name).write_text(name)
    assert isinstance(accept(relay, value), Receipt)
    assert relay.inbox.names() == [name]


def test_a_self_assessment_in_the_middle_of_a_request_moves_nothing_and_verifies(body: Body) -> None:
    reference = body.send(json_schema.SELF_ASSESSMENT, CONCEPTS, id="a" * 32)
    act(body, reference, ("ines", "/admit"))
    body.send(json_schema.PORTFOLIO, CONCEPTS, case=body.secret(reference))
    act(body, reference, ("ada", "/claim no-conflict"), ("ada", "/request-evidence C1.1"))
    body.send(
        json_schema.SELF_ASSESSMENT, CONCEPTS, id="a" * 32, applicant={"name": "Rosa T", "email": "rosa@example.org"}
    )
    act(body, reference, ("ada", "/pause"))
    assert verify(JUDGE, body.store).findings == []


def test_what_was_forgotten_is_not_taken_for_a_copy_of_what_is_there(body: Body) -> None:
    reference = body.send(json_schema.SELF_ASSESSMENT, CONCEPTS, id="a" * 32)
    act(body, reference, ("ines", "/withdraw"))
    Forget(body.store, "IMC", (), COMMAND_LINE, body.now)(reference)
    with pytest.raises(CaseOver):
        body.send(json_schema.SELF_ASSESSMENT, CONCEPTS, id="a" * 32)


def test_nobody_answers_their_own_message(body: Body) -> None:
    reference = body.send(json_schema.CONTACT, "question", applicant={"name": "Ines Intake", "email": "i@x.org"})
    assert rules(body, "ines", reference, "/answered") == ["not on oneself"]


def test_what_a_case_lacks_for_a_command_is_said(body: Body) -> None:
    first, other = body.send(json_schema.SELF_ASSESSMENT, CONCEPTS), body.send(json_schema.SELF_ASSESSMENT, PRACTICE)
    assert "There is no portfolio in this case." in body.do("ines", first, f"/link {other}").said
