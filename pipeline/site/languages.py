"""The site's languages: where each one lies, what it is called, and how a page leads to the same in another."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from babel import Locale, UnknownLocaleError

from pipeline.data.model import Organization

FOLDER = re.compile(r"([a-z]{2})/")


@dataclass(frozen=True)
class Alternate:
    """A page in a language: its address from the site's home, and whether it is the same page, or only the home page."""

    language: str
    name: str
    path: str
    same: bool


def home(organization: Organization, code: str) -> str:
    """Where a language's pages lie, from the site's home: the first at "", the others at "fr/"."""
    return "" if code == organization.language else f"{code}/"


def of_path(organization: Organization, path: str) -> str:
    """The language of a page or a source, by its address from the site's home."""
    found = FOLDER.match(path)
    return found[1] if found and found[1] in organization.languages[1:] else organization.language


def written(docs: Path) -> frozenset[str]:
    """The addresses of all pages in docs/: "about/", and "fr/about/" for docs/fr/about.md."""
    return frozenset(f"{path.relative_to(docs).with_suffix('').as_posix()}/" for path in docs.rglob("*.md"))


def alternates(organization: Organization, path: str, there: frozenset[str]) -> Iterator[Alternate]:
    """The page at an address in every language; `there` are all addresses of the site."""
    plain = path.removeprefix(home(organization, of_path(organization, path)))
    for code in organization.languages:
        start = home(organization, code)
        same = start + plain in there
        yield Alternate(code, name(code), start + plain if same else start, same)


@lru_cache
def name(code: str) -> str:
    """What those who speak it call it: "Français"."""
    try:
        found = str(Locale.parse(code).get_display_name() or code)
    except UnknownLocaleError:
        return code
    return found[:1].upper() + found[1:]


@lru_cache
def direction(code: str) -> str:
    """ltr or rtl."""
    try:
        return str(Locale.parse(code).text_direction)
    except UnknownLocaleError:
        return "ltr"
