"""The catalogues of interface texts: up to date, complete, and in French as French is written."""

from __future__ import annotations

import gettext
import io
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
import yaml

from pipeline import i18n
from pipeline.cli import messages
from pipeline.errors import CannotGoOn
from pipeline.settings import ROOT

COMPLETE = ["fr"]


def strings(language: str) -> list[str]:
    catalog = messages.merged(language, messages.template())
    return [form for message in catalog if message.id for form in messages._forms(message.string)]


def test_every_catalogue_is_what_the_texts_give_and_compiled() -> None:
    for path, content in messages.files().items():
        assert path.read_bytes() == content, "run: python -m pipeline messages"


@pytest.mark.parametrize("language", COMPLETE)
def test_a_complete_catalogue_has_every_text_with_the_same_placeholders(language: str) -> None:
    assert language in messages.languages()
    assert list(messages.unfinished(language)) == []


@pytest.mark.parametrize("source", ["interface", "data", "pages"])
def test_french_has_its_spaces_quotes_and_apostrophes(source: str) -> None:
    wrong = re.compile(r"[ \w][?!;](?!\w)|[ \w]:(?![/\w])|(?<!\u00a0)»|«(?!\u00a0)|['\"“”]|\.\.\.")
    found: dict[str, Callable[[str], Iterable[str]]] = {"interface": strings, "data": data, "pages": pages}
    assert [string for string in found[source]("fr") if wrong.search(string)] == []


def data(language: str) -> Iterator[str]:
    for path in sorted((ROOT / "data/translations" / language).glob("*.yml")):
        yield from texts(yaml.safe_load(path.read_text("utf-8")))


def texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from texts(inner)


def pages(language: str) -> Iterator[str]:
    for path in sorted((ROOT / "docs" / language).glob("*.md")):
        head, _line, body = path.read_text("utf-8").removeprefix("---\n").partition("\n---\n")
        yield from (*texts(yaml.safe_load(head)), *re.sub(r"\{\{.*?\}\}|\{ .btn \}|\]\([^)]*\)", "", body).split("\n"))


def test_french_says_vous_and_one_word_for_one_thing() -> None:
    other = re.compile(r"\b(tu|toi|ton|tes|veux-tu|email|e-mail|mail|soumission|autoévaluation|portefeuille)\b", re.I)
    assert [string for string in strings("fr") if other.search(string)] == []


def test_numbers_have_the_languages_own_separator() -> None:
    with i18n.speaking("fr"):
        assert i18n.number(3000) == "3\u202f000"
    with i18n.speaking("en"):
        assert i18n.number(3000) == "3,000"


@pytest.fixture
def locale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(messages, "LOCALE", tmp_path)
    return tmp_path


def begin(locale: Path, language: str, *entries: str) -> None:
    path = locale / language / "LC_MESSAGES" / "messages.po"
    path.parent.mkdir(parents=True)
    head = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n'
    path.write_text("\n".join([head, *entries]), "utf-8")


def test_what_is_open_guessed_or_has_other_placeholders_is_listed(locale: Path) -> None:
    begin(
        locale,
        "de",
        '#, fuzzy\nmsgid "Portfolio"\nmsgstr "Mappe"\n',
        'msgid "{number} statements are not answered yet"\nmsgstr "{nummer} Aussagen sind offen"\n',
        'msgid "yes"\nmsgstr "ja"\n',
    )
    found = list(messages.unfinished("de"))
    assert "a guess (fuzzy): Portfolio" in found
    assert "not translated: no" in found
    assert any(line.startswith("other placeholders: {number} statements") for line in found)
    assert not any(line.endswith(": yes") for line in found)


def test_an_update_keeps_what_is_translated_and_guesses_nothing(locale: Path) -> None:
    begin(locale, "de", 'msgid "yes"\nmsgstr "ja"\n', 'msgid "Send my portfolios"\nmsgstr "Meine Mappen senden"\n')
    found = messages.files()
    po, mo = (found[locale / "de" / "LC_MESSAGES" / f"messages.{kind}"] for kind in ("po", "mo"))
    assert b'msgid "yes"\nmsgstr "ja"\n' in po
    assert b"Mappen" not in po
    assert b"fuzzy" not in po
    assert gettext.GNUTranslations(io.BytesIO(mo)).gettext("yes") == "ja"


def test_a_language_begins_with_the_command_and_must_be_one(locale: Path) -> None:
    assert locale / "es" / "LC_MESSAGES" / "messages.po" in messages.files("es")
    for wrong in ("../fr", "français"):
        with pytest.raises(CannotGoOn, match="two letters"):
            messages.files(wrong)
    with pytest.raises(CannotGoOn, match="xx is not the code of a language that is known here"):
        messages.files("xx")
