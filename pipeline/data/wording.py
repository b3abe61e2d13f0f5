"""How a statement is written so that it can stand in the question of its language: “Can I {text}?” in the catalogue."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from pipeline.data.model import asks
from pipeline.data.yaml_source import Source
from pipeline.findings import Finding, Level

CAPITAL_NOUNS = ("de", "lb")  # in these languages a noun, which may come first, begins with a capital letter
_END = ".?!؟。？！"
_I = re.compile(r"I\b")


def findings(source: Source, place: str, label: str, text: str, language: str) -> Iterator[Finding]:
    """A mark at the end is an error, since the question has its own; about a capital letter nobody but a reader can tell."""
    if not asks(language):
        return
    if text[-1:] in _END:
        yield source.finding(place, label, "completes a question (“Can I …?”), which has its mark: end without one")
    if _capital(text.split()[0] if text.split() else "") and language not in CAPITAL_NOUNS:
        message = "completes a question (“Can I …?”): begin with a small letter, unless the word always has a capital"
        yield replace(source.finding(place, label, message), level=Level.NOTE)


def _capital(word: str) -> bool:
    """A capital first, and none after it: AI, ISO and PhD are written like this everywhere."""
    return word[:1].isupper() and not any(letter.isupper() for letter in word[1:]) and not _I.match(word)
