"""Secret links, the status page, lost references: what a person sees of their case, and what nobody else can find out."""

from __future__ import annotations

import asyncio
import http.client
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
import requests
import yaml
from markupsafe import escape
from starlette.applications import Starlette

from pipeline.cases.events import AUDITING
from pipeline.cases.phases import Phase, phase
from pipeline.cases.stages import Stage
from pipeline.cases.store import Store
from pipeline.data import process
from pipeline.data.process import Process
from pipeline.email_address import Address
from pipeline.forms import json_schema
from pipeline.github.sync import Intake
from pipeline.receiving.receive import Receipt
from pipeline.settings import ROOT, Settings
from pipeline.site.nextsteps import next_steps
from pipeline.web import wiring
from pipeline.web.lost_references import Lost
from pipeline.web.pages import Pages
from pipeline.web.rate_limit import Limits
from pipeline.web.status_links import DELAY, Links
from tests.conftest import Service
from tests.support import CONCEPTS, DATA, JUDGE, PRACTICE, filled, form, free_port, remote, serving, until
from tests.support_mail import Clock, House, part
from tests.test_board import MANAGER, send, signed_in

ROSA = "rosa@example.org"
TIMES = {"first": "2027-04-01T09:30", "third": "2027-04-03T18:00", "times": "Mondays, says Rosa"}


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path, Clock())


def pages(house: House, site: Settings) -> Pages:
    return Pages(house.room.postman.writer.renderer, site.site, house.room.postman.submitted)


@contextmanager
def links(house: House, site: Settings, wrong: int, pauses: list[float]) -> Iterator[str]:
    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    made = Links(house.desk, pages(house, site), Limits(wrong, 10_000, house_clock), pause)
    with serving(Starlette(routes=made.routes()), free_port()) as url:
        yield url


def house_clock() -> float:
    return 0.0


def get(url: str, path: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of a path that is sent as it is written."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, {name: value for name, value in answer.getheaders() if name.lower() != "date"}, body


# Secret links


def wrong_links(receipt: Receipt, other: Receipt) -> list[str]:
    """None of these is right, each in another way."""
    reference, secret = receipt.reference, receipt.secret
    return [
        f"{reference}/{other.secret}",
        f"{reference}/{secret[:-1]}",
        f"{reference}/{secret}x",
        f"{reference}/",
        f"{reference}",
        f"{reference}/{secret}/private",
        f"{reference}/{secret}/portfolio/x",
        f"{reference}/{secret}%0a/x",
        f"IMC-0000-0000-0/{secret}",
        f"IMC-0000-0000-1/{secret}",
        "IMC-0000-0000-0/x",
        "x/y",
        "x/y/z/..%2f..",
        "%0a/%0a",
        "%00/%00",
        "%ff/%ff",
        "..%2f..%2fkeys/x",
        f"{reference}%2f/{secret}",
        "a" * 4000 + "/" + "b" * 4000,
    ]


@pytest.mark.parametrize("page", ["status", "received"])
def test_every_wrong_link_is_answered_alike_and_after_the_same_delay(house: House, site: Settings, page: str) -> None:
    receipt, other = house.send(), house.send("other@example.org")
    pauses: list[float] = []
    with links(house, site, 1000, pauses) as url:
        wrong = wrong_links(receipt, other)
        answers = [get(url, f"/{page}/{link}") for link in wrong]
        assert [answer[0] for answer in answers] == [404] * len(wrong)
        assert [link for link, answer in zip(wrong, answers, strict=True) if answer != answers[0]] == []
        assert pauses == [DELAY] * len(wrong)
        assert get(url, f"/{page}/{receipt.reference.lower()}/{receipt.secret.upper()}")[0] == 200
        assert len(pauses) == len(wrong)
    assert b"Have your references sent again" in answers[0][2]
    assert b'href="/status/"' in answers[0][2]


def as_copied(receipt: Receipt) -> list[str]:
    """Each is right: what stands around or between letters came along with a copy, or was typed."""
    reference, secret = receipt.reference, receipt.secret
    signs = [quote(sign) for sign in (".", ",", ")", ").", ">", "]", "”", '"', "»", " ", "\u200b", "\u00ad")]
    spoken = quote(reference.replace("-", " ").lower())
    misread = reference[:4] + reference[4:].replace("0", "O").replace("1", "l")
    return [
        *(f"{reference}/{secret}{sign}" for sign in signs),
        *(f"{reference}/{secret}/{sign}" for sign in signs if sign != "%C2%AD"),
        *(f"{reference}/{secret}/portfolio{sign}" for sign in (".", ")", "%E2%80%9D")),
        f"{spoken}/{secret}",
        f"{quote(spoken)}/{secret}",
        f"{quote(reference.replace('-', '–'))}/{secret}",
        f"{reference.replace('-', '')}/{secret.upper()}",
        f"{misread}/{secret}",
        f"{reference.removeprefix('IMC-')}/{secret}",
        f"{reference}/{secret[:13]}%20{secret[13:]}",
        f"{reference}/{secret[:13]}-{secret[13:]}",
    ]


@pytest.mark.parametrize("page", ["status", "received"])
def test_a_right_link_is_found_with_what_was_copied_along_with_it(house: House, site: Settings, page: str) -> None:
    receipt = house.send()
    right = as_copied(receipt)
    with links(house, site, 1000, []) as url:
        answers = [get(url, f"/{page}/{link}")[0] for link in right]
    assert [link for link, status in zip(right, answers, strict=True) if status != 200] == []


def test_whoever_guesses_waits_and_a_right_link_still_opens_from_the_same_address(house: House, site: Settings) -> None:
    receipt = house.send()
    right, wrong = (f"/status/{receipt.reference}/{secret}" for secret in (receipt.secret, "x"))
    with links(house, site, 3, []) as url:
        assert [get(url, wrong)[0] for _ in range(5)] == [404, 404, 404, 429, 429]
        status, headers, body = get(url, wrong)
        assert (status, headers["retry-after"]) == (429, "1201")
        assert b"the right one still opens" in body
        assert [get(url, right)[0] for _ in range(5)] == [200] * 5


def test_a_wrong_link_that_waits_holds_up_nobody_else(house: House, site: Settings) -> None:
    receipt = house.send()
    held: list[asyncio.Event] = []

    async def pause(_seconds: float) -> None:
        held.append(asyncio.Event())
        await asyncio.wait_for(held[-1].wait(), 20)

    made = Links(house.desk, pages(house, site), Limits(1000, 10_000), pause)
    with serving(Starlette(routes=made.routes()), free_port()) as url, ThreadPoolExecutor(60) as pool:
        waiting = [pool.submit(get, url, "/status/x/y") for _ in range(60)]
        until(lambda: len(held) == 60)
        assert get(url, f"/status/{receipt.reference}/{receipt.secret}")[0] == 200
        assert not any(answer.done() for answer in waiting)
        for event in held:
            event._loop.call_soon_threadsafe(event.set)  # type: ignore[attr-defined]
        assert {answer.result()[0] for answer in waiting} == {404}


def test_the_real_server_takes_its_time_with_a_wrong_link(service: Service) -> None:
    begun = time.monotonic()
    assert requests.get(f"{service.url}/status/IMC-0000-0000-0/x", timeout=10).status_code == 404
    assert time.monotonic() - begun >= DELAY


def test_no_page_with_a_secret_in_its_address_tells_it_to_the_next_one(service: Service) -> None:
    answer = service.post(form(filled(json_schema.SELF_ASSESSMENT, CONCEPTS)), {"Accept": "text/html"})
    received = answer.headers["Location"]
    status = received.replace("received", "status")
    for path in (received, status, f"{status}/portfolio", "/status/x/y"):
        page = requests.get(service.url + path, timeout=10)
        assert page.headers["Referrer-Policy"] == "no-referrer", path
        assert 'name="referrer"' not in page.text, path
        assert page.headers["Cache-Control"] == "no-store"
    board = requests.get(f"{service.url}/auditors/", timeout=10)
    assert board.headers["Referrer-Policy"] == "same-origin"


# The status page


def page_of(house: House, site: Settings, receipt: Receipt, name: str = "status") -> str:
    claim = house.desk.inbox.claimed(receipt.reference) or house.desk.complaints.claimed(receipt.reference)
    assert claim
    return bytes(getattr(pages(house, site), name)(claim, receipt.secret).body).decode()


def test_the_status_page_has_stage_dates_and_whose_turn_it_is_and_nothing_of_the_person(
    house: House, site: Settings
) -> None:
    receipt = house.send(interview=TIMES)
    waiting = page_of(house, site, receipt)
    assert "Received" in waiting
    Intake(JUDGE, house.store)()
    page = page_of(house, site, receipt)
    date = time.strftime("%Y", time.gmtime())
    for words in ("Awaiting the interview", "Intake Manager", "Self-assessment received", "Since", date):
        assert words in page
    assert "When you hear from us is not published here." in page
    for personal in ("Rosa", ROSA, "Mondays", "2027-04-01"):
        assert personal not in page + waiting


def test_what_happens_next_follows_the_case(house: House, site: Settings) -> None:
    receipt = house.send(about=PRACTICE)
    Intake(JUDGE, house.store)()
    assert "reads your self-assessment" in page_of(house, site, receipt)
    case = {"reference": receipt.reference, "secret": receipt.secret}
    house.send(kind=json_schema.PORTFOLIO, about=PRACTICE, case=case)
    Intake(JUDGE, house.store)()
    page = page_of(house, site, receipt)
    assert "sees that everything is there" in page
    assert "reads your self-assessment" not in page
    begun = house.store.case(receipt.reference)
    admitted = house.store.append(begun, "admitted", at="2027-05-01T09:00:00Z", by="ines", data={"to": "audit"})
    assert admitted
    house.store.append(admitted, AUDITING, at="2027-05-02T09:00:00Z", by="ada", data={"role": "auditor"})
    page = page_of(house, site, receipt)
    assert "The Auditor reads your portfolio" in page
    assert "1 May 2027" in page
    assert "Write my portfolio" not in page


def test_a_receipt_speaks_of_what_was_sent_and_what_comes_next_after_all_that_was(house: House, site: Settings) -> None:
    receipt = house.send(about=PRACTICE)
    assert "Write my portfolio" in page_of(house, site, receipt, "received")
    house.send(
        kind=json_schema.PORTFOLIO, about=PRACTICE, case={"reference": receipt.reference, "secret": receipt.secret}
    )
    titles = [
        str(json_schema.form_schema(DATA, kind, PRACTICE)["title"])
        for kind in (json_schema.SELF_ASSESSMENT, json_schema.PORTFOLIO)
    ]
    waiting = page_of(house, site, receipt, "received_portfolio")
    Intake(JUDGE, house.store)()
    for page, title in (
        (waiting, titles[1]),
        (page_of(house, site, receipt, "received_portfolio"), titles[1]),
        (page_of(house, site, receipt, "received"), titles[0]),
    ):
        assert f"<p>{escape(title)}</p>" in page
        assert "sees that everything is there" in page
        assert "reads your self-assessment" not in page
        assert "Write my portfolio" not in page


def moved(house: House, receipt: Receipt, event: str, state: str, **data: object) -> None:
    case = house.store.case(receipt.reference)
    at = f"2027-05-{len(case.events):02}T09:00:00Z"
    assert house.store.append(case, event, at=at, by="ada", data={"role": "auditor", "to": state, **data})


def begun(house: House, kind: str = json_schema.SELF_ASSESSMENT) -> Receipt:
    """A Practice case with a portfolio."""
    receipt = house.send(kind=kind, about=PRACTICE)
    if kind == json_schema.SELF_ASSESSMENT:
        case = {"reference": receipt.reference, "secret": receipt.secret}
        house.send(kind=json_schema.PORTFOLIO, about=PRACTICE, case=case)
    Intake(JUDGE, house.store)()
    return receipt


@pytest.mark.parametrize(
    ("state", "said", "turn"),
    [
        ("interview", "meets you for", "Intake Manager"),
        ("awaiting_portfolio", "You write your portfolio.", "You"),
        ("audit", "The Auditor reads your portfolio", "Auditor"),
        ("evidence_requested", "Then the Auditor reads it again.", "You"),
        ("verification", "The Verifier writes to you to arrange a meeting", "Verifier"),
        (
            "decision",
            "The Director of Certification reads what the audit has found, and decides.",
            "Director of Certification",
        ),
        ("granted", "The certificate is granted.", "Nobody"),
        ("declined", "You may appeal against this decision.", "Nobody"),
        ("appealed", "Somebody who took no part in this case looks at the decision again", "Director of Certification"),
        ("withdrawn", "You have withdrawn.", "Nobody"),
        ("expired", "Nothing came in time.", "Nobody"),
    ],
)
def test_in_every_state_the_page_says_what_comes_next_and_nothing_of_another(
    house: House, site: Settings, state: str, said: str, turn: str
) -> None:
    receipt = begun(house)
    if state not in ("interview", "awaiting_portfolio", "audit"):
        moved(house, receipt, AUDITING, "audit")
    moved(house, receipt, "evidence_requested" if state == "evidence_requested" else "moved", state)
    page = page_of(house, site, receipt)
    assert said in page
    assert f"<dt>Whose turn it is</dt><dd>{turn}</dd>" in page
    assert ("<li>The Auditor reads your portfolio for relevance" in page) is (state == "audit")
    assert ("/portfolio" in page) is (state in ("interview", "awaiting_portfolio", "audit", "evidence_requested"))
    assert ("When you hear from us" in page) is (turn not in ("You", "Nobody"))
    assert ('href="/complaints/"' in page.partition("<h1>")[2].partition("<footer")[0]) is (state == "declined")
    new = f"/certificates/{PRACTICE}/self-assessment/"
    assert (new in page.partition("<h1>")[2].partition("<footer")[0]) is (state in ("withdrawn", "expired"))


@pytest.mark.parametrize("kind", [json_schema.SELF_ASSESSMENT, json_schema.PORTFOLIO])
def test_who_is_asked_for_more_evidence_sees_for_which_statements_and_how_to_send_it(
    house: House, site: Settings, kind: str
) -> None:
    receipt = begun(house, kind)
    moved(house, receipt, AUDITING, "audit")
    assert "Send my portfolio again" not in page_of(house, site, receipt)
    moved(house, receipt, "evidence_requested", "evidence_requested", statements=["C1.1", "P1.2", "gone"])
    page = page_of(house, site, receipt)
    asked = {one.id: one.question for one in DATA.statements(DATA.profile(PRACTICE))}  # type: ignore[arg-type]
    for name in ("C1.1", "P1.2"):
        assert str(escape(asked[name])) in page
        assert f'<span class="sid">{name}</span>' in page
    assert asked["C1.2"] not in page
    assert "You send your whole portfolio again" in page
    assert f'href="/status/{receipt.reference}/{receipt.secret}/portfolio">Send my portfolio again' in page


def link_of(house: House, site: Settings, receipt: Receipt) -> tuple[int, str]:
    """What the receipt's link to the portfolio gives."""
    claim = house.desk.inbox.claimed(receipt.reference)
    assert claim
    answer = pages(house, site).portfolio(claim, receipt.secret)
    return answer.status_code, bytes(answer.body).decode().partition("<h1>")[2].partition("<footer")[0]


@pytest.mark.parametrize(
    ("state", "said", "anew"),
    [
        ("audit", "has begun, so what is audited cannot be replaced any more.", False),
        ("withdrawn", "is over (Withdrawn). Nothing more can be sent to it. A new self-assessment begins", True),
        ("expired", "is over (Expired).", True),
        ("granted", "If something has to be put right, write to us.", False),
        ("declined", "You may appeal against the decision", False),
    ],
)
def test_the_link_to_the_portfolio_says_at_once_that_nothing_more_is_taken(
    house: House, site: Settings, state: str, said: str, anew: bool
) -> None:
    receipt = begun(house)
    assert link_of(house, site, receipt)[0] == 200
    moved(house, receipt, AUDITING, "audit")
    moved(house, receipt, "moved", state)
    status, page = link_of(house, site, receipt)
    assert (status, said in page) == (409, True)
    assert f'href="/status/{receipt.reference}/{receipt.secret}"' in page
    assert (f"/certificates/{PRACTICE}/self-assessment/" in page) is anew
    assert "<form" not in page
    assert "Go back in your browser" not in page


def test_who_is_asked_for_more_evidence_has_the_form_behind_the_link(house: House, site: Settings) -> None:
    receipt = begun(house)
    moved(house, receipt, AUDITING, "audit")
    assert link_of(house, site, receipt)[0] == 409
    moved(house, receipt, "evidence_requested", "evidence_requested", statements=["C1.1"])
    assert link_of(house, site, receipt)[0] == 200


def test_a_portfolio_says_that_the_interview_comes_first_and_how_its_time_is_found(
    house: House, site: Settings
) -> None:
    alone, joined = house.send(kind=json_schema.PORTFOLIO), house.send("b@example.org", interview=TIMES)
    assert "If you have not had your interview of 15 minutes yet" in page_of(house, site, alone, "received")
    case = {"reference": joined.reference, "secret": joined.secret}
    house.send("b@example.org", json_schema.PORTFOLIO, case=case)
    Intake(JUDGE, house.store)()
    for receipt in (alone, joined):
        page = page_of(house, site, receipt)
        assert "Before the audit they meet you for 15 minutes. " in page
        assert "The Intake Manager writes to you to fix the time." in page
        assert "Then the Auditor reads your portfolio for relevance" in page
        assert "reads it" not in page
        assert ("interview.ics" in page) is (receipt is joined)


def test_what_is_arranged_is_told_with_day_and_time_and_what_was_missed_is_arranged_anew(
    house: House, site: Settings
) -> None:
    receipt = begun(house)
    moved(house, receipt, "scheduled", "interview", moment="2027-06-01 09:30")
    page = page_of(house, site, receipt)
    assert "meets you for 15 minutes on 1 June 2027 at 09:30, as agreed with you." in page
    moved(house, receipt, "recommended", "verification", outcome="grant")
    assert "1 June 2027" not in page_of(house, site, receipt)
    assert "writes to you to arrange a meeting" in page_of(house, site, receipt)
    moved(house, receipt, "scheduled", "verification", moment="2027-07-02 18:00")
    page = page_of(house, site, receipt)
    assert "The Verifier talks with you on 2 July 2027 at 18:00, as agreed with you." in page
    moved(house, receipt, "meeting_missed", "verification")
    page = page_of(house, site, receipt)
    assert "The meeting did not take place. The Verifier writes to you to arrange a new time." in page
    assert "2 July 2027" not in page
    moved(house, receipt, "appealed", "appealed")
    moved(house, receipt, "scheduled", "appealed", moment="2027-08-03 10:00")
    assert "The Verifier talks with you on 3 August 2027 at 10:00" in page_of(house, site, receipt)
    moved(house, receipt, "meeting_held", "appealed")
    assert "3 August" not in page_of(house, site, receipt)


def test_a_paused_case_says_that_it_rests_and_promises_no_time(house: House, site: Settings) -> None:
    receipt = house.send()
    Intake(JUDGE, house.store)()
    moved(house, receipt, "paused", "received")
    page = page_of(house, site, receipt)
    assert "Your case has rested since 1 May 2027. Its days do not count until it goes on." in page
    assert "When you hear from us" not in page
    assert "to fix the time" not in page
    moved(house, receipt, "resumed", "received")
    page = page_of(house, site, receipt)
    assert "rested" not in page
    assert "When you hear from us" in page


def renamed() -> Process:
    """The process of a body that calls every state otherwise and reads each portfolio twice, then lets it lie."""
    raw = yaml.safe_load((ROOT / "data/process.yml").read_text("utf-8"))
    for state in raw["states"]:
        state["id"] = f"x{state['id']}"
    for row in raw["transitions"]:
        row["from"] = [f"x{name}" for name in row["from"]]
        row["to"] = row["to"] if row["to"] == "same" else f"x{row['to']}"
    lying = {"id": "lying", "title": "Lying", "awaits": "director", "todo": "Secret.", "days": None, "open": True}
    second = {**lying, "id": "second", "title": "Second reading", "awaits": "verifier"}
    raw["states"] += [lying, second, {**lying, "id": "end", "awaits": "nobody", "open": False}]
    back = {"event": "returned", "command": "return", "who": ["director"], "needs": [], "when": []}
    on = {"event": "recommended", "command": "recommend", "who": ["verifier"], "needs": [], "when": []}
    raw["transitions"] += [{**back, "from": ["lying"], "to": "xaudit"}, {**on, "from": ["second"], "to": "xdecision"}]
    return process.build({**raw, "start": f"x{raw['start']}"})


def test_words_for_applicants_follow_what_the_table_says_of_a_state_and_not_what_it_is_called() -> None:
    table = renamed()
    for state in DATA.process.states:
        assert phase(table, f"x{state.id}") == phase(DATA.process, state.id) != Phase.OTHER
    body = DATA.organization

    def told(state: str) -> str:
        found = table.state(state)
        here = Stage(state, found.title, found.awaits, found.todo, "2027-05-01T09:00:00Z", phase(table, state))
        return " ".join(next_steps(body, json_schema.PORTFOLIO, PRACTICE, here).steps)

    assert "Before the audit they meet you" in told("xreceived")
    assert "You add the evidence" in told("xevidence_requested")
    assert told("second") == "The Verifier reads your portfolio for relevance, authorship and mastery."
    assert told("lying") == "Your case stands at “Lying”. Whose turn it is: Director of Certification."
    assert told("end") == "Your case stands at “Lying”. Nobody is awaited."


def test_a_joined_case_says_with_which_reference_it_goes_on(house: House, site: Settings) -> None:
    receipt = begun(house, json_schema.PORTFOLIO)
    moved(house, receipt, "linked", "joined", reference="IMC-7K3M-2Q9X-H")
    page = page_of(house, site, receipt)
    assert "Everything goes on in the other case." in page
    assert "The other case has the reference IMC-7K3M-2Q9X-H." in page


@pytest.mark.parametrize("name", ["status", "received"])
def test_how_to_book_is_a_link_or_a_calendar_or_that_somebody_writes(house: House, site: Settings, name: str) -> None:
    plain, wishes = house.send("a@example.org"), house.send("b@example.org", interview=TIMES)
    portfolio = house.send(kind=json_schema.PORTFOLIO)
    assert "The Intake Manager writes to you to fix the time." in page_of(house, site, plain, name)
    assert "interview.ics" not in page_of(house, site, plain, name)
    shown = page_of(house, site, wishes, name)
    assert f'href="/status/{wishes.reference}/{wishes.secret}/interview.ics"' in shown
    assert " hidden" not in shown.partition("data-if-times")[2][:20]
    assert "The Intake Manager writes to you to fix the time." in page_of(house, site, portfolio, name)
    assert "interview.ics" not in page_of(house, site, portfolio, name)
    renderer = house.room.postman.writer.renderer
    body = replace(renderer.data.organization, booking_url="https://booking.example/imc")
    bookable = replace(renderer, data=replace(renderer.data, organization=body))
    claim = house.desk.inbox.claimed(wishes.reference)
    assert claim
    answer = getattr(replace(pages(house, site), first=bookable), name)(claim, wishes.secret)
    assert b'<a href="https://booking.example/imc">Book the interview</a>' in answer.body
    assert b"interview.ics" not in answer.body


def test_the_forms_receipt_to_be_filled_in_has_its_calendar_link_hidden(site: Settings) -> None:
    html = (site.site / f"certificates/{CONCEPTS}/self-assessment/index.html").read_text("utf-8")
    template = html.partition('<template id="receipt">')[2].partition("</template>")[0]
    assert '<span data-if-times hidden><a data-status="/interview.ics" href="#">' in template
    assert "data-reference" in template
    portfolio = (site.site / f"certificates/{CONCEPTS}/portfolio/index.html").read_text("utf-8")
    assert "data-if-times" not in portfolio


def test_the_calendar_has_the_preferred_times_before_and_after_the_intake(service: Service) -> None:
    posted = requests.post(
        f"{service.url}/submissions", json=filled(json_schema.SELF_ASSESSMENT, CONCEPTS, interview=TIMES), timeout=10
    ).json()
    for _ in range(2):
        answer = requests.get(f"{service.url}{posted['status']}/interview.ics", timeout=10)
        assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
        assert answer.headers["Content-Disposition"] == 'attachment; filename="interview.ics"'
        assert [line for line in answer.text.split("\r\n") if line.startswith("DTSTART")] == [
            "DTSTART:20270401T093000",
            "DTSTART:20270403T180000",
        ]
        assert "Rosa" not in answer.text
        assert "Mondays" not in answer.text
        until(lambda: bool(Store(service.records).case(posted["reference"]).events))
    without = filled(json_schema.SELF_ASSESSMENT, PRACTICE)
    status = requests.post(f"{service.url}/submissions", json=without, timeout=10).json()["status"]
    assert requests.get(f"{service.url}{status}/interview.ics", timeout=10).status_code == 404


@pytest.mark.parametrize("what", ["submission", "schema"])
def test_a_damaged_file_is_answered_with_a_sentence_and_every_other_case_as_ever(service: Service, what: str) -> None:
    session = signed_in(service, MANAGER)
    ours, other = (send(service, json_schema.SELF_ASSESSMENT, about) for about in (CONCEPTS, PRACTICE))
    store = Store(service.records)
    until(lambda: bool(store.case(ours).events and store.case(other).events))
    path = next(store.folder(ours).glob("private/*/submission.json"))
    if what == "submission":
        path.write_bytes(path.read_bytes()[:40])
        broken = f"/status/{ours}/{service.desk_secret(ours)['case.secret']}"
    else:
        (service.records / "schemas" / f"{store.case(ours).deliveries[0].data['schema']}.json").unlink()
        broken = f"/auditors/cases/{ours}"
    answer = session.get(service.url + broken, timeout=10)
    assert (answer.status_code, "cannot be read just now" in answer.text) == (503, True)
    well = (f"/status/{other}/{service.desk_secret(other)['case.secret']}", f"/auditors/cases/{other}", "/auditors/")
    assert [session.get(service.url + address, timeout=10).status_code for address in well] == [200] * 3


# Lost references


def ask(url: str, **typed: str) -> requests.Response:
    return requests.post(f"{url}/status/", data=typed, timeout=10)


def test_whoever_asks_hears_the_same_whether_or_not_anything_belongs_to_the_address(service: Service) -> None:
    answer = service.post(form(filled(json_schema.SELF_ASSESSMENT, CONCEPTS)), {"Accept": "text/html"})
    outbox = service.settings.var / "outbox-mail/letters"
    until(lambda: len(list(outbox.glob("*.eml"))) == 1)
    page = requests.get(f"{service.url}/status/", timeout=10)
    assert 'type="email"' in page.text
    known, unknown = ask(service.url, email=ROSA), ask(service.url, email="nobody@example.org")
    assert (known.status_code, known.text) == (unknown.status_code, unknown.text) == (200, known.text)
    assert "If something was sent from this address, we have written to it." in known.text
    health = requests.get(f"{service.url}/health", timeout=10).json()
    assert health["mail"] == "letters are kept in outbox-mail/, not sent: SMTP_URL is not set"
    waiting = service.settings.var / "mail/waiting"
    until(lambda: len(list(waiting.glob("*.json"))) == 1)  # the known one waits for its hour
    assert answer.headers["Location"].split("/")[2] not in known.text


def test_what_is_no_address_is_told_and_what_is_too_long_refused(service: Service) -> None:
    answer = ask(service.url, email="rosa")
    assert answer.status_code == 422
    assert "write your e-mail address, like name@example.org" in answer.text
    assert 'value="rosa"' in answer.text
    assert ask(service.url, email="x" * 9000).status_code == 413
    assert requests.get(f"{service.url}/status", timeout=10).url == f"{service.url}/status/"


def test_asking_often_is_429_with_retry_after(house: House, site: Settings) -> None:
    asked: list[object] = []
    lost = Lost(pages(house, site), asked.append, Limits(2, 100))
    with serving(Starlette(routes=lost.routes()), free_port()) as url:
        answers = [ask(url, email=f"{name}@example.org") for name in "abc"]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[2].headers["Retry-After"]) > 60
    assert len(asked) == 2


def test_the_letter_lists_everything_that_belongs_to_the_address_and_nothing_else(house: House) -> None:
    first = house.send()
    Intake(JUDGE, house.store)()
    case = {"reference": first.reference, "secret": first.secret}
    house.send(kind=json_schema.PORTFOLIO, case=case)
    waiting = house.send("ROSA@example.ORG", json_schema.CONTACT, "question")
    complaint = house.send(ROSA, json_schema.CONTACT, "complaint")
    other = house.send("other@example.org")
    for path in house.room.orders.root.rglob("*.json"):
        path.unlink()
    for email in (ROSA, "nobody@example.org", "rosa+tag@example.org"):
        house.room.ask(parsed(email))
    assert house.round() == ""
    house.clock.later(minutes=61)
    assert house.round() == ""
    assert (house.outbox(), house.waiting) == ([], 0)
    (letter,) = house.outbox(apart=True)
    text = part(letter, "plain")
    assert letter["To"] == ROSA
    assert letter["Subject"] == "Your references"
    for receipt in (first, waiting, complaint):
        assert text.count(f"status/{receipt.reference}/{receipt.secret}") == 1
    assert other.reference not in text


def parsed(email: str) -> Address:
    address = Address.parse(email)
    assert address
    return address


def test_a_corrected_address_takes_the_place_of_the_wrong_one(house: House) -> None:
    value = {"id": "a" * 32}
    house.send("stranger@example.org", **value)
    Intake(JUDGE, house.store)()
    time.sleep(1.01 - time.time() % 1)  # receipts are told apart by the second
    mine = house.send(ROSA, **value)
    for path in house.room.orders.root.rglob("*.json"):
        path.unlink()
    house.room.ask(parsed("stranger@example.org"))
    house.room.ask(parsed(ROSA))
    house.round()
    assert [letter["To"] for letter in house.outbox()] == [ROSA]
    assert mine.reference in part(house.outbox()[0], "plain")


def test_asking_again_and_again_is_one_letter_an_hour(house: House) -> None:
    house.send()
    house.round()
    for _ in range(50):
        house.room.ask(parsed(ROSA))
        house.round()
        house.clock.later(minutes=1)
    assert len(house.outbox()) == 1
    for _ in range(15):
        house.round()
        house.clock.later(minutes=1)
    assert len(house.outbox()) == 2
    assert house.waiting == 0


def test_a_relay_confirms_and_finds_what_is_lost_wherever_it_lies_by_then(site: Settings, tmp_path: Path) -> None:
    made = remote(tmp_path / "r")
    settings = replace(site, var=tmp_path / "var", records=made.clone("clone"))
    running = wiring.relay(settings, Limits(1000, 1000), "http://127.0.0.1", lambda: None)
    letters = settings.var / "outbox-mail/letters"
    with serving(running.app, free_port()) as url:
        sent = requests.post(
            f"{url}/submissions", json=filled(json_schema.SELF_ASSESSMENT, CONCEPTS), timeout=10
        ).json()
        until(lambda: len(list(letters.glob("*.eml"))) == 1)
        until(lambda: requests.get(f"{url}/health", timeout=10).json()["waiting"] == 0)
        page = requests.get(url + sent["status"], timeout=10).text
        assert "The Intake Manager writes to you" in page
        for path in (settings.var / "mail/ledger").glob("*.json"):
            path.unlink()
        ask(url, email=ROSA)
        until(lambda: len(list(letters.glob("*.eml"))) == 2)
    assert all(sent["reference"].encode() in path.read_bytes() for path in letters.glob("*.eml"))
