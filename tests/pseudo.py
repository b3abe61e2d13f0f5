"""A language that nobody speaks: every interface text in ⟦ ⟧, every text of the data in ⟨ ⟩. What is in neither is a leak."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import yaml

from pipeline.cli import messages
from pipeline.data import translations
from pipeline.settings import ROOT

CODE = "eo"
MARKED = re.compile(r"[⟦⟨][^⟦⟧⟨⟩]*[⟧⟩]")
WORD = re.compile(r"[^\W\d_]{2,}")
SPOKEN = ("aria-label", "alt", "title", "placeholder", "data-missing", "data-toolong", "data-toomany", "data-mismatch")
NAMED = (*SPOKEN, "data-name", "data-title")


def catalogue(locale: Path) -> None:
    """A compiled catalogue of every text there is."""
    texts = messages.Plain(locale=CODE, charset="utf-8")
    for message in messages.template():
        if message.id:
            forms = tuple(f"⟦{text}⟧" for text in messages._forms(message.id))
            texts.add(message.id, forms if len(forms) > 1 else forms[0])
    path = locale / CODE / "LC_MESSAGES" / "messages.mo"
    path.parent.mkdir(parents=True)
    path.write_bytes(messages.mo(texts))


def data(folder: Path) -> Path:
    """The body's data with every text marked, in this language alone."""
    (folder / "profiles").mkdir(parents=True)
    body, listed = _read("organization.yml"), _read("providers.yml")
    told = _marked(translations.organization_texts(body, listed))
    _write(folder / "organization.yml", {**translations.organization(body, told), "languages": [CODE]})
    _write(folder / "providers.yml", translations.providers(listed, told))
    table = _read("process.yml")
    _write(
        folder / "process.yml",
        _without_language(translations.process(table, _marked(translations.process_texts(table)), CODE)),
    )
    for path in sorted((ROOT / "data/profiles").glob("*.yml")):
        profile = _read(f"profiles/{path.name}")
        marked = translations.profile(profile, _marked(translations.profile_texts(profile)), CODE)
        _write(folder / "profiles" / path.name, _without_language(marked))
    return folder


@cache
def names() -> tuple[str, ...]:
    """Words that are the same in every language: names, and how an issue is labelled."""
    body = _read("organization.yml")
    listed = [provider["name"] for provider in _read("providers.yml")["providers"]]
    return (body["name"], body["administrator"]["name"], body["short_name"], *listed, *body["labels"].values())


def _read(name: str) -> Any:
    return yaml.safe_load((ROOT / "data" / name).read_text("utf-8"))


def _write(path: Path, value: object) -> None:
    path.write_text(yaml.safe_dump(value, allow_unicode=True, sort_keys=False), "utf-8")


def _marked(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _marked(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_marked(inner) for inner in value]
    # A name with a dash in it is shown in two lines: one mark would stand in both.
    return f"⟨{value.replace(' - ', ' ')}⟩" if isinstance(value, str) else value


def _without_language(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_language(inner) for name, inner in value.items() if name != "language"}
    return [_without_language(inner) for inner in value] if isinstance(value, list) else value


def leak(text: str, known: Sequence[str]) -> str:
    """What of a text is in no mark and no name; "" if nothing is."""
    before = ""
    while text != before:
        before, text = text, MARKED.sub(" ", text)
    for name in sorted(known, key=len, reverse=True):
        text = text.replace(name, " ")
    return text.strip() if WORD.search(text) else ""


class Spoken(HTMLParser):
    """Every text that a page shows or says."""

    def __init__(self, attributes: tuple[str, ...] = NAMED) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.attributes = attributes
        self.silent = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent = tag if tag in ("script", "style") else ""
        self.texts += [value or "" for name, value in attrs if name in self.attributes]

    def handle_endtag(self, tag: str) -> None:
        self.silent = ""

    def handle_data(self, data: str) -> None:
        if not self.silent and data.strip():
            self.texts.append(data.strip())


def texts(html: str, attributes: tuple[str, ...] = NAMED) -> Iterator[str]:
    reader = Spoken(attributes)
    reader.feed(html)
    yield from reader.texts
