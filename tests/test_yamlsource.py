"""YAML's surprises get a finding that names line and remedy, and never a wrong value."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline.data import yaml_source
from pipeline.data.yaml_source import MAX_BYTES, Source, parse, read
from pipeline.settings import ROOT


def messages(text: str) -> list[str]:
    return [f"{finding.line}: {finding.message}" for finding in parse(text, Source("x.yml")).findings]


@pytest.mark.parametrize(
    "word",
    ["no", "Yes", "off", "ON", "y", "1.10", "2027-03-14", "12:30", "0x1F", "010", "1e3", "+7", "1_000", ".inf", "True"],
)
def test_a_word_that_yaml_would_change_is_refused_with_the_quoted_word_as_remedy(word: str) -> None:
    assert any(found.startswith("2: ") and f'"{word}"' in found for found in messages(f"a: text\nb: {word}\n"))


@pytest.mark.parametrize(
    ("text", "value"),
    [("true", True), ("7", 7), ("null", None), ("~", None), ('"no"', "no"), ("1.2.3", "1.2.3"), ("Canada", "Canada")],
)
def test_plain_values_are_what_they_look_like(text: str, value: object) -> None:
    source = parse(f"a: {text}\n", Source("x.yml"))
    assert (source.value, source.findings) == ({"a": value}, [])


def test_a_key_that_stands_twice_is_found_at_its_second_line() -> None:
    assert messages("name: a\nother: b\nname: c\n") == ["3: stands twice, first on line 1; keep one of the two"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a:\n\tb: c\n", "tab"),
        ("a: &x [1]\nb: *x\n", "anchors"),
        ("a: !!python/object:os.system x\n", "tags"),
        ("a: 1\n---\nb: 2\n", "second document"),
        ("a: [1, 2\n", "cannot be read"),
        ("a: {" * 20 + "}" * 20, "deeper than"),
        ("? [a, b]\n: c\n", "must be a word"),
        ("no: x\n", "true or false"),
        ("a: b\nc: d\x07\n", "2: is an invisible character"),
    ],
)
def test_what_is_not_read_is_said(text: str, words: str) -> None:
    assert any(words in found for found in messages(text)), messages(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('a: 1\nb: "Cert\\x0b Practice"\n', "2: has the control character U+000B"),
        ('a: 1\nb: ["x", "\\x00"]\n', "2: has the control character U+0000"),
        ('a: 1\n"b\\x1b": c\n', "2: has the control character U+001B"),
        ('a: 1\nb: "  "\n', "2: has only characters that nobody sees"),
        ('a: 1\nb: "\\u200b"\n', "2: has only characters that nobody sees"),
        ("a: 1\nb: \u00a0\n", "2: has only characters that nobody sees"),
    ],
)
def test_a_text_that_nobody_can_see_or_no_page_can_hold_is_found_wherever_it_stands(text: str, words: str) -> None:
    assert [found for found in messages(text) if found.startswith(words)], messages(text)


HIDDEN = [
    "\u00a0",
    "\u200b",
    "\u200d",
    "\u00ad",
    "\u2060",
    "\u202e",
    "\u200e",
    "\u2066",
    "\u3164",
    "\u3000",
    "\ufeff",
    "\u2028",
    "\ufe0f",
]


@pytest.mark.parametrize("character", HIDDEN, ids=lambda one: f"U+{ord(one):04X}")
def test_what_nobody_sees_is_named_with_its_line_and_makes_no_other_value(character: str) -> None:
    """Also where a word of YAML's own becomes a text by it: open: true."""
    for text in (
        f"open: true{character}",
        f"days: 7{character}",
        f"{character}role: auditor",
        f"who: 'auditor{character}'",
    ):
        found = messages(f"a: 1\n{text}\nb: 2\n")
        named = [parse(f"a: 1\n{text}\nb: 2\n", Source("x")).findings[0].label, *found]
        assert len(found) == 1, (text, found)
        assert found[0].startswith("2: "), (text, found)
        assert f"U+{ord(character):04X}" in "".join(named), (text, found)


@pytest.mark.parametrize("character", ["\u00a0", "\u3000", "\u200b"], ids=ascii)
def test_what_nobody_sees_is_named_also_where_yaml_cannot_be_read_for_it(character: str) -> None:
    told = f"has the character U+{ord(character):04X} in it, which nobody sees; take it out"
    assert messages(f"a: 1\nopen:{character}true\nb: 2\n") == [f"2: {told}"]


def test_the_line_of_what_nobody_sees_is_its_own_in_a_text_of_several() -> None:
    assert messages("a: 1\nb: |\n  one\n  t\u00adwo\n") == [
        "4: has the character U+00AD in it, which nobody sees; take it out"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "« mot »",
        "Partie\u00a02",
        "می\u200cخواهم",
        "👩\u200d💻",
        "❤\ufe0f 1\ufe0f\u20e3",
        "שלום\u200f!",
        "日本\u3000東京",
        "Zürich",
        "naïve\ttab",
    ],
)
def test_what_a_script_needs_is_no_fault(text: str) -> None:
    assert messages(f"a: {text}\nb: |\n  {text}\n") == []


def test_several_lines_and_an_empty_text_are_texts() -> None:
    assert messages('a: "one\\ntwo\\tthree"\nb: ""\nc: |\n  x\n  y\n') == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("é: ü\nfill: #1b6640\n", '2: #1b6640 is not read: a # after a blank begins a comment. Write "#1b6640"'),
        ('light: {fill: #1b6640, tint: "#fff"}\nb: 1\n', "1: #1b6640 is not read"),
        ("short_name: Practice #1\n", '1: #1 is not read: a # after a blank begins a comment. Write "Practice #1"'),
    ],
)
def test_a_hash_that_would_cut_a_value_is_told_with_quotes_as_remedy(text: str, words: str) -> None:
    assert messages(text)[0].startswith(words)
    assert len(messages(text)) == 1


@pytest.mark.parametrize("text", ["a: b # c\n", "a: b  #c\n", "a: #c\n  b: d\n", "#a\na: |\n  b #1\n", 'a: "b #1"\n'])
def test_a_comment_is_a_comment(text: str) -> None:
    assert messages(text) == []


def test_a_quote_that_is_not_closed_is_told_at_the_line_where_it_opens() -> None:
    many = "".join(f"k{number}: word\n" for number in range(40))
    for end in ('z: "text"\n', 'z: ""\n', "z: word\n"):
        found = messages(f'a: 1\nb: "open\n{many}{end}')
        assert found == [
            "2: a quote opens here and is not closed on this line; close it, or put the whole text on one line"
        ]


def test_both_parsers_of_the_library_read_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [path.read_text("utf-8") for path in sorted((ROOT / "data").rglob("*.yml"))]
    texts += [
        "a: [1, 2\n",
        "a: é\nb: 'x\n",
        "a: {" * 20 + "}" * 20,
        "a: |\n  b\n c: d\n",
        "no: x\n",
        "a: &x [1]\nb: *x\n",
        'é: "open\nb: c\nd: "e"\n',
        "é: ü #1\nb: {c: #123456}\n",
    ]

    def found() -> list[tuple[object, list[int]]]:
        sources = [parse(text, Source("x.yml")) for text in texts]
        return [(source.value, [finding.line for finding in source.findings]) for source in sources]

    quick = found()
    monkeypatch.setattr(yaml_source, "LOADER", yaml.SafeLoader)
    assert found() == quick


def test_an_alias_bomb_costs_nothing() -> None:
    rows = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    assert any("anchors" in found for found in messages("\n".join(rows)))


def test_a_file_that_is_no_text_or_too_large_or_missing_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "latin.yml").write_bytes(b"a: 1\nb: caf\xe9\n")
    (tmp_path / "large.yml").write_bytes(b"#" * (MAX_BYTES + 1))
    found = {name: read(tmp_path / name, name).findings[0] for name in ("latin.yml", "large.yml", "missing.yml")}
    assert (found["latin.yml"].line, "UTF-8" in found["latin.yml"].message) == (2, True)
    assert "larger than" in found["large.yml"].message
    assert "cannot be read" in found["missing.yml"].message


@given(st.text(max_size=80))
def test_no_text_at_all_makes_the_reader_fail(text: str) -> None:
    source = parse(text, Source("x.yml"))
    assert source.findings or source.value is None or isinstance(source.value, dict | list | str | int)
