"""What a person does in a browser, with the form led through by its script or all on one page."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

from tests.conftest import Service
from tests.support import filled, form, until

WRITE = """(areas, words) => areas.slice(1).forEach((area, number) => {
  area.value = `${words}${number}\\nSecond line.`;
  area.dispatchEvent(new Event("input", { bubbles: true }));
})"""


# axe passes over what is hidden; here a link or button needs a name even then, for a script may show it. Nobody is led
# astray by Tab: to what cannot be seen, or out of the order in which the page stands.
UNNAMED = """() => {
  const name = (one) => [one.getAttribute("aria-label"), one.textContent, one.title, one.value, one.alt,
    ...[...one.querySelectorAll("img, svg")].map((image) => image.alt ?? image.querySelector("title")?.textContent),
    ...(one.getAttribute("aria-labelledby") ?? "").split(" ").map((id) => document.getElementById(id)?.textContent),
    ...[...(one.labels ?? [])].map((label) => label.textContent)].join("").trim();
  const all = [...document.querySelectorAll("a, button, input:not([type=hidden]), select, textarea, summary, [tabindex]")];
  const why = (one) => {
    const seen = one.checkVisibility({ opacityProperty: false, visibilityProperty: true });
    if (one.tabIndex > 0) return "is out of the order of the page";
    if (one.matches("a, button, summary") && !name(one)) return "has no name";
    if (!seen || one.tabIndex < 0 || one.disabled) return "";
    if (one.matches("input, select, textarea") && !(one.labels?.length || name(one))) return "has no label";
    const box = one.getBoundingClientRect();
    return box.width && box.height ? "" : "is reached by Tab and cannot be seen";
  };
  return all.map((one) => [why(one), one.outerHTML.slice(0, 120)]).filter(([reason]) => reason);
}"""


@contextmanager
def device(browser: Browser, service: Service, width: int = 1280, **more: Any) -> Iterator[BrowserContext]:
    """A person's device: what one page keeps, the next one finds. No page of it may complain."""
    context = browser.new_context(viewport={"width": width, "height": 844}, base_url=service.url, **more)
    context.set_default_timeout(15_000)
    troubles: list[str] = []
    context.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
    context.on("weberror", lambda error: troubles.append(str(error.error)))
    yield context
    context.close()
    assert [trouble for trouble in troubles if "Failed to load resource" not in trouble] == []


def opened(context: BrowserContext, path: str) -> Page:
    page = context.new_page()
    page.goto(path)
    return page


def evidence(page: Page, statement: str) -> Any:
    return page.locator(f"[name='answers.{statement}.evidence']")


def fill(page: Page, values: dict[str, str]) -> None:
    """Type many fields at once, as fast as a paste."""
    page.evaluate(
        """values => { for (const [name, text] of Object.entries(values)) {
          const all = [...document.getElementsByName(name)];
          const [field] = all.length > 1 && text ? all.filter(one => one.value === text) : all;
          if (field.type === "radio" && !text) continue;
          if (field.type === "radio" || field.type === "checkbox") field.checked = true; else field.value = text;
          field.dispatchEvent(new Event("input", {bubbles: true})); field.dispatchEvent(new Event("change", {bubbles: true}));
        } }""",
        values,
    )


def state(page: Page) -> str:
    return page.locator("[data-state]").inner_text()


def saved(page: Page) -> None:
    until(lambda: re.match(r"Saved on this device at \d\d:\d\d$", state(page)))


def typed(kind: str, about: str, **more: Any) -> dict[str, str]:
    """A filled-in form by field name, without what is hidden in the page."""
    hidden = ("kind", "profile", "version", "profile_hash", "language", "topic")
    return {name: text for name, text in form(filled(kind, about, **more)).items() if name not in hidden and text}


def copy_of(page: Page) -> tuple[str, dict[str, Any]]:
    """The saved file's text, and the submission in it."""
    with page.expect_download() as download:
        page.locator(".desk").get_by_role("button", name="Save a copy").click()
    text = Path(download.value.path()).read_text("utf-8")
    found = re.search(r'<script type="application/json" id="submission">(.*?)</script>', text, re.DOTALL)
    assert found
    return text, json.loads(found[1])


def led(page: Page) -> bool:
    """The script leads through the form: one part at a time."""
    page.wait_for_load_state()
    return page.locator(".led").count() > 0


def part(page: Page, name: str) -> None:
    """Go to a part of the form from the list of its parts; on a form that is all on one page there is nothing to do."""
    if led(page):
        if not page.locator("#part-overview").is_visible():
            page.locator(".steps-nav").get_by_role("link", name="All parts").click()
        page.locator(f".tasks a[href='#part-{name}']").click()
        page.locator(f"#part-{name}").wait_for()


def answer_all(page: Page, evidence: str = "") -> int:
    """Open one unit after the other, as a person does, and answer what is asked in it.

    The first statement of a unit by mouse and keyboard; the others by the events that these make, which is far quicker.
    """
    answered = 0
    page.wait_for_load_state()
    for unit in page.locator("[data-step]:has([data-statement])").all():
        if led(page):
            part(page, str(unit.get_attribute("data-step")))
        elif unit.get_attribute("open") is None:
            unit.locator("summary").click()
        unit.locator("fieldset:has(.choices)").first.get_by_label("yes", exact=True).check()
        answers = unit.locator("input[name$='.answer'][value=yes]")
        answers.evaluate_all("all => all.filter(one => !one.checked).forEach(one => one.click())")
        answered += answers.count()
        if evidence:
            areas = unit.locator("textarea[name$='.evidence']")
            areas.first.fill(f"{evidence} {answered}\nSecond line.")
            areas.evaluate_all(WRITE, f"{evidence} {answered}.")
    return answered


def who(page: Page) -> None:
    if page.locator("[data-statement]").count():
        part(page, "you")
    page.get_by_role("textbox", name="Full name").fill("Rosa Test")
    page.get_by_role("textbox", name="E-mail address").fill("rosa@example.org")
    page.get_by_role("checkbox", name="I agree that what I send").check()


def send(page: Page, button: str) -> None:
    if page.locator("[data-statement]").count():
        part(page, "check")
    page.get_by_role("button", name=button).click()


def violations(page: Page) -> list[str]:
    """What breaks a rule of axe, whose script is put into a page once, or leads Tab astray."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    found = page.evaluate("axe.run({ resultTypes: ['violations'] })")
    broken = [f"{page.url} {entry['id']}: {entry['nodes'][0]['html'][:120]}" for entry in found["violations"]]
    return [*broken, *unnamed(page)]


def unnamed(page: Page) -> list[str]:
    return [f"{page.url} {why}: {html}" for why, html in page.evaluate(UNNAMED)]


def at_the_board(browser: Browser, service: Service, reference: str) -> Page:
    """The case at the board, signed in as the Intake Manager."""
    board = browser.new_context().new_page()
    board.goto(service.url + service.links["Intake Manager"])
    board.get_by_role("button", name="Sign in").click()
    board.wait_for_url("**/auditors/")
    case = board.locator(f"a[href='/auditors/cases/{reference}']")
    until(lambda: bool(board.reload()) and case.count() == 1)
    case.click()
    board.wait_for_url(f"**/cases/{reference}")
    return board
