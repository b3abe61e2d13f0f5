"""Accessibility of everything: every part of every form, every page of the board with a case in every state.

A form in one language, and the board on one screen, are looked at by every run of the tests; all of them by the long one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from pipeline.cases.decisions import decide, record
from pipeline.forms import json_schema, topics
from pipeline.settings import ROOT, Settings
from pipeline.submissions.validation import Judge
from pipeline.web import wiring
from pipeline.web.board.markdown_html import to_html
from pipeline.web.rate_limit import Limits
from tests.browsing import led, unnamed, violations
from tests.conftest import Service
from tests.support import CONCEPTS, DATA, PRACTICE, filled, form, free_port, serving, until
from tests.test_board import AUDITOR, DIRECTOR, MANAGER, VERIFIER
from tests.test_process import Body

SCREENS = [(language, width) for language in DATA.organization.languages for width in (1280, 390)]
ASSESSED = (json_schema.SELF_ASSESSMENT, json_schema.PORTFOLIO)
FORMS = [f"certificates/{profile.id}/{kind}" for profile in DATA.open_profiles for kind in ASSESSED]
FORMS += [f"contact/{topic}" for topic in topics.every(DATA)]
SAMPLE = f"certificates/{CONCEPTS}/{json_schema.SELF_ASSESSMENT}"


def place(service: Service, language: str, path: str) -> str:
    own = "" if language == DATA.organization.languages[0] else f"{language}/"
    return f"{service.url}/{own}{path}/"


@contextmanager
def screen(browser: Browser, width: int) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": width, "height": 800})
    yield context
    context.close()


def look(page: Page, looks: Callable[[Page], list[str]]) -> list[str]:
    wrong = [f"{page.viewport_size}: {found}" for found in looks(page)]
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        wrong.append(f"{page.viewport_size}: {page.url} scrolls sideways")
    return wrong


def parts(page: Page) -> list[str]:
    """The places of a form, as the addresses of its parts; a form that is one page is one."""
    page.wait_for_load_state()
    return page.evaluate(
        "[...document.querySelectorAll('.led [data-step]')].map(step => step.dataset.step).filter(name => name !== 'send')"
    ) or [""]


def walked(page: Page, address: str, looks: Callable[[Page], list[str]]) -> list[str]:
    """Every part of the form as it is opened first, then the check of an empty one that was sent, with all its errors."""
    page.goto(address)
    wrong = []
    for name in parts(page):
        if name:
            page.evaluate("name => { location.hash = `part-${name}` }", name)
            page.locator(f"#part-{name}").wait_for()
        wrong += look(page, looks)
    page.locator("form [type=submit]:visible").last.click()
    page.locator("#problems").wait_for()
    return wrong + look(page, looks)


def test_no_link_of_a_form_is_empty_in_any_part_of_it(browser: Browser, service: Service) -> None:
    wrong = []
    with screen(browser, 1280) as context:
        page = context.new_page()
        for language in DATA.organization.languages:
            wrong += walked(page, place(service, language, SAMPLE), unnamed)
            assert led(page)
            assert page.locator(".steps-nav a").count() == 2, "the last part has one before it, and the list of all"
            page.goto(place(service, language, SAMPLE))
            assert page.locator(".steps-nav a").count() == 1, "the first has only one after it"
    assert wrong == []


@pytest.mark.long
@pytest.mark.parametrize(("language", "width"), SCREENS)
def test_every_part_of_every_form_keeps_the_rules(
    browser: Browser, service: Service, language: str, width: int
) -> None:
    wrong = []
    for path in FORMS:
        with screen(browser, width) as context:
            wrong += walked(context.new_page(), place(service, language, path), violations)
    assert wrong == []


@pytest.mark.long
@pytest.mark.parametrize(("language", "width"), SCREENS)
def test_every_receipt_and_every_page_that_it_leads_to_keeps_the_rules(
    browser: Browser, service: Service, language: str, width: int
) -> None:
    """Sent without the script's help, as a form is: the page of thanks, the case's own page, and the form that joins it."""
    sent = [filled(kind, profile.id) for profile in DATA.open_profiles for kind in ASSESSED]
    sent += [filled(json_schema.CONTACT, topic) for topic in topics.every(DATA)]
    wrong = []
    with screen(browser, width) as context:
        page = context.new_page()
        for value in sent:
            answer = service.post({**form(value), "language": language}, {"Accept": "text/html"})
            page.goto(service.url + answer.headers["Location"])
            wrong += look(page, violations)
            for link in page.locator("main a[href*='/status/'], .form a[href*='/status/']").evaluate_all(
                "all => [...new Set(all.map(link => link.href))]"
            ):
                page.goto(link)
                wrong += look(page, violations)
        page.goto(place(service, language, "status"))
        wrong += look(page, violations)
    assert wrong == []


# The board


TO_AUDIT = (("ines", "/schedule 2027-03-20 09:30"), ("ines", "/admit"))
AUDITED = (("ada", "/claim no-conflict"), ("ada", "/finding all met"), ("ada", "/recommend grant"))
DECLINED = (("ada", "/claim no-conflict"), ("ada", "/finding all not-met because of the talk"), ("ada", "/recommend decline"),
            ("dora", "/decide decline no-conflict"))  # fmt: skip
STORIES: dict[str, tuple[str, tuple[tuple[str, str], ...]]] = {
    "received": (CONCEPTS, ()),
    "interview": (CONCEPTS, TO_AUDIT[:1]),
    "awaiting_portfolio": (CONCEPTS, TO_AUDIT),
    "audit": (CONCEPTS, (*TO_AUDIT, ("", "portfolio"), *AUDITED[:2])),
    "evidence_requested": (CONCEPTS, (*TO_AUDIT, ("", "portfolio"), AUDITED[0], ("ada", "/request-evidence C1.1"))),
    "verification": (PRACTICE, (*TO_AUDIT, ("", "portfolio"), *AUDITED)),
    "decision": (CONCEPTS, (*TO_AUDIT, ("", "portfolio"), *AUDITED)),
    "granted": (CONCEPTS, (*TO_AUDIT, ("", "portfolio"), *AUDITED, ("dora", "/decide grant no-conflict"))),
    "declined": (CONCEPTS, (*TO_AUDIT, ("", "portfolio"), *DECLINED)),
    "appealed": (CONCEPTS, (*TO_AUDIT, ("", "portfolio"), *DECLINED, ("ines", "/appeal"))),
    "withdrawn": (CONCEPTS, (("ines", "/withdraw"),)),
    "expired": (CONCEPTS, (*TO_AUDIT, ("", "expire"))),
    "joined": (CONCEPTS, (("", "link"),)),
}


def tell(body: Body, state: str, number: int) -> None:
    """A case of its own in this state."""
    about, story = STORIES[state]
    kind = json_schema.PORTFOLIO if state == "joined" else json_schema.SELF_ASSESSMENT
    applicant = {"name": f"Person {number}", "email": f"person{number}@example.org"}
    reference = body.send(kind, about, applicant=applicant)
    for login, comment in story:
        if comment == "portfolio":
            body.send(json_schema.PORTFOLIO, about, applicant=applicant, case=body.secret(reference))
        elif comment == "expire":
            states = tuple(replace(one, days=30) for one in DATA.process.states)
            judge = Judge(replace(DATA, process=replace(DATA.process, states=states)), ROOT / "schemas")
            work = replace(body.work("ines", reference), judge=judge, now=body.now + timedelta(days=400))
            outcome = decide(work, "/expire")
            assert outcome is not None
            record(work, outcome)
        elif comment == "link":
            other = body.send(json_schema.SELF_ASSESSMENT, about, applicant=applicant)
            body.do("ines", reference, f"/link {other}")
        else:
            assert not body.do(login, reference, comment).refusals, comment
    assert body.state(reference) == state


@pytest.fixture
def board(site: Settings, tmp_path: Path) -> Iterator[Service]:
    """A board with a case in every state, and with everything else that it can show."""
    body = Body(tmp_path / "var")
    for number, state in enumerate(STORIES):
        tell(body, state, number)
    port = free_port()
    settings = replace(site, var=tmp_path / "var", records=tmp_path / "var" / "records")
    running = wiring.local(settings, Limits(10_000, 100_000), f"http://127.0.0.1:{port}")
    with serving(running.app, port) as url:
        made = Service(url, dict(running.links), settings)
        for more in ({}, {"website_url": "x"}):
            made.post({**form(filled(json_schema.SELF_ASSESSMENT, CONCEPTS)), **more})
            made.post({**form(filled(json_schema.CONTACT, "complaint")), **more})
            made.post({**form(filled(json_schema.CONTACT, "question")), **more})
        (settings.records / "inbox/x.json").write_text("{}")
        until(lambda: (settings.var / "outbox-mail").is_dir() and (settings.records / "rejected").is_dir(), 120)
        yield made


SKIPPED = re.compile(r"/sign-(in|out)|/private/|\.(csv|ics)$|#")


def crawled(browser: Browser, board: Service, role: str, width: int) -> tuple[set[str], list[str]]:
    """All pages of the board that this person gets to by its links, and what is wrong there."""
    seen: set[str] = set()
    wrong: list[str] = []
    with screen(browser, width) as context:
        page = context.new_page()
        page.goto(board.url + board.links[role])
        wrong += look(page, violations)
        page.locator("form [type=submit]").last.click()
        page.wait_for_url("**/auditors/")
        ahead = [page.url]
        while ahead:
            address = ahead.pop(0)
            page.goto(address)
            seen.add(address.removeprefix(board.url))
            wrong += look(page, violations)
            links: list[str] = page.evaluate("[...document.querySelectorAll('a')].map(link => link.href)")
            known = {one.partition("?")[0] for one in (*seen, *(one.removeprefix(board.url) for one in ahead))}
            for link in dict.fromkeys(links):
                path = link.removeprefix(board.url)
                if path.startswith("/auditors/") and not SKIPPED.search(path) and path.partition("?")[0] not in known:
                    ahead.append(link)
                    known.add(path.partition("?")[0])
    return seen, wrong


EVERYWHERE = ("/auditors/", "/auditors/statistics/", "/auditors/cases/")
OWN = {
    MANAGER: (*EVERYWHERE, "/auditors/mail/", "/auditors/quarantine/"),
    AUDITOR: EVERYWHERE,
    VERIFIER: EVERYWHERE,
    DIRECTOR: (*EVERYWHERE, "/auditors/complaints/"),
}


def test_there_is_a_case_for_every_state_of_the_process() -> None:
    assert STORIES.keys() == {state.id for state in DATA.process.states}


@pytest.mark.long
@pytest.mark.parametrize("role", OWN)
def test_every_page_of_the_board_keeps_the_rules_with_a_case_in_every_state(
    browser: Browser, board: Service, role: str
) -> None:
    for width in (1280, 390):
        seen, wrong = crawled(browser, board, role, width)
        assert not wrong, "\n".join(wrong)
        for path in OWN[role]:
            assert [one for one in seen if one.startswith(path)], path
        assert sum(one.startswith("/auditors/cases/") for one in seen) >= len(STORIES)


def test_a_board_with_something_in_every_list_keeps_the_rules(browser: Browser, service: Service) -> None:
    """The sample: one case, one message that waits in quarantine, one letter."""
    service.post(form(filled(json_schema.SELF_ASSESSMENT, CONCEPTS)))
    service.post({**form(filled(json_schema.SELF_ASSESSMENT, PRACTICE)), "website_url": "x"})
    until(lambda: any((service.settings.var / "outbox-mail").rglob("*.eml")))
    until(lambda: any(service.records.glob("cases/*/events/*")))
    for role in (MANAGER, AUDITOR):
        seen, wrong = crawled(browser, service, role, 390)
        assert not wrong, "\n".join(wrong)
        for path in OWN[role]:
            assert [one for one in seen if one.startswith(path)], path


def test_the_headings_of_a_text_go_on_from_those_of_the_page_that_shows_it() -> None:
    text = "<!-- marker -->\n### Coverage\n\n#### C1\n\n### Statements\n"
    for highest, levels in ((0, [3, 4, 3]), (2, [2, 3, 2]), (3, [3, 4, 3])):
        assert [int(level) for level in re.findall(r"<h(\d)>", to_html(text, highest))] == levels
    assert to_html("No heading", 2) == "<p>No heading</p>\n"
