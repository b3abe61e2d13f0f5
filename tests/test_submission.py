"""What may be sent: every rule of a form, told at the field in words that say how to mend it."""

from __future__ import annotations

import copy
import json
import re
import time
import tracemalloc
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import schema_errors
from pipeline.errors import UnreadableInput
from pipeline.findings import Finding
from pipeline.forms import fields, json_schema
from pipeline.settings import ROOT
from pipeline.submissions import parsing
from pipeline.submissions.submission import Submission
from pipeline.submissions.validation import check
from pipeline.web.server import as_in_form
from tests.support import CONCEPTS, DATA, EXAMPLES, JUDGE, PRACTICE, filled, form, submission

FORMS = json_schema.form_kinds(DATA)


def findings(value: Any) -> dict[str, str]:
    found = check(JUDGE, value)
    return (
        {}
        if isinstance(found, Submission)
        else {finding.pointer: f"{finding.label}: {finding.message}" for finding in found}
    )


@pytest.mark.parametrize(("kind", "about"), FORMS)
def test_every_form_can_be_filled_in_and_posted_as_a_browser_does(kind: str, about: str) -> None:
    value = filled(kind, about)
    assert findings(value) == {}
    schema = json_schema.form_schema(DATA, kind, about)
    posted, _rows = parsing.unflatten(schema, {name: [text] for name, text in form(value).items()})
    assert submission(posted).value["applicant"] == value["applicant"]


@pytest.mark.parametrize(("kind", "about"), FORMS)
def test_an_empty_form_names_everything_that_is_missing_at_once(kind: str, about: str) -> None:
    schema = json_schema.form_schema(DATA, kind, about)
    hidden = {
        field.name: [str(field.schema.get("const", field.schema.get("default", "")))]
        for field in fields.fields(schema)
        if field.widget == "hidden"
    }
    value, _rows = parsing.unflatten(schema, {name: text for name, text in hidden.items() if text[0]})
    found = findings(value)
    required = {field.pointer for field in fields.fields(schema) if field.required and field.widget != "hidden"}
    answers = {f"/answers/{name}/answer" for name in schema["properties"].get("answers", {}).get("properties", {})}
    assert required | answers == set(found)
    assert all("is missing; add it" not in message for message in found.values())


@pytest.mark.parametrize(("kind", "about"), FORMS)
def test_a_group_that_is_left_out_is_told_as_an_empty_one_is(kind: str, about: str) -> None:
    value = filled(kind, about)
    groups = [name for name in ("applicant", "declarations", "answers") if name in value]
    empty = findings({**value, **{name: {} for name in groups}})
    assert findings({name: inner for name, inner in value.items() if name not in groups}) == empty
    bare = findings({"kind": json_schema.CONTACT, "topic": "question"})
    assert list(bare) == ["/message", "/applicant/name", "/applicant/email", "/declarations/consent"]
    assert all("is missing; add it" not in message for message in bare.values())


@pytest.mark.parametrize("topic", ["quastion", None, ["question"]])
def test_an_unknown_topic_is_told_at_the_topic(topic: object) -> None:
    assert list(findings({"kind": json_schema.CONTACT, "topic": topic})) == ["/topic"]


def changed(kind: str, path: list[Any], new: Any, about: str = PRACTICE) -> dict[str, Any]:
    value = copy.deepcopy(filled(kind, about))
    here = value
    for part in path[:-1]:
        here = here.setdefault(part, {})
    here[path[-1]] = new
    return value


LOG = [{"date": "2027-03-14", "hours": 1.5, "worked_on": "How to end a meeting."}]
BAD = [
    (["answers", "P1.1", "evidence"], "x" * 3412, "/answers/P1.1/evidence", "in 3,000 characters or fewer (now 3,412)"),
    (["answers", "P1.1", "evidence"], "  ", "/answers/P1.1/evidence", "write your evidence"),
    (["answers", "P1.1", "evidence"], "\u200b\u200b", "/answers/P1.1/evidence", "write your evidence"),
    (["answers", "P1.1", "evidence"], "a\x00b", "/answers/P1.1/evidence", "control characters"),
    (["answers", "P1.1", "answer"], "perhaps", "/answers/P1.1/answer", "choose yes, partly or not yet"),
    (["answers", "P1.1", "links"], ["ftp://x"], "/answers/P1.1/links/0", "beginning with https://"),
    (["answers", "P1.1", "links"], ["https://x.org"] * 6, "/answers/P1.1/links", "give 5 links or fewer (now 6)"),
    (["answers", "P1.1"], "yes", "/answers/P1.1", "a group of fields"),
    (["answers", "X9.9"], {"answer": "yes"}, "/answers/X9.9", "not known here"),
    (["applicant", "email"], "rosa", "/applicant/email", "name@example.org"),
    (["applicant", "name"], "", "/applicant/name", "write your name"),
    (["applicant", "name"], "Rosa\nTest", "/applicant/name", "one line"),
    (["applicant", "name"], "x" * 201, "/applicant/name", "200 characters or fewer"),
    (["applicant", "age"], 7, "/applicant/age", "not known here"),
    (["declarations", "consent"], False, "/declarations/consent", "tick it"),
    (["declarations", "own_work"], "yes", "/declarations/own_work", "tick it"),
    (["declarations", "ai_used"], True, "/declarations/ai_how", "which tools"),
    (["log"], [{**LOG[0], "date": "2027-02-30"}], "/log/0/date", "no day of the calendar"),
    (["log"], [{**LOG[0], "date": "14.3.2027"}], "/log/0/date", "year-month-day"),
    (["log"], [{**LOG[0], "hours": 25}], "/log/0/hours", "up to 24"),
    (["log"], [{**LOG[0], "hours": "1:30"}], "/log/0/hours", "write the hours as a number, like 1.5"),
    (["log"], [{"date": "2027-03-14", "hours": 1}], "/log/0/worked_on", "write what was worked on"),
    (["log"], LOG * 41, "/log", "40 rows or fewer"),
    (["kind"], "letter", "/kind", "none of this site's forms"),
    (["profile"], "journey-mentor", "/profile", "none of this site's forms"),
    (["profile_hash"], "no", "/profile_hash", "Hidden field “profile_hash”: does not fit this site's form; open"),
    (["id"], "no", "/id", "Hidden field “id”: does not fit this site's form; open the form anew"),
    (["version"], 3, "/version", "Hidden field “version”: does not fit"),
    (["language"], "French", "/language", "Hidden field “language”: does not fit"),
    (["applicant", "name"], ["Rosa", "Rosa T."], "/applicant/name", "Full name: was sent twice; send it once"),
    (["declarations", "consent"], [True, True], "/declarations/consent", "was sent twice; send it once"),
    (["answers", "P1.1", "answer"], ["yes", "partly"], "/answers/P1.1/answer", "was sent twice; send it once"),
]


@pytest.mark.parametrize(("path", "new", "place", "words"), BAD, ids=[f"{entry[2]} {entry[3][:20]}" for entry in BAD])
def test_a_wrong_field_is_told_at_its_place(path: list[Any], new: Any, place: str, words: str) -> None:
    found = findings(changed(json_schema.PORTFOLIO, path, new))
    assert place in found
    assert words in found[place]


MOMENTS = [
    ("2027-02-30T09:30", "no day of the calendar"),
    ("0027-03-14T09:30", "0027 looks like a year written with two digits: write 2027"),
    ("0000-01-01T09:30", "0000 looks like a year written with two digits: write 2000"),
    ("1900-01-01T09:30", "is over; write a day to come, or leave it empty"),
    ("2027-03-12T09:30", "is over; write a day to come, or leave it empty"),
    ("2028-03-18T09:30", "is more than a year ahead; write a nearer day"),
    ("2099-03-14T09:30", "is more than a year ahead; write a nearer day"),
    ("2027-03-14T24:00", "no day of the calendar"),
    ("2027-03-14T09:30Z", "like 2027-03-14T09:30"),
    ("2027-03-14T09:30+01:00", "like 2027-03-14T09:30"),
    ("Mondays", "like 2027-03-14T09:30"),
    (930, "text in quotes"),
]


@pytest.mark.parametrize(("typed", "words"), MOMENTS)
def test_a_preferred_time_is_a_moment_of_the_calendar_or_told(typed: object, words: str) -> None:
    found = findings(changed(json_schema.SELF_ASSESSMENT, ["interview", "second"], typed))
    assert list(found) == ["/interview/second"]
    assert words in found["/interview/second"]
    assert found["/interview/second"].startswith("Second choice: ")


@pytest.mark.parametrize(
    "typed",
    [
        "2027-03-14T09:30",
        "2027-03-14T09:30:00",
        "2027-03-14T09:30:15.250",
        "2027-03-14 09:30",
        "2027-03-14t9:30",
        "2027/3/14, 09:30",
        "2027‐3‐14 09:30\n",
        "\ufeff2027-03-14T09:30",
        "２０２７-０３-１４ ０９:３０",
        "٢٠٢٧-٠٣-١٤T٠٩:٣٠",
    ],
)
def test_a_day_and_a_time_that_can_only_mean_one_moment_are_taken(typed: str) -> None:
    value = changed(json_schema.SELF_ASSESSMENT, ["interview"], {"first": typed})
    assert submission(value).value["interview"] == {"first": "2027-03-14T09:30"}


HELD = [
    ("1950-01-01", ""),
    ("2027-03-14", ""),
    ("2027-03-15", ""),  # it is that day already where the sun rises first
    ("２０２７-０３-０１", ""),
    ("٢٠٢٧-٠٣-٠١", ""),
    ("2027/3/1", ""),
    ("2027-03-16", "is still to come; write the day on which it was"),
    ("2099-01-01", "is still to come; write the day on which it was"),
    ("0027-03-14", "0027 looks like a year written with two digits: write 2027"),
    ("0098-03-14", "0098 looks like a year written with two digits: write 1998"),
    ("1900-03-14", "is too long ago; check the year 1900"),
    ("0202-03-14", "is too long ago; check the year 0202"),
    ("0027-02-30", "0027 looks like a year"),
    ("12027-03-14", "year-month-day"),
    ("14.3.2027", "year-month-day"),
]


@pytest.mark.parametrize(("typed", "words"), HELD)
def test_a_meeting_was_held_on_a_day_that_can_have_been_one(typed: str, words: str) -> None:
    found = findings(changed(json_schema.PORTFOLIO, ["log"], [{**LOG[0], "date": typed}]))
    assert list(found) == (["/log/0/date"] if words else [])
    assert words in found.get("/log/0/date", "")


def test_a_time_that_is_over_when_a_delivery_is_read_holds_nothing_up_but_a_year_that_cannot_be_does() -> None:
    value = changed(json_schema.SELF_ASSESSMENT, ["interview"], {"first": "2027-03-01T09:30"})
    assert findings(value)
    assert isinstance(check(JUDGE, value, waited=True), Submission)
    value["interview"] = {"first": "0027-03-01T09:30"}
    assert isinstance(check(JUDGE, value, waited=True), list)


@pytest.mark.parametrize("typed", ["1,5", "１．５", "١٫٥", "1.5"])
def test_hours_may_be_written_in_the_digits_of_any_script(typed: str) -> None:
    posted = form(filled(json_schema.PORTFOLIO, PRACTICE)) | {
        "log.1.date": "2027-03-14",
        "log.1.hours": typed,
        "log.1.worked_on": "Goals",
    }
    schema = json_schema.form_schema(DATA, json_schema.PORTFOLIO, PRACTICE)
    value, _rows = parsing.unflatten(schema, {name: [text] for name, text in posted.items()})
    assert submission(value).value["log"][0]["hours"] == 1.5


LINKS = [
    ("Https://Example.org/A", "https://Example.org/A"),
    ("HTTP://example.org", "http://example.org"),
    ("www.example.org/a", "https://www.example.org/a"),
    ("WWW.example.org", "https://WWW.example.org"),
    ("<https://example.org/a>", "https://example.org/a"),
    ("https://example.org/a.", "https://example.org/a"),
    ("(https://example.org/a),", "https://example.org/a"),
    ("https://example.org/a_(b)", "https://example.org/a_(b)"),
    ("\ufeffhttps://example.org/?q=a,b", "https://example.org/?q=a,b"),
]


@pytest.mark.parametrize(("typed", "kept"), LINKS)
def test_a_link_is_taken_as_people_paste_it_and_kept_as_one_that_works(typed: str, kept: str) -> None:
    value = changed(json_schema.PORTFOLIO, ["answers", "P1.1", "links"], [typed])
    assert submission(value).value["answers"]["P1.1"]["links"] == [kept]


def test_no_schema_takes_digits_or_letters_of_a_script_that_nobody_reads_later() -> None:
    """In JSON Schema, \\d and \\w are ASCII to some and Unicode to others."""
    paths = sorted((ROOT / "schemas").rglob("*.schema.json"))
    assert len(paths) > 15
    assert [path.name for path in paths if re.search(r"\\\\[dDwW]", path.read_text("utf-8"))] == []
    for kind, about in FORMS:
        assert not re.search(r"\\\\[dDwW]", json.dumps(json_schema.form_schema(DATA, kind, about)))


@pytest.mark.parametrize("row", ["²", "٣", "0", "x"])
def test_a_row_is_told_whatever_its_number_is_written_with(row: str) -> None:
    value = filled(json_schema.PORTFOLIO, PRACTICE, log={row: {"date": "a\x00b"}})
    schema = json_schema.form_schema(DATA, json_schema.PORTFOLIO, PRACTICE)
    told = check(JUDGE, value)
    assert isinstance(told, list)
    assert [as_in_form(finding, schema, {}) for finding in told]
    assert fields.label(schema, f"/log/{row}/date") in ("Mentoring log, 1: Date", "Date", "Mentoring log")


def test_digits_of_another_script_are_named_where_they_are_not_mended() -> None:
    schema = {"type": "string", "pattern": "^[0-9]+$"}
    (found,) = schema_errors.check(schema, "٢٠", str)
    assert found.message == "has digits of another script; write them as 0 to 9: 20"
    value = filled(json_schema.PORTFOLIO, PRACTICE)
    value["answers"]["C1.1"]["links"] = ["https：//example.org"]  # a colon in full width, and no digit at all
    told = check(JUDGE, value)
    assert isinstance(told, list)
    assert ["digits" in finding.message for finding in told] == [False]


def test_up_to_three_preferred_times_stand_before_the_other_times_and_may_all_be_left_out() -> None:
    times = {"first": "2027-03-14T09:30", "second": "2028-02-29T23:59"}
    assert findings(changed(json_schema.SELF_ASSESSMENT, ["interview"], times)) == {}
    schema = json_schema.form_schema(DATA, json_schema.SELF_ASSESSMENT, CONCEPTS)["properties"]["interview"]
    assert list(schema["properties"]) == ["first", "second", "third", "times", "help"]
    value, _rows = parsing.unflatten(
        json_schema.form_schema(DATA, json_schema.SELF_ASSESSMENT, CONCEPTS),
        {"interview.first": [" 2027-03-14T09:30 "], "interview.second": [""]},
    )
    assert value["interview"] == {"first": "2027-03-14T09:30"}


def test_a_date_that_is_too_long_is_told_once() -> None:
    found = check(JUDGE, changed(json_schema.PORTFOLIO, ["log"], [{**LOG[0], "date": "14 March 2027, in the morning"}]))
    assert not isinstance(found, Submission)
    assert [finding.message for finding in found] == [
        "write the date as year-month-day, with four digits for the year, like 2027-03-14"
    ]


def test_a_label_is_what_the_person_reads_beside_the_field() -> None:
    found = findings(changed(json_schema.PORTFOLIO, ["answers", "C3.4", "evidence"], "x" * 3412))
    unit = next(unit.title for unit in DATA.units(DATA.profiles[1]) if unit.id == "C3")
    assert found == {
        "/answers/C3.4/evidence": f"C3.4 {unit}: write your evidence in 3,000 characters or fewer (now 3,412)"
    }


@pytest.mark.parametrize(
    "value", [None, [], "text", 7, {}, {"kind": "portfolio"}, {"kind": ["portfolio"], "profile": {}}]
)
def test_what_is_no_submission_at_all_is_one_finding(value: Any) -> None:
    assert len(findings(value)) == 1


def test_whoever_holds_the_included_certificate_is_credited_with_its_statements() -> None:
    value = filled(json_schema.PORTFOLIO, PRACTICE)
    value["answers"] = {name: answer for name, answer in value["answers"].items() if name.startswith("P")}
    assert len(findings(value)) == 72
    held = submission({**value, "held": {CONCEPTS: "IMC-C-0001"}})
    assert held.held == (CONCEPTS,)
    assert [answer.answer for answer in held.answers if answer.unit.startswith("C")] == ["credited"] * 72


def test_line_ends_make_no_difference() -> None:
    one, other = (
        submission(changed(json_schema.PORTFOLIO, ["answers", "P1.1", "evidence"], f"a{end}b"))
        for end in ("\r\n", "\n")
    )
    assert (one.key, one.digest) == (other.key, other.digest)


def test_the_draft_id_makes_a_changed_text_a_revision_of_the_same() -> None:
    one, other = (
        submission(
            {
                **filled(json_schema.SELF_ASSESSMENT, CONCEPTS),
                "id": "0" * 32,
                "applicant": {"name": name, "email": "a@b.org"},
            }
        )
        for name in ("A", "B")
    )
    assert one.key == other.key
    assert one.digest != other.digest


def test_an_evidence_of_3000_japanese_characters_is_allowed_and_fits_the_limit() -> None:
    value = filled(json_schema.PORTFOLIO, PRACTICE)
    for answer in value["answers"].values():
        answer["evidence"] = "師" * 3000
    assert findings(value) == {}
    from urllib.parse import urlencode

    post = urlencode(form(value)).encode()
    assert 2 * len(post) <= fields.max_bytes(json_schema.form_schema(DATA, json_schema.PORTFOLIO, PRACTICE))


BROKEN = [
    b"",
    b"{",
    b"\xff\xfe",
    b'{"a": 1, "a": 2}',
    b'{"a": NaN}',
    b'{"a": 1e999}',
    b"[" * 100_000,
    b'{"a": "\\ud800"}',
    b'{"a":' * 50 + b"1" + b"}" * 50,
    b"{}{}",
]


@pytest.mark.parametrize("data", BROKEN, ids=[str(data[:12]) for data in BROKEN])
def test_bytes_that_cannot_be_read_are_refused_in_words(data: bytes) -> None:
    with pytest.raises(UnreadableInput, match=r"\w") as refused:
        parsing.parse_json(data)
    assert refused.value.status == 400


def test_a_file_with_the_mark_that_windows_writes_before_it_is_read() -> None:
    assert parsing.parse_file(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b'{"a": 1,\n "b": x}', "This is not JSON: something is wrong at line 2, column 7, or just before it."),
        (b"{}{}", "This is not JSON: something is wrong at line 1, column 3, or just before it."),
        (b" \n", "There is nothing in it."),
        (b'{"a": ' + b"1" * 5000 + b"}", "This is not JSON: a number has too many digits"),
        (b'{"a": -1e999}', "This is not JSON: a number is too large"),
    ],
)
def test_what_is_no_json_is_said_in_the_pipelines_own_words(data: bytes, words: str) -> None:
    with pytest.raises(UnreadableInput) as refused:
        parsing.parse_json(data)
    assert str(refused.value) == words


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_make_the_readers_fail(data: bytes) -> None:
    for parse in (parsing.parse_json, parsing.parse_form):
        try:
            value = parse(data)
        except UnreadableInput:
            continue
        assert not isinstance(value, Submission)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["answers", "applicant", "declarations", "log", "held", "case", "id", "version"]), JSON)
def test_any_value_in_any_part_gives_a_submission_or_findings(part: str, new: Any) -> None:
    found = check(JUDGE, {**filled(json_schema.PORTFOLIO, PRACTICE), part: new})
    assert isinstance(found, Submission) or (found and all(isinstance(finding, Finding) for finding in found))


def test_blank_rows_of_the_log_are_left_out_and_findings_lead_back_to_the_row_that_was_typed() -> None:
    schema = json_schema.form_schema(DATA, json_schema.PORTFOLIO, PRACTICE)
    posted = form(filled(json_schema.PORTFOLIO, PRACTICE)) | {
        "log.3.date": "2027-02-30",
        "log.3.hours": "1,5",
        "log.3.worked_on": "Goals",
    }
    value, rows = parsing.unflatten(schema, {name: [text] for name, text in posted.items()})
    assert value["log"] == [{"date": "2027-02-30", "hours": 1.5, "worked_on": "Goals"}]
    told = check(JUDGE, value)
    assert isinstance(told, list)
    shown = [as_in_form(finding, schema, rows) for finding in told]
    assert [(finding.pointer, finding.label) for finding in shown] == [("/log/2/date", "Mentoring log, 3: Date")]


@pytest.mark.parametrize("name", sorted(path.name for path in EXAMPLES.glob("submissions/valid/*.json")))
def test_the_examples_are_valid(name: str) -> None:
    value = parsing.parse_json((EXAMPLES / "submissions/valid" / name).read_bytes())
    value["profile_hash"] = DATA.hashes[value["profile"]]
    assert findings(value) == {}


def test_the_two_portfolios_of_real_size_are_there_and_one_is_not_in_latin_letters() -> None:
    texts = {path.name: path.read_text("utf-8") for path in EXAMPLES.glob("submissions/valid/portfolio-*.json")}
    sizes = sorted(len(text.encode()) for text in texts.values())
    assert len(sizes) == 2
    assert 90_000 < sizes[0] < 130_000
    assert 270_000 < sizes[1] < 340_000
    latin = [
        sum(letter.isascii() for letter in json.dumps(json.loads(text)["answers"], ensure_ascii=False)) / len(text)
        for text in texts.values()
    ]
    assert min(latin) < 0.6


def test_a_string_that_never_ends_is_refused_as_fast_as_one_that_does() -> None:
    """A scan that went back at every quote would need minutes for this."""
    began = time.monotonic()
    with pytest.raises(UnreadableInput):
        parsing.parse_json(b'"' + b'\\"' * 200_000)
    assert time.monotonic() - began < 5


def test_a_key_that_stands_twice_is_found_as_fast_among_many() -> None:
    many = ",".join(f'"k{number}":1' for number in range(20_000))
    began = time.monotonic()
    with pytest.raises(UnreadableInput, match="“k19999” stands twice"):
        parsing.parse_json(f'{{{many},"k19999":1}}'.encode())
    assert time.monotonic() - began < 5


SENT = 9_700_000  # bytes: just below what the largest form may send
LADEN = {
    "a form of escapes": (parsing.parse_form, b"a=" + b"%41" * (SENT // 3), 3_233_333),
    "every other an escape": (parsing.parse_form, b"a=" + b"%41a" * (SENT // 4), 4_850_000),
    "a form in Japanese": (parsing.parse_form, b"a=" + b"%E6%97%A5" * (SENT // 9), 1_077_777),
    "nothing but percent signs": (parsing.parse_form, b"a=" + b"%" * 1_000_000, 1_000_000),
    "nothing but ampersands": (parsing.parse_form, b"&" * SENT, 0),
    "a list of empty groups": (parsing.parse_json, b'{"log":[' + b"{}," * (SENT // 3) + b"{}]}", 0),
    "a list of empty texts": (parsing.parse_json, b"[" + b'"",' * (SENT // 3) + b'""]', 0),
    "texts without a comma": (parsing.parse_json, b'""' * (SENT // 2), 0),
    "brackets": (parsing.parse_json, b"[" * SENT, 0),
    "a number": (parsing.parse_json, b"1" * SENT, 0),
    "escapes": (parsing.parse_json, b'{"a":"' + b"\\u0041" * (SENT // 6) + b'"}', 1_616_666),
}


@pytest.mark.parametrize("kind", LADEN)
def test_ten_megabytes_of_anything_are_read_or_refused_in_seconds_and_little_memory(kind: str) -> None:
    parse, sent, characters = LADEN[kind]
    began = time.monotonic()
    tracemalloc.start()
    try:
        value = parse(sent)
    except UnreadableInput:
        value = {}
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert len("".join(value.get("a", ""))) == characters
    assert peak < 6 * SENT
    assert time.monotonic() - began < 20  # a fifth of it on a machine that does nothing else


def test_the_largest_portfolio_is_far_from_the_limit_of_values_and_passes_in_japanese_as_a_form_and_as_json() -> None:
    """Commas, brackets and quotation marks within a text count for nothing."""
    texts = "日本語「、」" * 500
    value = filled(json_schema.PORTFOLIO, PRACTICE)
    value["answers"] = {name: {"answer": "yes", "evidence": texts} for name in value["answers"]}
    sent = urlencode(form(value)).encode()
    assert len(sent) > 3_000_000
    schema = json_schema.form_schema(DATA, json_schema.PORTFOLIO, PRACTICE)
    began = time.monotonic()
    read, _rows = parsing.unflatten(schema, parsing.parse_form(sent))
    assert isinstance(check(JUDGE, read), Submission)
    value["answers"] = {name: {"answer": "yes", "evidence": '[{",}],' * 400} for name in value["answers"]}
    assert isinstance(check(JUDGE, parsing.parse_json(json.dumps(value).encode())), Submission)
    assert time.monotonic() - began < 10
    fields_and_lines = sum(1 + field.schema.get("maxItems", 0) for field in fields.fields(schema))
    assert 10 * 4 * fields_and_lines < parsing.MAX_MARKS


PARTS = st.lists(
    st.sampled_from(["%41", "%", "%4", "+", "a", "=", "&", "%E6%97%A5", "%25", "%0", "é", "%3d", "\n", "%0D%0A", " "])
)


@settings(max_examples=400, deadline=None)
@given(PARTS, st.sampled_from([3, 4, 7, 64_000]))
def test_a_form_is_read_as_urllib_reads_it(parts: list[str], piece: int) -> None:
    sent = "".join(parts)
    try:
        pairs = parse_qsl(quote(sent, safe="&=+%;"), keep_blank_values=True, errors="strict")
        expected = [(name, text.replace("\r\n", "\n")) for name, text in pairs]
    except UnicodeDecodeError:
        expected = None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parsing, "_PIECE", piece)
        try:
            found = parsing.parse_form(sent.encode())
        except UnreadableInput:
            assert expected is None
            return
    assert expected is not None
    assert {name: [text for key, text in expected if key == name] for name, _text in expected} == found


def test_nonsense_by_the_megabyte_gets_a_bounded_number_of_findings() -> None:
    value = filled(json_schema.SELF_ASSESSMENT, CONCEPTS, education={"trainers": [0] * 50_000})
    began = time.monotonic()
    found = check(JUDGE, value)
    assert isinstance(found, list)
    assert 0 < len(found) <= 1_100
    assert time.monotonic() - began < 20


@pytest.mark.parametrize("hours", ["1_0", "²", "nan", "inf", "one", "1 0"])
def test_what_is_written_like_no_number_stays_as_it_was_typed_and_is_a_finding(hours: str) -> None:
    schema = json_schema.form_schema(DATA, json_schema.PORTFOLIO, PRACTICE)
    posted = form(filled(json_schema.PORTFOLIO, PRACTICE)) | {
        "log.1.date": "2027-02-01",
        "log.1.hours": hours,
        "log.1.worked_on": "Goals",
    }
    value, _rows = parsing.unflatten(schema, {name: [text] for name, text in posted.items()})
    assert value["log"][0]["hours"] == hours
    assert "/log/0/hours" in findings(value)


@pytest.mark.parametrize("number", ["", "  ", "\u200b"])
def test_a_blank_number_of_a_certificate_credits_nothing(number: str) -> None:
    value = filled(json_schema.PORTFOLIO, PRACTICE, held={CONCEPTS: number})
    value["answers"] = {name: answer for name, answer in value["answers"].items() if name.startswith("P")}
    assert len(findings(value)) == 72
