"""The built site: complete, truthful, without a dead link or button, and without any other body's name in it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest

from pipeline.cases.store import Store
from pipeline.data.load import load_or_stop
from pipeline.data.model import Profile
from pipeline.forms import fields, json_schema
from pipeline.github.sync import Intake
from pipeline.providers import PROVIDERS
from pipeline.receiving.desk import desk
from pipeline.receiving.receive import Receipt, accept
from pipeline.settings import ROOT, Settings
from pipeline.submissions.validation import Judge
from pipeline.web import wiring
from tests.conftest import PROVIDED
from tests.support import CONCEPTS, DATA, EXAMPLES, PRACTICE, filled, run

NEVER = r"accredit(ed|ation)|state[- ]recognised|guaranteed|badge|recognised (awarding )?body"


def pages(site: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(site.rglob("*.html")):
        yield str(path.relative_to(site)), path.read_text("utf-8")


def text_of(html: str) -> str:
    body = html.partition("<body")[2]
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", body)))


class Links(HTMLParser):
    """Every address and id of a page, and what a strict policy would forbid."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.ids: list[str] = []
        self.forbidden: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if "id" in given:
            self.ids.append(given["id"])
        if tag in ("a", "link") and "href" in given and given.get("rel") not in ("canonical", "alternate"):
            self.addresses.append(given["href"])
        if tag in ("img", "script") and "src" in given:
            self.addresses.append(given["src"])
        if tag == "form":
            self.addresses.append(given.get("action", ""))
        if tag == "script" and "src" not in given and given.get("type") != "application/json":
            self.forbidden.append("inline script")
        self.forbidden += [name for name in given if name == "style" or name.startswith("on")]
        if tag == "style":
            self.forbidden.append("inline style")


def read(html: str) -> Links:
    links = Links()
    links.feed(html)
    return links


def at(root: Path, data: Path, endpoint: str = "") -> Settings:
    return replace(
        Settings(), data=data, var=root / "var", records=root / "records", site=root / "site", endpoint=endpoint
    )


def build(root: Path, data: Path, endpoint: str = "") -> Settings:
    settings = at(root, data, endpoint)
    wiring.build_site(settings)
    return settings


def test_every_link_leads_somewhere_and_every_page_keeps_the_policy(site: Settings) -> None:
    wrong = []
    found = {name: read(html) for name, html in pages(site.site)}
    assert len(found) > 25
    for name, links in found.items():
        wrong += [f"{name}: {what}" for what in links.forbidden]
        wrong += [
            f"{name}: id {twice} stands twice" for twice in {one for one in links.ids if links.ids.count(one) > 1}
        ]
        for address in links.addresses:
            target = urljoin(f"http://site/{name}", address)
            place = urlsplit(target)
            if place.scheme == "mailto":
                continue
            if place.netloc != "site":
                wrong.append(f"{name}: {address} leaves the site")
            elif place.path not in ("/submissions", "/status/", "/fr/status/"):  # the server's own
                path = unquote(place.path).lstrip("/")
                path = path + "index.html" if path.endswith("/") or not path else path
                if not (site.site / path).is_file():
                    wrong.append(f"{name}: {address} is not there")
                elif place.fragment and path in found and place.fragment not in found[path].ids:
                    wrong.append(f"{name}: {address} has no such place")
    assert wrong == []


def test_every_page_says_in_its_language_what_it_is_about(site: Settings) -> None:
    """In <meta name="description">: its lead, what the certificate covers, or the words of its front matter."""
    told = {
        name: unescape(found[1]) if (found := re.search(r'<meta name="description" content="([^"]*)">', html)) else ""
        for name, html in pages(site.site)
        if not name.endswith("404.html")  # the empty page is filled with all that the server says
    }
    assert [name for name, text in told.items() if not 20 <= len(text) <= 350 or "<" in text or "{" in text] == []
    assert told["index.html"] == DATA.organization.home_lead
    for home, data in (("", DATA), ("fr/", DATA.others["fr"])):
        profile = data.profiles[0]
        assert told[f"{home}certificates/{profile.id}/index.html"] == profile.covers
    assert told["education/index.html"] == "Who teaches, and why it makes no difference to the audit where you learned."
    assert told["fr/education/index.html"].startswith("Qui enseigne")
    assert told["fr/certificates/index.html"].startswith("Les certificats côte à côte")
    french = {name.removeprefix("fr/"): text for name, text in told.items() if name.startswith("fr/")}
    assert [name for name, text in french.items() if text == told[name]] == []


def test_no_page_claims_what_is_not_so(site: Settings) -> None:
    assert [
        (name, found[0]) for name, html in pages(site.site) if (found := re.search(NEVER, text_of(html), re.IGNORECASE))
    ] == []


def test_no_placeholder_address_is_linked_or_shown(site: Settings) -> None:
    assert [
        name for name, html in pages(site.site) if ".invalid" in html.replace("certificates.placeholder.invalid", "")
    ] == []


FACTS = [
    ("", "International Mentoring Community"),
    ("", "Certificate of Concepts Mentoring"),
    ("", "Certificate of Practice Mentor"),
    ("", "Opens once you hold the Certificate of Practice - Mentor."),
    ("", "working on ISO standards and regulations as an Education Awarding Body"),
    ("", "15 minutes"),
    ("", "Verification meeting (Green path)"),
    ("", "You talk about where you stand and what comes next."),
    ("certificates", "Blue path, Certificate of Concepts - Mentoring: This is a certificate: it is given once"),
    (
        "certificates",
        "Green path, Certificate of Practice - Mentor: This is a certification of what you do: it is renewed",
    ),
    ("", "Scholarship funds are sometimes available"),
    (f"certificates/{CONCEPTS}", "Re-certification none"),
    (f"certificates/{CONCEPTS}", "Mentoring Concept Portfolio"),
    (f"certificates/{CONCEPTS}", "You need no other certificate first."),
    (f"certificates/{CONCEPTS}", "The 72 statements"),
    (f"certificates/{CONCEPTS}", "invented for illustration"),
    (f"certificates/{CONCEPTS}", "That is not published here. You answer 72 statements. Ask us"),
    (f"certificates/{CONCEPTS}/portfolio", "Your evidence for a statement may have up to 3,000 characters."),
    (f"certificates/{PRACTICE}", "What it is based on It is based on a written Mentor Practice Portfolio"),
    (f"certificates/{PRACTICE}", "How it is audited, and by whom"),
    (f"certificates/{PRACTICE}/portfolio", "Mentoring log: Meetings you have held"),
    (f"certificates/{PRACTICE}", "every two years"),
    (f"certificates/{PRACTICE}", "Verifier assigned by WELLth Movement"),
    (f"certificates/{PRACTICE}", "The 112 statements"),
    (f"certificates/{PRACTICE}", "is nested in this one"),
    (f"certificates/{PRACTICE}", "Mentoring log"),
    ("certificates/journey-mentor", "This certificate opens once you hold the Certificate of Practice - Mentor."),
    ("certificates/journey-mentor", "What it covers, and what it is based on That is not published yet. Ask us"),
    ("contact/journey-mentor", "If you do not hold it yet and would like to hear more, write to us. Ask a question"),
    ("audit", "Relevance"),
    ("audit", "Authorship"),
    ("audit", "Mastery"),
    ("audit", "Why the source of your education makes no difference"),
    ("about", "It administers"),
    ("about", "It educates"),
    ("about", "January 2018"),
    ("about", "Intake Manager"),
    ("about", "Director of Certification"),
    ("education", "Organisations recognised as Education Provider by WELLth Movement None are listed yet. Ask us"),
    ("education", "learning for knowing for doing"),
    ("complaints", "An appeal is looked at by somebody who took no part in the decision."),
    ("complaints", "unless you write about the Director of Certification"),
    ("audit", "Nobody takes two of the roles of auditing, verifying and deciding in one case."),
    ("contact", "Comments and questions are welcome"),
    ("privacy", "Nothing you type leaves your device before you press the button"),
    ("accessibility", "WCAG 2.2"),
    ("accessibility", "Portfolio on paper: Certificate of Practice - Mentor"),
    ("for-auditors", "Do not audit anybody you have taught"),
]


@pytest.mark.parametrize(("page", "words"), FACTS, ids=[f"{page}: {words[:30]}" for page, words in FACTS])
def test_a_fact_stands_where_a_reader_looks_for_it(site: Settings, page: str, words: str) -> None:
    text = text_of((site.site / page / "index.html").read_text("utf-8"))
    assert words in re.sub(r" ([.,:)])", r"\1", text)


@pytest.mark.parametrize("profile", DATA.open_profiles, ids=lambda profile: profile.id)
def test_what_is_not_known_is_one_honest_sentence_with_the_way_to_ask(site: Settings, profile: Profile) -> None:
    html = (site.site / "certificates" / profile.id / "index.html").read_text("utf-8")
    assert "The fee is not published here." in html
    assert html.count("contact/question/") >= 4


def test_the_home_page_leads_to_both_self_assessments_with_a_blue_and_a_green_button(site: Settings) -> None:
    html = (site.site / "index.html").read_text("utf-8")
    buttons = re.findall(r'class="btn path-([a-z-]+)" href="([^"]+)"', html)
    assert buttons == [(name, f"certificates/{name}/self-assessment/") for name in (CONCEPTS, PRACTICE)]
    css = (site.site / "assets/paths.css").read_text("utf-8")
    assert f".path-{CONCEPTS}{{--c:#1d4f91" in css
    assert f".path-{PRACTICE}{{--c:#1b6640" in css


@pytest.mark.parametrize(("kind", "about"), json_schema.form_kinds(DATA))
def test_a_form_has_a_named_control_for_every_field_of_its_schema(site: Settings, kind: str, about: str) -> None:
    folder = f"contact/{about}" if kind == json_schema.CONTACT else f"certificates/{about}/{kind}"
    html = (site.site / folder / "index.html").read_text("utf-8")
    names = set(re.findall(r'<(?:input|textarea|select)[^>]* name="([^"]+)"', html))
    asked = {field.name for field in fields.fields(json_schema.form_schema(DATA, kind, about))} - {"id"}
    assert asked <= names
    assert names - asked <= {"website_url"}
    assert "novalidate" in html
    assert " maxlength=" not in html
    assert not re.search(r"<input[^>]*radio[^>]*checked", html)
    groups = len(re.findall(r"<fieldset[^>]*>\s*<legend>", html))
    assert (
        groups >= len(DATA.statements(profile))
        if (profile := DATA.profile(about)) and kind != json_schema.CONTACT
        else groups >= 0
    )
    assert 'method="post" action="/submissions"' in html


def test_without_an_endpoint_no_form_has_a_button_that_does_nothing(closed: Path) -> None:
    for name, html in pages(closed):
        assert "<button" not in html, name
        assert "<form" not in html, name
        assert "Keep this page open" not in html, name
        assert not re.search("press the button|that is still to follow", html), name
    page = text_of((closed / f"certificates/{CONCEPTS}/self-assessment/index.html").read_text("utf-8"))
    assert page.index("Not open for submissions yet") < page.index("Can I ")
    for name in ("contact", "contact/question", "contact/appeal", "complaints", f"certificates/{CONCEPTS}/print"):
        assert "It will stand here." in text_of((closed / name / "index.html").read_text("utf-8")), name


def test_a_certificate_of_which_little_is_known_has_no_wording_that_could_be_a_draft(site: Settings) -> None:
    assert "draft" not in text_of((site.site / "certificates/journey-mentor/index.html").read_text("utf-8"))


def test_no_title_shows_a_mark_of_its_making(site: Settings) -> None:
    titles = {name: re.findall("<title>(.*?)</title>", html, re.DOTALL)[0] for name, html in pages(site.site)}
    assert titles["404.html"] == "There is no such page · International Mentoring Community"
    assert [title for title in titles.values() if re.search("[<>{}]", title)] == []


THROUGH = {"formspree": "formspree.io", "netlify": "netlify.com"}


@pytest.mark.parametrize("kind", PROVIDERS)
def test_with_a_form_provider_no_page_promises_what_only_a_server_can_do(
    provided: Callable[[str], Path], kind: str
) -> None:
    texts, through = {name: text_of(html) for name, html in pages(provided(kind))}, THROUGH[kind]
    promised = r"reference number at once|the link that you were given|better version|[Ss]ecret|store of its own"
    assert [name for name, text in texts.items() if not name.startswith("fr/") and re.search(promised, text)] == []
    for form in ("self-assessment", "portfolio"):
        words = texts[f"certificates/{CONCEPTS}/{form}/index.html"]
        assert f"passes through {through}. Then the Intake Manager writes to you with" in words
    assert f"It passes through {through}, a form provider" in texts["privacy/index.html"]
    assert "the Intake Manager writes to you" in texts["thanks/index.html"]
    assert "not sent through this site's forms. Write to complaints@body.example" in texts["complaints/index.html"]


@pytest.mark.parametrize("kind", PROVIDERS)
def test_with_a_form_provider_a_portfolio_may_name_its_reference_and_needs_no_secret(
    provided: Callable[[str], Path], kind: str
) -> None:
    page = (provided(kind) / f"certificates/{CONCEPTS}/portfolio/index.html").read_text("utf-8")
    assert re.search(r'<input id="case.reference" name="case.reference" type="text"[^>]*>', page)
    assert "Reference of your self-assessment, if you were given one <span" in page
    assert "(optional)" in page.partition("if you were given one")[2][:60]
    assert "case.secret" not in page
    assert "confirmation you were shown" not in page


def test_the_length_of_the_interview_stands_in_one_place(provided: Callable[[str], Path]) -> None:
    texts = [text_of(html) for _name, html in pages(provided("formspree"))]
    assert [text for text in texts if re.search(r"\b15.minute", text)] == []
    assert len([text for text in texts if re.search(r"\b25.minute", text)]) >= 4


@pytest.mark.parametrize("kind", PROVIDERS)
def test_with_a_form_provider_the_forms_go_there_and_complaints_say_whom_to_write_to(
    provided: Callable[[str], Path], kind: str
) -> None:
    built, url = provided(kind), PROVIDED[kind]
    origin = "/".join(url.split("/")[:3])
    page = (built / f"certificates/{CONCEPTS}/self-assessment/index.html").read_text("utf-8")
    (opening,) = re.findall(r"<form [^>]*>", page)
    assert f'action="{url}"' in opening
    assert f"form-action &#39;self&#39; {origin}" in page or f"form-action 'self' {origin}" in page
    needs = PROVIDERS[kind].needs(f"self-assessment-{CONCEPTS}", "https://certificates.body.example/thanks/")
    french = (built / f"fr/certificates/{CONCEPTS}/self-assessment/index.html").read_text("utf-8")
    assert '="https://certificates.body.example/fr/thanks/"' in french
    assert (built / "fr/thanks/index.html").is_file()
    assert all(f'{name}="{value}"' in opening for name, value in needs.attributes.items())
    for name, value in needs.hidden.items():
        assert f'<input type="hidden" name="{name}" value="{value}" data-provider>' in page
    assert f'name="{needs.honeypot}" type="text" tabindex="-1"' in page
    assert "website_url" not in page
    (receipt,) = re.findall(r'<template id="receipt">(.+?)</template>', page, re.DOTALL)
    assert "data-reference" not in receipt
    complaint = (built / "contact/complaint/index.html").read_text("utf-8")
    assert "<form" not in complaint
    assert 'href="mailto:complaints@body.example"' in complaint


NEW = "tests/examples/other-body/profiles/sourdough.yml"


def test_one_new_yaml_file_makes_every_page_form_schema_and_link_appear(memory: Path) -> None:
    data = shutil.copytree(ROOT / "data", memory / "data")
    text = (ROOT / NEW).read_text("utf-8").replace("order: 1", "order: 9").replace("colour: crust", "colour: plum")
    (data / "profiles/sourdough.yml").write_text(text, "utf-8")
    settings = build(memory, data, "/submissions")
    for page in ("", "self-assessment/", "portfolio/", "print/"):
        assert (settings.site / f"certificates/sourdough/{page}index.html").is_file()
    home = (settings.site / "index.html").read_text("utf-8")
    compare = (settings.site / "certificates/index.html").read_text("utf-8")
    assert 'href="certificates/sourdough/self-assessment/"' in home
    assert "sourdough" in compare
    loaded = load_or_stop(data, ROOT / "schemas")
    assert ("portfolio", "sourdough") in json_schema.form_kinds(loaded)
    judge = Judge(loaded, ROOT / "schemas")
    store = Store(settings.records)
    receipt = accept(desk(judge, settings.var, store, store.root), filled(json_schema.PORTFOLIO, "sourdough", loaded))
    assert isinstance(receipt, Receipt)
    Intake(judge, store)()
    assert next(store.cases()).about == "sourdough"


def test_another_bodys_site_issues_and_references_have_no_trace_of_this_one(memory: Path) -> None:
    other = EXAMPLES / "other-body"
    settings = build(memory, other, "/submissions")
    ours = re.compile(
        r"IMC|WELLth|International Mentoring|mentor|Concepts|Verifier|Intake Manager|blue|green", re.IGNORECASE
    )
    for name, html in pages(settings.site):
        found = ours.search(text_of(html) + " ".join(re.findall(r"<title>.*?</title>|content=\"[^\"]*\"", html)))
        assert not found, (name, found)
    assert "Northern Bakers" in (settings.site / "index.html").read_text("utf-8")
    data = load_or_stop(other, ROOT / "schemas")
    judge, store = Judge(data, ROOT / "schemas"), Store(settings.records)
    receipt = accept(
        desk(judge, settings.var, store, store.root), filled(json_schema.SELF_ASSESSMENT, "sourdough", data)
    )
    assert isinstance(receipt, Receipt)
    assert receipt.reference.startswith("NBG-")
    intake = Intake(judge, store)
    intake()
    case = next(store.cases())
    event = case.current(json_schema.SELF_ASSESSMENT)
    assert event
    issue = intake.draw(case, event)
    assert not ours.search(issue.title + issue.body + " ".join(issue.labels))
    assert issue.labels[0] == "sending"
    assert "Rosa Test" in issue.body
    assert not ours.search(next(store.root.rglob("submission.md")).read_text("utf-8"))


def test_the_site_can_lie_below_a_path(memory: Path) -> None:
    settings = build(memory, EXAMPLES / "other-body", "/submissions")
    shell = (settings.site / "404.html").read_text("utf-8")
    assert 'href="/guild/assets/site.css"' in shell


def test_nothing_committed_names_a_machine_a_registry_or_another_bodys_template() -> None:
    names = run("git", "-C", str(ROOT), "ls-files").split("\n")
    texts = {
        name: (ROOT / name).read_text("utf-8", "ignore")
        for name in names
        if name and (ROOT / name).is_file() and not name.startswith("tests/contract/")
    }
    machine = re.compile(r"/(home|work|root|farm)/[a-z]|https?://[^ ]*(pypi|artifactory|nexus)[^ ]*/simple")
    assert [name for name, text in texts.items() if machine.search(text) and name != "tests/test_site.py"] == []
    body = re.compile(r"\bIMC\b|WELLth|International Mentoring")
    mine = [
        name
        for name in texts
        if name.startswith(("pipeline/", "theme/", "docs/", "mkdocs")) and not name.endswith(".pot")
    ]
    allowed = {"pipeline/submissions/references.py", "pipeline/cases/issue_text.py"}
    assert [name for name in mine if name not in allowed and body.search(texts[name])] == []


def test_the_written_pages_link_to_sources_as_mkdocs_asks() -> None:
    pages = {path: path.read_text("utf-8") for path in (ROOT / "docs").rglob("*.md")}
    relative = re.compile(r"\]\((?![a-z]+:|[#/])([^)#\s]+)")
    wrong = [(path.name, link) for path, text in pages.items() for link in relative.findall(text)]
    assert [(name, link) for name, link in wrong if not link.endswith(".md")] == []
