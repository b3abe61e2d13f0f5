"""data/translations/: texts of the data in another language, checked like the data, and never part of a hash."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from pipeline.cli.main import main
from pipeline.data import stale_translations
from pipeline.data.load import load
from pipeline.data.load import recorded as record_of
from pipeline.data.model import Data
from pipeline.findings import Finding, Level, errors
from pipeline.forms import json_schema
from pipeline.settings import ROOT
from tests.support import CONCEPTS, DATA, PRACTICE

FRENCH = {
    "organization": {
        "home": {"title": "Titre"},
        "impartiality": {"appeals": "Un appel"},
        "roles": {"auditor": {"name": "Auditrice ou auditeur"}},
        "providers": {"note": "Note", "WELLth Movement": {"text": "Cours"}},
    },
    CONCEPTS: {
        "name": "Certificat de concepts - Mentorat",
        "path_name": "Parcours bleu",
        "covers": "Le mentorat",
        "decided_on": ["un portfolio"],
        "portfolio": {"name": "Portfolio", "parts": {"statements": {"title": "Vos réponses", "text": "Texte"}}},
        "steps": {"audit": {"title": "Audit", "text": "Lecture"}},
        "audit": {"criteria": {"relevance": {"title": "Pertinence"}}},
        "worked_example": {"evidence": "Je mettrais six titres."},
        "units": {"C1": {"title": "Ce qu’est le mentorat", "text": "Les mots"}},
        "statements": {"C1.1": {"text": "distinguer mentor et mentorat", "evidence": "Une phrase"}},
    },
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    data = Path(shutil.copytree(ROOT / "data", tmp_path / "data"))
    shutil.rmtree(data / "translations", ignore_errors=True)
    return data


def translate(folder: Path, texts: dict[str, object], language: str = "fr") -> None:
    place = folder / "translations" / language
    place.mkdir(parents=True, exist_ok=True)
    for name, content in texts.items():
        (place / f"{name}.yml").write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")


def found(folder: Path) -> list[Finding]:
    return [finding for finding in load(folder, ROOT / "schemas").findings if "translations" in finding.file]


def french(folder: Path, texts: dict[str, object]) -> Data:
    translate(folder, texts)
    loaded = load(folder, ROOT / "schemas")
    assert loaded.data, errors(loaded.findings)
    return loaded.data.in_language("fr")


def test_what_is_translated_is_shown_and_the_rest_says_which_language_it_is_in(folder: Path) -> None:
    data = french(folder, FRENCH)
    profile = data.profile(CONCEPTS)
    assert profile
    assert (profile.name, profile.path_name, profile.covers) == (
        "Certificat de concepts - Mentorat",
        "Parcours bleu",
        "Le mentorat",
    )
    assert profile.name_lines == ("Certificat de concepts", "Mentorat")
    assert profile.original("covers") == ""
    assert profile.original("for_whom") == "en"
    assert [part.language for part in profile.parts] == ["fr", "en"]
    assert {step.id: step.language for step in profile.steps}["audit"] == "fr"
    assert (profile.criteria[0].title, profile.criteria[0].language) == ("Relevance", "en")  # it is not finished
    assert (profile.worked_example.language if profile.worked_example else "") == "fr"
    assert (profile.units[0].language, profile.units[1].language) == ("fr", "en")
    assert data.organization.role("auditor").name == "Auditrice ou auditeur"
    assert (data.organization.home_title, data.organization.original("home.lead")) == ("Titre", "en")
    impartiality = data.organization.impartiality
    assert impartiality.appeals == "Un appel"
    assert impartiality.roles == DATA.organization.impartiality.roles
    assert data.organization.original("impartiality.roles") == "en"
    assert (data.providers_note, data.providers[0].text) == ("Note", "Cours")


def test_a_statement_is_asked_in_the_pattern_of_its_own_language(folder: Path) -> None:
    first, second = french(folder, FRENCH).statements(french(folder, FRENCH).profiles[0])[:2]
    assert first.question == "Est-ce que je peux distinguer mentor et mentorat\u202f?"
    assert second.question.startswith("Can I describe mentoring as a two-way arrangement")
    assert (first.language, second.language) == ("fr", "en")


def test_hashes_snapshots_rules_and_committed_schemas_do_not_change_with_a_translation(folder: Path) -> None:
    data = french(folder, FRENCH)
    assert data.hashes == DATA.hashes
    assert data.snapshots == DATA.snapshots
    schema = json_schema.form_schema(data, json_schema.PORTFOLIO, PRACTICE)
    answers = schema["properties"]["answers"]["properties"]
    assert answers["C1.1"]["properties"]["answer"]["x-missing"] == "choisissez oui, en partie ou pas encore"
    assert "x-language" not in answers["C1.1"]
    assert answers["C1.2"]["x-language"] == "en"
    original = json_schema.form_schema(DATA, json_schema.PORTFOLIO, PRACTICE)
    assert rules(schema) == rules(original)


def rules(schema: object) -> object:
    """A schema without what is only shown."""
    if isinstance(schema, dict):
        shown = ("title", "description", "$comment")
        kept = {name: rules(inner) for name, inner in schema.items() if name not in shown}
        return {name: inner for name, inner in kept.items() if not name.startswith("x-") or name in ("x-widget",)}
    return [rules(inner) for inner in schema] if isinstance(schema, list) else schema


def test_a_language_that_the_body_does_not_have_is_answered_in_its_first(folder: Path) -> None:
    assert DATA.in_language("de") is DATA
    assert DATA.in_language("en") is DATA
    assert DATA.in_language("fr").in_language("fr").language == "fr"


def test_what_is_left_to_translate_is_one_note_a_file(folder: Path) -> None:
    translate(folder, FRENCH)
    notes = {finding.file.rpartition("/")[2]: finding for finding in found(folder)}
    assert set(notes) == {"organization.yml", "process.yml", *(f"{profile.id}.yml" for profile in DATA.profiles)}
    assert {finding.level for finding in notes.values()} == {Level.NOTE}
    assert notes[f"{CONCEPTS}.yml"].message.startswith("71 of 72 statements and ")
    assert notes[f"{PRACTICE}.yml"].message.startswith("40 of 40 statements and ")


MISTAKES = [
    ({"statements": {"C9.9": {"text": "voir", "evidence": "rien"}}}, "statements.C9.9: is not in the original"),
    ({"steps": {"lunch": {"title": "Midi"}}}, "steps.lunch: is not in the original"),
    ({"portfolio": {"parts": {"log": {"title": "Journal"}}}}, "portfolio.parts.log: is not in the original"),
    ({"fees": "100 $"}, "fees: is null in the original"),
    ({"decided_on": ["un", "deux"]}, "decided_on: has 2 entries; the original has 1"),
    ({"statements": {"C1.1": {"text": "distinguer."}}}, "Statement C1.1: completes a question"),
    ({"colour": "bleu"}, "colour: is not known here"),
    ({"name": ""}, "name: is empty"),
    (["name"], "must be a group of fields"),
]


@pytest.mark.parametrize(("texts", "told"), MISTAKES, ids=[told for _texts, told in MISTAKES])
def test_a_translators_mistake_is_told_with_file_and_place(folder: Path, texts: object, told: str) -> None:
    translate(folder, {CONCEPTS: texts})
    wrong = errors(found(folder))
    assert len(wrong) == 1
    assert told in str(wrong[0])
    assert str(wrong[0]).startswith(f"data/translations/fr/{CONCEPTS}.yml:")


def test_a_small_letter_first_is_advice_and_none_where_nouns_or_names_have_a_capital(folder: Path) -> None:
    def notes(text: str) -> list[str]:
        translate(folder, {CONCEPTS: {"statements": {"C1.1": {"text": text, "evidence": "x"}}}})
        assert errors(found(folder)) == []
        return [finding.message for finding in found(folder) if "small letter" in finding.message]

    assert len(notes("Distinguer")) == 1
    assert [notes(text) for text in ("distinguer", "IA et outils", "ISO 17024", "ةيبرعلا", "日本語")] == [[]] * 5


def test_without_a_catalogue_a_translated_statement_stays_in_the_first_language_and_a_note_says_so(
    folder: Path,
) -> None:
    path = folder / "organization.yml"
    path.write_text(path.read_text("utf-8").replace("languages: [en, fr]", "languages: [en, de]"), "utf-8")
    one = {"C1.1": {"text": "Mentoren erkennen", "evidence": "x"}}
    translate(folder, {CONCEPTS: {"statements": one, "covers": "Mentoring"}}, "de")
    loaded = load(folder, ROOT / "schemas")
    assert loaded.data
    german = loaded.data.in_language("de")
    statement = german.statements(german.profiles[0])[0]
    assert (statement.language, statement.question[:6]) == ("en", "Can I ")
    assert german.profiles[0].covers == "Mentoring"
    schema = json_schema.form_schema(german, json_schema.SELF_ASSESSMENT, CONCEPTS)
    assert schema["properties"]["answers"]["properties"]["C1.1"]["x-language"] == "en"
    told = [str(finding) for finding in loaded.findings if "python -m pipeline messages de" in finding.message]
    assert [line.partition(": ")[2].partition(":")[0] for line in told] == ["note", "note"]
    assert any("the statements stay in the first language" in line for line in told)


def test_a_file_of_no_profile_and_a_folder_of_no_language_are_told(folder: Path) -> None:
    translate(folder, {"journey": {"name": "Voyage"}})
    translate(folder, {CONCEPTS: {"name": "Zertifikat"}}, "de")
    told = [str(finding) for finding in errors(found(folder))]
    assert any("fr/journey.yml:1: journey: is no profile" in line for line in told)
    assert any(f"de/{CONCEPTS}.yml:1: de: is none of the further languages" in line for line in told)


def test_what_is_committed_has_no_mistake() -> None:
    assert errors(found(ROOT / "data")) == []


@pytest.fixture
def recorded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A little French, compared with its originals and recorded by the command."""
    monkeypatch.setenv("PIPELINE_DATA", str(folder))
    translate(folder, FRENCH)
    assert main(["translated", "fr"]) == 0
    return folder


def changed(folder: Path) -> list[str]:
    translated = load(folder, ROOT / "schemas").translated
    return [str(finding) for finding in stale_translations.changed(translated, record_of(folder, "fr"))]


def reword(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), "utf-8")


def test_an_original_reworded_after_it_was_translated_is_told_at_the_line_of_the_translation(
    recorded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert changed(recorded) == []
    reword(recorded / "organization.yml", "Have what you know", "Have what you have learned")
    lines = (recorded / "translations/fr/organization.yml").read_text("utf-8").split("\n")
    line = next(number for number, text in enumerate(lines, 1) if "title: Titre" in text)
    told = (
        f"data/translations/fr/organization.yml:{line}: note: organization.home.title: the original has changed since it "
        "was translated: read it again, then: python -m pipeline translated fr"
    )
    assert changed(recorded) == [told]
    capsys.readouterr()
    assert main(["check"]) == 0
    assert told in capsys.readouterr().out.split("\n")
    assert main(["translated", "fr"]) == 0
    assert changed(recorded) == []


def test_a_reworded_list_is_told_and_what_is_not_translated_is_not(recorded: Path) -> None:
    reword(recorded / "profiles/concepts-mentoring.yml", "- a written Mentoring", "- a Mentoring")
    reword(recorded / "profiles/concepts-mentoring.yml", "want to learn", "wish to learn")
    (told,) = changed(recorded)
    assert "concepts-mentoring.decided_on: the original has changed" in told


@pytest.mark.parametrize("record", [None, "{", "[]"])
def test_translations_that_nobody_recorded_are_one_note(recorded: Path, record: str | None) -> None:
    path = recorded / "translations/fr/originals.json"
    path.unlink() if record is None else path.write_text(record)
    told = changed(recorded)
    assert len(told) == 1
    assert "not recorded yet, as " in told[0]


def test_a_page_reworded_after_it_was_translated_is_told(tmp_path: Path) -> None:
    (tmp_path / "fr").mkdir()
    for name in ("about.md", "fr/about.md", "fr/other.md"):
        (tmp_path / name).write_text("Text", "utf-8")
    record = {text.place: text.fingerprint for text in stale_translations.of_pages(tmp_path, "fr")}
    assert list(record) == ["docs/about.md"]
    (tmp_path / "about.md").write_text("Another text", "utf-8")
    (told,) = stale_translations.changed(stale_translations.of_pages(tmp_path, "fr"), record)
    assert str(told).startswith("docs/fr/about.md:1: note: docs/about.md: the original has changed")


def test_a_language_that_the_body_does_not_have_cannot_be_recorded(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["translated", "en"]) == 2
    assert "no further language “en”" in capsys.readouterr().err
