"""The form as its script leads through it and keeps it: in a real browser, on a desktop and at 390 pixels."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, FilePayload, Page, Route, expect

from pipeline.cases.store import Store
from pipeline.forms import json_schema
from pipeline.submissions.parsing import parse_file, parse_form, unflatten
from pipeline.submissions.submission import Submission
from pipeline.submissions.validation import check
from tests.browsing import copy_of, device, evidence, fill, opened, part, saved, send, state, typed, violations, who
from tests.conftest import Service
from tests.support import CONCEPTS, DATA, JUDGE, PRACTICE, filled, form, until

SELF = f"/certificates/{CONCEPTS}/self-assessment/"
PORTFOLIO = f"/certificates/{CONCEPTS}/portfolio/"
QUESTION = "/contact/question/"
HARD = "Zoë said “ça va”: 日本語 👩‍👩‍👧‍👦 שלום עולם مرحبا \t <b>&amp; ‮x\n\n  two  spaces "


@pytest.fixture
def person(browser: Browser, service: Service) -> Iterator[BrowserContext]:
    """Somebody on a phone: for what does not depend on how wide the screen is."""
    with device(browser, service, 390) as context:
        yield context


@pytest.fixture(params=[1280, 390])
def anybody(browser: Browser, service: Service, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    """Somebody at a desk, and somebody on a phone."""
    with device(browser, service, request.param) as context:
        yield context


# Draft


def test_what_is_typed_is_there_after_a_reload_a_closed_tab_and_a_crash(anybody: BrowserContext) -> None:
    page = opened(anybody, PORTFOLIO)
    assert state(page) == "Nothing typed yet"
    part(page, "C1")
    evidence(page, "C1.1").fill(HARD)
    page.locator("[name='answers.C1.1.answer'][value=partly]").check()
    saved(page)
    page.reload()
    assert evidence(page, "C1.1").input_value() == HARD
    page.close()
    page = opened(anybody, PORTFOLIO)
    assert evidence(page, "C1.1").input_value() == HARD
    assert page.locator("[name='answers.C1.1.answer'][value=partly]").is_checked()
    with page.expect_event("crash"):
        crash(page)
    assert evidence(opened(anybody, PORTFOLIO), "C1.1").input_value() == HARD


def crash(page: Page) -> None:
    """The page's process dies, as it does when memory runs out."""
    with pytest.raises(Error):
        page.goto("chrome://crash")


def test_leaving_at_once_loses_nothing(person: BrowserContext) -> None:
    page = opened(person, PORTFOLIO)
    part(page, "C1")
    evidence(page, "C1.1").fill("typed, and gone in the same moment")
    page.goto("/about/")
    page.go_back()
    assert evidence(page, "C1.1").input_value() == "typed, and gone in the same moment"


def test_two_tabs_see_each_other_and_neither_overwrites_the_other(person: BrowserContext) -> None:
    first, second = opened(person, PORTFOLIO), opened(person, PORTFOLIO)
    part(first, "C1")
    part(second, "C1")
    evidence(first, "C1.1").fill("from the first tab")
    until(lambda: evidence(second, "C1.1").input_value() == "from the first tab")
    evidence(second, "C1.2").fill("from the second tab")
    until(lambda: evidence(first, "C1.2").input_value() == "from the second tab")
    # The same field in both at the same moment: whoever saves second, or hears that the other did, asks. Both may.
    versions = {first: "first again", second: "second again"}
    moment = time.time() * 1000 + 300
    for page, text in versions.items():
        evidence(page, "C1.1").evaluate(LATER, [text, moment])
    decided: list[str] = []
    until(lambda: decided or any(panel(page) for page in versions))

    def settled() -> bool:
        """Whoever is asked takes the other version; what is decided last stands in both."""
        for page in versions:
            shown = panel(page)
            assert all(text in shown for text in versions.values()) or not shown
            decided.extend(page.evaluate(TAKE))
        return not any(panel(page) for page in versions) and {
            evidence(page, "C1.1").input_value() for page in versions
        } == {decided[-1]}

    until(settled)
    assert set(decided) <= set(versions.values())
    for page in versions:
        saved(page)
    assert evidence(opened(person, PORTFOLIO), "C1.1").input_value() == decided[-1]


def test_a_copy_of_an_older_version_loses_no_text_and_a_foreign_file_is_said_to_be_one(person: BrowserContext) -> None:
    page = opened(person, PORTFOLIO)
    choose = page.locator("input[type=file]")

    def file(value: object) -> FilePayload:
        return {"name": "x.json", "mimeType": "application/json", "buffer": json.dumps(value).encode()}

    choose.set_input_files(file({"a": 1, "kind": 5}))
    expect(page.locator("[data-notice=copy] [role=alert]")).to_be_visible()
    old = {"C1.1": {"answer": "yes", "evidence": "kept"}, "C9.9": {"answer": "yes", "evidence": "of the old version"}}
    choose.set_input_files(file({"kind": "portfolio", "profile": PRACTICE, "answers": old}))
    expect(page.locator("[data-notice=copy] [role=status]")).to_be_visible()
    assert page.locator("[data-notice=gone]").count() == 0
    choose.set_input_files(file({"kind": "portfolio", "profile": CONCEPTS, "answers": old}))
    expect(page.locator("[data-notice=gone]")).to_contain_text("of the old version")
    page.reload()
    assert "of the old version" in page.locator("[data-notice=gone]").inner_text()
    assert evidence(page, "C1.1").input_value() == "kept"


LATER = """(field, [text, moment]) => {
  field.value = text;
  setTimeout(() => field.dispatchEvent(new Event("input", { bubbles: true })), moment - Date.now());
}"""
TAKE = """() => {
  const panel = document.querySelector(".differences");
  if (!panel) return [];
  panel.querySelector("input[type=checkbox]").click();
  panel.querySelector("button").click();
  return [document.getElementById("answers.C1.1.evidence").value];
}"""


def panel(page: Page) -> str:
    """What it shows of two versions; "" if nothing differs."""
    return str(page.evaluate("document.querySelector('.differences')?.innerText ?? ''"))


def test_what_another_tab_overwrote_unseen_is_shown_and_what_no_longer_differs_is_closed(
    person: BrowserContext,
) -> None:
    page = opened(person, PORTFOLIO)
    part(page, "C1")
    evidence(page, "C1.1").fill("written here")
    saved(page)
    # Another tab saved in the same moment, and knew nothing of what was written here.
    page.evaluate(HEARD, ["answers.C1.1.evidence", None, "written there"])
    assert "written here" in panel(page)
    assert "written there" in panel(page)
    assert evidence(page, "C1.1").input_value() == "written here"
    page.locator(".differences input[type=checkbox]").check()
    page.evaluate(HEARD, ["answers.C1.2.evidence", None, "of another field"])
    assert evidence(page, "C1.2").input_value() == "of another field"
    assert page.locator(".differences input[type=checkbox]").is_checked()
    page.evaluate(HEARD, ["answers.C1.1.evidence", "written there", "written here"])
    assert panel(page) == ""
    assert evidence(page, "C1.1").input_value() == "written here"


def test_what_changes_while_one_is_asked_is_shown_before_one_decides(person: BrowserContext) -> None:
    first, second = opened(person, PORTFOLIO), opened(person, PORTFOLIO)
    part(second, "C1")
    evidence(second, "C1.1").fill("mine")
    second.evaluate(WRITTEN, "theirs")
    until(lambda: "theirs" in panel(second))
    first.evaluate(WRITTEN, "theirs, and more")
    until(lambda: "theirs, and more" in panel(second))
    second.get_by_role("button", name="Keep what is here").click()
    until(lambda: first.evaluate(STORED) == "mine")
    assert panel(second) == ""


def test_a_version_that_was_not_decided_about_survives_a_reload_and_nothing_is_sent_before(
    person: BrowserContext,
) -> None:
    page = opened(person, PORTFOLIO)
    fill(page, typed(json_schema.PORTFOLIO, CONCEPTS))
    saved(page)
    part(page, "C1")
    evidence(page, "C1.1").fill("mine")
    page.evaluate(WRITTEN, "theirs")
    until(lambda: "theirs" in panel(page))
    evidence(page, "C1.1").fill("mine, and more")
    assert "Saved" not in state(page)
    assert page.evaluate("document.activeElement.id") == "answers.C1.1.evidence"
    send(page, "Send my portfolio")
    until(lambda: page.evaluate("document.activeElement.matches('.differences')"))
    page.reload()
    until(lambda: "mine, and more" in panel(page))
    assert evidence(page, "C1.1").input_value() == "theirs"
    assert page.evaluate(TAKE) == ["mine, and more"]
    saved(page)
    page.reload()
    assert evidence(page, "C1.1").input_value() == "mine, and more"
    assert panel(page) == ""


def test_half_a_date_is_said_and_a_link_that_was_cut_leads_to_the_form(person: BrowserContext) -> None:
    page = opened(person, SELF + "#%")
    part(page, "you")
    page.locator("[name='interview.first']").focus()
    page.keyboard.type("01052027")
    send(page, "Send my self-assessment")
    told = [line for line in summary(page) if "write day and time" in line]
    assert len(told) == 1
    page = opened(person, f"{PORTFOLIO}#case=IMC-1234/%E0%A4%A")
    assert page.locator("[name='case.secret']").input_value() == "%E0%A4%A"
    assert state(page)


HEARD = """([name, oldValue, newValue]) => {
  const key = `${document.querySelector("form").dataset.draft}|${name}`;
  dispatchEvent(new StorageEvent("storage", { key, oldValue, newValue }));
}"""
WRITTEN = "text => localStorage.setItem(document.querySelector('form').dataset.draft + '|answers.C1.1.evidence', text)"
STORED = "localStorage.getItem(document.querySelector('form').dataset.draft + '|answers.C1.1.evidence')"


def test_clearing_the_draft_asks_once_and_leaves_nothing(person: BrowserContext) -> None:
    page = opened(person, SELF)
    part(page, "C1")
    page.locator("[name='answers.C1.1.answer'][value=yes]").check()
    saved(page)
    page.get_by_role("button", name="Clear this draft").click()
    page.get_by_role("button", name="No, keep it").click()
    assert page.locator("[name='answers.C1.1.answer'][value=yes]").is_checked()
    page.get_by_role("button", name="Clear this draft").click()
    with page.expect_navigation():
        page.get_by_role("button", name="Yes, clear it").click()
    until(lambda: state(page) == "Nothing typed yet")
    assert page.locator("input:checked").count() == 0
    kept = page.evaluate("Object.keys(localStorage).filter(key => !key.endsWith('!place'))")
    assert kept == []


BLOCKED = "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no', 'SecurityError') }})"
FULL = "Storage.prototype.setItem = function () { throw new DOMException('full', 'QuotaExceededError') }"


@pytest.mark.parametrize(
    ("script", "words"),
    [(BLOCKED, "This browser keeps nothing for this page"), (FULL, "This device has no room left")],
    ids=["blocked", "full"],
)
def test_where_nothing_can_be_kept_the_person_is_told_and_the_copy_works(
    browser: Browser, service: Service, script: str, words: str
) -> None:
    with device(browser, service) as context:
        context.add_init_script(script)
        page = opened(context, PORTFOLIO)
        part(page, "C1")
        evidence(page, "C1.1").fill("not lost")
        until(lambda: words in state(page))
        assert copy_of(page)[1]["answers"]["C1.1"]["evidence"] == "not lost"
        answer = page.locator("[name='answers.C1.1.answer'][value=yes]")
        answer.check()
        assert answer.is_checked()


def test_a_draft_of_an_older_version_is_carried_over_and_what_changed_is_shown(anybody: BrowserContext) -> None:
    page = opened(anybody, PORTFOLIO)
    old = {"C1.1": "Can I do it as it was worded?", "C9.9": "Can I do the old thing?"}
    keep(page, {"!form": json.dumps({"hash": "0" * 64, "language": "en", "questions": old})})
    keep(page, {"answers.C1.1.evidence": "kept words", "answers.C9.9.evidence": "words without a place"})
    page.reload()
    assert evidence(page, "C1.1").input_value() == "kept words"
    told = page.locator("[data-notice=changed]").inner_text()
    assert "(before: Can I do it as it was worded?)" in told
    assert "C9.9 Can I do the old thing?" in told
    assert "C1.2 Can I describe mentoring" in told
    assert "words without a place" in page.locator("[data-notice=gone]").inner_text()
    page.get_by_role("button", name="I have seen this").click()
    page.reload()
    assert page.locator("[data-notice=changed]").count() == 0
    assert "words without a place" in page.locator("[data-notice=gone]").inner_text()


def keep(page: Page, draft: dict[str, str]) -> None:
    """A draft of this form as an earlier visit left it."""
    page.evaluate(
        """draft => { for (const [name, text] of Object.entries(draft))
          localStorage.setItem(`${document.querySelector('form').dataset.draft}|${name}`, text); }""",
        draft,
    )


def test_a_draft_of_an_older_version_in_another_language_does_not_call_every_statement_reworded(
    person: BrowserContext,
) -> None:
    page = opened(person, PORTFOLIO)
    part(page, "C1")
    evidence(page, "C1.1").fill("kept words")
    saved(page)
    begun = page.evaluate("JSON.parse(localStorage.getItem(document.querySelector('form').dataset.draft + '|!form'))")
    begun["questions"]["C9.9"] = "Can I do the old thing?"
    keep(page, {"!form": json.dumps({**begun, "hash": "0" * 64})})
    page.goto(f"/fr{PORTFOLIO}")
    assert evidence(page, "C1.1").input_value() == "kept words"
    told = page.locator("[data-notice=changed]")
    assert "C9.9 Can I do the old thing?" in told.inner_text()
    assert told.locator("li").count() == 1
    told.get_by_role("button").click()
    page.reload()
    assert told.count() == 0


def test_a_kept_date_that_cannot_be_stays_to_be_mended(person: BrowserContext) -> None:
    page = opened(person, f"/certificates/{PRACTICE}/portfolio/")
    keep(page, {"log.1.date": "2027-02-31", "log.2.date": "in March", "log.3.date": "2026-03-14"})
    page.reload()
    dates = [page.locator(f"[name='log.{number}.date']") for number in (1, 2, 3)]
    assert [date.input_value() for date in dates] == ["2027-02-31", "in March", "2026-03-14"]
    part(page, "check")
    assert "2027-02-31" in page.inner_text("#part-check")
    page.get_by_role("button", name="Send my portfolio").click()
    assert any("Entry 2" in line or "2: Date" in line for line in summary(page))
    part(page, "log")
    page.locator("[name='log.1.hours']").fill("1")
    saved(page)
    page.reload()
    assert [date.input_value() for date in dates] == ["2027-02-31", "in March", "2026-03-14"]


def test_the_largest_portfolio_goes_round_byte_for_byte(browser: Browser, service: Service) -> None:
    """72 × 3,000 characters with emoji and right-to-left text: saved, reloaded, exported, imported, sent."""
    unit = "Zoë 👩‍👩‍👧‍👦 שלום 日本語 مرحبا‮‬ “q” \\ <b>&amp;</b> </script> line\n"
    values = typed(json_schema.PORTFOLIO, CONCEPTS)
    texts = {}
    for number, statement in enumerate(name for name in values if name.endswith(".evidence")):
        texts[statement] = (f"{number} " + unit * 200)[:3000]
    values |= texts
    read = "names => names.map(name => document.getElementsByName(name)[0].value)"
    with device(browser, service) as context:
        page = opened(context, PORTFOLIO)
        fill(page, values)
        saved(page)
        page.reload()
        assert page.evaluate(read, list(texts)) == list(texts.values())
        _text, exported = copy_of(page)
        bodies: list[str] = []
        page.on("request", lambda request: bodies.append(request.post_data or "") if request.method == "POST" else None)
        with page.expect_download() as download:
            page.locator(".desk").get_by_role("button", name="Save a copy").click()
        file = str(download.value.path())
        with device(browser, service) as other:
            fresh = opened(other, PORTFOLIO)
            fresh.locator("input[type=file]").set_input_files(file)
            fresh.get_by_text("The copy was opened").wait_for()
            assert fresh.evaluate(read, list(texts)) == list(texts.values())
            assert copy_of(fresh)[1] == exported
        send(page, "Send my portfolio")
        page.get_by_role("heading", name="It has arrived").wait_for()
    assert json.loads(bodies[0]) == exported
    assert [exported["answers"][name.split(".", 1)[1].rpartition(".")[0]]["evidence"] for name in texts] == list(
        texts.values()
    )
    assert isinstance(check(JUDGE, exported), Submission)


def test_the_page_and_the_server_read_a_form_alike(browser: Browser, service: Service) -> None:
    """What the page makes of the fields is what the server makes of the same form without the script."""
    log = [{"date": "2026-03-14", "hours": 1.5, "worked_on": "How to end."}]
    values = typed(json_schema.PORTFOLIO, PRACTICE, log=log, held={CONCEPTS: "IMC-12"})
    values |= {"answers.C1.1.links": " https://a.org \r\n\r\nhttps://b.org", "applicant.country": "  Canada "}
    values |= {f"log.3.{name}": text for name, text in (("date", "2026-03-15"), ("hours", "2,25"), ("worked_on", "X"))}
    with device(browser, service) as context:
        page = opened(context, f"/certificates/{PRACTICE}/portfolio/")
        fill(page, values)
        made = copy_of(page)[1]
        body = page.evaluate("new URLSearchParams(new FormData(document.querySelector('form'))).toString()")
    posted, _rows = unflatten(
        json_schema.form_schema(DATA, json_schema.PORTFOLIO, PRACTICE), parse_form(str(body).encode("ascii"))
    )
    del made["id"]
    assert made == posted
    assert made["log"][1] == {"date": "2026-03-15", "hours": 2.25, "worked_on": "X"}


def test_a_copy_can_be_read_by_a_person_and_put_in_by_hand(browser: Browser, service: Service) -> None:
    with device(browser, service) as context:
        page = opened(context, SELF)
        fill(page, typed(json_schema.SELF_ASSESSMENT, CONCEPTS))
        text, _value = copy_of(page)
        file = Path(service.settings.var) / "copy.html"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
        reading = context.new_page()
        reading.goto(f"file://{file}")
        shown = reading.inner_text("body")
    assert "Self-assessment: Certificate of Concepts - Mentoring" in shown
    assert "Can I tell mentor, mentoring and mentorship apart" in shown
    assert shown.count("partly") == 72
    assert "Rosa Test" in shown
    assert isinstance(check(JUDGE, parse_file(file.read_bytes())), Submission)


def test_opening_a_copy_fills_blanks_and_asks_before_it_replaces(anybody: BrowserContext, tmp_path: Path) -> None:
    value = filled(json_schema.PORTFOLIO, CONCEPTS)
    file = tmp_path / "copy.json"
    file.write_text(json.dumps(value))
    page = opened(anybody, PORTFOLIO)
    part(page, "C1")
    evidence(page, "C1.1").fill("mine")
    evidence(page, "C1.2").fill("mine too")
    page.locator("input[type=file]").set_input_files(str(file))
    panel = page.locator(".differences")
    panel.wait_for()
    assert "Two versions of the same answer: 2" in panel.inner_text()
    assert evidence(page, "C1.3").input_value() == value["answers"]["C1.3"]["evidence"]
    assert evidence(page, "C1.1").input_value() == "mine"
    panel.get_by_role("checkbox").first.check()
    panel.get_by_role("button", name="Take the other version where ticked").click()
    assert evidence(page, "C1.1").input_value() == value["answers"]["C1.1"]["evidence"]
    assert evidence(page, "C1.2").input_value() == "mine too"
    page.locator("input[type=file]").set_input_files({"name": "x.html", "mimeType": "text/html", "buffer": b"<p>no"})
    page.get_by_text("This file is no copy of a form").wait_for()


# Where am I


def test_one_part_is_on_the_screen_and_the_list_says_how_far_one_is(anybody: BrowserContext) -> None:
    page = opened(anybody, SELF)
    tasks = page.locator(".tasks li")
    assert page.locator("[data-step]:visible").count() == 1
    assert "Answered: 0 of 72" in page.inner_text(".form")
    assert tasks.first.locator(".task").inner_text() == "Not started"
    part(page, "C1")
    assert page.locator("[data-step]:visible").count() == 1
    assert page.locator("fieldset:visible").count() == 9
    for number in range(1, 5):
        page.locator(f"[name='answers.C1.{number}.answer'][value=yes]").check()
    assert "In progress: 4 of 9 answered" in page.inner_text("#part-C1")
    page.get_by_role("link", name="All parts").click()
    page.locator("#part-overview").wait_for()
    assert tasks.first.locator(".task").inner_text() == "In progress: 4 of 9 answered"
    assert "Answered: 4 of 72" in page.inner_text(".form")
    part(page, "C1")
    for number in range(5, 10):
        page.locator(f"[name='answers.C1.{number}.answer'][value=not_yet]").check()
    page.get_by_role("link", name="All parts").click()
    page.locator("#part-overview").wait_for()
    assert tasks.first.locator(".task").inner_text() == "Done"


def test_parts_are_walked_through_by_keyboard_and_the_place_is_kept(anybody: BrowserContext) -> None:
    page = opened(anybody, SELF)
    page.locator("[data-next]").focus()
    page.keyboard.press("Enter")
    at_heading(page, "C1 What mentoring is")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert page.locator("[name='answers.C1.1.answer'][value=yes]").is_checked()
    page.locator("[data-next]").focus()
    page.keyboard.press("Enter")
    at_heading(page, "C2 Trust, agreement and boundaries")
    page.reload()
    expect(page.locator("#part-C2")).to_be_visible()
    page.go_back()
    expect(page.locator("#part-C1")).to_be_visible()
    page.close()
    page = opened(anybody, SELF)
    page.get_by_role("link", name="Go on where you stopped: C1 What mentoring is").click()
    expect(page.locator("#part-C1")).to_be_visible()


def at_heading(page: Page, words: str) -> None:
    until(lambda: page.evaluate("document.activeElement.textContent") == words)


def test_only_what_is_unanswered_is_shown_on_request_and_nothing_vanishes_under_the_hand(
    anybody: BrowserContext,
) -> None:
    page = opened(anybody, SELF)
    part(page, "C1")
    page.locator("[name='answers.C1.1.answer'][value=yes]").check()
    page.get_by_role("checkbox", name="Show only what is unanswered").check()
    assert page.locator("#part-C1 .statement:visible").count() == 8
    page.locator("[name='answers.C1.2.answer'][value=yes]").check()
    assert page.locator("#part-C1 .statement:visible").count() == 8
    part(page, "C2")
    part(page, "C1")
    assert page.locator("#part-C1 .statement:visible").count() == 7
    page.get_by_role("checkbox", name="Show only what is unanswered").uncheck()
    assert page.locator("#part-C1 .statement:visible").count() == 9


# What it says about me


def test_the_picture_is_drawn_on_the_device_from_the_answers_and_nothing_is_sent(anybody: BrowserContext) -> None:
    page = opened(anybody, SELF)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/assets/" not in request.url else None)
    for statement, answer in (("C1.1", "yes"), ("C1.2", "partly"), ("C1.8", "not_yet"), ("C2.1", "yes")):
        fill(page, {f"answers.{statement}.answer": answer})
    part(page, "picture")
    page.locator("#part-picture table").first.wait_for()
    rows = [row.inner_text().split("\t") for row in page.locator("#part-picture table").first.locator("tbody tr").all()]
    assert rows[0] == ["C1 What mentoring is", "1", "1", "1", "6"]
    assert rows[1][1:] == ["1", "0", "0", "8"]
    kinds = [
        row.inner_text().split("\t") for row in page.locator("#part-picture table").nth(1).locator("tbody tr").all()
    ]
    assert sorted(kinds)[0][0] == "attitude"
    assert sum(int(number) for row in kinds for number in row[1:]) == 72
    assert [int(row[3]) for row in kinds if row[0] == "attitude"] == [1]
    assert page.locator("#part-picture svg[role=img]").count() == 2
    plan = [line.inner_text() for line in page.locator(".plan li").all()]
    assert [line[:4] for line in plan] == ["C1.2", "C1.8"]
    page.emulate_media(media="print")
    expect(page.locator(".plan")).to_be_visible()
    expect(page.get_by_text("What I will do, and by when:").first).to_be_visible()
    expect(page.locator(".desk")).not_to_be_visible()
    assert asked == []


def test_a_portfolio_begins_with_the_self_assessments_answers_gaps_first(person: BrowserContext) -> None:
    page = opened(person, SELF)
    for statement, answer in (("C1.1", "yes"), ("C1.2", "yes"), ("C1.3", "not_yet"), ("C1.5", "partly")):
        fill(page, {f"answers.{statement}.answer": answer})
    saved(page)
    page = opened(person, PORTFOLIO)
    assert "filled in: 4" in page.inner_text(".form")
    expect(page.get_by_text("Your gaps come first: 2")).to_be_visible()
    part(page, "C1")
    assert page.locator("[name='answers.C1.3.answer'][value=not_yet]").is_checked()
    order = page.locator("#part-C1 .statement").evaluate_all("all => all.map(one => one.dataset.statement)")
    assert order[:4] == ["C1.3", "C1.5", "C1.1", "C1.2"]
    page.locator("[name='answers.C1.3.answer'][value=yes]").check()
    saved(page)
    page.reload()
    assert page.locator("[name='answers.C1.3.answer'][value=yes]").is_checked()


# Check and send


def summary(page: Page) -> list[str]:
    page.locator("#problems").wait_for()
    return [line.inner_text() for line in page.locator("#problems li").all()]


SUMMARY = """html => [...new DOMParser().parseFromString(html, "text/html").querySelectorAll("#problems h2, #problems li")]
  .map(line => line.textContent.replace(/\\s+/g, " ").trim())"""
WRONG: list[dict[str, str]] = [
    {"answers.C1.1.evidence": ""},
    {"answers.C1.1.evidence": "x" * 3412},
    {"answers.C1.1.evidence": "👩" * 3001},
    {"answers.C1.1.links": "ftp://x.org"},
    {"answers.C1.1.links": "\n".join(f"https://x.org/{number}" for number in range(6))},
    {"answers.C1.1.links": "https://x.org/" + "y" * 300},
    {"applicant.email": "rosa"},
    {"applicant.name": "", "applicant.email": ""},
    {"applicant.country": "x" * 101},
    {"declarations.ai_used": "true"},
    {"case.reference": "IMC-0000-0000-1", "case.secret": "x"},
    {f"answers.C1.{number}.evidence": "" for number in range(1, 6)},
    {f"answers.C1.{number}.evidence": "" for number in range(1, 4)},
    {f"answers.C{unit}.{number}.evidence": "" for unit in (1, 2) for number in (1, 2, 4, 6, 9)}
    | {"answers.C1.3.evidence": "x" * 3412, "applicant.email": "rosa"},
    {f"answers.C1.{number}.{name}": "" for number in (1, 3, 5, 7, 9) for name in ("answer", "evidence")}
    | {f"answers.C1.{number}.evidence": "" for number in (2, 4, 6, 8)},
    {f"answers.C3.{number}.answer": "" for number in (1, 3, 5, 6, 8)}
    | {f"answers.C3.{number}.evidence": " " for number in (2, 4, 7, 9)},
]


@pytest.mark.parametrize("wrong", WRONG, ids=[next(iter(entry)) + str(number) for number, entry in enumerate(WRONG)])
def test_the_browser_and_the_server_say_the_same_of_the_same_fault(
    browser: Browser, service: Service, wrong: dict[str, str]
) -> None:
    values = {**typed(json_schema.PORTFOLIO, CONCEPTS), **wrong}
    with device(browser, service) as context:
        page = opened(context, PORTFOLIO)
        fill(page, values)
        send(page, "Send my portfolio")
        here = summary(page)
        total = page.locator("#problems h2").inner_text()
        assert page.evaluate("document.activeElement.id") == "problems"
        first = page.locator("#problems a").first
        target = str(first.get_attribute("href")).removeprefix("#")
        first.click()
        until(lambda: page.evaluate("document.activeElement.id") == target)
        words = here[0].partition(": ")[2]
        if re.match(r"\d+ ", words):  # one line for many: beside each stands what it lacks
            words = "choose yes, partly or not yet" if target.endswith(".answer") else "write your evidence"
        described = page.locator(f"[id='{target}']").evaluate(
            "field => document.getElementById((field.getAttribute('aria-describedby') ?? "
            "field.closest('fieldset').getAttribute('aria-describedby')).split(' ').pop()).textContent"
        )
        assert described == f"Error: {words}"
        plain = form(filled(json_schema.PORTFOLIO, CONCEPTS)) | values
        answer = service.post(plain, {"Accept": "text/html"})
        assert answer.status_code == 422
        assert page.evaluate(SUMMARY, answer.text) == [total, *here]
        assert page.locator("#problems a").first.get_attribute("href") == f"#{target}"


def test_what_only_the_server_can_know_is_shown_in_the_same_place(browser: Browser, service: Service) -> None:
    with device(browser, service) as context:
        page = opened(context, f"/certificates/{PRACTICE}/portfolio/")
        fill(page, typed(json_schema.PORTFOLIO, PRACTICE))
        fill(page, {"log.3.date": "2026-03-14", "log.3.hours": "1", "log.3.worked_on": "a\u0007b"})
        send(page, "Send my portfolio")
        (line,) = summary(page)
        assert line.startswith("Mentoring log, 3: What was worked on: has invisible control characters in it")
        page.locator("#problems a").click()
        until(lambda: page.evaluate("document.activeElement.id") == "log.3.worked_on")
        assert "Error: has invisible" in page.locator("[id='log.3.worked_on-error']").inner_text()


def test_what_is_no_number_of_hours_is_told_at_once_and_as_the_server_does(browser: Browser, service: Service) -> None:
    wrong = {"log.1.hours": "two", "log.2.hours": "-4", "log.3.hours": "1e99", "log.4.hours": "25"}
    values = {**typed(json_schema.PORTFOLIO, PRACTICE), **wrong}
    values |= {f"log.{row}.{name}": text for row in range(1, 5) for name, text in LOGGED.items()}
    with device(browser, service) as context:
        page = opened(context, f"/certificates/{PRACTICE}/portfolio/")
        fill(page, values)
        send(page, "Send my portfolio")
        here = summary(page)
        answer = service.post({**form(filled(json_schema.PORTFOLIO, PRACTICE)), **values}, {"Accept": "text/html"})
        assert page.evaluate(SUMMARY, answer.text)[1:] == here
        assert len(here) == 4


def test_the_page_refuses_nothing_that_the_server_mends(browser: Browser, service: Service) -> None:
    pasted = "Https://example.org/a\n<https://example.org/b>\nwww.example.org/c"
    values = typed(json_schema.PORTFOLIO, CONCEPTS)
    values |= {"applicant.email": "Rosa Test <rosa@example.org>,", "answers.C1.1.links": pasted}
    with device(browser, service) as context:
        page = opened(context, f"/certificates/{CONCEPTS}/portfolio/")
        fill(page, values)
        send(page, "Send my portfolio")
        page.get_by_text("Your reference is").first.wait_for()
        reference = page.locator("[data-reference]").inner_text()
    until(lambda: bool(list(service.records.glob(f"cases/{reference}/private/*/submission.json"))))
    kept = json.loads(next(service.records.glob(f"cases/{reference}/private/*/submission.json")).read_text("utf-8"))
    assert kept["applicant"]["email"] == "rosa@example.org"
    assert kept["answers"]["C1.1"]["links"] == [f"https://{place}" for place in LINKED]


LINKED = ("example.org/a", "example.org/b", "www.example.org/c")


def test_a_year_of_two_digits_is_told_in_the_page_before_anything_is_sent(browser: Browser, service: Service) -> None:
    with device(browser, service) as context:
        page = opened(context, f"/certificates/{PRACTICE}/portfolio/")
        date = page.locator("[name='log.1.date']")
        assert (date.get_attribute("min"), date.get_attribute("max")) == ("1950-01-01", "2099-12-31")
        fill(page, typed(json_schema.PORTFOLIO, PRACTICE))
        fill(page, {"log.1.date": "0027-03-14", "log.1.hours": "1", "log.1.worked_on": "Goals"})
        send(page, "Send my portfolio")
        (line,) = summary(page)
        assert line.startswith(
            "Mentoring log, 1: Date: write the date as year-month-day, with four digits for the year"
        )


LOGGED = {"date": "2026-03-14", "worked_on": "Questions"}


def answers_with(status: int, body: str = "oops", **headers: str) -> Any:
    return lambda route: route.fulfill(status=status, body=body, headers=headers)


def lost_answer(route: Route) -> None:
    """The server gets it, the person never hears of it."""
    route.fetch()
    route.abort("connectionreset")


FAULTS: list[tuple[str, Any, str]] = [
    ("offline", lambda route: route.abort("internetdisconnected"), "There is no connection"),
    ("the answer is lost", lost_answer, "There is no connection"),
    ("500", answers_with(500), "Something went wrong on our side"),
    ("503 in words", answers_with(503, '{"detail": "Wait for Monday."}'), "Wait for Monday."),
    ("502 of a proxy", answers_with(502, "<html>bad gateway"), "Something went wrong on our side"),
    ("413 of a proxy", answers_with(413, "<html>too large"), "too large to be taken"),
    ("no answer", lambda route: None, "No answer came in time"),
    ("200 that is no receipt", answers_with(200, "<html>captive portal"), "Something went wrong on our side"),
]


@pytest.mark.parametrize(("fault", "words"), [entry[1:] for entry in FAULTS], ids=[entry[0] for entry in FAULTS])
def test_when_sending_fails_a_sentence_says_so_nothing_is_cleared_and_it_arrives_once(
    browser: Browser, service: Service, fault: Any, words: str
) -> None:
    with device(browser, service) as context:
        page = opened(context, SELF)
        fill(page, typed(json_schema.SELF_ASSESSMENT, CONCEPTS))
        patience = "1" if words == "No answer came in time" else "30"
        page.evaluate("seconds => { document.querySelector('form').dataset.patience = seconds }", patience)
        page.route("**/submissions", fault)
        send(page, "Send my self-assessment")
        box = page.locator(".not-sent")
        box.wait_for()
        assert words in box.inner_text()
        assert page.locator("input:checked").count() == 73
        page.unroute_all(behavior="ignoreErrors")
        page.evaluate("document.querySelector('form').dataset.patience = '30'")
        box.get_by_role("button", name="Send it again").click()
        page.get_by_role("heading", name="It has arrived").wait_for()
    store = Store(service.records)
    until(lambda: [len(case.deliveries) for case in store.cases()] == [1])


def test_two_quick_presses_send_once(browser: Browser, service: Service) -> None:
    with device(browser, service) as context:
        page = opened(context, SELF)
        fill(page, typed(json_schema.SELF_ASSESSMENT, CONCEPTS))
        sent: list[str] = []

        def slowly(route: Route) -> None:
            sent.append(str(route.request.post_data))
            time.sleep(0.3)
            route.continue_()

        page.route("**/submissions", slowly)
        part(page, "check")
        page.get_by_role("button", name="Send my self-assessment").dblclick()
        page.get_by_role("heading", name="It has arrived").wait_for()
    assert len(sent) == 1


def test_the_receipt_has_the_reference_and_only_then_is_the_draft_gone(person: BrowserContext) -> None:
    page = opened(person, SELF)
    fill(page, typed(json_schema.SELF_ASSESSMENT, CONCEPTS))
    saved(page)
    send(page, "Send my self-assessment")
    page.get_by_role("heading", name="It has arrived").wait_for()
    reference = page.locator(".reference").inner_text()
    assert reference.startswith("IMC-")
    until(lambda: page.evaluate("document.activeElement.tagName") == "H1")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save a copy").click()
    assert "Rosa Test" in Path(download.value.path()).read_text("utf-8")
    status = page.get_by_role("link", name="See where my case stands").get_attribute("href")
    page.reload()
    assert page.locator("input:checked").count() == 0
    assert f"Your reference is {reference}." in page.inner_text(".form")
    assert page.get_by_role("link", name="See where my case stands").get_attribute("href") == status
    page.goto(PORTFOLIO)
    assert "filled in: 72" in page.inner_text(".form")


def test_check_your_answers_shows_all_and_leads_back(anybody: BrowserContext) -> None:
    page = opened(anybody, PORTFOLIO)
    fill(page, typed(json_schema.PORTFOLIO, CONCEPTS) | {"answers.C3.4.evidence": HARD})
    part(page, "check")
    assert page.locator("#part-check dd", has_text="Zoë said").text_content() == HARD
    expect(page.get_by_role("button", name="Send my portfolio")).to_be_visible()
    page.get_by_role("link", name="Change Full name").click()
    until(lambda: page.evaluate("document.activeElement.name") == "applicant.name")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(page.locator("#part-check")).to_be_visible()
    expect(page.locator("#part-you")).not_to_be_visible()


def test_a_contact_form_is_kept_and_sent_too(person: BrowserContext) -> None:
    page = opened(person, QUESTION)
    page.get_by_role("textbox", name="Your message").fill(HARD)
    saved(page)
    page.reload()
    assert page.get_by_role("textbox", name="Your message").input_value() == HARD
    page.get_by_role("button", name="Send my message").click()
    assert summary(page)[0] == "Full name: write your name"
    who(page)
    assert page.locator("[id='applicant.name-error']").count() == 0
    page.get_by_role("button", name="Send my message").click()
    page.get_by_role("heading", name="It has arrived").wait_for()


def test_the_link_of_the_receipt_fills_in_reference_and_secret(person: BrowserContext) -> None:
    page = opened(person, f"{PORTFOLIO}#case=IMC-1234/abc")
    assert page.locator("[name='case.reference']").input_value() == "IMC-1234"
    assert page.locator("[name='case.secret']").input_value() == "abc"
    assert "abc" not in page.url


# Rules for everybody


LOOKS: list[tuple[Literal["light", "dark"], int, str]] = [
    ("light", 1280, ""),
    ("dark", 390, ""),
    ("light", 390, "250%"),
]


@pytest.mark.parametrize(("scheme", "width", "text"), LOOKS, ids=["desktop", "dark phone", "text at 200 %"])
def test_every_state_of_the_form_keeps_the_rules_of_axe(
    browser: Browser, service: Service, scheme: Literal["light", "dark"], width: int, text: str, tmp_path: Path
) -> None:
    wrong: list[str] = []
    with device(browser, service, width, color_scheme=scheme) as context:
        page = opened(context, PORTFOLIO)

        def look(name: str) -> None:
            if text:
                page.evaluate(
                    "size => document.documentElement.style.setProperty('font-size', size, 'important')", text
                )
            page.wait_for_timeout(50)
            wrong.extend(f"{name}: {entry}" for entry in violations(page))
            if page.evaluate("document.documentElement.scrollWidth") > width:
                wrong.append(f"{name} scrolls sideways")

        look("overview")
        part(page, "C1")
        evidence(page, "C1.1").fill("x" * 2900)
        look("a unit")
        send(page, "Send my portfolio")
        look("errors")
        page.locator("#problems a").first.click()
        look("a field with an error")
        copy = tmp_path / "copy.json"
        copy.write_text(json.dumps(filled(json_schema.PORTFOLIO, CONCEPTS)))
        page.locator("input[type=file]").set_input_files(str(copy))
        page.locator(".differences").wait_for()
        look("imported, with differences")
        page.get_by_role("button", name="Keep what is here").click()
        page.get_by_role("button", name="Clear this draft").click()
        look("asked whether to clear")
        page.get_by_role("button", name="No, keep it").click()
        part(page, "C1")
        fill(page, {"answers.C1.1.answer": "yes"})
        part(page, "check")
        look("check your answers")
        page.route("**/submissions", answers_with(500))
        page.get_by_role("button", name="Send my portfolio").click()
        page.locator(".not-sent").wait_for()
        look("not sent")
        page.unroute_all()
        page.get_by_role("button", name="Send it again").click()
        page.get_by_role("heading", name="It has arrived").wait_for()
        look("confirmation")
        page.get_by_role("link", name="See where my case stands").click()
        look("status")
        page.goto(SELF)
        fill(page, {"answers.C1.1.answer": "yes", "answers.C1.2.answer": "partly"})
        part(page, "picture")
        look("picture")
    assert wrong == []
