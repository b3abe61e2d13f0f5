"""One rule of e-mail addresses: what a form takes can be written to, and what is surely meant is mended."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import requests
import yaml

from pipeline.cases import people
from pipeline.cases.name_matching import same_address
from pipeline.data.load import load
from pipeline.email_address import Address, mended
from pipeline.errors import DataInvalid
from pipeline.findings import errors
from pipeline.forms import json_schema
from pipeline.settings import ROOT
from pipeline.submissions.validation import check
from tests.conftest import Service
from tests.support import CONCEPTS, DATA, JUDGE, filled, form, submission
from tests.support_mail import Clock, House

ROSA = "rosa@example.org"
MEANT = [
    "rosa@example.org,",
    "rosa@example.org;",
    "rosa@example.org.",
    "<rosa@example.org>",
    "(rosa@example.org)",
    "Rosa Test <rosa@example.org>",
    '"Test, Rosa" <rosa@example.org>;',
    "mailto:rosa@example.org",
    "<mailto:rosa@example.org>",
    "MAILTO:rosa@example.org?subject=Hello",
    "mailto://rosa@example.org",
    "mailto:rosa%40example.org",
    "“rosa@example.org”",
    "\ufeffrosa@example.org",
    "\u200brosa@example.org\u200b",
    "rosa\u00ad@example.org",
    "rosa\u202e@example.org",
    "\u00a0 rosa@example.org \t",
    "rosa @ example.org",
    "ｒｏｓａ＠ｅｘａｍｐｌｅ．ｏｒｇ",
]
REFUSED = [
    ("rosa", "write your e-mail address, like name@example.org"),
    ("rosa@example", "has no full stop after the @"),
    ("rosa@example..org", "two full stops in a row"),
    ("ro..sa@example.org", "two full stops in a row"),
    ("rosa@[127.0.0.1]", "a number in brackets"),
    ("rosa@127.0.0.1", "write your e-mail address"),
    ("zoë@example.org", "has ë before the @"),
    ("rosa@example.org, ola@example.org", "more than one address"),
    ("rosa@home.invalid", "ends in .invalid"),
    ("rosa@home.test", "ends in .test"),
    ("rosa@printer.local", "ends in .local"),
    ("rosa test@example.org", "has a space in it"),
    ("Rosa M. rosa@example.org", "has a space in it"),
    (".rosa@example.org", "write your e-mail address"),
    ("r" * 65 + "@example.org", "write your e-mail address"),
]


def sent(email: str, kind: str = json_schema.SELF_ASSESSMENT) -> dict[str, object]:
    about = "question" if kind == json_schema.CONTACT else CONCEPTS
    return filled(kind, about, applicant={"name": "Rosa Test", "email": email})


@pytest.mark.parametrize("typed", MEANT)
def test_what_is_surely_meant_is_mended_kept_and_written_to(typed: str) -> None:
    assert submission(sent(typed)).value["applicant"]["email"] == ROSA
    assert str(Address.parse(typed)) == ROSA


@pytest.mark.parametrize(("typed", "words"), REFUSED, ids=[typed[:20] for typed, _words in REFUSED])
@pytest.mark.parametrize("kind", [json_schema.SELF_ASSESSMENT, json_schema.CONTACT])
def test_what_no_letter_can_be_sent_to_is_refused_at_its_field_with_the_reason(
    kind: str, typed: str, words: str
) -> None:
    found = check(JUDGE, sent(typed, kind))
    assert isinstance(found, list)
    assert [(finding.pointer, finding.label) for finding in found] == [("/applicant/email", "E-mail address")]
    assert words in found[0].message
    assert mended(typed) == typed


def test_an_address_is_kept_as_it_was_typed_and_written_to_in_ascii(tmp_path: Path) -> None:
    value = submission(sent("Rosa@bücher.example")).value
    assert value["applicant"]["email"] == "Rosa@bücher.example"
    house = House(tmp_path, Clock())
    house.send("Rosa@bücher.example")
    assert house.round() == ""
    assert [letter["To"] for letter in house.outbox()] == ["Rosa@xn--bcher-kva.example"]


def test_a_form_and_json_are_judged_alike_and_the_letter_of_what_was_mended_goes_out(service: Service) -> None:
    posted = service.post(form(sent("rosa@example.org,")))
    assert posted.status_code == 303
    told = requests.post(f"{service.url}/submissions", json=sent("rosa@[127.0.0.1]"), timeout=30)
    assert told.status_code == 422
    assert [finding["pointer"] for finding in told.json()["findings"]] == ["/applicant/email"]
    page = service.post(form(sent("rosa@[127.0.0.1]")), {"accept": "text/html"})
    assert page.status_code == 422
    assert 'value="rosa@[127.0.0.1]"' in page.text
    assert "has a number in brackets after the @" in page.text


def test_lost_references_are_asked_for_by_the_same_rule(service: Service) -> None:
    def answer(typed: str) -> str:
        return requests.post(f"{service.url}/status/", data={"email": typed}, timeout=30).text

    assert "we have written to it" in answer("Rosa Test <rosa@example.org>,")
    assert "has two full stops in a row" in answer("rosa@example..org")


def test_one_mailbox_is_one_however_it_was_typed() -> None:
    assert same_address("rosa@example.org,", " Rosa+imc@Example.org")
    assert same_address("rosa@bücher.example", "rosa@xn--bcher-kva.example")
    assert same_address("zoë@example.org", "ZOË@example.org")
    assert not same_address("rosa@example.org", "ola@example.org")


@pytest.mark.parametrize("place", ["contact.email", "complaints.write_to"])
@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("office@example..org", "has two full stops in a row"),
        ("office@example.org,", "has more than the address in it; write office@example.org"),
        ("büro@example.org", "has ü before the @"),
        ("office@placeholder.invalid", ""),
    ],
)
def test_the_bodys_own_addresses_follow_the_rule_and_are_told_with_their_line(
    tmp_path: Path, place: str, typed: str, words: str
) -> None:
    folder = Path(shutil.copytree(ROOT / "data", tmp_path / "data"))
    body = yaml.safe_load((folder / "organization.yml").read_text("utf-8"))
    group, name = place.split(".")
    body[group][name] = typed
    (folder / "organization.yml").write_text(yaml.safe_dump(body, allow_unicode=True), "utf-8")
    told = [str(finding) for finding in errors(load(folder, ROOT / "schemas").findings)]
    assert len(told) == bool(words)
    assert all(f"{place}: {words}" in line and line.startswith("data/organization.yml:") for line in told)


def test_an_address_in_people_yml_follows_the_rule(tmp_path: Path) -> None:
    path = tmp_path / "people.yml"
    entry = {"login": "ada", "name": "Ada", "roles": ["auditor"], "email": "ada@example..org"}
    path.write_text(yaml.safe_dump({"people": [entry]}), "utf-8")
    with pytest.raises(DataInvalid, match=r"ada@example\.\.org: has two full stops in a row"):
        people.load(path, ROOT / "schemas", DATA.organization)
