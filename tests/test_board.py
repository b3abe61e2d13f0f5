"""The auditors' board: who may see what, what it shows, and that nobody else's page can press its buttons."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from pipeline.forms import json_schema
from pipeline.settings import Settings
from pipeline.web import wiring
from pipeline.web.board.case_list import ASKED, MINE, ORDER, REFERENCE, WAITING, choose
from pipeline.web.rate_limit import Limits
from tests.conftest import Service
from tests.support import CONCEPTS, PRACTICE, filled, form, free_port, serving, until

MANAGER, AUDITOR, DIRECTOR = "Intake Manager", "Auditor", "Director of Certification"
VERIFIER = "Verifier"


def signed_in(service: Service, name: str) -> requests.Session:
    session = requests.Session()
    link = service.url + service.links[name]
    assert session.get(link, timeout=10).status_code == 200
    assert not session.cookies
    answer = session.post(link, headers={"Origin": service.url}, timeout=10, allow_redirects=False)
    assert answer.status_code == 303
    cookie = answer.headers["Set-Cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "path=/auditors" in cookie
    return session


def send(service: Service, kind: str, about: str, **more: str) -> str:
    answer = service.post({**form(filled(kind, about)), **more}, {"Accept": "text/html"})
    assert answer.status_code == 303
    return answer.headers["Location"].split("/")[2]


def opened(service: Service, session: requests.Session, reference: str) -> str:
    """The address of the case, once it is one: the list may name the reference before, for a letter about it."""
    address = f"{service.url}/auditors/cases/{reference}"
    until(lambda: session.get(address, timeout=10).status_code == 200)
    return address


def page(session: requests.Session, url: str) -> str:
    answer = session.get(url, timeout=10)
    assert answer.status_code == 200
    return answer.text


@pytest.mark.parametrize(
    "path", ["/auditors/", "/auditors/cases/IMC-0000-0000-0", "/auditors/complaints/x", "/auditors/quarantine/x"]
)
def test_nobody_sees_anything_without_signing_in(service: Service, path: str) -> None:
    assert requests.get(service.url + path, timeout=10).status_code == 401
    assert requests.get(service.url + path, cookies={"auditor": "x"}, timeout=10).status_code == 401


@pytest.mark.parametrize(
    ("wrong", "line", "words"),
    [
        ("people:\n  - login: ines\n    name: Ines\n    roles: [manager]\n", 4, "manager: is no role; use one of:"),
        ("people:\n  - {login: ines\n", 3, ""),
        ("people:\n  - {login: ines, roles: [auditor]}\n", 2, "name"),
        ("people:\n  - \x00\n", 0, ""),
        ("people: []\n", 1, "has nobody in it"),
    ],
)
def test_a_wrong_line_in_people_yml_is_told_to_whoever_is_signed_in_and_mended_without_a_restart(
    service: Service, wrong: str, line: int, words: str
) -> None:
    session, file = signed_in(service, MANAGER), service.records / "people.yml"
    well = file.read_text("utf-8")
    file.write_text(wrong, "utf-8")
    answer = session.get(f"{service.url}/auditors/", timeout=10)
    assert (answer.status_code, "The board is closed" in answer.text) == (503, True)
    assert not line or f"people.yml, line {line}:" in answer.text
    assert words in answer.text
    nobody = requests.get(f"{service.url}/auditors/", timeout=10)
    assert (nobody.status_code, "people.yml" in nobody.text) == (401, False)
    health = requests.get(f"{service.url}/health", timeout=10).json()
    assert health["people"].startswith("people.yml is wrong, and the board is closed: see line")
    assert "ines" not in health["people"]
    file.write_text(well, "utf-8")
    assert session.get(f"{service.url}/auditors/", timeout=10).status_code == 200
    assert requests.get(f"{service.url}/health", timeout=10).json()["people"] == "well"


def test_a_people_yml_that_is_gone_is_told_like_a_wrong_line(service: Service) -> None:
    session, file = signed_in(service, MANAGER), service.records / "people.yml"
    well = file.read_bytes()
    file.unlink()
    answer = session.get(f"{service.url}/auditors/", timeout=10)
    assert (answer.status_code, "File: is not there" in answer.text) == (503, True)
    health = requests.get(f"{service.url}/health", timeout=10).json()
    assert health["people"] == "people.yml is missing, and the board is closed"
    file.write_bytes(well)
    assert session.get(f"{service.url}/auditors/", timeout=10).status_code == 200


def test_with_a_wrong_people_yml_at_the_start_forms_are_taken_in_and_the_trouble_names_the_file(
    site: Settings, tmp_path: Path
) -> None:
    settings = replace(site, var=tmp_path / "var", records=tmp_path / "records")
    file = tmp_path / "records/people.yml"
    file.parent.mkdir()
    file.write_text("people:\n  - 0\n", "utf-8")
    running = wiring.local(settings, Limits(10_000, 100_000), "http://127.0.0.1:1")
    assert running.links == []
    assert running.trouble.startswith(f"Nobody can sign in at the board until {file} is mended")
    assert "(line 2, 0: must be a group of fields)" in running.trouble
    with serving(running.app, free_port()) as url:
        sent = requests.post(f"{url}/submissions", data=form(filled(json_schema.SELF_ASSESSMENT, CONCEPTS)), timeout=30)
        assert sent.ok
        assert requests.get(f"{url}/health", timeout=10).json()["people"].endswith("see line 2")


def test_the_boards_address_typed_without_its_last_slash_leads_to_it(service: Service) -> None:
    answer = requests.get(f"{service.url}/auditors", timeout=10, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (308, "/auditors/")
    assert requests.get(f"{service.url}/auditors", timeout=10).url == f"{service.url}/auditors/"


def test_a_wrong_link_leads_nowhere(service: Service) -> None:
    assert requests.get(f"{service.url}/auditors/sign-in/x", timeout=10).status_code == 404


def test_the_list_is_empty_in_words_and_then_shows_what_arrived(service: Service) -> None:
    session = signed_in(service, AUDITOR)
    assert "No case is here yet" in page(session, f"{service.url}/auditors/")
    one = send(service, json_schema.SELF_ASSESSMENT, CONCEPTS)
    two = send(service, json_schema.PORTFOLIO, PRACTICE)
    until(lambda: {one, two} <= set(page(session, f"{service.url}/auditors/").replace('"', "/").split("/")))
    chosen = page(session, f"{service.url}/auditors/?certificate={PRACTICE}")
    assert (two in chosen, one in chosen) == (True, False)
    assert "No case is like that" in page(session, f"{service.url}/auditors/?certificate={PRACTICE}&stage=interview")


def test_the_list_finds_ones_own_cases_and_a_reference_by_a_part_of_it(service: Service) -> None:
    manager, auditor = signed_in(service, MANAGER), signed_in(service, AUDITOR)
    mine = send(service, json_schema.SELF_ASSESSMENT, CONCEPTS)
    other = send(service, json_schema.SELF_ASSESSMENT, PRACTICE)
    for reference in (mine, other):
        opened(service, manager, reference)
    do(manager, service, mine, {"comment": "/admit"})
    send(service, json_schema.PORTFOLIO, CONCEPTS, **service.desk_secret(mine))
    until(lambda: do(auditor, service, mine, {"comment": "/claim no-conflict"}).status_code == 200)

    def listed(session: requests.Session, query: str) -> list[str]:
        return re.findall(r'<a href="/auditors/cases/([^"]+)">', page(session, f"{service.url}/auditors/?{query}"))

    assert {mine, other} <= set(listed(auditor, ""))
    assert (mine in listed(auditor, "mine=1"), other in listed(auditor, "mine=1")) == (True, False)
    assert not {mine, other} & set(listed(manager, "mine=1"))
    assert listed(auditor, f"reference={other[4:].lower().replace('-', ' ')}") == [other]
    overview = page(manager, f"{service.url}/auditors/?order=waiting")
    assert "cases, the longest waiting first" in overview
    for part in ("quarantine", "rejected", "mail1"):
        assert overview.index(f'href="#{part}"') < overview.index('<ul class="cases">') < overview.index(f'id="{part}"')


def test_the_list_begins_with_the_latest_or_with_what_has_waited_longest() -> None:
    rows: list[dict[str, Any]] = [
        {"reference": name, "at": at, "waiting": waiting, "hands": set()}
        for name, at, waiting in (("over", "2027-03-04", 0.0), ("slow", "2027-03-01", 9e5), ("new", "2027-03-05", 1e3))
    ]
    asked = dict.fromkeys((*ASKED, MINE, REFERENCE, ORDER), "")
    assert [row["reference"] for row in choose(rows, asked, "ada")] == ["new", "over", "slow"]
    assert [row["reference"] for row in choose(rows, asked | {ORDER: WAITING}, "ada")] == ["slow", "new", "over"]


def test_a_case_shows_the_issue_and_leads_to_what_was_sent(service: Service) -> None:
    session = signed_in(service, AUDITOR)
    reference = send(
        service, json_schema.PORTFOLIO, PRACTICE, **{"answers.P1.1.evidence": "<script>alert(1)</script> @octocat"}
    )
    address = f"{service.url}/auditors/cases/{reference}"
    until(lambda: session.get(address, timeout=10).status_code == 200)
    issue = page(session, address)
    assert issue.count("<tr>") > 112
    assert "Rosa" not in issue
    assert "style=" not in issue.partition('class="board"')[2].partition("</article>")[0]
    assert '<td class="end">' in issue
    link = issue.partition('href="/auditors/cases/')[2].partition('"')[0]
    sent = page(session, f"{service.url}/auditors/cases/{link}")
    assert "Rosa Test" in sent
    assert "&lt;script&gt;alert(1)&lt;/script&gt; @octocat" in sent
    assert "<script" not in sent


@pytest.mark.parametrize(
    "path",
    ["IMC-0000-0000-0", "..%2f..%2fpeople.yml", "%2e%2e", "IMC-0000-0000-0/private/0123456789abcdef/submission.md"],
)
def test_what_is_no_case_is_404(service: Service, path: str) -> None:
    assert signed_in(service, AUDITOR).get(f"{service.url}/auditors/cases/{path}", timeout=10).status_code == 404


def test_only_the_intake_manager_releases_from_quarantine(service: Service) -> None:
    reference = send(service, json_schema.SELF_ASSESSMENT, CONCEPTS, website_url="x")
    manager, auditor = signed_in(service, MANAGER), signed_in(service, AUDITOR)
    overview = page(manager, f"{service.url}/auditors/")
    assert reference in overview
    assert reference not in page(auditor, f"{service.url}/auditors/")
    address = service.url + "/auditors/quarantine/" + overview.partition("/auditors/quarantine/")[2].partition('"')[0]
    own = {"Origin": service.url}
    assert auditor.post(address, headers=own, timeout=10).status_code == 403
    assert "Rosa Test" in page(manager, address)
    assert manager.post(address, headers={"Origin": "https://evil.example"}, timeout=10).status_code == 403
    assert manager.post(address, timeout=10).status_code == 403
    assert manager.post(address, headers=own, timeout=10, allow_redirects=False).status_code == 303
    until(lambda: auditor.get(f"{service.url}/auditors/cases/{reference}", timeout=10).status_code == 200)
    assert manager.get(address, timeout=10).status_code == 404


def test_only_the_role_for_complaints_reads_them_also_out_of_quarantine(service: Service) -> None:
    reference = send(service, json_schema.CONTACT, "complaint", message="He shouted at me.", website_url="x")
    manager, director = signed_in(service, MANAGER), signed_in(service, DIRECTOR)
    overview = page(manager, f"{service.url}/auditors/")
    address = service.url + "/auditors/quarantine/" + overview.partition("/auditors/quarantine/")[2].partition('"')[0]
    assert "shouted" not in page(manager, address)
    manager.post(address, headers={"Origin": service.url}, timeout=10)
    assert reference not in page(manager, f"{service.url}/auditors/")
    listed = page(director, f"{service.url}/auditors/")
    assert reference in listed
    complaint = service.url + "/auditors/complaints/" + listed.partition("/auditors/complaints/")[2].partition('"')[0]
    assert "He shouted at me" in page(director, complaint)
    assert manager.get(complaint, timeout=10).status_code == 403


def test_what_could_not_be_taken_in_is_listed_with_its_findings(service: Service) -> None:
    (service.records / "inbox").mkdir(exist_ok=True)
    (service.records / "inbox/x.json").write_text("{}")
    manager = signed_in(service, MANAGER)
    send(service, json_schema.SELF_ASSESSMENT, CONCEPTS)
    until(lambda: "is no delivery" in page(manager, f"{service.url}/auditors/"))
    assert "is no delivery; put it in with: python -m pipeline accept FILE" in page(manager, f"{service.url}/auditors/")


def letters(service: Service, folder: str) -> list[str]:
    return [path.name for path in (service.settings.var / "outbox-mail" / folder).glob("*.eml")]


def test_without_a_mail_server_the_letters_are_read_by_the_intake_manager_alone(service: Service) -> None:
    manager, auditor = signed_in(service, MANAGER), signed_in(service, AUDITOR)
    assert "What would be sent is listed here" in page(manager, f"{service.url}/auditors/")
    reference = send(service, json_schema.SELF_ASSESSMENT, CONCEPTS)
    until(lambda: len(letters(service, "letters")) == 1)
    address = f"{service.url}/auditors/mail/{letters(service, 'letters')[0]}"
    listed = page(manager, f"{service.url}/auditors/")
    assert f"Your reference: {reference}" in listed
    assert address.removeprefix(service.url) in listed
    letter = page(manager, address)
    assert "rosa@example.org" in letter
    assert f"{service.settings.site_url}status/{reference}/" in letter
    assert "rosa@example.org" not in page(auditor, f"{service.url}/auditors/")
    assert auditor.get(address, timeout=10).status_code == 403
    assert requests.get(address, timeout=10).status_code == 401
    for name in ("x.eml", "..%2f..%2frecords%2fpeople.yml", "%2e%2e"):
        assert manager.get(f"{service.url}/auditors/mail/{name}", timeout=10).status_code == 404


def test_letters_about_complaints_are_read_by_the_role_for_complaints_alone(service: Service) -> None:
    manager, director = signed_in(service, MANAGER), signed_in(service, DIRECTOR)
    reference = send(service, json_schema.CONTACT, "complaint")
    until(lambda: len(letters(service, "apart")) == 1)
    address = f"{service.url}/auditors/mail/{letters(service, 'apart')[0]}"
    assert reference not in page(manager, f"{service.url}/auditors/")
    assert manager.get(address, timeout=10).status_code == 404
    assert reference in page(director, f"{service.url}/auditors/")
    assert "rosa@example.org" in page(director, address)


def test_what_waits_in_quarantine_is_confirmed_only_when_it_is_released(service: Service) -> None:
    send(service, json_schema.SELF_ASSESSMENT, CONCEPTS, website_url="x")
    send(service, json_schema.CONTACT, "question", **{"applicant.email": "other@example.org"})
    until(lambda: len(letters(service, "letters")) == 1)
    manager = signed_in(service, MANAGER)
    overview = page(manager, f"{service.url}/auditors/")
    address = service.url + "/auditors/quarantine/" + overview.partition("/auditors/quarantine/")[2].partition('"')[0]
    assert "rosa@example.org" not in overview
    manager.post(address, headers={"Origin": service.url}, timeout=10)
    until(lambda: len(letters(service, "letters")) == 2)
    assert "rosa@example.org" in page(manager, f"{service.url}/auditors/")


def test_signing_out_ends_the_session(service: Service) -> None:
    session = signed_in(service, AUDITOR)
    kept = session.cookies["auditor"]
    session.post(f"{service.url}/auditors/sign-out", headers={"Origin": service.url}, timeout=10)
    assert requests.get(f"{service.url}/auditors/", cookies={"auditor": kept}, timeout=10).status_code == 401


def do(session: requests.Session, service: Service, reference: str, form: dict[str, str]) -> requests.Response:
    headers = {"Origin": service.url}
    return session.post(f"{service.url}/auditors/cases/{reference}", data=form, headers=headers, timeout=20)


def test_the_same_commands_move_a_case_at_the_board_with_buttons_a_box_and_a_table(service: Service) -> None:
    manager, auditor = signed_in(service, MANAGER), signed_in(service, AUDITOR)
    reference = send(service, json_schema.SELF_ASSESSMENT, CONCEPTS)
    opened(service, manager, reference)
    refused = do(auditor, service, reference, {"comment": "/admit"})
    assert (refused.status_code, "your role" in refused.text) == (422, True)
    assert "<title>Refused: " in refused.text
    assert f"<title>{reference} " in page(manager, f"{service.url}/auditors/cases/{reference}")
    helped = do(manager, service, reference, {"comment": "/help"})
    assert re.search(r'role="status" tabindex="-1" autofocus><p>.*</p>\s*<ul>\s*<li><code>/help</code>', helped.text)
    for typed, said in (("hello Rosa", "A command begins with a slash"), ("/ admit", "Line 1 looks like a command")):
        talk = do(manager, service, reference, {"comment": typed})
        assert (talk.status_code, 'role="alert"' in talk.text, f">{typed}</textarea>" in talk.text) == (422, True, True)
        assert f"Nothing was recorded.<br />\n{said}" in talk.text
    when = f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%d} 09:30"
    assert do(manager, service, reference, {"comment": f"/schedule {when}"}).status_code == 200
    assert f"<td>{when}</td>" in page(manager, f"{service.url}/auditors/cases/{reference}")
    paused = do(manager, service, reference, {"comment": "/pause"}).text
    assert re.search(r'class="paused"><strong>Paused since [0-9]+ \w+ [0-9]+\.</strong>', paused)
    assert re.search(
        r'<details class="history"><summary>.*The case was paused <code>intake-manager</code>', paused, re.DOTALL
    )
    assert 'class="paused"' not in do(manager, service, reference, {"comment": "/resume"}).text
    assert "The case is admitted." in do(manager, service, reference, {"comment": "/admit"}).text
    link = service.desk_secret(reference)
    send(service, json_schema.PORTFOLIO, CONCEPTS, **link)
    until(lambda: "In audit" in page(auditor, f"{service.url}/auditors/cases/{reference}"))
    assert "The case is yours." in do(auditor, service, reference, {"comment": "/claim no-conflict"}).text
    case = page(auditor, f"{service.url}/auditors/cases/{reference}")
    assert re.search(r'<button class="quiet" type="submit">Pause the case</button> .*<code>/pause</code>', case)
    assert '<button class="quiet" type="submit">Recommend to grant</button>' not in case
    assert "Findings are missing for 72 statements" in case
    assert "1 not met" in do(auditor, service, reference, {"comment": "/finding all met except C3.4 mastery"}).text
    assert do(auditor, service, reference, {"comment": "/recommend grant"}).status_code == 422
    assert "recommendation is recorded" in do(auditor, service, reference, {"comment": "/recommend decline"}).text
    until(lambda: "Awaiting the decision" in page(manager, f"{service.url}/auditors/"))
    director = page(signed_in(service, DIRECTOR), f"{service.url}/auditors/cases/{reference}")
    assert "<td>decline the certificate</td>" in director
    assert f"<td>{when}</td>" not in director
    assert 'href="/for-auditors/handbook/"' in director
    assert "/meeting/" not in director
    assert "<summary>Decline the certificate</summary>" in director
    assert "nobody close to you" in director
    assert '<button class="quiet" type="submit">Grant the certificate</button>' not in director
    assert "Not met: C3.4 mastery." in director


def test_the_table_records_what_was_changed_in_it_and_why_and_loses_nothing(service: Service) -> None:
    manager, auditor = signed_in(service, MANAGER), signed_in(service, AUDITOR)
    reference = send(service, json_schema.PORTFOLIO, CONCEPTS)
    opened(service, manager, reference)
    do(manager, service, reference, {"comment": "/admit"})
    do(auditor, service, reference, {"comment": "/claim no-conflict"})
    case = page(auditor, f"{service.url}/auditors/cases/{reference}")
    seen = re.search(r'name="table" value="(\d+)"', case)
    assert seen
    names = re.findall(r'<select name="(finding [^"]+)"', case)
    assert len(names) == 216
    table = {"table": seen[1], **dict.fromkeys(names, "met"), "finding C3.4 mastery": "not_met"}
    assert "216 findings, 1 not met." in do(auditor, service, reference, table).text
    assert re.search(
        r"[0-9]+ of [0-9]+ findings, 1 not met</summary>", page(auditor, f"{service.url}/auditors/cases/{reference}")
    )
    same = do(auditor, service, reference, table)  # as if the page were sent again
    assert (same.status_code, "Nothing was changed." in same.text, "taken back" in same.text) == (200, True, False)
    seen = re.search(r'name="table" value="(\d+)"', page(auditor, f"{service.url}/auditors/cases/{reference}"))
    assert seen
    table["table"] = seen[1]
    emptied = do(auditor, service, reference, table | {"finding C1.1 mastery": ""})
    assert (emptied.status_code, "A finding can be changed, but not taken back." in emptied.text) == (422, True)
    both = do(auditor, service, reference, table | {"finding C1.1 mastery": "", "finding C1.1 relevance": "not_met"})
    assert (both.status_code, "found: C1.1 relevance.<br />\nA finding can be" in both.text) == (200, True)
    do(auditor, service, reference, {"comment": "/finding C1.1 met"})
    why = {"reason C3.4 mastery": "A course\r\nis no practice", "reason C3.4 relevance": "not read: this one is met"}
    assert "1 finding, 1 not met. 1 with a reason." in do(auditor, service, reference, table | why).text
    case = page(auditor, f"{service.url}/auditors/cases/{reference}")
    assert '"C3.4 Mastery: Why not?">A course is no practice</textarea>' in case
    address = re.search(r'✗ not met <a href="([^"]+/reasons.md)">why</a>', case)
    assert address
    assert "A course is no practice" in page(auditor, service.url + address[1])
    long = do(auditor, service, reference, table | {"reason C3.4 mastery": "x" * 501})
    assert (long.status_code, "(now 501)" in long.text, f"not-met because {'x' * 501}" in long.text) == (
        422,
        True,
        True,
    )


def test_a_form_that_cannot_be_read_is_told_so_and_nobody_elses_is_read_at_all(service: Service) -> None:
    manager = signed_in(service, MANAGER)
    reference = send(service, json_schema.SELF_ASSESSMENT, CONCEPTS)
    address = opened(service, manager, reference)
    headers = {"Origin": service.url, "Content-Type": "application/x-www-form-urlencoded"}
    answer = manager.post(address, data=b"comment=%ff%fe", headers=headers, timeout=10)
    assert (answer.status_code, "The text is not UTF-8." in answer.text) == (400, True)
    assert requests.post(address, data=b"comment=%ff%fe", headers=headers, timeout=10).status_code == 401


def test_what_takes_words_has_a_small_form_of_its_own(service: Service) -> None:
    manager, auditor = signed_in(service, MANAGER), signed_in(service, AUDITOR)
    reference = send(service, json_schema.SELF_ASSESSMENT, CONCEPTS)
    address = opened(service, manager, reference)
    when = f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%d}"
    assert 'type="datetime-local"' in page(manager, address)
    said = do(manager, service, reference, {"command": "schedule", "words": f"{when}T09:30"}).text
    assert f"arranged for {when} 09:30" in said
    do(manager, service, reference, {"comment": "/admit"})
    send(service, json_schema.PORTFOLIO, CONCEPTS, **service.desk_secret(reference))
    until(lambda: "In audit" in page(auditor, address))
    case = page(manager, address)
    assert '<option value="auditor">Auditor</option>' in case
    assert '<option value="verifier">' not in case
    assert 'value="credit"' not in case
    assert 'value="request-evidence"' not in page(auditor, address)
    assert "It is assigned." in do(manager, service, reference, {"command": "assign", "words": "auditor"}).text
    do(auditor, service, reference, {"comment": "/claim no-conflict"})
    assert "/finding STATEMENT" in page(auditor, address)
    slip = do(auditor, service, reference, {"command": "request-evidence", "words": "C1.1 C9.9"})
    assert (slip.status_code, 'value="C1.1 C9.9"' in slip.text) == (422, True)
    asked = do(auditor, service, reference, {"command": "request-evidence", "words": " c1.1\r\nC3.4 "})
    assert "More evidence is requested for C1.1, C3.4." in asked.text


def test_another_sites_page_can_give_no_command(service: Service) -> None:
    manager = signed_in(service, MANAGER)
    reference = send(service, json_schema.SELF_ASSESSMENT, CONCEPTS)
    url, form_ = opened(service, manager, reference), {"comment": "/withdraw"}
    answer = manager.post(url, data=form_, headers={"Origin": "https://evil.example"}, timeout=10)
    assert answer.status_code == 403
    assert requests.post(url, data=form_, headers={"Origin": service.url}, timeout=10).status_code == 401
    assert "Withdrawn" not in page(manager, f"{service.url}/auditors/")


def test_who_holds_the_meeting_finds_its_sheet_when_it_was_arranged_and_what_was_asked_for(service: Service) -> None:
    manager, auditor, verifier = (signed_in(service, name) for name in (MANAGER, AUDITOR, VERIFIER))
    reference = send(service, json_schema.SELF_ASSESSMENT, PRACTICE)
    address, sheet = opened(service, manager, reference), r'href="([^"]+/meeting\.md)">Meeting sheet'
    assert do(manager, service, reference, {"comment": "/admit"}).status_code == 200
    link = service.desk_secret(reference)
    send(service, json_schema.PORTFOLIO, PRACTICE, **link)
    until(lambda: "In audit" in page(auditor, address))
    do(auditor, service, reference, {"comment": "/claim no-conflict"})
    do(auditor, service, reference, {"comment": "/request-evidence P1.2 P1.1"})
    assert "<td>P1.1, P1.2</td>" in page(auditor, address)
    answers = {"answers.P1.1.evidence": "More of it."}
    send(service, json_schema.PORTFOLIO, PRACTICE, **link, **answers)
    until(lambda: "In audit" in page(auditor, address))
    assert "<td>P1.1, P1.2</td>" in page(auditor, address)
    assert page(auditor, address).count("asked for again") == 2
    assert not re.search(sheet, page(auditor, address))
    for comment in ("/finding all met", "/recommend grant"):
        assert do(auditor, service, reference, {"comment": comment}).status_code == 200
    when = f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%d} 09:30"
    for comment in ("/claim no-conflict", f"/schedule {when}"):
        assert do(verifier, service, reference, {"comment": comment}).status_code == 200
    shown = page(verifier, address)
    assert f"<td>{when}</td>" in shown
    assert "<td>grant the certificate</td>" in shown
    link_ = re.search(sheet, shown)
    assert link_
    asked = page(verifier, service.url + link_[1])
    assert f"<td>{when}</td>" in asked
    assert f"<code>{reference}</code>" in asked
    assert asked.index("P1.1") < asked.index("C1.1")
    assert asked.count("☐") == 112 + 4
    assert 'href="portfolio.md"' in asked
    assert "More of it." not in asked
    assert "More of it." in page(verifier, service.url + link_[1].replace("meeting.md", "portfolio.md"))
    assert requests.get(service.url + link_[1], timeout=10).status_code == 401
    do(verifier, service, reference, {"comment": "/meeting held"})
    assert not re.search(sheet, page(verifier, address))


def test_a_message_is_over_when_the_intake_manager_says_that_it_is_answered(service: Service) -> None:
    manager, auditor = signed_in(service, MANAGER), signed_in(service, AUDITOR)
    reference = send(service, json_schema.CONTACT, "question")
    address, button = opened(service, manager, reference), "I have answered it by e-mail</button>"
    assert button in page(manager, address)
    assert button not in page(auditor, address)
    assert "The message is answered." in do(manager, service, reference, {"comment": "/answered"}).text
    shown = page(manager, address)
    assert button not in shown
    assert "The message was answered by e-mail" in shown
    assert "Message answered" in page(manager, f"{service.url}/auditors/")


def test_nobody_reads_at_the_board_what_is_said_of_their_own_case(service: Service) -> None:
    manager, auditor = signed_in(service, MANAGER), signed_in(service, AUDITOR)
    reference = send(service, json_schema.SELF_ASSESSMENT, CONCEPTS, **{"applicant.name": AUDITOR})
    address = opened(service, manager, reference)
    text = re.search(r'href="(/auditors/cases/[^"]+/submission.md)"', page(manager, address))
    assert text
    for answer in (
        auditor.get(address, timeout=10),
        auditor.get(service.url + text[1], timeout=10),
        do(auditor, service, reference, {"comment": "/help"}),
    ):
        assert (answer.status_code, "This is your own case" in answer.text) == (403, True)


def test_a_damaged_file_beside_the_records_closes_no_page(service: Service) -> None:
    manager = signed_in(service, MANAGER)
    quarantine = service.settings.var / "quarantine" / "inbox"
    quarantine.mkdir(parents=True)
    name = f"{'a' * 64}-{'b' * 16}.json"
    (quarantine / name).write_text("")
    rejected = service.records / "rejected"
    rejected.mkdir()
    (rejected / name).write_text("{}")
    (rejected / f"{name}.findings").write_text("")
    shown = page(manager, f"{service.url}/auditors/")
    assert "cannot be read; restore the file, or take it away" in shown
    assert "what was found is not known any more" in shown
    link = send(service, json_schema.CONTACT, "question")
    secret = service.desk_secret(link)["case.secret"]
    assert requests.get(f"{service.url}/received/{link}/{secret}/portfolio", timeout=10).status_code == 404
