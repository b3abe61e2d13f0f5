"""What auditors type and paste: everything in a comment is done or nothing, and what is shown reads back."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.cases import reasons, timeline
from pipeline.cases.command import Call
from pipeline.cases.commands import EVERY
from pipeline.cases.comment import parse
from pipeline.cases.context import Act, Refusal, Work
from pipeline.cases.decisions import Outcome, decide
from pipeline.cases.state import standing
from pipeline.cli.main import main
from pipeline.dates_in_words import day
from pipeline.forms import json_schema
from pipeline.github.sync import Intake
from pipeline.i18n import speaking
from pipeline.site.handbook import handbook
from pipeline.web.board.case_page import CaseDesk
from tests.support import CONCEPTS, DATA, JUDGE, PRACTICE, filled
from tests.test_process import PEOPLE, Body, audited


@pytest.fixture
def body(tmp_path: Path) -> Body:
    return Body(tmp_path)


def claimed(body: Body, **more: object) -> str:
    """A case in audit, claimed by ada."""
    reference = audited(body)
    if more:
        body.send(json_schema.PORTFOLIO, CONCEPTS, case=body.secret(reference), **more)
    body.do("ada", reference, "/claim no-conflict")
    return reference


# All of a comment, or nothing

LOOKS = {
    "indented": " {}",
    "indented as code": "    {}",
    "a tab before it": "\t{}",
    "a no-break space": "\u00a0{}",
    "a list": "- {}",
    "another list": "* {}",
    "a third": "+ {}",
    "a numbered list": "1. {}",
    "numbered with a bracket": "12) {}",
    "a task": "- [ ] {}",
    "quoted": "> {}",
    "quoted twice": ">> {}",
    "a zero-width space": "\u200b{}",
    "a byte order mark": "\ufeff{}",
    "a word joiner": "\u2060{}",
    "a soft hyphen": "\u00ad{}",
    "a direction mark": "\u200f{}",
    "a filler": "\u3164{}",
    "code": "`{}`",
    "bold": "**{}**",
    "an emoji's selector": "\ufe0f{}",
    "a blank of braille": "\u2800{}",
    "escaped": "\\{}",
    "a code block": "```\n{}\n```",
    "another code block": "~~~text\n{}\n~~~",
}
SLASHES = {name: sign for name, sign in zip(("full-width", "fraction", "division"), "／⁄∕", strict=True)}


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> tuple[Body, str]:
    """A case in audit in which nothing is recorded."""
    body = Body(tmp_path_factory.mktemp("one"))
    return body, claimed(body)


@pytest.mark.parametrize("form", LOOKS.values(), ids=LOOKS)
def test_what_looks_like_a_command_but_is_none_is_named_with_its_line_and_nothing_is_recorded(
    one: tuple[Body, str], form: str
) -> None:
    body, reference = one
    line = 3 if "\n" in form else 2
    for comment in (
        "/finding C3.4 met\n" + form.format("/finding C3.5 mastery not-met"),
        "/finding C3.4 met\r\n" + form.format("/finding C3.5 met") + "\r\n/finding C3.6 met",
        *(["Here they are:\n" + form.format("/finding all met")] if ">" not in form else []),
    ):
        outcome = decide(body.work("ada", reference), comment)
        assert outcome, comment
        assert (outcome.event, len(outcome.refusals)) == (None, 1)
        assert outcome.refusals[0].rule == "a command stands at the very beginning of its line"
        assert f"Line {line} looks like a command but is not read as one." in outcome.said


BELOW = [
    ("**/finding** C3.5 not-met", "Other characters stand before it."),
    ("a) /finding C3.5 not-met", "Other characters stand before it."),
    ("→ /finding C3.5 not-met", "Other characters stand before it."),
    ("✅ /finding C3.5 not-met", "Other characters stand before it."),
    ("## /finding C3.5 not-met", "Other characters stand before it."),
    ("<b>/finding C3.5 not-met</b>", "Other characters stand before it."),
    ("/finding** C3.5 not-met", "Other characters stand after its name."),
    ("/fin\u200bding C3.5 not-met", "The invisible character U+200B stands in it."),
    ("/finding\u2060 C3.5 not-met", "The invisible character U+2060 stands in it."),
    ("Finding C3.5 mastery not-met", "It has no slash."),
]


@pytest.mark.parametrize(("line", "why"), BELOW, ids=[line for line, _why in BELOW])
def test_below_a_command_nothing_that_may_be_meant_as_one_is_passed_over(
    one: tuple[Body, str], line: str, why: str
) -> None:
    for between in ("\n", "\n\nAnd then:\n"):
        outcome = decide(one[0].work("ada", one[1]), f"/finding C3.4 met{between}{line}")
        assert outcome
        assert outcome.event is None
        assert why in outcome.said


@pytest.mark.parametrize("end", ["\x0b", "\x0c", "\x85", "\u2028", "\u2029"], ids=ascii)
def test_a_line_ends_where_a_paste_ends_it(one: tuple[Body, str], end: str) -> None:
    outcome = decide(one[0].work("ada", one[1]), f"/finding C3.4 not-met because it is of 1990{end}/finding C3.5 met")
    assert outcome
    assert outcome.said == "6 findings, 3 not met. 3 with a reason."


@pytest.mark.parametrize(
    "talk", ["The log is met.", "- and/or", "2. /etc/hosts is no file of ours", "A finding is met."]
)
def test_talk_below_a_command_is_left_alone(talk: str) -> None:
    assert isinstance(parse(f"/claim no-conflict\n\n{talk}"), Call)


@pytest.mark.parametrize("slash", SLASHES.values(), ids=SLASHES)
def test_another_sign_than_a_slash_is_named(one: tuple[Body, str], slash: str) -> None:
    outcome = decide(one[0].work("ada", one[1]), f"/finding C3.4 met\n{slash}finding C3.5 met")
    assert outcome
    assert "Line 2 looks like a command" in outcome.said
    assert "looks like a slash but is another: " in outcome.said


def test_every_line_that_is_wrong_is_named_at_once_with_what_stands_before_it(body: Body) -> None:
    said = body.do(
        "ada", claimed(body), "/finding C1.1 met\n- /finding C1.2 met\n\u200b/finding C1.3 met\ntalk\n/recommend grant"
    ).said
    assert [line.partition(" looks")[0] for line in said.splitlines()[1:3]] == ["Line 2", "Line 3"]
    assert "The invisible character U+200B stands before it." in said
    assert "Line 5: a comment is one command" in said


@pytest.mark.parametrize(
    "before", ["\n", "\r\n\r\n", "\ufeff", "\u200b", "\ufeff\n \n", "\n\u200b\u2060", " \t\n"], ids=repr
)
def test_empty_lines_and_what_nobody_sees_do_not_silence_the_first_command(one: tuple[Body, str], before: str) -> None:
    outcome = decide(one[0].work("ada", one[1]), f"{before}/finding all met")
    assert outcome
    assert outcome.event == "findings"


TALK = [
    "I called her yesterday.",
    "see /admit",
    "//admit",
    "",
    "\n \n",
    "Write `/finding all met` when you have read it.",
    "`/help` says more.",
    "- either the log\n- or/and the evidence",
    "> When is the meeting?\n\nOn Friday.",
    "> /claim no-conflict\n\nThank you, Ada!",
    "Ada wrote:\n> /finding all met\n\nI see it otherwise.",
    "1. read\n2. /etc/hosts is no file of ours",
    "http://example.org/admit",
]


@pytest.mark.parametrize("comment", TALK)
def test_talk_is_left_alone_also_where_it_quotes_a_command(comment: str) -> None:
    assert parse(comment) is None


def test_a_quotation_may_stand_above_a_command_and_what_it_has_of_commands_is_said_to_be_unread(body: Body) -> None:
    reference = claimed(body)
    plain = body.do("ada", reference, "> When do you begin?\n> Today?\n\n/finding C3.4 met")
    assert plain.said == "3 findings, 0 not met."
    asked = body.do("ada", reference, "> thanks\n> /finding C1.1 met\n> /finding C1.2 met\n\n\n/finding C3.5 met")
    assert asked.said == "3 findings, 0 not met.\nNot read, because they are quoted: lines 2, 3."
    found = {statement for statement, _criterion in standing(DATA, body.store.case(reference)).findings}
    assert found == {"C3.4", "C3.5"}


@pytest.mark.parametrize(
    ("comment", "lines"),
    [
        ("> /finding C1.1 met\n/finding C1.2 met", "12"),
        ("> /finding C1.1 met", "1"),
        ("> /finding C1.1 met\n\n> /finding C1.2 met\n", "13"),
        ("/finding C1.1 met\n\n> /finding C1.2 met\n\nas I said", "3"),
        ("As I said:\n/finding C1.1 met", "2"),
        ("As I said:\n\n/findings C1.1 met", "3"),
    ],
)
def test_what_may_have_been_quoted_by_mistake_or_stands_below_talk_is_named(
    one: tuple[Body, str], comment: str, lines: str
) -> None:
    outcome = decide(one[0].work("ada", one[1]), comment)
    assert outcome
    assert re.findall(r"Line (\d+)", outcome.said) == list(lines)
    assert outcome.event is None


def test_a_command_of_another_kind_below_talk_is_not_passed_over(body: Body) -> None:
    outcome = body.do("ada", claimed(body), "/finding C3.4 met\nThank you!\n/recommend grant")
    assert [refusal.rule for refusal in outcome.refusals] == ["one command a comment"]
    assert "Line 3" in outcome.said


def test_help_and_handbook_say_where_a_command_stands(body: Body) -> None:
    assert "at the very beginning of its line" in body.do("ada", claimed(body), "/help").said
    assert "at the very beginning of its line" in handbook(DATA)["how"]


# What is shown reads back

LISTED = ("C3.4", "C5.1", "C1.9")
MANY = {
    "commas": "{}, {}, {}",
    "a sentence": "{}, {} and {}.",
    "semicolons": "{}; {}; {};",
    "commas alone": "{},{},{}",
    "code": "`{}`, `{}` & `{}`",
    "bold": "**{}** **{}** **{}**",
    "cut off": "{}, {}, {} …",
    "quotation marks": "“{}”, “{}” and “{}”",
    "brackets": "({}, {}, {})",
    "no-break spaces": "{},\u00a0{}\u00a0{}",
}
ONE = {
    "plain": "{}",
    "a full stop": "{}.",
    "a comma": "{},",
    "code": "`{}`",
    "code and a full stop": "`{}`.",
    "bold": "**{}**",
    "escaped": "\\{}",
    "quotation marks": "“{}”",
    "brackets": "({})",
    "something unseen": "\u200b{}\ufeff",
}


def same(body: Body, login: str, reference: str, plain: str, pasted: str) -> None:
    work = body.work(login, reference)
    wanted, found = decide(work, plain), decide(work, pasted)
    assert wanted
    assert wanted.event, wanted.said
    assert found == wanted, pasted


@pytest.mark.parametrize("form", MANY.values(), ids=MANY)
def test_a_list_of_statements_reads_back_however_it_is_written(one: tuple[Body, str], form: str) -> None:
    body, reference = one
    pasted = form.format(*LISTED)
    for command in (
        "/request-evidence {}",
        "/finding {} met",
        "/finding {} not-met because the log ends in March",
        "/finding all met except {}",
    ):
        for words in (pasted, pasted.lower()):
            same(body, "ada", reference, command.format(" ".join(LISTED)), command.format(words))


def test_a_reference_reads_back_however_it_is_written(body: Body) -> None:
    target = body.send(json_schema.SELF_ASSESSMENT, CONCEPTS)
    other = body.send(json_schema.PORTFOLIO, CONCEPTS)
    named = [replace(one, prerequisite=PRACTICE) if one.id == CONCEPTS else one for one in DATA.profiles]
    judge = replace(JUDGE, data=replace(DATA, profiles=tuple(named)))
    spelled = (target, target.lower(), target.replace("-", " "), target.replace("-", "‑"), target.replace("-", ""))
    for pasted in (form.format(written) for form in ONE.values() for written in spelled):
        for name, words in (("link", "{}"), ("admit", "{}"), ("credit", "{}"), ("decide", "grant {} no-conflict")):
            work = replace(body.work("all", other), judge=judge)
            wanted, found = (read(work, f"/{name} " + words.format(reference)) for reference in (target, pasted))
            assert found == wanted, pasted
            assert "no reference" not in (found.words if isinstance(found, Refusal) else "")


def read(work: Work, comment: str) -> Act | Refusal:
    call = parse(comment)
    assert call, comment
    assert not isinstance(call, Refusal), comment
    return next(command for command in EVERY if command.name == call.name).read(work, call)


WORDS = {
    "schedule": "2027-03-20 09:30", "assign": "@abe", "claim": "no-conflict", "recommend": "grant", "meeting": "held",
    "decide": "decline no-conflict", "finding": "c3.4 mastery not-met", "request-evidence": "c3.4",
    "link": "IMC-0000-0000-0", "credit": "IMC-0000-0000-0", "admit": "",
}  # fmt: skip


@pytest.mark.parametrize("name", [command.name for command in EVERY])
def test_every_command_reads_its_words_with_what_sentences_and_markdown_put_around_them(
    one: tuple[Body, str], name: str
) -> None:
    words, work = WORDS.get(name, ""), one[0].work("all", one[1])
    plain = read(work, f"/{name} {words}")
    assert isinstance(plain, Act) or name in ("preview", "link", "credit")
    for form in ONE.values():
        assert read(work, f"/{name.title()} {form.format(words)}" if words else f"/{name}.") == plain, form


def test_what_the_product_shows_of_a_case_is_understood_when_it_is_pasted(body: Body) -> None:
    reference = claimed(body)
    missing = body.do("ada", reference, "/recommend grant").said
    ids = missing.partition("statements: ")[2].partition(" (a finding")[0]
    assert ids.endswith(" …")
    assert body.do("ada", reference, f"/finding {ids} met").said == "30 findings, 0 not met."
    body.do("ada", reference, "/finding all met except C3.4 mastery, C5.1")
    not_met = re.search(r"Not met: (.+)\. Request", body.do("ada", reference, "/recommend grant").said)
    assert not_met
    asked = body.do("ada", reference, f"/preview\n/finding {not_met[1]} not met").said
    assert asked.startswith("Would record 4 findings, 4 not met.")
    assert "3 findings, 0 not met" in body.do("ada", reference, "/preview\n/finding C3.5 ✓ met").said
    assert "1 finding, 1 not met" in body.do("ada", reference, "/preview\n/finding **C3.5** Mastery ✗ not met").said
    said = body.do("ada", reference, "/request-evidence C5.1 C3.4").said
    assert said == "More evidence is requested for C3.4, C5.1."
    case = body.store.case(reference)
    line = next(line for line in timeline.lines(DATA, case) if "More evidence" in line.words)
    body.do("ada", reference, "/return")
    for text in (said.partition("for ")[2], line.words.partition("for ")[2]):
        assert (
            body.do("ada", reference, f"/preview\n/request-evidence {text}").said
            == f"It would say: {said} Nothing is recorded."
        )


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_day_reads_back_as_the_board_and_a_command_show_it(body: Body, language: str) -> None:
    reference = body.send(json_schema.SELF_ASSESSMENT, CONCEPTS)
    said = body.do("ines", reference, "/schedule 2027-03-20 09:30").said
    organization = replace(DATA.organization, languages=(language,))
    work = body.work("ines", reference)
    work = replace(work, judge=replace(JUDGE, data=replace(DATA, organization=organization)))
    shown = day("2027-03-20", language)
    with speaking(language):
        for text in (
            said.partition("for ")[2],
            "2027-03-20T09:30",
            "`2027-03-20`, 09:30.",
            f"{shown}, 09:30.",
            f"{shown} 09:30",
        ):
            outcome = decide(work, f"/schedule {text}")
            assert outcome
            assert (outcome.data or {}).get("moment") == "2027-03-20 09:30", outcome.said


def test_a_login_reads_back_as_it_is_shown(one: tuple[Body, str]) -> None:
    same(one[0], "ines", one[1], "/assign abe", "/assign `@Abe`.")


# What nothing shows, and what others found

UNSHOWN = ("C1.4", "C2.1")


def partly_shown(body: Body) -> str:
    """Two statements are answered "not yet", the rest with evidence."""
    answers = filled(json_schema.PORTFOLIO, CONCEPTS)["answers"]
    return claimed(body, answers={**answers, **{name: {"answer": "not_yet"} for name in UNSHOWN}})


@pytest.mark.parametrize(
    "line", ["all met", "C1 C2 met", "C1.4, C2.1 met", "all met except C5.1", "all not-met except C1.4 C2.1"]
)
def test_what_was_answered_not_yet_is_met_only_with_a_reason_and_is_named(body: Body, line: str) -> None:
    reference = partly_shown(body)
    outcome = body.do("ada", reference, f"/finding {line}")
    assert [refusal.rule for refusal in outcome.refusals] == ["met only with evidence, or a reason"]
    assert "Answered “not yet” or without evidence, so a reason is needed to find them met: C1.4, C2.1." in outcome.said
    assert "C1.4, C2.1." in body.do("ada", reference, f"/preview\n/finding {line}").said
    assert standing(DATA, body.store.case(reference)).findings == {}


def test_the_reason_is_kept_beside_what_was_sent_and_holds_when_all_is_met_again(body: Body) -> None:
    reference = partly_shown(body)
    lines = "/finding all met except C3.4 because a course only\n/finding C1.4 c2.1 met because She showed it to me"
    said = body.do("ada", reference, lines).said
    assert said == (
        "216 findings, 3 not met. 9 with a reason. "
        "Met by your reason, though answered “not yet” or without evidence: C1.4, C2.1."
    )
    again = body.do("ada", reference, "/finding all met")
    assert again.event == "findings"
    case = body.store.case(reference)
    why = reasons.of(body.store, case, standing(DATA, case))
    assert set(why.values()) == {"She showed it to me"}
    assert {statement for statement, _criterion in why} == set(UNSHOWN)


def test_a_statement_without_evidence_in_an_older_form_is_met_only_with_a_reason(body: Body) -> None:
    """The form asks for evidence; what was judged by an older schema may have none."""
    reference = claimed(body)
    work = body.work("ada", reference)
    event = work.case.current(json_schema.PORTFOLIO)
    assert event
    path = body.store.private(reference, str(event.data["digest"])) / "submission.json"
    path.write_text(path.read_text("utf-8").replace("I wrote an agreement with Rosa in March.", "\u200b", 1), "utf-8")
    assert body.work("ada", reference).unshown == {"C1.1"}
    assert "to find them met: C1.1." in body.do("ada", reference, "/finding C1 met").said
    assert body.do("ada", reference, "/finding C1 met because I know her work").event == "findings"


def test_what_a_finding_replaces_is_said_with_who_found_it_before_and_after(body: Body) -> None:
    reference = claimed(body)
    body.do("ada", reference, "/finding all met except C3.4 mastery C5.1")
    body.do("ines", reference, "/assign @all")
    body.do("all", reference, "/claim no-conflict")
    replaced = "This replaces “not met”, which ada found: C3.4 mastery, C5.1."
    preview = body.do("all", reference, "/preview\n/finding all met")
    assert preview.said == f"Would record 216 findings, 0 not met. {replaced} Nothing is recorded."
    assert body.do("all", reference, "/finding all met").said == f"216 findings, 0 not met. {replaced}"
    assert body.do("all", reference, "/finding all met").said == "216 findings, 0 not met."
    said = body.do("all", reference, "/finding C3.4 not-met").said
    assert said.endswith("This replaces “met”, which all found: C3.4.")


def test_the_boards_table_asks_for_the_same_reason_and_says_what_is_replaced(body: Body) -> None:
    reference = partly_shown(body)
    ada = next(one for one in PEOPLE if one.login == "ada")
    desk = CaseDesk(Intake(JUDGE, body.store), PEOPLE)

    def save(**fields: str) -> Outcome:
        case = body.store.case(reference)
        return desk.answer(case, ada, {"table": str(len(case.events)), **fields})

    shown = desk.shown(body.store.case(reference), ada)["table"]
    assert {row["id"] for part in shown for row in part["rows"] if row["unshown"]} == set(UNSHOWN)
    refused = save(**{"finding C1.4 mastery": "met", "finding C1.1 mastery": "met"})
    assert "C1.4 mastery" in refused.said
    assert refused.event is None
    given = {"finding C1.4 mastery": "met", "reason C1.4 mastery": "seen in the meeting"}
    assert save(**given).event == "findings"
    assert save(**given).said == "Nothing was changed."
    assert "This replaces “met”, which ada found: C1.4 mastery." in save(**{"finding C1.4 mastery": "not_met"}).said


def test_a_reference_of_several_words_is_forgotten_on_the_command_line_too(
    body: Body, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reference = body.send(json_schema.SELF_ASSESSMENT, CONCEPTS)
    monkeypatch.setenv("PIPELINE_RECORDS", str(body.store.root))
    monkeypatch.setenv("PIPELINE_VAR", str(body.root))
    assert main(["forget", *reference.lower().split("-"), "--open"]) == 0
    assert capsys.readouterr().out.startswith(f"{reference}: ")
    assert main(["forget", f"{reference}:", "--open"]) == 0
