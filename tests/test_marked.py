"""A page in a language into which only the interface is translated: what is not says so, and no sentence is in two."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser

import pytest
import yaml

from pipeline import i18n
from pipeline.data.load import load_or_stop
from pipeline.data.model import Endpoint
from pipeline.forms import json_schema
from pipeline.providers import PROVIDERS
from pipeline.settings import ROOT
from pipeline.site.nextsteps import next_steps
from pipeline.site.pages import generated
from pipeline.site.render import Renderer
from tests import pseudo
from tests.support import CONCEPTS

PARTS = ("about", "audit", "complaints", "providers", "roles", "privacy", "paper")  # of the pages in docs/
VOID = {"input", "br", "img", "link", "meta", "hr", "source", "wbr", "col"}


class Marked(HTMLParser):
    """Texts of the data (⟨ ⟩) that stand in no element of the first language, and texts of the interface (⟦ ⟧) that do."""

    def __init__(self, first: str, names: frozenset[str]) -> None:
        super().__init__()
        self.first, self.names = first, names
        self.languages = [""]
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.languages.append(dict(attrs).get("lang") or self.languages[-1])

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            self.languages.pop()

    def handle_data(self, data: str) -> None:
        here = data
        for name in self.names:
            here = here.replace(name, "")
        in_first = self.languages[-1] == self.first
        if ("⟨" in here and not in_first) or ("⟦" in here and in_first):
            self.wrong.append(here.strip()[:80])


@pytest.fixture(scope="module")
def renderer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Renderer]:
    root = tmp_path_factory.mktemp("marked")
    pseudo.catalogue(root / "locale")
    folder = pseudo.data(root / "data")
    body = yaml.safe_load((folder / "organization.yml").read_text("utf-8"))
    (folder / "organization.yml").write_text(
        yaml.safe_dump({**body, "languages": ["en", pseudo.CODE]}, allow_unicode=True), "utf-8"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(i18n, "LOCALE", root / "locale")
        i18n._translations.cache_clear()
        data = load_or_stop(folder, ROOT / "schemas", PROVIDERS)
        yield Renderer(data, Endpoint("server", "/submissions"), "http://127.0.0.1/", frozenset())
    i18n._translations.cache_clear()


def names(renderer: Renderer) -> frozenset[str]:
    """Proper names, which are the same in every language (WCAG 2.2, 3.1.2)."""
    data = renderer.data
    of_profiles = ("name", "short_name", "path_name", "portfolio_name")
    found = {getattr(profile, name) for profile in data.profiles for name in of_profiles}
    return frozenset({*found, *(role.name for role in data.organization.roles)} - {None})


def test_when_somebody_hears_from_the_body_is_said_in_one_language(renderer: Renderer) -> None:
    body = replace(renderer.in_language(pseudo.CODE).data.organization, answer_within="two weeks")
    with i18n.speaking(pseudo.CODE):
        ahead = next_steps(body, json_schema.SELF_ASSESSMENT, CONCEPTS)
        translated = next_steps(
            replace(body, translated=frozenset({"answer_within"})), json_schema.SELF_ASSESSMENT, CONCEPTS
        )
    assert (ahead.by_when, ahead.said_in) == ("You hear from us within two weeks.", "en")
    assert (translated.by_when, translated.said_in) == ("⟦You hear from us within two weeks.⟧", "")


def test_every_text_that_is_not_translated_says_its_language_and_nothing_else_does(renderer: Renderer) -> None:
    there = renderer.in_language(pseudo.CODE)
    found = {}
    shown = {page.path: page.content() for page in generated(there)}
    shown |= {name: there(f"{name}.html", "../") for name in PARTS}
    for place, html in shown.items():
        reader = Marked("en", names(renderer))
        reader.feed(html)
        found[place] = list(dict.fromkeys(reader.wrong))
    assert {place: words for place, words in found.items() if words} == {}
