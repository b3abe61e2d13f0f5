"""The self-assessment without a screen: the printed page and the Word document say the same, and the document can be read aloud."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import docx
import pytest
import requests
from docx.oxml.ns import qn

from pipeline.data.load import load_or_stop
from pipeline.data.model import Profile
from pipeline.forms import json_schema
from pipeline.settings import ROOT, Settings
from pipeline.site.paper import Paper, paper
from pipeline.site.wordfile import word_file
from tests.conftest import Service
from tests.support import CONCEPTS, DATA, EXAMPLES
from tests.test_site import text_of

OPEN = pytest.mark.parametrize("profile", DATA.open_profiles, ids=lambda profile: profile.id)
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def on_paper(profile: Profile, kind: str = json_schema.SELF_ASSESSMENT) -> Paper:
    return paper(DATA, profile, kind, "https://example.org/site/")


def read(content: bytes) -> Any:
    return docx.Document(io.BytesIO(content))


def written(site: Settings, profile: Profile) -> Any:
    return read((site.site / f"certificates/{profile.id}/self-assessment.docx").read_bytes())


def shown(element: Any) -> str:
    """What stands in a paragraph, content controls included."""
    return "".join(node.text or "" for node in element.iter(qn("w:t")))


def lines(document: Any) -> list[str]:
    return [shown(paragraph) for paragraph in document.element.body.iter(qn("w:p"))]


def controls(document: Any, kind: str) -> list[str]:
    """The titles of the content controls of a kind."""
    found = [control for control in document.element.body.iter(qn("w:sdtPr")) if control.find(qn(kind)) is not None]
    return [control.find(qn("w:alias")).get(qn("w:val")) for control in found]


def in_order(texts: list[str], whole: str) -> list[str]:
    """Those that are missing, or stand before the one that they follow."""
    missing, at = [], 0
    for text in texts:
        found = whole.find(text, at)
        if found < 0:
            missing.append(text)
        at = max(at, found)
    return missing


@OPEN
def test_the_printed_page_and_the_document_have_the_same_lines_in_the_same_order(
    site: Settings, profile: Profile
) -> None:
    page = text_of((site.site / f"certificates/{profile.id}/print/index.html").read_text("utf-8"))
    document = re.sub(r"\s+", " ", " ".join(lines(written(site, profile))))
    form = on_paper(profile)
    asked = [f"{statement.id} {statement.question}" for statement in DATA.statements(profile)]
    assert [f"{s.id} {s.question}" for unit in form.units for s in unit.asked] == asked
    blanks = [text for part in form.parts for blank in part.blanks for text in (blank.label, blank.hint) if text]
    texts = [form.title, form.certificate, *form.guide, form.send, form.statements, *asked, *blanks]
    assert in_order(texts, page) == []
    assert in_order(texts, document) == []
    assert "I agree that what I send is kept and read for this purpose" in texts
    assert {"Full name", "E-mail address", "Other times that suit you", "Education providers"} <= set(texts)
    boxes = [f"☐ {word}" for _value, word in form.answers]
    for whole in (page, document):
        assert [whole.count(box) for box in boxes] == [len(asked)] * 3


@OPEN
@pytest.mark.parametrize("kind", [json_schema.SELF_ASSESSMENT, json_schema.PORTFOLIO])
def test_what_the_paper_asks_is_what_the_form_asks(site: Settings, profile: Profile, kind: str) -> None:
    html = (site.site / f"certificates/{profile.id}/{kind}/index.html").read_text("utf-8")
    groups = "applicant|interview|education|declarations|case|held"
    named = set(re.findall(rf'<(?:input|textarea)[^>]* name="((?:{groups})\.[^"]+)"', html))
    on_it = {blank.name for part in on_paper(profile, kind).parts for blank in part.blanks}
    assert on_it - named == {"telephone", "signed"}
    assert named - on_it <= {"case.secret"}


@OPEN
@pytest.mark.parametrize("kind", [json_schema.SELF_ASSESSMENT, json_schema.PORTFOLIO])
def test_every_form_asks_who_taught_and_the_second_only_whom_it_has_not_been_told(profile: Profile, kind: str) -> None:
    hint = "If you have told us in your self-assessment, leave this empty."
    (part,) = (part for part in on_paper(profile, kind).parts if part.title == "Who taught you")
    assert part.hint.startswith(hint) is (kind == json_schema.PORTFOLIO)
    assert part.hint.endswith("It keeps those who taught you from auditing you.")
    names = {"education.providers", "education.trainers"}
    assert {blank.name for blank in part.blanks} == names
    group = json_schema.form_schema(DATA, kind, profile.id)["properties"]["education"]
    assert group["required"] == []
    assert any(hint in line for line in lines(read(word_file(on_paper(profile, kind)).content))) is (
        kind == json_schema.PORTFOLIO
    )


@OPEN
def test_the_portfolio_on_paper_has_room_for_evidence_and_a_log_where_the_form_has_one(
    site: Settings, profile: Profile
) -> None:
    html = (site.site / f"certificates/{profile.id}/print-portfolio/index.html").read_text("utf-8")
    form, page = on_paper(profile, json_schema.PORTFOLIO), text_of(html)
    asked = DATA.statements(profile)
    texts = [text for s in asked for text in (f"{s.id} {s.question}", f"Your evidence for {s.id}: {s.evidence}")]
    blanks = [text for part in form.parts for blank in part.blanks for text in (blank.label, blank.hint) if text]
    assert in_order([form.title, form.certificate, *form.guide, form.send, *texts, *blanks], page) == []
    assert html.count('class="room"') == len(asked)
    ticks = [blank for part in form.parts for blank in part.blanks if blank.kind == "tick"]
    assert html.count('<b class="box">☐</b>') == html.count("☐") == 3 * len(asked) + len(ticks)
    log = [part for part in form.parts if part.columns]
    assert [part.title for part in log] == [part.title for part in profile.parts if part.kind == "log"]
    assert [html.count(f'<th scope="col">{name}</th>') for part in log for name in part.columns] == [1] * 3 * len(log)


@pytest.mark.parametrize("kind", [json_schema.SELF_ASSESSMENT, json_schema.PORTFOLIO])
@pytest.mark.parametrize("email", ["intake@example.org", "intake@placeholder.invalid"])
@pytest.mark.parametrize("post", ["1 Main Street", None])
def test_the_paper_says_where_to_send_it_or_that_nobody_knows_yet(kind: str, email: str, post: str | None) -> None:
    body = replace(DATA.organization, contact_email=email, contact_address=post)
    profile = DATA.open_profiles[0]
    form = paper(replace(DATA, organization=body), profile, kind, "https://example.org/site/")
    known = email == "intake@example.org"
    assert form.send_to == (email if known else None)
    assert ("not published yet" in form.send) == (not known and post is None)
    assert form.post == ("By post: 1 Main Street." if post else "")
    document = lines(read(word_file(form).content))
    assert [line for line in document if line and line in (f"{form.send} {email}", form.send, form.post)] == [
        line for line in (f"{form.send} {email}" if known else form.send, form.post) if line
    ]


@OPEN
def test_every_box_and_line_of_the_document_has_a_name_of_its_own(site: Settings, profile: Profile) -> None:
    document = written(site, profile)
    blanks = [blank for part in on_paper(profile).parts for blank in part.blanks]
    answers = [f"{s.id} {word}" for s in DATA.statements(profile) for word in ("yes", "partly", "not yet")]
    ticks, texts = controls(document, "w14:checkbox"), controls(document, "w:richText")
    assert ticks == answers + [blank.label for blank in blanks if blank.kind == "tick"]
    assert texts == [blank.label for blank in blanks if blank.kind != "tick"]
    numbers = [node.get(qn("w:val")) for node in document.element.body.iter(qn("w:id"))]
    assert len(set(numbers)) == len(ticks) + len(texts)
    assert all(len(name) <= 64 for name in ticks + texts)


@OPEN
def test_text_goes_into_rich_text_controls_inside_of_paragraphs(site: Settings, profile: Profile) -> None:
    """All others LibreOffice repeats, when it saves the document again with Japanese or Arabic in them."""
    body = written(site, profile).element.body
    assert list(body.iter(qn("w:sdtPr")))
    assert [control for control in body.iter(qn("w:sdt")) if control.getparent().tag != qn("w:p")] == []
    assert [text for properties in body.iter(qn("w:sdtPr")) for text in properties.iter(qn("w:text"))] == []


def test_what_other_programs_do_to_the_form_is_written_down_for_maintainers_alone(site: Settings) -> None:
    table = (ROOT / "docs/maintainers/word-form.md").read_text("utf-8").splitlines()
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table if line.startswith("| ")][1:]
    assert {"LibreOffice Writer", "Microsoft Word", "Apple Pages", "Google Docs"} <= {row[0] for row in rows}
    for program, version, done, became in rows:
        assert (version and became) or done == "not tested", program
    assert not (site.site / "maintainers").exists()


@OPEN
def test_the_document_has_a_structure_a_language_and_readable_letters(site: Settings, profile: Profile) -> None:
    document = written(site, profile)
    headings = [(p.style.name, p.text) for p in document.paragraphs if p.style.name.startswith(("Title", "Heading"))]
    assert headings[:2] == [("Title", "Self-assessment"), ("Heading 1", "The statements")]
    units = [f"{unit.id} {unit.title}" for unit in DATA.units(profile)]
    assert [text for style, text in headings if style == "Heading 2"] == units
    assert [p for p in document.paragraphs if p.style.name == "List Bullet"]
    about = document.core_properties
    assert (about.language, about.author) == (DATA.organization.language, DATA.organization.name)
    assert profile.name in about.title
    looks = document.styles.element
    assert {node.get(qn("w:val")) for node in looks.iter(qn("w:lang"))} == {DATA.organization.language}
    assert min(int(size.get(qn("w:val"))) for size in looks.iter(qn("w:sz"))) == 24  # half points
    assert not any(run.bold or run.italic for p in document.paragraphs for run in p.runs)
    used = {node.get(qn("w:val")) for tag in ("w:pStyle", "w:rStyle") for node in document.element.iter(qn(tag))}
    assert used <= {style.style_id for style in document.styles}
    assert not document.tables
    foot = document.sections[0].footer.paragraphs[0]
    assert f"profile version {profile.version} · Page 1 of 1" in shown(foot._p)
    assert [node.get(qn("w:instr")) for node in foot._p.iter(qn("w:fldSimple"))] == ["PAGE", "NUMPAGES"]


def test_the_same_paper_gives_the_same_bytes(site: Settings) -> None:
    profile = DATA.open_profiles[0]
    assert word_file(on_paper(profile)) == word_file(on_paper(profile))
    built = (site.site / f"certificates/{profile.id}/self-assessment.docx").read_bytes()
    assert built == word_file(paper(DATA, profile, json_schema.SELF_ASSESSMENT, "http://127.0.0.1/")).content


def test_a_link_of_the_document_has_words_and_a_placeholder_is_never_one() -> None:
    profile = DATA.open_profiles[0]

    def links(form: Paper) -> dict[str, str]:
        document = read(word_file(form).content)
        nodes = document.element.body.iter(qn("w:hyperlink"))
        return {shown(node): document.part.rels[node.get(qn("r:id"))].target_ref for node in nodes}

    online = f"https://example.org/site/certificates/{profile.id}/self-assessment/"
    known = replace(on_paper(profile), send_to="intake@example.org")
    assert links(known) == {"Answer on the site instead": online, "intake@example.org": "mailto:intake@example.org"}
    unknown = paper(DATA, profile, json_schema.SELF_ASSESSMENT, DATA.organization.site_url)
    assert links(unknown) == {}
    assert unknown.send in lines(read(word_file(unknown).content))


def test_every_language_has_a_document_that_leads_to_the_form_in_it(site: Settings) -> None:
    profile = DATA.open_profiles[0]
    languages = DATA.organization.languages
    assert len(languages) > 1
    for code in languages:
        home = "" if code == DATA.organization.language else f"{code}/"
        document = read((site.site / f"{home}certificates/{profile.id}/self-assessment.docx").read_bytes())
        targets = [link.target_ref for link in document.part.rels.values() if link.is_external]
        assert document.core_properties.language == code
        assert targets == [f"http://127.0.0.1/{home}certificates/{profile.id}/self-assessment/"]


def test_a_language_that_runs_from_right_to_left_does_so_in_the_document() -> None:
    looks = read(word_file(replace(on_paper(DATA.open_profiles[0]), language="ar")).content).styles.element
    assert [node.get(qn("w:bidi")) for node in looks.iter(qn("w:lang"))] == ["ar"]
    assert len(list(looks.iter(qn("w:rtl")))) == len(list(looks.iter(qn("w:bidi")))) == 1


def test_what_is_not_translated_is_in_its_own_language_in_the_document() -> None:
    profile = DATA.in_language("fr").open_profiles[0]
    whole = paper(DATA.in_language("fr"), profile, json_schema.SELF_ASSESSMENT, DATA.organization.site_url)
    statement = replace(whole.units[0].statements[0], language="en", text="tell them apart")
    unit = replace(whole.units[0], statements=(statement, *whole.units[0].statements[1:]))
    document = read(word_file(replace(whole, units=(unit, *whole.units[1:]))).content)
    spoken = [
        (node.get(qn("w:val")), paragraph.text)
        for paragraph in document.paragraphs
        for node in paragraph._p.iter(qn("w:lang"))
    ]
    assert spoken == [("en", "C1.1 Can I tell them apart?")]


@pytest.mark.parametrize("is_open", [True, False])
def test_the_document_is_offered_with_its_size_where_people_look_for_it(
    site: Settings, closed: Path, is_open: bool
) -> None:
    for profile in DATA.open_profiles:
        folder = (site.site if is_open else closed) / "certificates" / profile.id
        size = -(-(folder / "self-assessment.docx").stat().st_size // 1024)
        for page in ("", "self-assessment", "print"):
            html = unescape((folder / page / "index.html").read_text("utf-8"))
            link = rf'<a href="[./]+/certificates/{profile.id}/self-assessment\.docx" download>[^<]+ \(Word, {size} KB\)</a>'
            assert len(re.findall(link, html)) == 1, page


def test_another_bodys_document_has_its_own_name(site: Settings) -> None:
    data = load_or_stop(EXAMPLES / "other-body", ROOT / "schemas")
    document = read(
        word_file(paper(data, data.open_profiles[0], json_schema.SELF_ASSESSMENT, data.organization.site_url)).content
    )
    assert document.core_properties.author == data.organization.name
    assert DATA.organization.name not in " ".join(lines(document))


def test_the_server_says_that_it_is_a_word_document(service: Service) -> None:
    answer = requests.get(f"{service.url}/certificates/{CONCEPTS}/self-assessment.docx", timeout=30)
    assert answer.headers["content-type"] == WORD
    assert "content-encoding" not in answer.headers
    assert read(answer.content).core_properties.title
