"""Commands on GitHub: each comment acted on once ever and answered once, whatever GitHub does."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from pipeline.cases.command import Call
from pipeline.cases.commands import admit, request_evidence, schedule
from pipeline.cases.commands import decide as decide_command
from pipeline.cases.comment import parse
from pipeline.cases.context import Act, Refusal, Work
from pipeline.cases.decisions import Outcome, decide
from pipeline.cases.events import Case
from pipeline.cases.git_store import GitStore
from pipeline.cases.people import Person
from pipeline.cases.state import standing
from pipeline.cases.store import Store
from pipeline.errors import DataInvalid, GitHubFailed, StoreFailed
from pipeline.forms import json_schema
from pipeline.github.client import GitHub
from pipeline.github.sync import Intake, Report
from pipeline.receiving.desk import desk
from pipeline.receiving.receive import Receipt, accept
from tests.fakes.github import FakeGitHub, Fault
from tests.support import CONCEPTS, DATA, JUDGE, PRACTICE, Remote, filled, push, remote

NOW = datetime(2027, 3, 14, 9, tzinfo=UTC)
PEOPLE = {
    "ines": ["intake_manager"],
    "ada": ["auditor"],
    "vera": ["verifier"],
    "dora": ["director"],
}


def begin(root: Path) -> tuple[Remote, str]:
    """Records with one self-assessment in the inbox, and its reference."""
    made = remote(root)
    first = made.root / "first"
    receipt = accept(
        desk(JUDGE, root / "keys", GitStore.at(first), first), filled(json_schema.SELF_ASSESSMENT, CONCEPTS)
    )
    assert isinstance(receipt, Receipt)
    people = [{"login": login, "name": login.title(), "roles": roles} for login, roles in PEOPLE.items()]
    (first / "people.yml").write_text(yaml.safe_dump({"people": people}))
    push(first, "Deliver")
    return made, receipt.reference


def run(made: Remote, name: str, fake: FakeGitHub, now: datetime = NOW) -> Report:
    github = GitHub(fake.url, fake.repository, "token", sleep=lambda _seconds: None)
    clone = made.root / name
    store = GitStore.at(clone if clone.exists() else made.clone(name))
    return Intake(JUDGE, store, github, run=name, address="https://x/", now=lambda: now)()


def state(made: Remote, reference: str, name: str = "look") -> str:
    clone = made.root / name
    store = GitStore.at(clone if clone.exists() else made.clone(name))
    store.refresh()
    return standing(DATA, store.case(reference)).state.id


def test_a_command_moves_the_case_once_is_answered_once_and_the_issue_is_drawn_anew(memory: Path) -> None:
    made, reference = begin(memory / "r")
    with FakeGitHub() as fake:
        run(made, "one", fake)
        fake.add_comment(1, "ines", "I have called her.")
        fake.add_comment(1, "Ines", "/schedule 2027-03-20 09:30\r\nas she wished")
        report = run(made, "two", fake)
        assert report.commands == [reference]
        assert state(made, reference) == "interview"
        (reply,) = fake.replies()
        assert reply["body"].split("\n")[0] == "<!-- reply to 1001 -->"
        assert "arranged for 2027\\-03\\-20 09\\:30" in reply["body"]
        assert {label["name"] for label in fake.issues[0]["labels"]} >= {"stage: interview"}
        again = run(made, "three", fake)
        assert (again.commands, len(fake.replies()), again.updated) == ([], 1, [])
        assert fake.violations == []


def test_what_stands_before_a_command_silences_it_no_more_and_talk_stays_unanswered(memory: Path) -> None:
    made, reference = begin(memory / "r")
    with FakeGitHub() as fake:
        run(made, "one", fake)
        fake.add_comment(1, "ines", "> Shall I call her?\r\n\r\nYes, please. See https://example.org/a.")
        fake.add_comment(
            1, "ines", "<!-- reply to 5 -->\n- `/schedule DATE TIME`: says when"
        )  # of a person's own token
        fake.add_comment(1, "ines", "\ufeff\r\n/schedule 2027-03-20 09:30")
        fake.add_comment(1, "ines", "She agrees:\r\n- /admit")
        assert run(made, "two", fake).commands == [reference, reference]
        said = [reply["body"].replace("\\", "") for reply in fake.replies()]
        assert len(said) == 2
        assert "arranged for 2027-03-20 09:30" in said[0]
        assert "Line 2 looks like a command" in said[1]
        assert run(made, "three", fake).commands == []
    assert state(made, reference) == "interview"


REFUSALS = [
    ("nobody", "/admit", {}, "people.yml"),
    ("ada", "/admit", {}, "your role"),
    ("ines", "/frobnicate @octocat", {}, "the commands"),
    ("ines", "/admit", {"edited": True}, "commands are not edited"),
    ("ines", "/ admit", {}, "space after its slash"),
]


@pytest.mark.parametrize(("login", "body", "more", "words"), REFUSALS, ids=[entry[3] for entry in REFUSALS])
def test_a_refusal_is_one_reply_and_changes_nothing(
    memory: Path, login: str, body: str, more: dict[str, bool], words: str
) -> None:
    made, reference = begin(memory / "r")
    with FakeGitHub() as fake:
        run(made, "one", fake)
        fake.add_comment(1, login, body, **more)  # type: ignore[arg-type]
        run(made, "two", fake)
        run(made, "three", fake)
        (reply,) = fake.replies()
        assert words in reply["body"].replace("\\", "")
        assert "@octocat" not in reply["body"]
    assert state(made, reference) == "received"


def test_who_is_refused_again_is_told_in_the_same_reply_until_something_is_done(memory: Path) -> None:
    made, reference = begin(memory / "r")
    with FakeGitHub() as fake:
        run(made, "one", fake)
        for name, login, body, number, words in (
            ("two", "ines", "/amdit", 1, "There is no such command"),
            ("three", "ines", "/decide grant", 1, "goes from"),
            ("four", "ada", "/admit", 2, "is for"),
            ("five", "Ines", "/claim", 2, "goes from"),
            ("six", "ines", "/admit", 3, "The case is admitted"),
            ("seven", "Ines", "/admit", 4, "goes from"),
        ):
            comment = fake.add_comment(1, login, body)
            run(made, name, fake)
            told = [reply for reply in fake.replies() if words in reply["body"].replace("\\", "")]
            assert len(fake.replies()) == number, name
            assert told, name
            again = "To your latest command" in told[-1]["body"]
            assert again is (name in ("three", "five")), name
            assert not again or f"(#issuecomment-{comment['id']})" in told[-1]["body"]
        requests = len(fake.requests)
        run(made, "eight", fake)
        assert {request.split()[0] for request in fake.requests[requests:]} == {"GET"}
        assert fake.violations == []
    assert state(made, reference) == "awaiting_portfolio"


def test_a_refusal_whose_reply_somebody_deleted_is_told_in_a_new_one(memory: Path) -> None:
    made, _reference = begin(memory / "r")
    with FakeGitHub() as fake:
        run(made, "one", fake)
        fake.add_comment(1, "ines", "/amdit")
        run(made, "two", fake)
        fake.add_comment(1, "ines", "/decide grant")
        fake.comments.remove(fake.replies()[0])
        run(made, "three", fake)
        (reply,) = fake.replies()
        assert "goes from" in reply["body"]
        run(made, "four", fake)
        assert len(fake.replies()) == 1


def test_bots_are_ignored_and_the_permission_is_asked_at_that_moment(memory: Path) -> None:
    made, reference = begin(memory / "r")
    with FakeGitHub() as fake:
        run(made, "one", fake)
        fake.add_comment(1, "ines", "/admit", "Bot")
        fake.add_comment(1, "ines", "/admit")
        for role in ("read", "none"):
            fake.permissions["ines"] = role
        before = len(fake.replies())
        run(made, "two", fake)
        assert "permission" in fake.replies()[-1]["body"]
        assert len(fake.replies()) == before + 1
        fake.permissions["ines"] = "triage"
        fake.add_comment(1, "ines", "/admit")
        run(made, "three", fake)
    assert state(made, reference) == "awaiting_portfolio"


FAULTS = [("500", False), ("500", True), ("drop", False), ("drop", True), ("not-json", False)]


@pytest.mark.parametrize(("kind", "done"), FAULTS)
def test_an_answer_that_says_nothing_never_makes_a_second_reply(memory: Path, kind: str, done: bool) -> None:
    made, _reference = begin(memory / "r")
    with FakeGitHub(lag=2) as fake:
        run(made, "one", fake)
        fake.add_comment(1, "ines", "/help")
        fake.faults.append(Fault(kind, "POST", done))
        run(made, "two", fake)
        run(made, "three", fake, NOW + timedelta(hours=1))
        assert len(fake.replies()) == 1


def test_a_run_that_died_before_its_reply_is_replaced_after_a_while(memory: Path) -> None:
    made, _reference = begin(memory / "r")
    with FakeGitHub() as fake:
        run(made, "one", fake)
        fake.add_comment(1, "ines", "/help")
        fake.faults += [Fault("500")] * 8
        with pytest.raises(GitHubFailed):
            run(made, "two", fake)
        fake.faults.clear()
        run(made, "three", fake, NOW + timedelta(minutes=1))
        assert fake.replies() == []  # the one that claimed it may still be at it
        run(made, "four", fake, NOW + timedelta(minutes=20))
        run(made, "five", fake, NOW + timedelta(minutes=40))
        assert len(fake.replies()) == 1


def test_the_issue_of_a_case_that_has_ended_is_closed(memory: Path) -> None:
    made, reference = begin(memory / "r")
    with FakeGitHub() as fake:
        run(made, "one", fake)
        fake.add_comment(1, "ines", "/withdraw")
        run(made, "two", fake)
        assert fake.issues[0]["state"] == "closed"
    assert state(made, reference) == "withdrawn"


def test_the_issue_of_a_message_is_closed_once_it_is_answered_and_says_nothing_of_its_text(memory: Path) -> None:
    made, _reference = begin(memory / "r")
    first = made.root / "first"
    value = filled(json_schema.CONTACT, "question", message="Xylophone?")
    assert isinstance(accept(desk(JUDGE, memory / "keys", GitStore.at(first), first), value), Receipt)
    push(first, "Deliver")
    with FakeGitHub() as fake:
        run(made, "one", fake)
        number = next(issue["number"] for issue in fake.issues if "Ask a question" in issue["title"])
        fake.add_comment(number, "ada", "/answered")
        fake.add_comment(number, "ines", "/answered")
        run(made, "two", fake)
        states = {issue["number"]: issue["state"] for issue in fake.issues}
        assert (states.pop(number), set(states.values())) == ("closed", {"open"})
        assert ["Intake Manager" in reply["body"] for reply in fake.replies()] == [True, False]
        assert "Xylophone" not in "".join(str(issue) for issue in fake.issues)


@pytest.mark.parametrize("name", ["0001.json", "0003.json"])
def test_a_command_under_a_damaged_case_waits_until_it_is_mended_and_is_acted_on_once(memory: Path, name: str) -> None:
    made, reference = begin(memory / "r")
    first = made.root / "first"
    store = GitStore.at(first)
    with FakeGitHub() as fake:
        run(made, "one", fake)
        store.refresh()
        path = store.folder(reference) / "events" / name
        whole = path.read_bytes()
        path.write_text("garbage")
        push(first, "Damage")
        fake.add_comment(1, "ines", "/help")
        for number in range(4):
            with pytest.raises(StoreFailed, match=reference):
                run(made, f"damaged{number}", fake, NOW + timedelta(hours=6 * number))
        assert fake.replies() == []
        store.refresh()
        path.write_bytes(whole)
        push(first, "Restore")
        report = run(made, "mended", fake, NOW + timedelta(hours=30))
        again = run(made, "again", fake, NOW + timedelta(hours=31))
        assert (report.commands, again.commands, len(fake.replies())) == ([reference], [], 1)
        assert (made.clone("end") / "comments-read-until").read_text() > "2027-03-15"


def test_a_command_that_needs_a_damaged_file_waits_and_one_that_does_not_is_acted_on(
    memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, reference = begin(memory / "r")
    with FakeGitHub() as fake:
        run(made, "one", fake)
        fake.add_comment(1, "ines", "/help")
        fake.add_comment(1, "ines", "/admit")

        def unread(work: Work, body: str) -> Outcome | None:
            if body == "/help":
                raise StoreFailed("submission.json cannot be read")
            return decide(work, body)

        with monkeypatch.context() as patched:
            patched.setattr("pipeline.github.comments.decide", unread)
            for number in range(3):
                run(made, f"damaged{number}", fake, NOW + timedelta(hours=6 * number))
        assert (state(made, reference), len(fake.replies())) == ("awaiting_portfolio", 1)
        run(made, "mended", fake, NOW + timedelta(hours=20))
        run(made, "again", fake, NOW + timedelta(hours=21))
        assert len(fake.replies()) == 2


def deliver(made: Remote, root: Path) -> str:
    """A second case, from the first clone; its reference."""
    first = made.root / "first"
    store = GitStore.at(first)
    store.refresh()
    value = filled(json_schema.SELF_ASSESSMENT, CONCEPTS, applicant={"name": "Ola", "email": "o@x.org"})
    receipt = accept(desk(JUDGE, root / "keys", store, first), value)
    assert isinstance(receipt, Receipt)
    push(first, "Deliver")
    return receipt.reference


def test_a_wrong_line_in_people_yml_is_told_and_stops_nobody_elses_case(memory: Path) -> None:
    made, reference = begin(memory / "r")
    with FakeGitHub() as fake:
        run(made, "one", fake)
        fake.add_comment(1, "ines", "/admit")
        deliver(made, memory / "r")
        people_file = made.root / "first" / "people.yml"
        well = people_file.read_text("utf-8")
        people_file.write_text(well.replace("- auditor", "- auditorr"))
        push(made.root / "first", "Slip")
        with pytest.raises(DataInvalid, match="auditorr"):
            run(made, "two", fake)
        assert len(fake.issues) == 2
        GitStore.at(made.root / "first").refresh()
        people_file.write_text(well)
        push(made.root / "first", "Mend")
        run(made, "three", fake)
    assert state(made, reference) == "awaiting_portfolio"


def test_a_reply_that_github_refuses_stops_no_other_and_no_issue(memory: Path) -> None:
    made, reference = begin(memory / "r")
    with FakeGitHub() as fake:
        run(made, "one", fake)
        fake.add_comment(1, "ines", "/schedule 2027-06-01 10:00")
        fake.add_comment(1, "ines", "/admit")
        deliver(made, memory / "r")
        fake.faults = [Fault("403", path="/issues/1/comments")]
        told = run(made, "two", fake).aside
        assert [line.split(": ")[0] for line in told] == [f"reply to 1000 of {reference}"]
        assert "GitHub answered 403" in told[0]
        assert (len(fake.issues), len(fake.replies())) == (3, 1)  # with the one that tells of it
        run(made, "three", fake, NOW + timedelta(hours=1))
        assert len(fake.replies()) == 2
    assert state(made, reference) == "awaiting_portfolio"


def test_a_command_under_an_issue_that_a_killed_run_did_not_record_is_acted_on_after_any_gap(
    memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, reference = begin(memory / "r")
    with FakeGitHub() as fake:
        with monkeypatch.context() as patched:
            patched.setattr(Intake, "_record", _die)
            with pytest.raises(KeyboardInterrupt):
                run(made, "dead", fake)
        assert len(fake.issues) == 1
        fake.add_comment(1, "ines", "/admit")
        for number, hours in enumerate((0.1, 3, 6, 9)):
            run(made, f"later{number}", fake, NOW + timedelta(hours=hours))
        assert len(fake.issues) == 1
        assert len(fake.replies()) == 1
    assert state(made, reference) == "awaiting_portfolio"


def _die(*_whatever: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("text", ["", "soon", "2027-03-14"])
def test_a_spoiled_mark_of_how_far_comments_were_read_costs_nothing(memory: Path, text: str) -> None:
    made, reference = begin(memory / "r")
    (made.root / "first" / "comments-read-until").write_text(text)
    push(made.root / "first", "Spoil")
    with FakeGitHub() as fake:
        run(made, "one", fake)
        fake.add_comment(1, "ines", "/admit")
        run(made, "two", fake)
    assert state(made, reference) == "awaiting_portfolio"


def test_a_role_that_an_organisation_made_itself_may_what_github_says_it_may(memory: Path) -> None:
    made, reference = begin(memory / "r")
    with FakeGitHub() as fake:
        run(made, "one", fake)
        fake.permissions["ines"] = "mentoring-office"
        fake.add_comment(1, "ines", "/admit")
        run(made, "two", fake)
    assert state(made, reference) == "awaiting_portfolio"


TYPED = [
    "/request-evidence {}",
    "/finding {} met",
    "/finding C3.4 {} met",
    "/finding all met except {}",
    "/schedule {}",
]
TYPED += ["/finding all {} met except {}", "/admit {}", "/link {}", "/credit {}", "/assign {}", "/decide grant {}"]


@pytest.mark.parametrize("form", TYPED)
def test_words_that_were_refused_are_in_no_event(tmp_path: Path, form: str) -> None:
    store = Store(tmp_path)
    receipt = accept(desk(JUDGE, tmp_path, store, tmp_path), filled(json_schema.PORTFOLIO, CONCEPTS))
    assert isinstance(receipt, Receipt)
    Intake(JUDGE, store)()
    every = Person("all", "All", ("intake_manager", "auditor", "verifier", "director"))
    for state in DATA.process.states:
        case = store.case(receipt.reference)
        moved = replace(case.events[-1], data={**case.events[-1].data, "to": state.id})
        case = replace(case, events=(*case.events[:-1], moved))
        for words in ("Zedekiah", "C3.4 from Zedekiah Smith z@example.org", "zedekiah C99"):
            outcome = decide(Work(JUDGE, store, (every,), case, every, NOW), form.format(words, words))
            assert outcome
            assert outcome.event is None
            for word in ("zedekiah", "smith", "example.org"):
                assert word not in outcome.said.lower(), state.id


def test_what_has_a_statements_form_is_said_again_and_the_rest_is_counted(tmp_path: Path) -> None:
    store = Store(tmp_path)
    receipt = accept(desk(JUDGE, tmp_path, store, tmp_path), filled(json_schema.PORTFOLIO, CONCEPTS))
    assert isinstance(receipt, Receipt)
    Intake(JUDGE, store)()
    ada = Person("ada", "Ada", ("auditor",))
    work = Work(JUDGE, store, (ada,), store.case(receipt.reference), ada, NOW)
    call = parse("/request-evidence C3.4 C9.9 from Zedekiah")
    assert isinstance(call, Call)
    refused = request_evidence.read(work, call)
    assert isinstance(refused, Refusal)
    assert refused.words == "Words that are no statement: 2. No statement of this portfolio: C9.9"


NOT_NAMED = [
    ("admit", "nonsense", None, "asks for none"),
    ("admit", "nonsense", PRACTICE, "no reference"),
    ("admit", "IMC-0000-0000-0", PRACTICE, "does not grant"),
    ("decide", "grant perhaps no-conflict", None, "asks for none"),
    ("decide", "grant perhaps no-conflict", PRACTICE, "no reference"),
    ("decide", "decline no-conflict perhaps", None, "asks for none"),
    ("decide", "grant no-conflict IMC-0000-0000-0", PRACTICE, "does not grant"),
]


@pytest.mark.parametrize(("name", "words", "asked", "said"), NOT_NAMED)
def test_a_word_that_names_no_prerequisite_is_refused(
    tmp_path: Path, name: str, words: str, asked: str | None, said: str
) -> None:
    store = Store(tmp_path)
    receipt = accept(desk(JUDGE, tmp_path, store, tmp_path), filled(json_schema.SELF_ASSESSMENT, CONCEPTS))
    assert isinstance(receipt, Receipt)
    Intake(JUDGE, store)()
    profiles = tuple(replace(one, prerequisite=asked) if one.id == CONCEPTS else one for one in DATA.profiles)
    judge, dora = replace(JUDGE, data=replace(DATA, profiles=profiles)), Person("dora", "Dora", ("director",))
    work = Work(judge, store, (dora,), store.case(receipt.reference), dora, NOW)
    read = {"admit": admit.read, "decide": decide_command.read}[name]
    refused = read(work, Call(name, tuple(words.split())))
    assert isinstance(refused, Refusal)
    assert said in refused.words
    assert isinstance(read(work, Call(name, tuple(words.split()[:1] if name == "decide" else ()))), Act)


MOMENTS = [
    ("2027-03-20 09:30", ""),
    ("2028-02-29 23:59", ""),
    ("2027-03-20 09:30:00", ""),
    ("2027-03-20T09:30", ""),
    ("２０２７-03-20 09:30", ""),
    ("2027/3/20 9:30", ""),
    ("2029-03-13 09:00", ""),
    ("2099-03-20 09:30", "two years ahead"),
    ("2027-W11-6 09:30", "Write when"),
    ("20270320 09:30", "Write when"),
    ("2027-03-20 09", "Write when"),
    ("0027-03-20 09:30", "0027 looks like a year written with two digits: write 2027."),
    ("2027-03-20 09:30+01:00", "Write when"),
    ("2027-02-30 09:30", "Write when"),
]


@pytest.mark.parametrize(("moment", "said"), MOMENTS)
def test_a_moment_can_mean_one_day_and_time_and_lies_within_two_years(tmp_path: Path, moment: str, said: str) -> None:
    ines = Person("ines", "Ines", ("intake_manager",))
    work = Work(JUDGE, Store(tmp_path), (ines,), Case("IMC-0000-0000-0", ()), ines, NOW)
    read = schedule.read(work, Call("schedule", tuple(moment.split())))
    assert (read.words if isinstance(read, Refusal) else "").count(said)
    assert isinstance(read, Refusal) == bool(said)
