"""What a person does in a browser, with the form led through by its script or all on one page."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.conftest import Service
from tests.support import until

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
