"""The newcomer's way in a real browser, with and without JavaScript, and the rules of accessibility on every kind of page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from tests.conftest import Service
from tests.find_browser import find
from tests.support import CONCEPTS, PRACTICE, until

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--no-first-run",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = find()
    assert path, "no browser: see tests/find_browser.py"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def page(browser: Browser, service: Service, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = browser.new_context(java_script_enabled=request.param, viewport={"width": 390, "height": 844})
    opened = context.new_page()
    troubles: list[str] = []
    opened.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: troubles.append(str(error)))
    opened.goto(service.url)
    yield opened
    context.close()
    assert [trouble for trouble in troubles if "422" not in trouble] == []


def answer_all(page: Page, evidence: str = "") -> int:
    """Open one unit after the other, as a person does, and answer what is asked in it."""
    page.wait_for_load_state()
    answered = 0
    for unit in page.locator("details.unit").all():
        if not unit.locator("fieldset .choices").count():
            continue
        if unit.get_attribute("open") is None:
            unit.locator("summary").click()
        for group in unit.locator("fieldset:has(.choices)").all():
            group.get_by_label("yes", exact=True).check()
            answered += 1
        if evidence:
            for number, area in enumerate(unit.locator("textarea[name$='.evidence']").all()):
                area.fill(f"{evidence} {answered}.{number}\nSecond line.")
    return answered


def who(page: Page) -> None:
    page.get_by_label("Full name").fill("Rosa Test")
    page.get_by_label("E-mail address").fill("rosa@example.org")
    page.get_by_label("I agree that what I send").check()


def at_the_board(browser: Browser, service: Service, reference: str) -> Page:
    board = browser.new_context().new_page()
    board.goto(service.url + service.links["Intake Manager"])
    board.get_by_role("button", name="Sign in").click()
    until(lambda: bool(board.reload()) and board.get_by_role("link", name=reference).count() == 1)
    board.get_by_role("link", name=reference).click()
    return board


def test_home_blue_self_assessment_confirmation_board(page: Page, browser: Browser, service: Service) -> None:
    page.get_by_role("link", name="Open the Blue path self-assessment").click()
    page.get_by_label("E-mail address").fill("rosa@example")
    page.get_by_role("button", name="Send my self-assessment").click()
    assert "Still to be mended: 75" in page.content()
    assert page.get_by_role("link", name="9 statements are not answered yet").count() == 8
    page.get_by_role("link", name="C2 ").click()
    assert page.url.endswith("#answers.C2.1.answer")
    assert page.get_by_label("E-mail address").input_value() == "rosa@example"
    assert answer_all(page) == 72
    who(page)
    page.get_by_role("button", name="Send my self-assessment").click()
    assert page.get_by_role("heading", name="It has arrived").is_visible()
    reference = page.locator(".reference").inner_text()
    board = at_the_board(browser, service, reference)
    assert board.get_by_role(
        "heading", name=f"{reference} · Self-assessment · Certificate of Concepts - Mentoring"
    ).is_visible()
    board.context.close()


def test_home_green_self_assessment_portfolio_of_112_answers_joins_the_case(
    page: Page, browser: Browser, service: Service
) -> None:
    page.get_by_role("link", name="Open the Green path self-assessment").click()
    assert answer_all(page) == 112
    who(page)
    page.get_by_role("button", name="Send my self-assessment").click()
    reference = page.locator(".reference").inner_text()
    page.get_by_role("link", name="Write my portfolio").click()
    assert page.get_by_label("Reference of your self-assessment").input_value() == reference
    assert answer_all(page, "I held a first meeting with a baker, entry") == 112
    page.locator("[name='log.1.date']").fill("2027-03-14")
    page.locator("[name='log.1.hours']").fill("1,5")
    page.locator("[name='log.1.worked_on']").fill("How to end a meeting.")
    who(page)
    page.get_by_label("This is my own work").check()
    page.get_by_role("button", name="Send my portfolio").click()
    assert page.locator(".reference").inner_text() == reference
    page.get_by_role("link", name="See where my case stands").click()
    until(lambda: bool(page.reload()) and "Portfolio received" in page.content())
    board = at_the_board(browser, service, reference)
    assert board.get_by_role("heading", name=f"{reference} · Portfolio").is_visible()
    assert board.get_by_role("heading", name=f"{reference} · Self-assessment").is_visible()
    board.get_by_role("link", name="Read what was sent").first.click()
    assert board.get_by_text("I held a first meeting with a baker, entry").count() == 112
    assert "How to end a meeting." in board.content()
    board.context.close()


PAGES = [
    "/",
    "/certificates/",
    f"/certificates/{CONCEPTS}/",
    "/certificates/journey-mentor/",
    f"/certificates/{CONCEPTS}/self-assessment/",
    f"/certificates/{PRACTICE}/portfolio/",
    f"/certificates/{CONCEPTS}/print/",
    "/contact/",
    "/contact/complaint/",
    "/about/",
    "/audit/",
    "/education/",
    "/complaints/",
    "/privacy/",
    "/accessibility/",
    "/for-auditors/",
    "/no-such-page/",
]
SCREENS = [("light", 1280), ("light", 390), ("dark", 1280), ("light", 320)]


def violations(page: Page) -> list[str]:
    found = Axe().run(page)
    return [f"{page.url} {entry['id']}: {entry['nodes'][0]['html'][:120]}" for entry in found.response["violations"]]


@pytest.mark.parametrize(("scheme", "width"), SCREENS)
def test_no_page_breaks_a_rule_of_axe_or_scrolls_sideways(
    browser: Browser, service: Service, scheme: Literal["light", "dark"], width: int
) -> None:
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 800})
    page = context.new_page()
    wrong = []
    for path in PAGES:
        page.goto(service.url + path)
        wrong += violations(page)
        if page.evaluate("document.documentElement.scrollWidth") > width:
            wrong.append(f"{path} scrolls sideways at {width}")
    context.close()
    assert wrong == []


@pytest.mark.parametrize(("scheme", "width"), SCREENS[:3])
def test_errors_confirmation_status_and_board_break_no_rule_either(
    browser: Browser, service: Service, scheme: Literal["light", "dark"], width: int
) -> None:
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 800})
    page = context.new_page()
    page.goto(f"{service.url}/contact/question/")
    page.get_by_role("button", name="Send my message").click()
    wrong = violations(page)
    page.get_by_label("Your message").fill("When does the next round begin?")
    who(page)
    page.get_by_role("button", name="Send my message").click()
    reference = page.locator(".reference").inner_text()
    wrong += violations(page)
    page.get_by_role("link", name="See where my case stands").click()
    wrong += violations(page)
    page.goto(service.url + service.links["Intake Manager"])
    wrong += violations(page)
    page.get_by_role("button", name="Sign in").click()
    until(lambda: bool(page.reload()) and page.get_by_role("link", name=reference).count() == 1)
    wrong += violations(page)
    page.get_by_role("link", name=reference).click()
    wrong += violations(page)
    context.close()
    assert wrong == []


def test_the_first_error_link_leads_to_its_field_by_keyboard(browser: Browser, service: Service) -> None:
    page = browser.new_context().new_page()
    page.goto(f"{service.url}/contact/question/")
    page.get_by_role("button", name="Send my message").click()
    page.get_by_role("link", name="E-mail address: ").focus()
    page.keyboard.press("Enter")
    assert page.url.endswith("#applicant.email")
    assert page.evaluate("document.activeElement.name") == "applicant.email"
    page.context.close()


def test_a_printed_form_has_boxes_and_the_issuers_name_and_no_navigation(browser: Browser, service: Service) -> None:
    page = browser.new_context().new_page()
    page.goto(f"{service.url}/certificates/{CONCEPTS}/print/")
    page.emulate_media(media="print")
    assert page.get_by_text("☐ yes").count() == 72
    assert page.locator(".wordmark").is_visible()
    assert not page.locator(".site-head nav").is_visible()
    page.context.close()
