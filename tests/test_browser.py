"""The newcomer's way in a real browser, with and without JavaScript, and the rules of accessibility on every kind of page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from pipeline.forms import json_schema
from tests.browsing import answer_all, at_the_board, part, send, violations, who
from tests.conftest import Service
from tests.support import CONCEPTS, PRACTICE, filled, form, until

HTML = {"Accept": "text/html"}


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


def test_home_blue_self_assessment_confirmation_board(page: Page, browser: Browser, service: Service) -> None:
    page.get_by_role("link", name="Open the Blue path self-assessment").click()
    part(page, "you")
    page.get_by_role("textbox", name="E-mail address").fill("rosa@example")
    send(page, "Send my self-assessment")
    assert "Still to be mended: 75" in page.content()
    assert page.get_by_role("link", name="9 statements are not answered yet").count() == 8
    page.get_by_role("link", name="C2 Trust, agreement and boundaries: 9").click()
    assert page.url.endswith("#answers.C2.1.answer")
    part(page, "you")
    assert page.get_by_role("textbox", name="E-mail address").input_value() == "rosa@example"
    assert answer_all(page) == 72
    who(page)
    send(page, "Send my self-assessment")
    page.get_by_role("heading", name="It has arrived").wait_for()
    reference = page.locator(".reference").inner_text()
    board = at_the_board(browser, service, reference)
    assert board.get_by_role(
        "heading", name=f"{reference} · Self-assessment · Certificate of Concepts - Mentoring"
    ).is_visible()
    acts, history = board.locator(".acts"), board.locator(".history li")
    assert (acts.is_visible(), history.first.is_visible()) == (True, False)
    board.emulate_media(media="print")
    assert (acts.is_visible(), history.first.is_visible()) == (False, True)
    board.context.close()


def test_home_green_self_assessment_portfolio_of_112_answers_joins_the_case(
    page: Page, browser: Browser, service: Service
) -> None:
    page.get_by_role("link", name="Open the Green path self-assessment").click()
    assert answer_all(page) == 112
    who(page)
    send(page, "Send my self-assessment")
    reference = page.locator(".reference").inner_text()
    page.get_by_role("link", name="Write my portfolio").click()
    part(page, "before")
    assert page.get_by_role("textbox", name="Reference of your self-assessment").input_value() == reference
    assert answer_all(page, "I held a first meeting with a baker, entry") == 112
    part(page, "log")
    page.locator("[name='log.1.date']").fill("2026-03-14")
    page.locator("[name='log.1.hours']").fill("1,5")
    page.locator("[name='log.1.worked_on']").fill("How to end a meeting.")
    who(page)
    page.get_by_role("checkbox", name="This is my own work").check()
    send(page, "Send my portfolio")
    assert page.locator(".reference").inner_text() == reference
    page.get_by_role("link", name="See where my case stands").click()
    until(lambda: bool(page.reload()) and "Portfolio received" in page.content())
    board = at_the_board(browser, service, reference)
    expect(board.get_by_role("heading", name=f"{reference} · Portfolio")).to_be_visible()
    expect(board.get_by_role("heading", name=f"{reference} · Self-assessment")).to_be_visible()
    board.get_by_role("link", name="Read what was sent").first.click()
    expect(board.get_by_text("I held a first meeting with a baker, entry")).to_have_count(112)
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
    f"/certificates/{PRACTICE}/print-portfolio/",
    "/contact/",
    "/contact/journey-mentor/",
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
SCREENS = [("light", 1280), ("dark", 390)]


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


def test_no_page_scrolls_sideways_on_the_narrowest_screen_or_with_text_of_twice_the_size(
    browser: Browser, service: Service
) -> None:
    page = browser.new_page()
    wrong = []
    received = service.post(form(filled(json_schema.SELF_ASSESSMENT, CONCEPTS))).headers["Location"]
    for path in [*PAGES, received, received.replace("/received/", "/status/")]:
        page.set_viewport_size({"width": 320, "height": 800})
        page.goto(service.url + path)
        if page.evaluate("document.documentElement.scrollWidth") > 320:
            wrong.append(f"{path} at 320")
        page.set_viewport_size({"width": 390, "height": 800})
        page.evaluate("document.documentElement.style.setProperty('font-size', '250%', 'important')")
        if page.evaluate("document.documentElement.scrollWidth") > 390:
            wrong.append(path)
    page.close()
    assert wrong == []


def test_the_certificates_stand_side_by_side_and_on_a_phone_one_below_the_other(
    browser: Browser, service: Service
) -> None:
    for width, beside in ((1280, True), (390, False)):
        page = browser.new_page(viewport={"width": width, "height": 800})
        page.goto(f"{service.url}/certificates/")
        row = page.get_by_role("row", name="Re-certification")
        blue, green = (cell.bounding_box() for cell in row.get_by_role("cell").all())
        assert blue
        assert green
        assert (blue["y"] == green["y"]) is beside
        page.close()


@pytest.mark.parametrize(("scheme", "width"), SCREENS)
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
    case = page.locator(f"a[href='/auditors/cases/{reference}']")
    until(lambda: bool(page.reload()) and case.count() == 1)
    wrong += violations(page)
    case.click()
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
    until(lambda: page.evaluate("document.activeElement.name") == "applicant.email")
    page.context.close()


def test_a_reference_stays_on_one_line_on_a_small_phone(browser: Browser, service: Service) -> None:
    answer = service.post(form(filled(json_schema.CONTACT, "question")))
    for width in (390, 360, 320):
        page = browser.new_page(viewport={"width": width, "height": 800})
        page.goto(service.url + answer.headers["Location"])
        line = page.locator(".reference")
        assert line.evaluate("line => line.getClientRects().length + line.scrollWidth - line.clientWidth") == 1
        assert line.evaluate("line => line.offsetHeight < 2 * parseFloat(getComputedStyle(line).fontSize)")
        page.close()


def without_javascript(browser: Browser, service: Service, **changes: str) -> Page:
    """The portfolio form on a phone; with `changes` it has been sent, and comes back with what is to be mended."""
    page = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844}).new_page()
    page.goto(f"{service.url}/certificates/{PRACTICE}/portfolio/")
    if changes:
        answer = service.post(form(filled(json_schema.PORTFOLIO, PRACTICE)) | changes, HTML)
        page.route("**/portfolio/", lambda route: route.fulfill(body=answer.text, content_type="text/html"))
        page.reload()
    return page


def test_without_javascript_one_unit_is_open_and_the_summary_leads_into_the_others(
    browser: Browser, service: Service
) -> None:
    lacking = {f"answers.C3.{number}.evidence": "" for number in range(1, 7)}
    page = without_javascript(browser, service, **lacking, **{"answers.C2.1.evidence": "", "log.1.date": "14.3.2027"})
    lines = [line.inner_text() for line in page.locator("#problems li").all()]
    assert lines[0] == "C2.1 Trust, agreement and boundaries: write your evidence"
    assert lines[1] == "C3 Listening and questions: 6 answers have no evidence yet"
    opened = page.locator("details[name=unit][open]")
    assert [unit.get_attribute("data-step") for unit in opened.all()] == ["C2"]
    page.locator("#problems a").nth(1).click()
    expect(page.locator("[id='answers.C3.1.evidence']")).to_be_visible()
    assert page.locator("[id='log.1.date']").input_value() == "14.3.2027"
    page.context.close()


def test_without_javascript_all_of_a_form_is_printed_and_nothing_is_cut(browser: Browser, service: Service) -> None:
    page = without_javascript(browser, service)
    area = page.locator("[name='answers.C1.1.evidence']")
    area.fill("One line of many.\n" * 60)
    expect(page.locator("[id='answers.P4.1.answer']")).not_to_be_visible()
    page.emulate_media(media="print")
    expect(page.locator("[id='answers.P4.1.answer']")).to_be_visible()
    assert area.evaluate("area => area.scrollHeight <= area.clientHeight")
    page.context.close()


def test_a_printed_form_has_boxes_and_the_issuers_name_and_no_navigation(browser: Browser, service: Service) -> None:
    page = browser.new_context().new_page()
    page.goto(f"{service.url}/certificates/{CONCEPTS}/print/")
    page.emulate_media(media="print")
    assert page.get_by_text("☐ yes").count() == 72
    expect(page.locator(".wordmark")).to_be_visible()
    expect(page.locator(".site-head nav")).not_to_be_visible()
    page.goto(f"{service.url}/certificates/{PRACTICE}/print-portfolio/")
    assert page.get_by_text("☐ yes").count() == 112
    assert page.locator(".room").count() == 112
    expect(page.get_by_role("heading", name="Mentoring log")).to_be_visible()
    expect(page.get_by_text("☐ This is my own work")).to_be_visible()
    assert page.get_by_text("Secret of that reference").count() == 0
    page.context.close()
