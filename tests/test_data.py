"""The data: complete, without faults, and every fault a maintainer can make is told with file, line and remedy."""

from __future__ import annotations

import re
import shutil
from difflib import SequenceMatcher
from itertools import combinations
from pathlib import Path

import pytest
import yaml

from pipeline.cli.main import main
from pipeline.data import contrast
from pipeline.data.load import load
from pipeline.errors import CannotGoOn
from pipeline.findings import Level, errors
from pipeline.settings import ROOT
from tests.support import CONCEPTS, DATA, EXAMPLES, PRACTICE, SOURDOUGH

STATEMENTS = [statement for profile in DATA.profiles for unit in profile.units for statement in unit.statements]
OUTCOME = re.compile(r"so that|in such a way that|in order that|to the point where")
SMALL = """a an the of and or to in on for with from by is are it its that so i my can be as at not what which who how one"""
STOP = set(SMALL.split())


def words(text: str) -> set[str]:
    return {word for word in re.findall(r"[a-z]+", text.lower()) if word not in STOP}


def test_the_certificates_have_the_statements_they_promise() -> None:
    count = {profile.id: len(DATA.statements(profile)) for profile in DATA.profiles}
    assert count == {CONCEPTS: 72, PRACTICE: 112, "journey-mentor": 0}
    kinds = {(statement.unit[0], statement.kind) for statement in STATEMENTS}
    assert kinds == {("C", "knowledge"), ("C", "attitude"), ("P", "skill"), ("P", "attitude")}


def test_every_statement_names_an_outcome() -> None:
    assert [statement.id for statement in STATEMENTS if not OUTCOME.search(statement.text)] == []


def test_no_two_statements_say_nearly_the_same() -> None:
    near = []
    for one, other in combinations(STATEMENTS, 2):
        left, right = words(one.text), words(other.text)
        shared = len(left & right) / len(left | right)
        if shared > 0.35 or SequenceMatcher(None, one.text, other.text).ratio() > 0.8:
            near.append((one.id, other.id, shared))
    assert near == []


def test_every_statement_is_one_sentence_of_a_readable_length() -> None:
    lengths = {statement.id: len(statement.text.split()) for statement in STATEMENTS}
    assert [name for name, length in lengths.items() if not 8 <= length <= 40] == []


def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "data", tmp_path / "data"))


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def found(folder: Path) -> list[str]:
    return [str(finding) for finding in errors(load(folder, ROOT / "schemas").findings)]


FAULTS = [
    ("organization.yml", "reference_prefix: IMC", "reference_prefix: imc", "reference_prefix"),
    ("organization.yml", "name: International", "nam: International", "is missing"),
    ("organization.yml", 'fill: "#1d4f91"', 'fill: "#9db9f1"', "contrast"),
    ("organization.yml", "  role: director", "  role: judge", "is no role"),
    ("organization.yml", "  - id: auditor", "  - id: intake_manager", "earlier role"),
    (f"profiles/{CONCEPTS}.yml", f"id: {CONCEPTS}", "id: concepts", "must be the name of the file"),
    (f"profiles/{CONCEPTS}.yml", "colour: blue", "colour: mauve", "no colour"),
    (f"profiles/{CONCEPTS}.yml", "id: C1.2", "id: C1.1", "already used"),
    (f"profiles/{CONCEPTS}.yml", "id: C1.2", "id: C2.77", "must begin with C1."),
    (f"profiles/{CONCEPTS}.yml", "includes: []", f"includes: [{PRACTICE}]", "circle"),
    (f"profiles/{CONCEPTS}.yml", "prerequisite: null", "prerequisite: nothing-known", "is no profile"),
    ("profiles/journey-mentor.yml", "open: false", "open: true", "is empty; fill it, or write open: false"),
    (f"profiles/{CONCEPTS}.yml", "order: 1", "order: 0", "must be a number from 1"),
    (f"profiles/{CONCEPTS}.yml", "who: intake_manager", "who: nobody", "nobody's role"),
    (f"profiles/{CONCEPTS}.yml", "kind: knowledge", "kind: wisdom", "is not one of the choices"),
    (f"profiles/{CONCEPTS}.yml", "short_name: ", "short_name: '\u200b' # ", "nobody sees"),
    (f"profiles/{CONCEPTS}.yml", "open: true", "open: yes", "as true or false; write true"),
    (f"profiles/{CONCEPTS}.yml", "open: true", "open: True", "as true or false; write true"),
    (f"profiles/{CONCEPTS}.yml", "order: 1", "order: 02", "; write 2"),
    (f"profiles/{CONCEPTS}.yml", "order: 1", "order: 2.0", "; write 2"),
    (f"profiles/{CONCEPTS}.yml", "validity: none", "validity: {years: 2.5}", "; write a whole number, like 2"),
    (f"profiles/{CONCEPTS}.yml", 'version: "0.1.0"', "version: 0.1", "without quotes"),
]


@pytest.mark.parametrize(("name", "old", "new", "words"), FAULTS, ids=[fault[2] for fault in FAULTS])
def test_a_maintainers_mistake_is_told_with_file_line_and_remedy(
    tmp_path: Path, name: str, old: str, new: str, words: str
) -> None:
    folder = copy(tmp_path)
    change(folder / name, old, new)
    lines = [line for line in found(folder) if words in line]
    assert lines, found(folder)
    assert re.match(rf"data/{re.escape(name)}:\d+: .+: .+", lines[0])


GERMAN = {
    "feed a starter so that it rises within a day": "Sauerteig führen und ihn innerhalb eines Tages aufgehen lassen",
    "explain the smell so that others can judge it": "Gerüche erklären und sie von anderen beurteilen lassen",
}


def test_a_body_whose_first_language_is_german_passes_and_asks_in_one_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Path(shutil.copytree(EXAMPLES / "other-body", tmp_path / "data"))
    change(folder / "organization.yml", "languages: [en]", "languages: [de]")
    for english, german in GERMAN.items():
        change(folder / f"profiles/{SOURDOUGH}.yml", english, german)
    monkeypatch.setenv("PIPELINE_DATA", str(folder))
    monkeypatch.setenv(
        "PIPELINE_SCHEMAS", str(shutil.copytree(ROOT / "schemas/data", tmp_path / "schemas/data").parent)
    )
    assert main(["schemas"]) == 0
    assert main(["release", SOURDOUGH]) == 0
    capsys.readouterr()
    assert main(["check"]) == 0
    told = capsys.readouterr().out
    assert "small letter" not in told
    assert "note: de: the interface does not speak “de”" in told
    data = load(folder, ROOT / "schemas").data
    assert data
    assert [statement.question for statement in data.statements(data.profiles[0])] == list(GERMAN.values())


def test_a_statement_in_a_script_that_needs_few_signs_is_long_enough(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(EXAMPLES / "other-body", tmp_path / "data"))
    change(folder / "organization.yml", "languages: [en]", "languages: [ja]")
    for english in GERMAN:
        change(folder / f"profiles/{SOURDOUGH}.yml", english, "聴いた話を要約し相手に返す")
    assert found(folder) == []


STARTS = [
    ("say", 0),
    ("I can say", 0),
    ("AI tools", 0),
    ("ISO 17024", 0),
    ("PhD students", 0),
    ("Say", 1),
    ("Excel", 1),
]


@pytest.mark.parametrize(("start", "notes"), STARTS)
def test_a_capital_letter_first_is_a_note_and_never_an_error(tmp_path: Path, start: str, notes: int) -> None:
    folder = copy(tmp_path)
    change(folder / f"profiles/{CONCEPTS}.yml", "          tell mentor,", f"          {start} mentor,")
    loaded = load(folder, ROOT / "schemas")
    assert loaded.data
    told = [finding for finding in loaded.findings if "small letter" in finding.message]
    assert [(finding.level, finding.label) for finding in told] == [(Level.NOTE, "Statement C1.1")] * notes


@pytest.mark.parametrize("end", ["/?lang=en", "/#top", "?x"])
def test_the_sites_address_has_no_query_and_no_fragment(tmp_path: Path, end: str) -> None:
    folder = copy(tmp_path)
    path = folder / "organization.yml"
    text = path.read_text("utf-8")
    path.write_text(re.sub(r"(?m)^site_url: .*$", f"site_url: https://certificates.example.org{end}", text), "utf-8")
    assert [line for line in found(folder) if "has no ? and no # in it" in line], found(folder)


def test_netlify_takes_forms_at_an_address_of_the_site_itself(tmp_path: Path) -> None:
    folder = copy(tmp_path)
    path = folder / "organization.yml"
    change(
        path, "submission_endpoint: null", "submission_endpoint: {kind: netlify, url: 'https://a.netlify.app/thanks/'}"
    )
    assert found(folder) == []  # nobody knows the site's address yet
    change(path, "certificates.placeholder.invalid", "certificates.example.org")
    assert [line.partition(": ")[2] for line in found(folder)] == [
        "submission_endpoint.url: a.netlify.app is not the host of site_url; write an address of the site itself, at "
        "certificates.example.org"
    ]
    change(path, "a.netlify.app", "certificates.example.org")
    assert found(folder) == []


def test_a_file_that_nobody_reads_is_a_note(tmp_path: Path) -> None:
    folder = copy(tmp_path)
    (folder / "profiles/sub").mkdir()
    names = ["notes.txt", "organisation.yml", "profiles/sub/x.yml", "profiles/y.txt", "translations/fr.yml"]
    for name in (*names, ".gitkeep", "profiles/.y.yml.swp"):
        (folder / name).write_text("a: 1\n")
    told = [f for f in load(folder, ROOT / "schemas").findings if "is not read" in f.message]
    assert [(f.file, f.level) for f in told] == [(f"data/{name}", Level.NOTE) for name in names]


def test_a_remedy_mends_and_nothing_else_is_said_of_the_place(tmp_path: Path) -> None:
    folder = copy(tmp_path)
    path = folder / f"profiles/{CONCEPTS}.yml"
    for old, new in (
        ("open: true", "open: yes"),
        ("order: 1", "order: 02"),
        ("validity: none", "validity: {years: 2.5}"),
    ):
        change(path, old, new)
    assert [line.rpartition("; ")[2] for line in found(folder)] == [
        "write true",
        "write 2",
        "write a whole number, like 2",
    ]


def test_all_findings_of_all_files_come_at_once(tmp_path: Path) -> None:
    folder = copy(tmp_path)
    change(folder / "organization.yml", "reference_prefix: IMC", "reference_prefix: imc")
    change(folder / f"profiles/{CONCEPTS}.yml", "kind: knowledge", "kind: wisdom")
    change(folder / f"profiles/{PRACTICE}.yml", "open: true", "open: no")
    files = {line.split(":")[0] for line in found(folder)}
    assert files == {"data/organization.yml", f"data/profiles/{CONCEPTS}.yml", f"data/profiles/{PRACTICE}.yml"}


def test_a_folder_without_an_organisation_cannot_be_checked(tmp_path: Path) -> None:
    with pytest.raises(CannotGoOn, match=r"organization\.yml"):
        load(tmp_path, ROOT / "schemas")


def test_what_is_not_known_is_a_note_and_a_placeholder_is_told_as_one() -> None:
    levels = {finding.level for finding in load(ROOT / "data", ROOT / "schemas").findings}
    assert levels == {Level.NOTE, Level.PLACEHOLDER}


def test_an_unknown_of_any_open_profile_is_listed() -> None:
    notes = {(f.file, f.label) for f in load(ROOT / "data", ROOT / "schemas").findings if f.level is Level.NOTE}
    for profile in DATA.open_profiles:
        for name in profile.unknowns:
            assert (f"data/profiles/{profile.id}.yml", name) in notes
    journey = {label for file, label in notes if "journey" in file}
    assert {"covers", "based_on", "decided_on", "validity"} <= journey


def test_the_stylesheets_page_colours_are_those_the_contrast_is_computed_with() -> None:
    css = (ROOT / "docs/assets/site.css").read_text("utf-8")
    pairs = dict(re.findall(r"--bg:(#\w+);[^}]*?--ink:(#\w+)", css.partition("@media print")[0]))
    assert pairs == {"#fff": contrast.INK["light"], contrast.PAGE["dark"]: contrast.INK["dark"]}
    on_fill = re.findall(r"--on-fill:(#\w+)", css)
    assert on_fill == ["#fff", contrast.ON_FILL["dark"]]


def test_soft_text_is_readable_too() -> None:
    css = (ROOT / "docs/assets/site.css").read_text("utf-8").partition("@media print")[0]
    light, dark = re.findall(r"--soft:(#\w+)", css)
    assert contrast.ratio(contrast.PAGE["light"], light) >= contrast.TEXT
    assert contrast.ratio(contrast.PAGE["dark"], dark) >= contrast.TEXT


def test_yaml_written_by_a_program_is_read_as_well(tmp_path: Path) -> None:
    folder = copy(tmp_path)
    path = folder / f"profiles/{CONCEPTS}.yml"
    path.write_text(
        yaml.safe_dump(yaml.safe_load(path.read_text("utf-8")), allow_unicode=True, sort_keys=False), "utf-8"
    )
    assert found(folder) == []
