"""No text for people stands outside of the catalogue: not in a template, in code, in the script of a form or on a page."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from jinja2 import nodes
from mkdocs.commands.build import build
from mkdocs.config import load_config
from playwright.sync_api import Browser, Page

from pipeline import i18n
from pipeline.cases.commands import EVERY
from pipeline.cases.store import Store
from pipeline.data.load import load_or_stop
from pipeline.email_address import Address
from pipeline.forms import json_schema
from pipeline.mail.letter import Writer
from pipeline.mail.orders import Item, Order
from pipeline.receiving.lookup import Submitted
from pipeline.settings import ROOT, Settings
from pipeline.site.render import Renderer, environment
from pipeline.submissions.status_secrets import Receipts
from pipeline.web import wiring
from pipeline.web.rate_limit import Limits
from tests import pseudo
from tests.conftest import Service, once
from tests.support import CONCEPTS, DATA, PRACTICE, filled, form, free_port, serving, until

TEMPLATES = sorted([*(ROOT / "pipeline/site/templates").rglob("*.html"), *(ROOT / "theme").rglob("*.html")])
PROSE = re.compile(r"[A-Za-z]{2,},? [a-z]{2,}")
# What whoever runs it reads: the command line, findings of data/, commits, the log, heads of CSV. It is English.
MAINTAINERS = {
    "cli/main.py", "errors.py", "durable.py", "git.py", "github/client.py", "github/http.py", "cli/messages.py",
    "http_limits.py", "settings.py", "web/wiring.py", "github/set_aside.py", "github/comparison.py",
    "web/server_log.py", "web/worker.py", "web/write_probe.py",
    "github/comments.py", "cases/erasure.py", "cases/git_store.py", "cases/history_rewrite.py",
    "github/sync.py", "github/rate_limit_memory.py", "cases/people.py", "cases/records.py", "github/redraw.py",
    "github/reminders.py",
    "github/issue_replies.py", "github/standing_issues.py", "cases/statistics.py", "cases/store.py", "mail/postman.py",
    "mail/room.py", "mail/smtp.py", "data/contrast.py", "data/load.py", "data/stale_translations.py",
    "data/process_rules.py", "forms/release.py", "data/rules.py", "data/yaml_shape.py",
    "data/translations.py", "data/wording.py", "data/yaml_source.py",
}  # fmt: skip
COMMANDS = [
    said
    for command in EVERY
    for said in (command.usage, command.example_of(DATA.organization.reference_prefix), f"/{command.name}", *command.choices)
]  # fmt: skip
COMMANDS += ["/decide grant", "/decide decline"]  # at the lines of the picture
MODULES = sorted((ROOT / "pipeline").rglob("*.py"))


def lexed(source: str) -> Iterator[tuple[int, str, str]]:
    lexer: Any = environment().lexer
    yield from lexer.tokeniter(source, None)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_has_no_words_of_its_own(path: Path) -> None:
    source = path.read_text("utf-8")
    shown = [
        value if kind == "data" else "0" for _line, kind, value in lexed(source) if kind in ("data", "variable_end")
    ]
    html = "".join(shown)
    assert [found for found in pseudo.texts(html, pseudo.SPOKEN) if pseudo.WORD.search(found)] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_templates_expressions_have_no_sentence_outside_of_the_catalogue(path: Path) -> None:
    tree = environment().parse(path.read_text("utf-8"))
    said = {
        id(inner)
        for call in tree.find_all(nodes.Call)
        if isinstance(call.node, nodes.Name) and call.node.name in ("_", "gettext", "ngettext")
        for inner in call.find_all(nodes.Const)
    }
    loose = [const.value for const in tree.find_all(nodes.Const) if id(const) not in said]
    assert [value for value in loose if isinstance(value, str) and PROSE.search(value)] == []


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("_", "ngettext"):
            yield node


def is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT / "pipeline")))
def test_code_for_people_has_no_sentence_outside_of_the_catalogue(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            assert not list(calls(node)), f"line {node.lineno}: the catalogue cannot see into an f-string"
    if str(path.relative_to(ROOT / "pipeline")) in MAINTAINERS:
        return
    skipped = [node for node in ast.walk(tree) if isinstance(node, ast.Raise) or is_docstring(node)]
    inside = {id(inner) for node in (*skipped, *calls(tree)) for inner in ast.walk(node)}
    loose = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in inside]
    found = [value for value in loose if isinstance(value, str) and PROSE.search(value)]
    assert [value for value in found if not value.startswith(("<!--", "<meta", "@media", "/", "python -m "))] == []


def test_the_modules_of_the_forms_say_only_what_the_page_gives_them() -> None:
    modules = sorted((ROOT / "docs/assets/form").glob("*.js"))
    source = "\n".join(path.read_text("utf-8") for path in modules)
    code = re.sub(r"/\*.*?\*/|(?<![:\"'])//[^\n]*", "", source, flags=re.DOTALL)
    literals = re.findall(r'"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`', code)
    shown = [re.sub(r"\$\{[^}]*\}", "", one or other) for one, other in literals]
    assert [found for found in shown if re.search(r"\b[A-Z][a-z]+ [a-z]|[a-z] [a-z]+[.?!…]$", found)] == []
    keys = set(re.findall(r'\bsay\("(\w+)"', code))
    words = (ROOT / "pipeline/site/templates/form_tools.html").read_text("utf-8")
    assert keys
    assert keys <= set(re.findall(r'^"(\w+)": _\(', words, re.MULTILINE))


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """The site in the pseudo-language."""

    def at(root: Path) -> Settings:
        made = replace(Settings(), data=root / "data", records=root / "var/records", site=root / "site")
        return replace(made, var=root / "var", endpoint="/submissions", site_url="http://127.0.0.1/")

    @contextmanager
    def speaking(root: Path) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(i18n, "LOCALE", root / "locale")
            i18n._translations.cache_clear()
            patch.setenv("PIPELINE_DATA", str(at(root).data))
            patch.setenv("SUBMISSION_ENDPOINT", at(root).endpoint)
            patch.setenv("SITE_URL", at(root).site_url)
            yield
        i18n._translations.cache_clear()

    def make(root: Path) -> None:
        pseudo.catalogue(root / "locale")
        pseudo.data(root / "data")
        with speaking(root):
            build(load_config(str(ROOT / "mkdocs.yml"), site_dir=str(at(root).site), strict=True))

    root = once(tmp_path_factory, "pseudo", make)
    with speaking(root):
        own = tmp_path_factory.mktemp("var")
        yield replace(at(root), var=own, records=own / "records")


@pytest.fixture(scope="module")
def service(settings: Settings) -> Iterator[Service]:
    port = free_port()
    running = wiring.local(settings, Limits(10_000, 100_000), f"http://127.0.0.1:{port}")
    with serving(running.app, port) as url:
        yield Service(url, dict(running.links), settings)


def leaks(html: str, known: Sequence[str]) -> list[str]:
    undated = re.sub(r"\d+ \w+ \d{4}", "", html)  # dates are written by Babel
    return [found for part in pseudo.texts(undated) if (found := pseudo.leak(part, known))]


def said(html: str, part: str) -> list[str]:
    """The sentences in a page's JSON: its words, or the rules of its statements (of which names and patterns are none)."""
    match = re.search(rf'<script type="application/json" id="{part}">(.*?)</script>', html, re.DOTALL)
    told = json.loads(match[1]) if match else {}
    if part == "words":
        return list(told.values())
    spoken = ("missing", "toolong", "toomany", "mismatch")
    return [rules[name] for rules in told.values() for name in spoken if name in rules]


def test_every_word_of_the_built_site_comes_from_the_catalogue_the_data_or_docs(settings: Settings) -> None:
    written = {path.stem for path in (ROOT / "docs").glob("*.md")}
    found = {}
    for path in sorted(settings.site.rglob("*.html")):
        html = path.read_text("utf-8")
        if path.parent.name in written and path.parent.parent == settings.site:
            html = html.partition("<article")[0] + html.partition("</article>")[2]
            html = re.sub("<title>.*?</title>", "", html)
        told = [text for part in ("words", "rules") for text in said(html, part)]
        loose = [*leaks(html, [*pseudo.names(), *COMMANDS]), *(f for w in told if (f := pseudo.leak(w, [])))]
        if loose:
            found[str(path.relative_to(settings.site))] = loose[:5]
    assert found == {}


def test_every_word_of_the_servers_pages_and_findings_comes_from_the_catalogue_or_the_data(service: Service) -> None:
    data = load_or_stop(service.settings.data, service.settings.schemas)
    html = {"accept": "text/html"}
    shown = []
    for kind, about in json_schema.form_kinds(data):
        empty = {name: "" for name in form(filled(kind, about, data), data)}
        kept = {name: form(filled(kind, about, data), data).get(name, "") for name in ("kind", "profile", "topic")}
        shown.append(service.post({**empty, **kept, "strange": "x"}, html).text.replace("strange", ""))
        answer = requests.post(f"{service.url}/submissions", json={**kept, "answers": {}}, timeout=30)
        for finding in answer.json().get("findings", [{}]):
            shown.append(f"<p>{finding.get('label', '')} {finding.get('message', '')}")
        shown.append(f"<p>{answer.json()['title']}")
    posted = service.post(form(filled(json_schema.SELF_ASSESSMENT, CONCEPTS, data), data))
    received = posted.headers["location"]
    status = received.replace("received", "status")
    for path in (received, status, f"{status}/portfolio", "/nowhere", "/status/x/y", "/submissions", "/auditors/"):
        shown.append(requests.get(service.url + path, headers=html, timeout=30).text)
    for body, kind in ((b"{", "text/html"), (b"x", "text/plain"), (b"\xff", "application/x-www-form-urlencoded")):
        headers = {**html, "content-type": kind}
        shown.append(requests.post(f"{service.url}/submissions", data=body, headers=headers, timeout=30).text)
    known = [
        *pseudo.names(),
        received.split("/")[2],
        *re.findall(r"/status/[^\"< ]+", "".join(shown)),
        "http://127.0.0.1",
    ]
    assert sorted({found for page in shown for found in leaks(page, known)}) == []


def test_every_word_of_a_letter_comes_from_the_catalogue_or_the_data(settings: Settings, tmp_path: Path) -> None:
    renderer = Renderer.from_settings(settings)
    items = [
        Item(f"IMC-{number:04}", kind, about, True) for number, (kind, about) in enumerate(json_schema.form_kinds(DATA))
    ]
    shown = []
    for those in ([item] for item in items):
        shown.append((those, Order("x", "rosa@example.org", pseudo.CODE, "", those[0])))
    shown.append((items, Order("x", "rosa@example.org", pseudo.CODE, "", None)))
    for those, order in shown:
        writer = Writer(renderer, Receipts(b"0" * 32), "office@example.org", Submitted((), Store(tmp_path)))
        letter = writer.letter(Address("rosa", "example.org"), [order], those, datetime(2027, 3, 14, tzinfo=UTC))
        plain, html = (letter.message.get_body((kind,)) for kind in ("plain", "html"))
        assert plain
        assert html
        text = re.sub(r"https?://\S+", "", plain.get_content()) + str(letter.message["Subject"])
        known = [*pseudo.names(), *(item.reference for item in those)]
        assert [found for line in text.split("\n") if (found := pseudo.leak(line, known))] == []
        assert leaks(html.get_content(), known) == []


def test_every_word_of_the_board_and_its_issues_comes_from_the_catalogue_or_the_data(service: Service) -> None:
    data = load_or_stop(service.settings.data, service.settings.schemas)
    kinds = (json_schema.SELF_ASSESSMENT, json_schema.PORTFOLIO)
    posted = [service.post(form(filled(kind, PRACTICE, data), data)).headers["location"] for kind in kinds]
    cases = [service.records / "cases" / location.split("/")[2] for location in posted]
    until(lambda: all((case / "events" / "0001.json").is_file() for case in cases))
    session = requests.Session()
    name, link = next((name, path) for name, path in service.links.items() if "Intake" in name)
    shown = [session.get(service.url + link, timeout=30).text]
    shown.append(session.post(service.url + link, headers={"origin": service.url}, timeout=30).text)
    for case in set(re.findall(r'href="(/auditors/cases/[^"]+)"', shown[-1])):
        page = session.get(service.url + case, timeout=30).text
        shown.append(re.sub(r'<ul class="labels">.*?</ul>', "", page))
        for file in set(re.findall(r'href="(/auditors/cases/[^"]+\.md)"', page)):
            shown.append(session.get(service.url + file, timeout=30).text)
    assert len(shown) > 4
    references = re.findall(r"[A-Z]{3}-[0-9A-Z]{4}-[0-9A-Z-]+", "".join(shown))
    typed = ["Rosa Test", "rosa@example.org", "I wrote an agreement with Rosa in March."]
    known = [*pseudo.names(), name, *references, *typed, *COMMANDS, *(profile.id for profile in DATA.profiles)]
    assert sorted({found for page in shown for found in leaks(page, known)}) == []


TEXT_NODES = """() => { const found = [document.title], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) if (!walk.currentNode.parentElement.closest('script,style,template')) found.push(walk.currentNode.data);
  for (const e of document.querySelectorAll('[aria-label],[title],[alt]')) found.push(e.ariaLabel, e.title, e.alt);
  return found.filter(Boolean) }"""


def unmarked(page: Page) -> list[str]:
    return [found for part in page.evaluate(TEXT_NODES) if (found := pseudo.leak(part, pseudo.names()))]


def test_every_word_that_a_form_shows_by_script_comes_from_the_catalogue_or_the_data(
    service: Service, browser: Browser
) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{service.url}/certificates/{CONCEPTS}/self-assessment/")
        found = {"overview": unmarked(page)}
        for part in ("C1", "picture", "check", "send"):
            page.evaluate(f"location.hash = '#part-{part}'")
            page.wait_for_timeout(50)
            if part == "C1":
                page.locator("[data-statement] input[value=partly]").first.check()
                page.wait_for_timeout(700)
            found[part] = unmarked(page)
        page.locator("button[type=submit]").click()
        page.locator("#problems").wait_for()
        found["problems"] = unmarked(page)
        page.goto(f"{service.url}/contact/question/")
        page.locator("textarea").fill("x" * 4900)
        found["message"] = unmarked(page)
        page.route("**/submissions*", lambda route: route.abort())
        page.locator("[name='applicant.name']").fill("Rosa")
        page.locator("[name='applicant.email']").fill("rosa@example.org")
        page.locator("[name='declarations.consent']").check()
        page.locator("button[type=submit]").click()
        page.locator(".not-sent").wait_for()
        found["not sent"] = unmarked(page)
    assert {state: words for state, words in found.items() if words} == {}
