"""The one catalogue of interface texts: extracted from code and templates into locale/messages.pot."""

from __future__ import annotations

import io

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import write_po

from pipeline.settings import ROOT
from pipeline.text import LOCALE

POT = LOCALE / "messages.pot"
METHODS = [("**/templates/**.html", "jinja2"), ("**/templates/**.txt", "jinja2"), ("**.py", "python")]
OPTIONS = {f"**/templates/**.{kind}": {"trim_blocks": "true", "lstrip_blocks": "true"} for kind in ("html", "txt")}


def catalogue() -> bytes:
    """The text of messages.pot: places without line numbers, so that it changes only when a text does."""
    catalog = Catalog(project="certificate-pipeline", charset="utf-8")
    folder = ROOT / "pipeline"
    for name, _line, message, _comments, context in extract_from_dir(folder, METHODS, OPTIONS, keywords=KEYWORDS):
        catalog.add(message, locations=[(f"pipeline/{name}", 0)], context=context)
    buffer = io.BytesIO()
    write_po(buffer, catalog, omit_header=True, sort_output=True, include_lineno=False, width=120)
    head = (
        b'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n"Content-Transfer-Encoding: 8bit\\n"\n\n'
    )
    return b"# Interface texts. Made by: python -m pipeline messages\n" + head + buffer.getvalue()


KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2)}
