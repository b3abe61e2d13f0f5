"""What LibreOffice makes of the Word form: fills in its answers, has it opened and saved again, and looks for each answer.

    .venv/bin/python -m benchmarks.word              # needs soffice (Debian: apt-get install libreoffice-writer)
    .venv/bin/python -m benchmarks.word --plain      # with plain-text controls, as the form had them once

Prints a table. The exit code is 1 if an answer is lost or is there more than once.
"""

from __future__ import annotations

import argparse
import io
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import docx
from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from pipeline.data.load import load_or_stop
from pipeline.forms import json_schema
from pipeline.settings import Settings
from pipeline.site.paper import paper
from pipeline.site.wordfile import word_file

ANSWERS = {  # what somebody writes in Word is kept as one run for each script, and as several where both stand in a line
    "English": ["Rosa and I wrote an agreement in March."],
    "Japanese": ["三月に、ローザさんと同意書を書きました。"],
    "Arabic": ["كتبتُ الاتفاق مع روزا في مارس."],
    "Hebrew": ["כתבתי הסכם עם רוזה במרץ."],
    "Japanese and English": ["ローザさん", " (Rosa) ", "と書いた同意書"],
    "Arabic and English": ["الاتفاق ", "with Rosa ", "من مارس"],
}


def form() -> Any:
    """The form of the first certificate, as it is published."""
    data = load_or_stop(Settings().data, Settings().schemas)
    made = paper(data, data.open_profiles[0], json_schema.SELF_ASSESSMENT, "https://certificates.example/")
    return docx.Document(io.BytesIO(word_file(made).content))


def texts(document: Any) -> list[Any]:
    """The controls for text."""
    kinds = (qn("w:richText"), qn("w:text"))
    return [
        one
        for one in document.element.body.iter(qn("w:sdt"))
        if any(one.find(f"{qn('w:sdtPr')}/{kind}") is not None for kind in kinds)
    ]


def fill(document: Any) -> list[str]:
    """As Word keeps it: the prompt is gone, the text stands in runs. Answers go round, one for each control; a third is ticked."""
    filled = []
    for number, control in enumerate(texts(document)):
        words = [f"{number}: ", *list(ANSWERS.values())[number % len(ANSWERS)]]
        control.find(qn("w:sdtPr")).remove(control.find(f"{qn('w:sdtPr')}/{qn('w:showingPlcHdr')}"))
        content = control.find(qn("w:sdtContent"))
        content.clear()
        for word in words:
            run, text = OxmlElement("w:r"), OxmlElement("w:t")
            text.text = word
            text.set(qn("xml:space"), "preserve")
            run.append(text)
            content.append(run)
        filled.append("".join(words))
    for box in list(document.element.body.iter(qn("w14:checkbox")))[::3]:
        box.find(qn("w14:checked")).set(qn("w14:val"), "1")
        next(box.getparent().getparent().iter(qn("w:t"))).text = "☒"
    return filled


def make_plain(document: Any) -> None:
    for control in texts(document):
        properties = control.find(qn("w:sdtPr"))
        properties.replace(properties.find(qn("w:richText")), OxmlElement("w:text"))


def saved_again(path: Path, folder: Path) -> Path:
    """Opened and saved by LibreOffice, with settings of its own, as a Word file."""
    folder.mkdir()
    profile = f"-env:UserInstallation=file://{folder}/profile"
    command = [
        "soffice",
        "--headless",
        profile,
        "--convert-to",
        "docx:MS Word 2007 XML",
        "--outdir",
        str(folder),
        str(path),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return folder / path.name


def row(name: str, path: Path, answers: list[str]) -> bool:
    """Prints what is in the file; true if every answer is there exactly once."""
    document = docx.Document(str(path))
    body = document.element.body
    whole = "\n".join("".join(text.text or "" for text in one.iter(qn("w:t"))) for one in body.iter(qn("w:p")))
    often = [whole.count(answer) for answer in answers]
    times = f"{min(often)}" if min(often) == max(often) else f"{min(often)} to {max(often)}"
    kept = [len(list(body.iter(qn(tag)))) for tag in ("w:sdt", "w14:checkbox", "w:alias", "w:tag", "w:lock")]
    ticked = sum(box.get(qn("w14:val")) in ("1", "true") for box in body.iter(qn("w14:checked")))
    print(f"| {name} | {len(answers)} | {times} | {ticked} | {' | '.join(map(str, kept))} |")
    return set(often) == {1}


def main() -> bool:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--plain", action="store_true", help="with plain-text controls")
    if shutil.which("soffice") is None:
        sys.exit("LibreOffice is needed. On Debian type: sudo apt-get install libreoffice-writer")
    print(subprocess.run(["soffice", "--version"], capture_output=True, text=True, check=True).stdout.strip())
    document = form()
    if asked.parse_args().plain:
        make_plain(document)
    answers = fill(document)
    print("| file | answers | times that each is there | ticks | controls | boxes | titles | tags | locks |")
    print("|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "form.docx"
        document.save(str(path))
        well = row("as it was filled in", path, answers)
        for times in ("once", "twice"):
            path = saved_again(path, Path(name) / times)
            well &= row(f"saved again {times}", path, answers)
    return well


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
