"""The script of the forms as modules: what is loaded when, what works without a connection, and that they hold no rule."""

from __future__ import annotations

import gzip
import json
import re
import unicodedata
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from benchmarks.measure import THEME
from pipeline.forms import json_schema
from pipeline.i18n import has_content
from pipeline.settings import ROOT, Settings
from pipeline.submissions.parsing import parse_form, unflatten
from pipeline.web import wiring
from pipeline.web.rate_limit import Limits
from tests.browsing import copy_of, device, evidence, fill, opened, part, saved, send, typed
from tests.conftest import Service
from tests.support import CONCEPTS, DATA, filled, free_port, serving

FOLDER = ROOT / "docs/assets/form"
MODULES = {path.stem: path.read_text("utf-8") for path in sorted(FOLDER.glob("*.js"))}
LATER = {"copies", "picture"}
SELF = f"certificates/{CONCEPTS}/self-assessment/"
PORTFOLIO = f"certificates/{CONCEPTS}/portfolio/"
FORMS = [SELF, PORTFOLIO, "contact/question/", f"fr/{PORTFOLIO}"]


def imported(module: str) -> set[str]:
    """A module and all that it imports at once."""
    found = {module}
    for name in re.findall(r'^import .* from "\./(\w+)\.js";$', MODULES[module], re.MULTILINE):
        found |= imported(name)
    return found


@pytest.mark.parametrize("name", MODULES)
def test_a_module_is_at_most_300_lines_and_imports_in_one_direction(name: str) -> None:
    assert len(MODULES[name].splitlines()) <= 300
    assert all(name not in imported(other) for other in imported(name) - {name})


@pytest.mark.parametrize("path", FORMS)
def test_a_form_names_all_that_its_script_imports_so_that_it_is_fetched_together(site: Settings, path: str) -> None:
    html = (site.site / path / "index.html").read_text("utf-8")
    top = "../" * path.count("/")
    preloaded = re.findall(rf'<link rel="modulepreload" href="{re.escape(top)}assets/form/(\w+)\.js">', html)
    (script,) = re.findall(r'<script type="module" src="([^"]+)">', html)
    assert script == f"{top}assets/form/main.js"
    assert sorted([*preloaded, "main"]) == sorted(imported("main"))
    assert imported("main") | LATER == set(MODULES)
    assert not imported("main") & LATER


def test_the_first_load_stays_small(site: Settings) -> None:
    """Bytes as gzip sends them; a KB has 1,000. The theme's own stylesheets are not counted."""

    def size(path: str) -> int:
        return len(gzip.compress((site.site / path).read_bytes(), 9))

    script = sum(size(f"assets/form/{name}.js") for name in imported("main"))
    assert script <= 20_000
    assert script + size(f"{PORTFOLIO}index.html") + size("assets/site.css") + size("assets/paths.css") <= 45_000


def module_of(request: Request) -> str:
    found = re.search(r"/assets/form/(\w+)\.js", request.url)
    return found[1] if found else ""


@pytest.mark.parametrize("path", FORMS)
def test_the_first_load_needs_few_requests_and_who_only_looks_loads_nothing_more(
    browser: Browser, service: Service, path: str
) -> None:
    with device(browser, service) as person:
        page = person.new_page()
        made: list[Request] = []
        page.on("request", lambda request: made.append(request))
        page.goto(f"/{path}", wait_until="networkidle")
        expect(page.locator("[data-state]")).to_be_visible()
        part(page, "check")
        page.wait_for_timeout(300)
        themes = re.findall(
            rf'(?:href|src)="(?:\.\./)*{THEME}', (service.settings.site / path / "index.html").read_text("utf-8")
        )
        assert len(made) - len(themes) <= 9, [request.url for request in made]
        assert {module_of(request) for request in made} - {""} == imported("main")


def test_the_first_answer_fetches_the_rest_once(browser: Browser, service: Service) -> None:
    with device(browser, service) as person:
        page = person.new_page()
        made: list[str] = []
        page.on("request", lambda request: made.append(module_of(request)))
        page.goto(f"/{SELF}", wait_until="networkidle")
        fill(page, {"answers.C1.1.answer": "yes"})
        saved(page)
        assert sorted(name for name in made if name in LATER) == ["copies", "picture"]
        copy_of(page)
        part(page, "picture")
        page.locator("#part-picture table").first.wait_for()
        assert sorted(name for name in made if name in LATER) == ["copies", "picture"]
        page.goto("/about/")
        made.clear()
        page.goto(f"/{SELF}", wait_until="networkidle")  # the draft is there again, and may have to be saved as a copy
        assert sorted(name for name in made if name in LATER) == ["copies", "picture"]
        page.goto(f"/{PORTFOLIO}", wait_until="networkidle")  # there is no picture of a portfolio
        assert made.count("picture") == 1


def test_without_the_server_a_copy_is_saved_and_the_picture_is_drawn(
    browser: Browser, site: Settings, tmp_path: Path
) -> None:
    port = free_port()
    settings = replace(site, var=tmp_path / "var", records=tmp_path / "var" / "records")
    running = wiring.local(settings, Limits(10_000, 100_000), f"http://127.0.0.1:{port}")
    with ExitStack() as server:
        url = server.enter_context(serving(running.app, port))
        with device(browser, Service(url, dict(running.links), settings), 390) as phone:
            portfolio, assessment = opened(phone, f"/{PORTFOLIO}"), opened(phone, f"/{SELF}")
            for page, first in (
                (portfolio, {"answers.C1.1.evidence": "before"}),
                (assessment, {"answers.C1.1.answer": "yes"}),
            ):
                with page.expect_response(re.compile(r"/assets/form/copies\.js$")) as response:
                    fill(page, first)
                response.value.finished()
                page.wait_for_load_state("networkidle")
            server.close()
            fill(portfolio, {"answers.C1.2.evidence": "when the connection was gone"})
            answers = copy_of(portfolio)[1]["answers"]
            assert answers["C1.1"]["evidence"] == "before"
            assert answers["C1.2"]["evidence"] == "when the connection was gone"
            part(assessment, "picture")
            row = assessment.locator("#part-picture tbody tr").first
            assert row.inner_text().split("\t") == ["C1 What mentoring is", "1", "0", "0", "8"]


def cut_off(context: BrowserContext, name: str) -> None:
    """This module does not come, at whatever address."""
    context.route(f"**/assets/form/{name}.js*", lambda route: route.abort("internetdisconnected"))


def told(page: Page, times: int = 1) -> None:
    """Once for each module."""
    messages = page.get_by_role("alert").filter(has_text="could not be loaded")
    expect(messages).to_have_count(times)
    expect(messages.last).to_contain_text("Everything you wrote is still here.")


def test_a_module_that_does_not_come_is_said_so_and_after_another_attempt_all_is_there(
    browser: Browser, service: Service, tmp_path: Path
) -> None:
    file = tmp_path / "copy.json"
    file.write_text(json.dumps(filled(json_schema.SELF_ASSESSMENT, CONCEPTS)))
    with device(browser, service) as person:
        for name in LATER:
            cut_off(person, name)
        page = opened(person, f"/{SELF}")
        fill(page, {"answers.C1.1.answer": "yes", "applicant.name": "Zoë"})
        saved(page)
        save = page.locator(".desk").get_by_role("button", name="Save a copy")
        save.click()
        told(page)
        save.click()
        told(page)
        page.locator("input[type=file]").set_input_files(file)
        told(page)
        part(page, "picture")
        told(page, 2)
        assert page.evaluate("document.activeElement.textContent") == "What it says about me"
        person.unroute_all()
        page.locator("#part-picture").get_by_role("button", name="Try again").click()
        page.locator("#part-picture table").first.wait_for()
        told(page)
        assert copy_of(page)[1]["applicant"] == {"name": "Zoë"}
        expect(page.locator(".not-loaded")).to_have_count(0)
        page.reload()
        assert page.locator("[name='applicant.name']").input_value() == "Zoë"


def test_a_copy_that_could_not_be_opened_is_opened_by_another_attempt(
    browser: Browser, service: Service, tmp_path: Path
) -> None:
    file = tmp_path / "copy.json"
    file.write_text(json.dumps(filled(json_schema.PORTFOLIO, CONCEPTS)))
    with device(browser, service) as person:
        cut_off(person, "copies")
        page = opened(person, f"/{PORTFOLIO}")
        page.locator("input[type=file]").set_input_files(file)
        told(page)
        person.unroute_all()
        page.get_by_role("button", name="Try again").click()
        page.get_by_text("The copy was opened").wait_for()
        assert evidence(page, "C1.1").input_value() == "I wrote an agreement with Rosa in March."


def test_a_receipt_is_shown_without_the_other_modules_and_keeps_what_a_copy_needs(
    browser: Browser, service: Service
) -> None:
    with device(browser, service) as person:
        for name in LATER:
            cut_off(person, name)
        page = opened(person, f"/{SELF}")
        fill(page, typed(json_schema.SELF_ASSESSMENT, CONCEPTS))
        send(page, "Send my self-assessment")
        page.get_by_role("heading", name="It has arrived").wait_for()
        page.get_by_role("button", name="Save a copy").click()
        told(page)
        person.unroute_all()
        with page.expect_download() as download:
            page.get_by_role("button", name="Try again").click()
        copy = Path(download.value.path()).read_text("utf-8")
        assert "<h1>Self-assessment: Certificate of Concepts - Mentoring</h1>" in copy
        assert "Rosa Test" in copy
        assert copy.count("<dd") >= 72


# One rule of what is filled in

BLANK = ["", " ", "\t", "\n", "\x07", "\x1c", "\x85", "\xa0", "\xad", "\u034f", "\u061c", "\u115f", "\u1680", "\u180e", "\u2003",
         "\u200b", "\u200d", "\u200e", "\u2028", "\u202e", "\u2060", "\u2064", "\u2069", "\u2800", "\u3000", "\u3164", "\ufe0f",
         "\ufeff", "\uffa0", "\ufffb", "\U0001d173", "\U000e0001", "\U000e0061", "\u200b \ufeff\n\U000e0020"]  # fmt: skip
SEEN = [
    "0",
    "x",
    ".",
    "\u0301",
    "é",
    "日",
    "\ufffd",
    "\ue000",
    "👩",
    "👩\u200d👧",
    "\u200bx",
    "x\ufeff",
    "\u0600",
    "\U0010fffd",
]


@pytest.mark.parametrize("text", [*BLANK, *SEEN], ids=ascii)
def test_what_shows_nothing_is_no_content(text: str) -> None:
    assert has_content(text) == (text in SEEN)


def test_every_space_and_every_control_character_shows_nothing() -> None:
    kinds = {chr(number): unicodedata.category(chr(number)) for number in range(0x110000)}
    assert [text for text, kind in kinds.items() if kind in ("Cc", "Cs", "Zs", "Zl", "Zp") and has_content(text)] == []
    assert [text for text, kind in kinds.items() if kind[0] in "NPS" and not has_content(text)] == ["\u2800"]


def test_filled_in_means_the_same_of_every_character_in_the_browser_and_on_the_server(
    browser: Browser, service: Service
) -> None:
    with device(browser, service) as person:
        page = opened(person, "/contact/question/")
        found = page.evaluate(
            """async texts => {
              const { hasContent } = await import("/assets/form/fields.js");
              const blank = [];
              for (let number = 0; number < 0x110000; number += 1) {
                if (!hasContent(String.fromCodePoint(number))) blank.push(number);
              }
              return [blank, texts.map(hasContent)];
            }""",
            [*BLANK, *SEEN],
        )
    assert found[0] == [number for number in range(0x110000) if not has_content(chr(number))]
    assert found[1] == [has_content(text) for text in [*BLANK, *SEEN]]


@pytest.mark.parametrize("text", ["\u200b", " \ufeff\n\u3164 ", "\x1c\u2800"], ids=ascii)
def test_a_field_with_nothing_to_see_in_it_is_blank_for_the_page_and_for_the_server(
    browser: Browser, service: Service, text: str
) -> None:
    values = typed(json_schema.PORTFOLIO, CONCEPTS)
    values |= {"answers.C1.1.evidence": text, "answers.C1.2.links": text, "applicant.country": text}
    values["answers.C1.3.links"] = f"https://a.org\n{text}\nhttps://b.org"
    with device(browser, service) as person:
        page = opened(person, f"/{PORTFOLIO}")
        fill(page, values)
        made = copy_of(page)[1]
        body = page.evaluate("new URLSearchParams(new FormData(document.querySelector('form'))).toString()")
        part(page, "check")
        assert page.locator("#part-check dd.soft").count() > 0
        send(page, "Send my portfolio")
        (line,) = page.locator("#problems li").all()
        assert line.inner_text().endswith("write your evidence")
    schema = json_schema.form_schema(DATA, json_schema.PORTFOLIO, CONCEPTS)
    posted, _rows = unflatten(schema, parse_form(str(body).encode("ascii")))
    del made["id"]
    assert made == posted
    assert "evidence" not in made["answers"]["C1.1"]
    assert "links" not in made["answers"]["C1.2"]
    assert made["answers"]["C1.3"]["links"] == ["https://a.org", "https://b.org"]
    assert "country" not in made["applicant"]


def test_a_page_names_the_characters_of_the_rule_in_ascii(site: Settings) -> None:
    html = (site.site / f"fr/{PORTFOLIO}index.html").read_text("utf-8")
    rules = re.search(r'id="rules">(.*?)</script>', html)
    assert rules
    assert rules[1].isascii()
    assert "&" not in rules[1]
    assert json.loads(rules[1])["*"]["content"]


# No rule and no text of their own


def test_the_modules_hold_no_rule_and_no_text() -> None:
    """Rules come in attributes and words in #words: neither a limit nor a sentence is in a module."""
    code = re.sub(r"/\*.*?\*/|//[^\n]*", "", "\n".join(MODULES.values()), flags=re.DOTALL)
    assert not re.search(r"3000|3_000|\bhttps?://(?!www\.w3\.org)", code)
    literals = re.findall(r'"([^"\n]*)"|`([^`]*)`', code)
    sentences = [text for pair in literals for text in pair if re.search(r"[A-Z][a-z]+ [a-z]+ [a-z]+", text)]
    assert sentences == []
