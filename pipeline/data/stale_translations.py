"""data/translations/<language>/originals.json: of each translated text, what the original was when somebody last compared them.

It maps a place ("practice-mentor.steps.audit.text", "docs/privacy.md") to the first eight hexadecimal digits of the
SHA-256 of the original. `python -m pipeline translated LANGUAGE` writes it; `check` tells what has changed since.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.data.translations import Texts, leaves
from pipeline.data.yaml_source import Source
from pipeline.findings import Finding, Level, pointer

NAME = "originals.json"


@dataclass(frozen=True)
class Translated:
    """A text that is translated: its place in the record, the fingerprint of its original, and where the translation is."""

    language: str
    place: str
    fingerprint: str
    file: str
    line: int


def fingerprint(original: Any) -> str:
    """Of a text, or of a list of texts."""
    lines = original if isinstance(original, list) else [original]
    return hashlib.sha256("\n".join(map(str, lines)).encode()).hexdigest()[:8]


def of_data(source: Source, texts: Texts, language: str, name: str) -> Iterator[Translated]:
    """Every text of a translation without faults; `texts` are the original's."""
    found = {path: text for path, text in leaves(texts, ())}
    for path, _text in leaves(source.value, ()):
        place, line = ".".join((name, *path)), source.line(pointer(path))
        yield Translated(language, place, fingerprint(found[path]), source.path, line)


def of_pages(docs: Path, language: str) -> Iterator[Translated]:
    """Every page of docs/ that is translated, as a whole."""
    for path in sorted((docs / language).glob("*.md")):
        original = docs / path.name
        if original.is_file():
            text = original.read_text("utf-8")
            yield Translated(language, f"docs/{path.name}", fingerprint(text), f"docs/{language}/{path.name}", 1)


def written(translated: Iterable[Translated]) -> bytes:
    """The record of a language, with every original as it is now."""
    return (json.dumps({text.place: text.fingerprint for text in translated}, indent=1) + "\n").encode()


def changed(translated: Iterable[Translated], recorded: Mapping[str, str]) -> Iterator[Finding]:
    """A note for each text whose original is another than the one recorded, and one for all that have none recorded."""
    new = []
    for text in translated:
        then = f"then: python -m pipeline translated {text.language}"
        if text.place not in recorded:
            new.append(text)
        elif recorded[text.place] != text.fingerprint:
            message = f"the original has changed since it was translated: read it again, {then}"
            yield Finding("", text.place, message, Level.NOTE, text.file, text.line)
    for text in new[:1]:
        message = (
            f"not recorded yet, as {len(new) - 1} more: compare with the originals, {then}"
            if len(new) > 1
            else f"not recorded yet: compare it with the original, {then}"
        )
        yield Finding("", text.place, message, Level.NOTE, text.file, text.line)
