"""Paper → the bytes of a Word document with real headings, lists and named boxes. The same paper gives the same bytes."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import docx
from docx.document import Document
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml.ns import qn
from docx.text.paragraph import Paragraph

from pipeline.data.model import Statement
from pipeline.i18n import _
from pipeline.site import blanks
from pipeline.site.blanks import element, run
from pipeline.site.languages import direction
from pipeline.site.paper import Blank, Paper

COUNTED = {"{page}": "PAGE", "{pages}": "NUMPAGES"}
TEMPLATE = Path(__file__).parent / "templates" / "document"
# When it was made is not part of it: the dates are the first that a ZIP file can have.
BEGINNING = datetime(1980, 1, 1)  # noqa: DTZ001 (the format has no zone)


@dataclass(frozen=True)
class WordFile:
    """`path` is where it lies in the site, from the home page."""

    path: str
    content: bytes

    @property
    def kilobytes(self) -> int:
        return -(-len(self.content) // 1024)


def word_file(paper: Paper) -> WordFile:
    """The document of a self-assessment, beside its form."""
    document = docx.Document(str(TEMPLATE))
    _properties(document, paper)
    _Writer(document, paper).write()
    return WordFile(f"{paper.form}.docx", _reproducible(document))


def _properties(document: Document, paper: Paper) -> None:
    about = document.core_properties
    about.title = f"{paper.title}: {paper.certificate}"
    about.author = about.last_modified_by = paper.author
    about.language = paper.language
    about.comments = ""
    about.revision = 1
    about.created = about.modified = BEGINNING
    _language(document, paper.language)


def _language(document: Document, language: str) -> None:
    """In which language it is read aloud, and from which side its lines begin."""
    defaults = document.styles.element.find(".//{*}docDefaults")
    spoken = defaults.find(".//{*}lang")
    spoken.set(qn("w:val"), language)
    if _from_right(language):
        spoken.set(qn("w:bidi"), language)
        spoken.addprevious(element("w:rtl"))
        defaults.find(".//{*}spacing").addprevious(element("w:bidi"))


def _from_right(language: str) -> bool:
    return direction(language) == "rtl"


class _Writer:
    """Writes the paper into an empty document, from the title to the foot of the page."""

    def __init__(self, document: Document, paper: Paper) -> None:
        self.document = document
        self.paper = paper
        self.numbers = count(1)

    def write(self) -> None:
        self._beginning()
        self.document.add_heading(self.paper.statements, 1)
        for unit in self.paper.units:
            self._speaks(self.document.add_heading(f"{unit.id} {unit.title}", 2), unit.language)
            for statement in unit.asked:
                self._statement(statement)
        for part in self.paper.parts:
            self.document.add_heading(part.title, 1)
            if part.hint:
                self._paragraph(part.hint)
            for blank in part.blanks:
                self._blank(blank)
        self._foot()

    def _beginning(self) -> None:
        paper = self.paper
        self._paragraph(paper.title, "Title")
        self._paragraph(paper.certificate, "Subtitle")
        if paper.draft:
            self._paragraph(paper.draft)
        how = _("To tick a box, go to it and press the space bar, or click on it. Write where it says “Write here”.")
        for line in (*paper.guide, how):
            self._paragraph(line, "List Bullet")
        if paper.online:
            self._link(self._paragraph("", "List Bullet"), _("Answer on the site instead"), paper.online)
        if paper.send_to:
            self._link(self._paragraph(f"{paper.send} ", "List Bullet"), paper.send_to, f"mailto:{paper.send_to}")
        elif paper.send:
            self._paragraph(paper.send, "List Bullet")
        if paper.post:
            self._paragraph(paper.post, "List Bullet")

    def _statement(self, statement: Statement) -> None:
        self._speaks(self._paragraph(f"{statement.id} {statement.question}", "Statement"), statement.language)
        choices = self._paragraph("", "Choices")
        for value, word in self.paper.answers:
            if choices.text:
                choices.add_run().add_tab()
            self._tick(choices, f"{statement.id} {word}", f"{statement.id}.{value}", word)

    def _blank(self, blank: Blank) -> None:
        if blank.kind == "tick":
            if blank.hint:
                self._paragraph(blank.hint, "Hint")
            self._tick(self._paragraph(""), blank.label, blank.name, blank.label)
            return
        self._paragraph(blank.label, "Label")
        if blank.hint:
            self._paragraph(blank.hint, "Hint")
        control = blanks.line(blank.label, blank.name, next(self.numbers), _("Write here"))
        self._paragraph("", "Answer")._p.append(control)

    def _tick(self, paragraph: Paragraph, title: str, tag: str, word: str) -> None:
        paragraph._p.append(blanks.tick(title, tag, next(self.numbers)))
        paragraph.add_run(f" {word}")

    def _paragraph(self, text: str, style: str = "Normal") -> Paragraph:
        return self.document.add_paragraph(text, style)

    def _speaks(self, paragraph: Paragraph, language: str) -> None:
        """What is not translated is read aloud in its own language, and written from its own side."""
        if language == self.paper.language:
            return
        for piece in paragraph.runs:
            marks = piece._r.get_or_add_rPr()
            marks.append(element("w:rtl", val=str(int(_from_right(language)))))
            marks.append(element("w:lang", **{"bidi" if _from_right(language) else "val": language}))

    def _link(self, paragraph: Paragraph, words: str, address: str) -> None:
        link = element("w:hyperlink", run(words, "Hyperlink"))
        link.set(qn("r:id"), self.document.part.relate_to(address, RELATIONSHIP_TYPE.HYPERLINK, is_external=True))
        paragraph._p.append(link)

    def _foot(self) -> None:
        """What it is and which page of how many; Word counts them."""
        foot = self.document.sections[0].footer.paragraphs[0]
        foot.add_run(f"{self.paper.foot} · ")
        for part in re.split(r"(\{pages?\})", _("Page {page} of {pages}")):
            counted = COUNTED.get(part)
            foot._p.append(element("w:fldSimple", run("1"), instr=counted) if counted else run(part))


def _reproducible(document: Document) -> bytes:
    """The package, with every entry at the same moment."""
    written, packed = io.BytesIO(), io.BytesIO()
    document.save(written)
    with ZipFile(written) as source, ZipFile(packed, "w") as target:
        for name in source.namelist():
            entry = ZipInfo(name, BEGINNING.timetuple()[:6])
            entry.external_attr = 0o644 << 16
            target.writestr(entry, source.read(name), ZIP_DEFLATED)
    return packed.getvalue()
