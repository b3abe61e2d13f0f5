"""The catalogues of interface texts: extracted from code and templates, merged into each language's, compiled.

locale/messages.pot has all texts, locale/<language>/LC_MESSAGES/messages.po a language's, messages.mo the same for
gettext. All are committed: the pipeline's small group of dependencies has no Babel.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from babel import localedata
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from pipeline.errors import CannotGoOn
from pipeline.i18n import LOCALE
from pipeline.settings import ROOT

POT = LOCALE / "messages.pot"
METHODS = [("**/templates/**.html", "jinja2"), ("**/templates/**.txt", "jinja2"), ("**.py", "python")]
OPTIONS = {f"**/templates/**.{kind}": {"trim_blocks": "true", "lstrip_blocks": "true"} for kind in ("html", "txt")}
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2)}
FIRST_LINE = b"# Interface texts. Made by: python -m pipeline messages\n"
PLACEHOLDER = re.compile(r"%\(\w+\)s|\{\w*[^{}]*\}")


class Plain(Catalog):
    """Without dates and versions in its head: it changes only when a text does."""

    @property
    def head(self) -> str:
        rows = ["Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit"]
        if self.locale:
            rows += [f"Language: {self.locale}", f"Plural-Forms: {self.plural_forms}"]
        return "".join(f"{row}\n" for row in rows)

    def __iter__(self) -> Iterator[Message]:
        _head, *messages = super().__iter__()
        yield from (Message("", self.head), *messages)


def template() -> Plain:
    """Every text of code and templates, with its places."""
    catalog = Plain(charset="utf-8")
    folder = ROOT / "pipeline"
    for name, _line, message, _comments, context in extract_from_dir(folder, METHODS, OPTIONS, keywords=KEYWORDS):
        catalog.add(message, locations=[(f"pipeline/{name}", 0)], context=context)
    return catalog


def languages() -> list[str]:
    """The languages that have a catalogue."""
    return sorted(path.parent.parent.name for path in LOCALE.glob("*/LC_MESSAGES/messages.po"))


def folder(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES"


def merged(language: str, texts: Plain) -> Plain:
    """A language's catalogue with the texts of today: no guessing at new ones, and nothing kept that is not said."""
    catalog = Plain(locale=language, charset="utf-8")
    path = folder(language) / "messages.po"
    if path.is_file():
        for message in read_po(io.BytesIO(path.read_bytes()), locale=language):
            if message.id:
                catalog.add(message.id, message.string, flags=message.flags, context=message.context)
    catalog.update(texts, no_fuzzy_matching=True)
    return catalog


def po(catalog: Plain) -> bytes:
    """A catalogue as it is committed: places without line numbers."""
    head = "".join(f'"{row}\\n"\n' for row in catalog.head.splitlines())
    buffer = io.BytesIO()
    write_po(buffer, catalog, omit_header=True, sort_output=True, include_lineno=False, ignore_obsolete=True, width=120)
    return FIRST_LINE + f'msgid ""\nmsgstr ""\n{head}\n'.encode() + buffer.getvalue()


def mo(catalog: Plain) -> bytes:
    buffer = io.BytesIO()
    write_mo(buffer, catalog)
    return buffer.getvalue()


def files(begin: str = "") -> dict[Path, bytes]:
    """Every file of the catalogues as it should be; `begin` names a language that has none yet."""
    if begin and not re.fullmatch("[a-z]{2}", begin):
        raise CannotGoOn(f"{begin} is no language code of two letters, like fr")
    if begin and not localedata.exists(begin):
        raise CannotGoOn(
            f"{begin} is not the code of a language that is known here; compare it with ISO 639-1, like fr"
        )
    texts = template()
    found = {POT: po(texts)}
    for language in sorted({*languages(), *([begin] if begin else [])}):
        catalog = merged(language, texts)
        found |= {folder(language) / "messages.po": po(catalog), folder(language) / "messages.mo": mo(catalog)}
    return found


def unfinished(language: str) -> Iterator[str]:
    """What a catalogue leaves open: each text that is not translated, is a guess, or has other placeholders."""
    for message in merged(language, template()):
        asked, given = _forms(message.id), _forms(message.string)
        if asked[0] and not all(given):
            yield f"not translated: {asked[0]}"
        elif asked[0] and message.fuzzy:
            yield f"a guess (fuzzy): {asked[0]}"
        elif asked[0]:
            wanted = [placeholders(text) for text in asked]
            yield from (
                f"other placeholders: {asked[0]} → {text}" for text in given if placeholders(text) not in wanted
            )


def _forms(texts: str | Sequence[str] | None) -> tuple[str, ...]:
    """Singular and plural, or the one there is."""
    return (texts or "",) if isinstance(texts, str | None) else tuple(texts)


def placeholders(text: str) -> list[str]:
    return sorted(PLACEHOLDER.findall(text))
