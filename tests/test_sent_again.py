"""Sent again: the applicant gets the same answer; who has only read what is kept gets nothing that opens a case."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from pipeline.cases.erasure import COMMAND_LINE, Forget
from pipeline.cases.integrity import verify
from pipeline.cases.store import Store
from pipeline.findings import Finding
from pipeline.forms import json_schema
from pipeline.github.sync import Intake
from pipeline.receiving.desk import desk
from pipeline.receiving.pull import reject
from pipeline.receiving.receive import Receipt, accept, take
from pipeline.submissions import references
from pipeline.submissions.inbox import Delivery, Inbox
from pipeline.submissions.submission import Submission, sha256
from pipeline.submissions.validation import check, check_kept
from tests.conftest import Service
from tests.support import CONCEPTS, JUDGE, filled, form, until
from tests.test_cli import pipeline
from tests.test_process import Body, act, audited

DRAFT = "0123456789abcdef" * 2
SELF = (json_schema.SELF_ASSESSMENT, CONCEPTS)
ELSEWHERE = {"name": "Mallory", "email": "mallory@example.org"}
HTML = {"accept": "text/html"}


@pytest.fixture
def body(tmp_path: Path) -> Body:
    return Body(tmp_path)


def sent(body: Body, value: dict[str, Any], **more: Any) -> Receipt:
    receipt = accept(desk(JUDGE, body.root, body.store, body.store.root), value, **more)
    assert isinstance(receipt, Receipt), receipt
    return receipt


def kept(body: Body, reference: str) -> Iterator[dict[str, Any]]:
    """What everybody who works with the records can read."""
    for path in body.store.folder(reference).glob("private/*/submission.json"):
        yield json.loads(path.read_bytes())


def tried(body: Body, reference: str, value: dict[str, Any]) -> None:
    """Whatever is made of this, it is nothing of the case."""
    secret = body.secret(reference)["secret"]
    before = body.store.case(reference)
    for content in (
        value,
        {**value, "applicant": ELSEWHERE},
        {name: part for name, part in value.items() if name != "id"},
    ):
        receipt = accept(desk(JUDGE, body.root, body.store, body.store.root), content)
        assert not isinstance(receipt, Receipt) or secret != receipt.secret
    Intake(JUDGE, body.store)()
    assert body.store.case(reference) == before


def test_what_is_kept_of_a_draft_opens_and_changes_nothing_before_and_after_the_decision(body: Body) -> None:
    reference = audited(body, id=DRAFT)
    steps = (
        ("ines", "/assign @ada"),
        ("ada", "/claim no-conflict"),
        ("ada", "/finding all met"),
        ("ada", "/recommend grant"),
        ("dora", "/decide grant no-conflict"),
    )
    for step in ((), *((one,) for one in steps)):
        act(body, reference, *step)
        values = list(kept(body, reference))
        assert len(values) == 2
        for value in values:
            tried(body, reference, value)


def test_what_is_kept_of_a_form_without_a_draft_gives_the_reference_and_never_the_secret(body: Body) -> None:
    first = sent(body, filled(*SELF))
    assert first.secret
    for take_in in (lambda: None, Intake(JUDGE, body.store)):
        take_in()
        again = sent(body, filled(*SELF))
        assert (again.reference, again.secret) == (first.reference, "")
    Intake(JUDGE, body.store)()
    (value,) = kept(body, first.reference)
    tried(body, first.reference, value)


def test_the_browser_that_has_the_draft_gets_its_receipt_again_and_may_revise(body: Body) -> None:
    first = sent(body, filled(*SELF, id=DRAFT))
    Intake(JUDGE, body.store)()
    assert sent(body, filled(*SELF, id=DRAFT)) == first
    assert sent(body, filled(*SELF, id=DRAFT, applicant=ELSEWHERE)) == first
    Intake(JUDGE, body.store)()
    assert [event.type for event in body.store.case(first.reference).events] == ["received", "revised"]


def test_neither_a_drafts_id_nor_a_secret_is_kept_anywhere(body: Body) -> None:
    here = desk(JUDGE, body.root, body.store, body.store.root)
    first = sent(body, filled(*SELF, id=DRAFT))
    secret = {"reference": first.reference, "secret": first.secret}
    Intake(JUDGE, body.store)()
    sent(body, filled(json_schema.PORTFOLIO, CONCEPTS, case=secret, id=DRAFT))
    sent(body, filled(json_schema.PORTFOLIO, CONCEPTS, id=DRAFT), suspicious=True)
    sent(body, filled(json_schema.CONTACT, "complaint", id=DRAFT))
    sent(body, filled(json_schema.CONTACT, "question", id=DRAFT))
    for value in (
        filled(json_schema.PORTFOLIO, CONCEPTS, case=secret, id=DRAFT, message="x"),
        {"kind": "none of ours", "id": DRAFT, "case": secret},
        filled(*SELF, id=DRAFT, applicant={}),
    ):
        reject(here, body.store, value, [Finding("", "x", "y")])
    relay = desk(JUDGE, body.root, body.store, body.root / "outbox")
    assert isinstance(accept(relay, filled(*SELF, id=DRAFT)), Receipt)
    files = [path for path in body.root.rglob("*") if path.is_file()]
    assert len(files) > 15
    for path in files:
        assert DRAFT.encode() not in path.read_bytes(), path
        assert first.secret.encode() not in path.read_bytes(), path


def test_a_rejected_copy_that_is_mended_and_moved_to_the_inbox_is_the_same_draft(body: Body) -> None:
    reference = body.send(*SELF, id=DRAFT)
    here = desk(JUDGE, body.root, body.store, body.store.root)
    name = reject(here, body.store, filled(*SELF, id=DRAFT, applicant={"name": "Rosa T"}), [Finding("", "x", "y")])
    aside = body.store.root / "rejected" / name
    value = json.loads(aside.read_bytes())
    value["submission"]["applicant"]["email"] = "rosa@example.org"
    (body.store.root / "inbox" / name).write_text(json.dumps(value))
    Intake(JUDGE, body.store)()
    assert [event.type for event in body.store.case(reference).events] == ["received", "revised"]
    assert verify(JUDGE, body.store).findings == []


def test_what_is_kept_is_taken_in_under_the_same_key_and_digest(body: Body) -> None:
    for value in (filled(*SELF, id=DRAFT), filled(*SELF)):
        found = check(JUDGE, value)
        assert isinstance(found, Submission)
        again = check_kept(JUDGE, found.value)
        assert isinstance(again, Submission)
        assert (again.name, again.value) == (found.name, found.value)
        assert again.draft == ""
    sealed = check(JUDGE, filled(*SELF, id="a" * 64))
    assert isinstance(sealed, list)
    assert [finding.pointer for finding in sealed] == ["/id"]


# Records of earlier versions, which kept the id itself


def earlier(body: Body, value: dict[str, Any], *, joins: str = "") -> str:
    """A delivery as earlier versions wrote it; its reference."""
    about = value.get("topic") or value["profile"]
    key = sha256([value["kind"], about, value["id"]])
    prefix = JUDGE.data.organization.reference_prefix
    reference = joins or references.candidate(prefix, key, 8)
    name = f"{key}-{sha256(value)[:16]}.json"
    inbox = Inbox(body.store.root, prefix)
    if not joins:
        references.claim(inbox.claims, references.Claim(reference, key, value["kind"], about))
    inbox.path(name).parent.mkdir(exist_ok=True, parents=True)
    inbox.path(name).write_bytes(Delivery(name, reference, bool(joins), "2026-03-14T09:00:00Z", value).to_bytes())
    return reference


@pytest.mark.parametrize("taken", [False, True])
def test_an_id_that_stands_in_old_records_opens_nothing_and_repeats_nothing(body: Body, taken: bool) -> None:
    value = filled(*SELF, id=DRAFT)
    reference = earlier(body, value)
    if taken:
        Intake(JUDGE, body.store)()
    again = sent(body, value)
    assert (again.reference, again.secret) == (reference, "")
    changed = {**value, "applicant": ELSEWHERE}
    other = sent(body, changed)
    assert other.reference != reference
    assert sent(body, changed) == replace(other, secret="")
    Intake(JUDGE, body.store)()
    assert [event.type for event in body.store.case(reference).events] == ["received"]
    assert [event.type for event in body.store.case(other.reference).events] == ["received"]
    assert verify(JUDGE, body.store).findings == []


def test_what_an_earlier_version_kept_of_a_joined_portfolio_is_known_again_to_who_has_the_secret(body: Body) -> None:
    reference = body.send(*SELF)
    value = filled(json_schema.PORTFOLIO, CONCEPTS, id=DRAFT, case={"reference": reference})
    earlier(body, value, joins=reference)
    Intake(JUDGE, body.store)()
    assert sent(body, {**value, "case": body.secret(reference)}).secret == body.secret(reference)["secret"]
    Intake(JUDGE, body.store)()
    assert [event.type for event in body.store.case(reference).events] == ["received", "received"]


def test_what_a_provider_gave_to_an_earlier_version_is_not_pulled_twice(body: Body) -> None:
    value = filled(*SELF, id=DRAFT)
    reference = earlier(body, value)
    Intake(JUDGE, body.store)()
    found = check(JUDGE, value)
    assert isinstance(found, Submission)
    receipt = take(desk(JUDGE, body.root, body.store, body.store.root), found, prove=False)
    assert isinstance(receipt, Receipt)
    assert receipt.reference == reference
    assert body.store.case(reference).deliveries == body.store.case(reference).events


# In front of people


def test_who_presses_send_twice_without_a_script_is_told_what_to_do(service: Service) -> None:
    value = filled(*SELF)
    first = service.post(form(value), HTML)
    secret = first.headers["Location"].split("/")[3]
    again = service.post(form(value), HTML)
    assert again.status_code == 200
    assert first.headers["Location"].split("/")[2] in again.text
    assert secret not in again.text
    assert "It has arrived before" in again.text
    assert 'href="/status/"' in again.text
    french = service.post(form({**value, "language": "fr"}), HTML)
    french = service.post(form({**value, "language": "fr"}), HTML)
    assert 'href="/fr/status/"' in french.text
    until(lambda: not list((service.records / "inbox").glob("*.json")))


def test_a_program_that_repeats_what_it_read_gets_200_with_the_reference_alone(service: Service) -> None:
    def post() -> requests.Response:
        return requests.post(f"{service.url}/submissions", json=filled(*SELF), timeout=30)

    first, again = post(), post()
    assert (first.status_code, again.status_code) == (201, 200)
    assert set(again.json()) == {"reference", "kind", "about", "detail"}
    assert again.json()["reference"] == first.json()["reference"]
    assert "Location" not in again.headers


def test_the_command_line_still_knows_what_it_took_in(body: Body) -> None:
    path = body.root / "copy.json"
    path.write_text(json.dumps(filled(*SELF, id=DRAFT)))
    here = {"PIPELINE_VAR": str(body.root), "PIPELINE_RECORDS": str(body.store.root)}
    body.store.root.mkdir(exist_ok=True)
    first = pipeline("accept", str(path), **here)
    Intake(JUDGE, Store(body.store.root))()
    again = pipeline("accept", str(path), **here)
    assert (first.returncode, first.stdout) == (again.returncode, again.stdout) == (0, first.stdout)


@pytest.mark.parametrize("kind", [json_schema.SELF_ASSESSMENT, json_schema.CONTACT])
@pytest.mark.parametrize("taken", [False, True])
def test_what_was_forgotten_and_is_sent_again_without_a_draft_is_a_new_arrival_once(
    body: Body, kind: str, taken: bool
) -> None:
    value = filled(kind, CONCEPTS if kind == json_schema.SELF_ASSESSMENT else "question")
    first = sent(body, value)
    if taken:
        Intake(JUDGE, body.store)()
    Forget(body.store, JUDGE.data.organization.reference_prefix, (), COMMAND_LINE, body.now)(first.reference)
    assert sent(body, value) == first
    assert sent(body, value) == replace(first, secret="")
    Intake(JUDGE, body.store)()
    assert sent(body, value) == replace(first, secret="")
    case = body.store.case(first.reference)
    assert not case.forgotten(case.deliveries[-1])
