"""The site in Arabic: what is on the left in English is on the right, and nothing sticks out at the side."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from pipeline.forms import json_schema
from pipeline.settings import ROOT, Settings
from pipeline.web import wiring
from pipeline.web.rate_limit import Limits
from tests.browsing import led, part, violations
from tests.conftest import Service, once
from tests.support import CONCEPTS, PRACTICE, filled, form, free_port, serving
from tests.test_site import at, build

PAGES = [
    "",
    "certificates/",
    f"certificates/{CONCEPTS}/",
    f"certificates/{CONCEPTS}/print/",
    f"certificates/{CONCEPTS}/self-assessment/",
    f"certificates/{PRACTICE}/portfolio/",
    "contact/",
    "contact/complaint/",
    "privacy/",
    "nowhere/",
]
SIDE = """element => { const box = element.getBoundingClientRect(), style = getComputedStyle(element);
  return [style.borderRightWidth, style.borderLeftWidth, style.direction] }"""


@pytest.fixture(scope="module")
def arabic(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The body with Arabic alone: its interface and texts are not translated, which is fine for the layout."""

    def make(root: Path) -> None:
        data = shutil.copytree(ROOT / "data", root / "data", ignore=shutil.ignore_patterns("translations"))
        path = data / "organization.yml"
        path.write_text(path.read_text("utf-8").replace("languages: [en, fr]", "languages: [ar]"), "utf-8")
        wiring.build_site(at(root, data, "/submissions"))

    root = once(tmp_path_factory, "arabic", make)
    return at(root, root / "data", "/submissions")


@pytest.fixture(scope="module")
def service(arabic: Settings) -> Iterator[Service]:
    port = free_port()
    settings = replace(arabic, site_url=f"http://127.0.0.1:{port}/")
    running = wiring.local(settings, Limits(10_000, 100_000), f"http://127.0.0.1:{port}")
    with serving(running.app, port) as url:
        yield Service(url, dict(running.links), settings)


WIDTHS = (1280, 390, 320)


@pytest.fixture(params=WIDTHS)
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    with browser.new_context(viewport={"width": request.param, "height": 844}) as context:
        yield context.new_page()


def sideways(page: Page) -> int:
    """How many pixels can be scrolled to either side."""
    page.evaluate("scrollTo(-9999, scrollY)")
    left = page.evaluate("scrollX")
    page.evaluate("scrollTo(9999, scrollY)")
    return int(page.evaluate("scrollX") - left)


@pytest.mark.parametrize("address", PAGES)
def test_a_page_runs_from_the_right_and_does_not_scroll_sideways(
    service: Service, browser: Browser, address: str
) -> None:
    page = browser.new_page()
    page.goto(f"{service.url}/{address}")
    page.wait_for_load_state()
    assert page.evaluate("[document.documentElement.dir, document.documentElement.lang]") == ["rtl", "ar"]
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 844})
        assert sideways(page) == 0, width
        mark, nav = page.locator(".wordmark").bounding_box(), page.locator(".site-head nav").bounding_box()
        assert mark
        assert nav
        assert mark["x"] + mark["width"] > nav["x"] + nav["width"] - 1, width
    page.close()


def test_lines_marks_and_numbers_are_at_the_right(service: Service, page: Page) -> None:
    page.goto(f"{service.url}/certificates/{CONCEPTS}/")
    assert page.locator(".draft").evaluate(SIDE) == ["3px", "0px", "rtl"]
    assert page.locator("section.example").evaluate(SIDE) == ["4px", "0px", "rtl"]
    statement = page.locator("ul.statements li").first
    if page.viewport_size and page.viewport_size["width"] > 900:
        number, text = statement.locator(".sid").bounding_box(), statement.locator("> span").last.bounding_box()
        assert number
        assert text
        assert number["x"] > text["x"]
        steps = page.locator("ol.steps li").all()
        places = [box["x"] for step in steps if (box := step.bounding_box())]
        assert places == sorted(places, reverse=True)


def test_the_led_form_its_errors_and_its_picture_hold(service: Service, page: Page) -> None:
    page.goto(f"{service.url}/certificates/{CONCEPTS}/self-assessment/")
    assert led(page)
    for name in ("C1", "picture", "you", "check"):
        part(page, name)
        assert sideways(page) == 0, name
    page.locator("button[type=submit]").click()
    page.locator("#problems").wait_for()
    assert sideways(page) == 0
    wrong = page.locator(".has-error:visible")
    if wrong.count() == 0:
        part(page, "you")
    assert page.locator(".has-error:visible").first.evaluate(SIDE)[:2] == ["5px", "0px"]
    assert violations(page) == []


def test_the_bars_of_the_picture_run_from_the_right(service: Service, page: Page) -> None:
    page.goto(f"{service.url}/certificates/{CONCEPTS}/self-assessment/")
    part(page, "C1")
    page.locator("[name='answers.C1.1.answer'][value=yes]").check()
    part(page, "picture")
    bars = page.locator("#part-picture svg").first
    edges = {
        name: bars.locator(f"rect.bar-{name}").first.evaluate("bar => [bar.x.baseVal.value, bar.width.baseVal.value]")
        for name in ("yes", "blank")
    }
    (yes, width), (blank, rest) = edges["yes"], edges["blank"]
    assert yes + width == pytest.approx(599)
    assert blank + rest < yes
    assert blank == pytest.approx(1)


def test_errors_from_the_server_and_the_board_hold(service: Service, page: Page) -> None:
    sent = form(filled(json_schema.PORTFOLIO, PRACTICE))
    # The hash of this data is the same: only its language is another.
    html = service.post({**sent, "applicant.email": "x", "log.1.hours": "y"}, {"accept": "text/html"}).text
    page.set_content(
        html.replace('href="/', f'href="{service.url}/').replace("<head>", f'<head><base href="{service.url}">')
    )
    assert page.locator(".has-error").count() >= 2
    assert sideways(page) == 0
    page.goto(service.url + service.links["Intake Manager"])
    page.locator("button[type=submit]").click()
    page.wait_for_url("**/auditors/")
    assert sideways(page) == 0


def test_a_text_in_another_language_keeps_its_own_direction(browser: Browser, memory: Path) -> None:
    """English first, Arabic second: what is not translated runs from the left inside of a page that runs from the right."""
    data = shutil.copytree(ROOT / "data", memory / "data", ignore=shutil.ignore_patterns("translations"))
    path = data / "organization.yml"
    path.write_text(path.read_text("utf-8").replace("languages: [en, fr]", "languages: [en, ar]"), "utf-8")
    settings = build(memory, data, "/submissions")
    with browser.new_context(java_script_enabled=True) as context:
        page = context.new_page()
        page.goto((settings.site / f"ar/certificates/{CONCEPTS}/index.html").as_uri())
        assert page.evaluate("getComputedStyle(document.body).direction") == "rtl"
        question = page.locator("ul.statements li span[lang=en]").first
        assert question.evaluate("e => getComputedStyle(e).direction") == "ltr"
