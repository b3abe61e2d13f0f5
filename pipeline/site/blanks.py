"""What is filled in in a Word document: content controls (ECMA-376, 17.5.2), each with a title that is read aloud."""

from __future__ import annotations

from typing import Any

from docx.oxml import OxmlElement
from docx.oxml.ns import qn

BLANK, TICKED = "2610", "2612"  # ☐ and ☒, as Word's own boxes
FONT = "MS Gothic"  # the one that Word takes for them
LONGEST = 64  # characters of a control's title and tag


def element(tag: str, *inner: Any, **attributes: str) -> Any:
    """`w:alias` with its attributes in its own namespace; `inner` are elements, or the text of a w:t."""
    prefix = tag.partition(":")[0]
    made: Any = OxmlElement(tag)
    for name, value in attributes.items():
        made.set(qn(f"{prefix}:{name}"), value)
    for part in inner:
        if isinstance(part, str):
            made.text = part
            made.set(qn("xml:space"), "preserve")
        else:
            made.append(part)
    return made


def run(text: str, style: str = "") -> Any:
    """Text in a character style."""
    looks = [element("w:rPr", element("w:rStyle", val=style))] if style else []
    return element("w:r", *looks, element("w:t", text))


def tick(title: str, tag: str, number: int) -> Any:
    """A box to tick. `number` is the control's own in its document."""
    box = element(
        "w14:checkbox",
        element("w14:checked", val="0"),
        element("w14:checkedState", val=TICKED, font=FONT),
        element("w14:uncheckedState", val=BLANK, font=FONT),
    )
    return _control(title, tag, number, [box], run(chr(int(BLANK, 16)), "Tick"))


def line(title: str, tag: str, number: int, placeholder: str) -> Any:
    """Room for text of any length; `placeholder` goes when somebody begins to write.

    A rich-text control inside of a paragraph: of one for plain text, or around paragraphs, LibreOffice 7.4 makes several when
    it saves the document again, and repeats what is written in other scripts (benchmarks/word.py).
    """
    return _control(
        title, tag, number, [element("w:showingPlcHdr"), element("w:richText")], run(placeholder, "PlaceholderText")
    )


def _control(title: str, tag: str, number: int, kind: list[Any], content: Any) -> Any:
    """It can be filled in, and not be deleted by a slip of the hand."""
    names = [element("w:alias", val=title[:LONGEST]), element("w:tag", val=tag[:LONGEST])]
    kept = [element("w:id", val=str(number)), element("w:lock", val="sdtLocked")]
    return element("w:sdt", element("w:sdtPr", *names, *kept, *kind), element("w:sdtContent", content))
