"""The intake as the command it is: a process in a clone of a bare repository, speaking to a GitHub over HTTP."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from markdown_it import MarkdownIt

from pipeline import schema_errors
from pipeline.cases.git_store import GitStore
from pipeline.cases.store import Store
from pipeline.errors import GitHubFailed, NotPrivate, RateLimited, StoreFailed
from pipeline.forms import json_schema
from pipeline.github.client import GitHub
from pipeline.github.sync import Intake, Report
from pipeline.receiving.desk import desk
from pipeline.receiving.receive import Receipt, accept
from pipeline.settings import ROOT
from pipeline.submissions.inbox import Delivery
from pipeline.submissions.submission import Submission
from pipeline.submissions.validation import check
from tests.fakes.github import FakeGitHub, Fault
from tests.support import CONCEPTS, DATA, EXAMPLES, JUDGE, PRACTICE, Remote, filled, push, remote

NOW = datetime(2027, 3, 14, 9, tzinfo=UTC)


def put(root: Path, *values: dict[str, object]) -> list[Receipt]:
    here = desk(JUDGE, root.parent / "keys", Store(root), root)
    found = [accept(here, value) for value in values]
    assert all(isinstance(receipt, Receipt) for receipt in found), found
    return [receipt for receipt in found if isinstance(receipt, Receipt)]


def environment(root: Path, clone: Path, fake: FakeGitHub) -> dict[str, str]:
    event = root / "event.json"
    event.write_text(json.dumps({"ref": "refs/heads/main"}))
    return {
        **os.environ,
        "PIPELINE_RECORDS": str(clone),
        "PIPELINE_VAR": str(root / "var"),
        "GITHUB_API_URL": fake.url,
        "GITHUB_REPOSITORY": fake.repository,
        "GITHUB_TOKEN": "token",
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_RUN_ID": clone.name,
    }


def command(
    words: list[str], variables: dict[str, str], python: str = sys.executable
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [python, "-m", "pipeline", *words],
        cwd=ROOT,
        env=variables,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def intake(clone: Path, fake: FakeGitHub, slept: list[float] | None = None) -> Intake:
    github = GitHub(fake.url, fake.repository, "token", sleep=(slept if slept is not None else []).append)
    return Intake(
        JUDGE,
        GitStore.at(clone),
        github,
        run=clone.name,
        address="https://github.example/records/blob/main/",
        now=lambda: NOW,
    )


def begin(root: Path, *values: dict[str, object]) -> Remote:
    made = remote(root)
    if values:
        put(made.root / "first", *values)
        push(made.root / "first", "Deliver")
    return made


def test_the_command_opens_an_issue_a_submission_and_a_second_run_does_nothing(memory: Path) -> None:
    made = begin(
        memory / "r",
        filled(json_schema.SELF_ASSESSMENT, CONCEPTS),
        filled(json_schema.PORTFOLIO, PRACTICE),
        filled(json_schema.CONTACT, "question"),
    )
    with FakeGitHub() as fake:
        first = command(["intake"], environment(memory, made.clone("one"), fake))
        assert (first.returncode, first.stdout) == (0, "3 taken in, 3 issues opened, 0 drawn anew, 0 commands\n"), (
            first.stderr
        )
        again = command(["intake"], environment(memory, made.clone("two"), fake))
        assert again.stdout == "0 taken in, 0 issues opened, 0 drawn anew, 0 commands\n", again.stderr
        assert (fake.violations, len(fake.issues)) == ([], 3)
        assert sum(request.startswith("POST") for request in fake.requests) == 3
    assert not [name for name in made.files() if name.startswith("inbox/") and name.endswith(".json")]


def test_the_command_names_what_github_refuses_with_the_reason_and_exits_with_1_once_a_day(memory: Path) -> None:
    made = begin(memory / "r", filled(json_schema.SELF_ASSESSMENT, CONCEPTS), filled(json_schema.PORTFOLIO, PRACTICE))
    with FakeGitHub(faults=[Fault("422", path="/issues", about=" portfolio -->")]) as fake:
        clone = made.clone("one")
        summary = {"GITHUB_STEP_SUMMARY": str(memory / "summary.md")}
        first = command(["intake"], environment(memory, clone, fake) | summary)
        reference = json.loads((clone / "set-aside.json").read_text()).popitem()[0].split()[2]
        assert first.returncode == 1, first.stderr
        assert (memory / "summary.md").read_text() == f"- ` {first.stdout.splitlines()[1]} `\n"
        assert first.stdout.splitlines()[1:] == [
            f"Refused by GitHub, to be tried again: issue of {reference} portfolio: GitHub answered 422 to POST "
            f"/repos/{fake.repository}/issues: the request was not accepted (Validation Failed; body invalid)."
        ]
        again = command(["intake"], environment(memory, clone, fake))
        assert (again.returncode, again.stdout.count("\n")) == (0, 1), again.stderr


def test_an_issue_says_what_to_do_and_nothing_personal(memory: Path) -> None:
    text = "@octocat #1 <!-- x --> </details> /approve\n### Head `code` [link](http://evil) ![i](http://evil) \u202eabc"
    value = filled(json_schema.PORTFOLIO, PRACTICE, applicant={"name": "Rosa @octocat", "email": "rosa@example.org"})
    value["answers"]["P1.1"]["evidence"] = text
    made = begin(memory / "r", value)
    with FakeGitHub() as fake:
        intake(made.clone("one"), fake)()
        issue = fake.issues[0]
    reference = issue["title"].split()[0]
    assert issue["title"] == f"{reference} · Portfolio · Certificate of Practice - Mentor"
    assert {label["name"] for label in issue["labels"]} == {
        "submission",
        "stage: portfolio",
        f"certificate: {PRACTICE}",
        "path: Green path",
    }
    body = issue["body"]
    assert body.startswith(f"<!-- case {reference} portfolio -->\n")
    assert "**Next:** Intake Manager. " in body
    assert body.count("| **P") == 40
    assert body.count("| **C") == 72
    assert len(body) < 60_000
    assert f"https://github.example/records/blob/main/cases/{reference}/private/" in body
    assert not any(word in body for word in ("Rosa", "octocat", "evil", "rosa@", "P1.1 I wrote"))


HOSTILE = """@octocat <script>alert(1)</script> <!-- x -->
### Head
[link](http://evil) ![i](http://evil)
| a | b |
```
&#64;name
/approve \u202eabc"""


def test_what_was_sent_is_rendered_so_that_nothing_in_it_acts(memory: Path) -> None:
    value = filled(json_schema.PORTFOLIO, PRACTICE)
    value["answers"]["P1.1"] |= {"evidence": HOSTILE, "links": ["https://x.org/`a`@b"]}
    store = Store(memory / "records")
    put(store.root, value)
    Intake(JUDGE, store)()
    text = next(store.root.rglob("portfolio.md")).read_text("utf-8")
    part = text.partition("#### P1\\.1")[2].partition("####")[0]
    assert not any(line.startswith("/") for line in part.split("\n"))
    shown = MarkdownIt("commonmark", {"html": True}).enable("table").render(part)
    assert not re.search(r"<(script|a|img|h3|table|pre|!--)", shown)
    assert not re.search(r"[^>]@octocat|&#64;", shown)
    assert "https://x.org/`a`@b" in shown
    assert "[U+202E]abc" in shown


def test_two_intakes_at_once_on_one_remote_take_each_thing_in_once(memory: Path) -> None:
    values = [
        filled(json_schema.SELF_ASSESSMENT, CONCEPTS, applicant={"name": f"N{n}", "email": "n@example.org"})
        for n in range(12)
    ]
    made = begin(memory / "r", *values)
    clones = [made.clone(f"c{n}") for n in range(4)]
    with FakeGitHub() as fake:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda clone: intake(clone, fake)(), clones))
        intake(made.clone("last"), fake)()
        markers = [issue["body"].split("\n")[0] for issue in fake.issues]
        assert len(markers) == len(set(markers)) == 12
    cases = list(Store(made.clone("read")).cases())
    assert len(cases) == 12
    assert all(len(case.deliveries) == 1 and case.opened("self-assessment") for case in cases)


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("kind", ["500", "drop", "not-json"])
def test_an_answer_that_says_nothing_never_makes_a_second_issue(memory: Path, kind: str, done: bool) -> None:
    made = begin(memory / "r", filled(json_schema.SELF_ASSESSMENT, CONCEPTS))
    with FakeGitHub(lag=2, faults=[Fault(kind, "POST", done), Fault(kind, "GET", False)]) as fake:
        intake(made.clone("one"), fake)()
        assert (len(fake.issues), fake.violations) == (1, [])
    assert next(Store(made.clone("read")).cases()).opened("self-assessment")


@pytest.mark.parametrize(("kind", "wait"), [("403-retry-after", 2), ("429", 60)])
def test_a_short_limit_is_waited_for(memory: Path, kind: str, wait: float) -> None:
    made = begin(memory / "r", filled(json_schema.SELF_ASSESSMENT, CONCEPTS))
    slept: list[float] = []
    with FakeGitHub(faults=[Fault(kind)]) as fake:
        intake(made.clone("one"), fake, slept)()
        assert len(fake.issues) == 1
    assert wait in slept


def test_a_long_limit_is_left_to_the_next_run_which_goes_on(memory: Path) -> None:
    made = begin(memory / "r", filled(json_schema.SELF_ASSESSMENT, CONCEPTS))
    with FakeGitHub(faults=[Fault("403-remaining")], wait=3000) as fake:
        clone = made.clone("one")
        with pytest.raises(RateLimited):
            intake(clone, fake)()
        replace(intake(clone, fake), now=lambda: NOW + timedelta(hours=1))()
        assert len(fake.issues) == 1


@pytest.mark.parametrize(("kind", "words"), [("403", "may not do this"), ("401", "not valid")])
def test_a_refusal_that_is_no_limit_stops_at_once_and_says_why(memory: Path, kind: str, words: str) -> None:
    made = begin(memory / "r", filled(json_schema.SELF_ASSESSMENT, CONCEPTS))
    with FakeGitHub(faults=[Fault(kind)]) as fake, pytest.raises(GitHubFailed, match=words):
        intake(made.clone("one"), fake)()


def test_writes_are_a_second_apart(memory: Path) -> None:
    values = [
        filled(json_schema.SELF_ASSESSMENT, CONCEPTS, applicant={"name": f"N{n}", "email": "n@example.org"})
        for n in range(3)
    ]
    made = begin(memory / "r", *values)
    slept: list[float] = []
    with FakeGitHub() as fake:
        intake(made.clone("one"), fake, slept)()
    assert len([pause for pause in slept if 0.5 < pause <= 1]) == 2


@pytest.mark.parametrize("visibility", ["public", "internal"])
def test_records_that_are_not_private_are_never_written_to(memory: Path, visibility: str) -> None:
    made = begin(memory / "r", filled(json_schema.SELF_ASSESSMENT, CONCEPTS))
    before = made.files()
    with FakeGitHub(visibility=visibility) as fake:
        done = command(["intake"], environment(memory, made.clone("one"), fake))
        assert done.returncode == 2
        assert f"is {visibility}, not private" in done.stderr
        assert fake.issues == []
        with pytest.raises(NotPrivate):
            GitHub(fake.url, fake.repository, "token").ensure_private()
        fake.visibility, asked = "private", len(fake.requests)
        with pytest.raises(NotPrivate):
            GitHub(
                fake.url, fake.repository, "token", event={"repository": {"visibility": visibility}}
            ).ensure_private()
        assert len(fake.requests) == asked
    assert made.files() == before


def claimed_by_a_dead_run(made: Remote) -> str:
    """The reference of the one case, after a run that died between its claim and its record."""
    clone = made.clone("dead")
    with FakeGitHub(visibility="private") as nowhere:
        begun = replace(intake(clone, nowhere), now=lambda: NOW - timedelta(hours=1))
        begun._swap(Report())
        ((case, _event),) = begun._claim_batch()
    return case.reference


def test_a_first_claim_asks_for_no_list_however_many_issues_there_are(memory: Path) -> None:
    made = begin(memory / "r", filled(json_schema.SELF_ASSESSMENT, CONCEPTS))
    with FakeGitHub() as fake:
        for number in range(500):
            fake.add_issue({"title": str(number), "body": "", "labels": ["submission"]})
        intake(made.clone("one"), fake)()
        assert f"GET /repos/{fake.repository}/issues" not in fake.requests


def test_somebody_elses_issue_with_the_same_marker_is_not_taken_for_ours(memory: Path) -> None:
    made = begin(memory / "r", filled(json_schema.SELF_ASSESSMENT, CONCEPTS))
    with FakeGitHub() as fake:
        reference = claimed_by_a_dead_run(made)
        fake.add_issue(
            {"title": "x", "body": f"<!-- case {reference} self-assessment -->\n", "labels": ["submission"]}, "User"
        )
        intake(made.clone("one"), fake)()
        assert len(fake.issues) == 2


def test_our_issue_is_found_among_three_hundred_closed_ones(memory: Path) -> None:
    made = begin(memory / "r", filled(json_schema.SELF_ASSESSMENT, CONCEPTS))
    with FakeGitHub() as fake:
        reference = claimed_by_a_dead_run(made)
        fake.add_issue(
            {"title": "ours", "body": f"<!-- case {reference} self-assessment -->\n", "labels": ["submission"]}
        )
        for number in range(300):
            fake.add_issue({"title": str(number), "body": "", "labels": ["submission"]})
        for issue in fake.issues:
            issue["state"] = "closed"
        intake(made.clone("one"), fake)()
        assert len(fake.issues) == 301


def test_a_revision_draws_the_same_issue_anew(memory: Path) -> None:
    value = {**filled(json_schema.SELF_ASSESSMENT, CONCEPTS), "id": "c" * 32}
    made = begin(memory / "r", value)
    with FakeGitHub() as fake:
        intake(made.clone("one"), fake)()
        clone = made.clone("again")
        put(clone, {**value, "answers": {name: {"answer": "yes"} for name in value["answers"]}})
        push(clone, "Deliver")
        report = intake(made.clone("two"), fake)()
        assert (len(fake.issues), len(report.updated)) == (1, 1)
        assert "This replaces what was sent before" in fake.issues[0]["body"]
        assert intake(made.clone("three"), fake)().updated == []
    case = next(Store(made.clone("read")).cases())
    assert [event.type for event in case.deliveries] == ["received", "revised"]


def test_what_cannot_be_taken_in_is_listed_in_one_rolling_issue(memory: Path) -> None:
    made = begin(memory / "r", filled(json_schema.SELF_ASSESSMENT, CONCEPTS))
    broken = filled(json_schema.SELF_ASSESSMENT, CONCEPTS, applicant={"name": "Rosa", "email": "no address"})
    first = made.root / "first"
    name = "a" * 64 + "-" + "b" * 16 + ".json"
    (first / "inbox" / name).write_bytes(
        Delivery(name, "IMC-0000-0000-0", False, "2027-03-14T09:00:00Z", broken).to_bytes()
    )
    (first / "inbox" / "rubbish @x.json").write_text("[" * 100_000)
    push(first, "Rubbish")
    with FakeGitHub() as fake:
        clone = made.clone("one")
        intake(clone, fake)()
        rolling = [issue for issue in fake.issues if issue["body"].startswith("<!-- intake findings -->")]
        assert len(rolling) == 1
        assert "E\\-mail address" in rolling[0]["body"]
        assert "Intake Manager" in rolling[0]["body"]
        assert len([path for path in (clone / "rejected").glob("*.json")]) == 2
        for path in (clone / "rejected").iterdir():
            path.unlink()
        push(clone, "Mended")
        intake(made.clone("two"), fake)()
        rolling = [issue for issue in fake.issues if issue["body"].startswith("<!-- intake findings -->")]
        assert len(rolling) == 1
        assert "None is waiting" in rolling[0]["body"]


def test_a_rolling_issue_that_somebody_deleted_is_opened_anew_once(memory: Path) -> None:
    made = begin(memory / "r")
    (made.root / "first/inbox/rubbish.json").write_text("[")
    push(made.root / "first", "Rubbish")
    with FakeGitHub() as fake:
        intake(made.clone("one"), fake)()
        fake.deleted.add(1)
        clones = [made.clone(f"c{number}") for number in range(3)]
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(lambda clone: intake(clone, fake)(), clones))
        assert (len(fake.issues), fake.violations) == (2, [])


def test_events_have_no_personal_data_fit_their_schema_and_break_loudly_when_edited(memory: Path) -> None:
    store = Store(memory / "records")
    put(
        store.root,
        json.loads((EXAMPLES / "submissions/valid/portfolio-concepts-english.json").read_text())
        | {"profile_hash": DATA.hashes[CONCEPTS]},
    )
    Intake(JUDGE, store)()
    case = next(store.cases())
    path = store.folder(case.reference) / "events/0001.json"
    text = path.read_text("utf-8")
    assert not any(word in text for word in ("Rosa", "example.org", "Canada", "evidence"))
    assert not list(
        Draft202012Validator(schema_errors.data_schema(ROOT / "schemas", "event")).iter_errors(json.loads(text))
    )
    (path.parent / "0002.json").write_text(text)
    with pytest.raises(StoreFailed, match=r"0002\.json"):
        store.case(case.reference)


def test_two_keys_with_one_reference_become_two_cases(memory: Path) -> None:
    store = Store(memory / "records")
    one, other = (
        filled(json_schema.SELF_ASSESSMENT, CONCEPTS, applicant={"name": name, "email": "n@example.org"})
        for name in "AB"
    )
    (receipt,) = put(store.root, one)
    Intake(JUDGE, store)()
    put(memory / "elsewhere", other)
    path = next((memory / "elsewhere/inbox").glob("*.json"))
    forged = json.loads(path.read_bytes()) | {"reference": receipt.reference}
    (store.root / "inbox").mkdir(exist_ok=True)
    (store.root / "inbox" / path.name).write_text(json.dumps(forged))
    Intake(JUDGE, store)()
    cases = list(store.cases())
    assert len(cases) == 2
    assert all(len(case.deliveries) == 1 for case in cases)


def test_it_runs_with_the_small_group_of_dependencies_alone(memory: Path, small_python: Path) -> None:
    made = begin(memory / "r", filled(json_schema.PORTFOLIO, PRACTICE))
    python = str(small_python)
    with FakeGitHub() as fake:
        variables = environment(memory, made.clone("one"), fake)
        done = command(["intake"], variables, python)
        assert done.stdout == "1 taken in, 1 issues opened, 0 drawn anew, 0 commands\n", done.stderr
        reference = str(next((memory / "r/one/cases").glob("IMC-*")).name)
        for words in (
            ["pull", "--if-configured"],
            ["verify-cases"],
            ["statistics", "--csv"],
            ["remind"],
            ["due", "--issue"],
            ["forget", reference, "--open"],
        ):
            done = command(words, variables, python)
            assert (done.returncode, done.stderr) == (0, ""), words
    for name in ("jinja2", "mkdocs", "starlette", "uvicorn", "babel", "markdown_it"):
        missing = subprocess.run([python, "-c", f"import {name}"], capture_output=True, check=False)
        assert missing.returncode == 1, name


def test_an_earlier_text_sent_again_is_current_again_and_an_older_one_never_is(memory: Path) -> None:
    store = Store(memory / "records")
    here = desk(JUDGE, memory, store, store.root)
    names: dict[str, Any] = {"id": "0" * 32}

    def send(name: str) -> None:
        accept(
            here, filled(json_schema.SELF_ASSESSMENT, CONCEPTS, applicant={"name": name, "email": "a@b.org"}, **names)
        )
        Intake(JUDGE, store)()

    for name in ("A", "B", "A"):
        send(name)
    (case,) = store.cases()
    assert [event.type for event in case.deliveries] == ["received", "revised", "revised"]
    current = case.current(json_schema.SELF_ASSESSMENT)
    assert current is not None
    digest = str(current.data["digest"])
    assert (store.submission(case.reference, digest) or {})["applicant"]["name"] == "A"
    old = filled(json_schema.SELF_ASSESSMENT, CONCEPTS, applicant={"name": "OLD", "email": "a@b.org"}, **names)
    made = check(JUDGE, old)
    assert isinstance(made, Submission)
    here.inbox.put(Delivery(made.name, case.reference, False, "2020-01-01T00:00:00Z", made.value))
    Intake(JUDGE, store)()
    assert len(store.case(case.reference).deliveries) == 3
    assert len(list((store.root / "rejected").glob("*.json"))) == 1


def test_one_damaged_case_is_told_and_stops_no_other(memory: Path) -> None:
    store = Store(memory / "records")
    here = desk(JUDGE, memory, store, store.root)
    first = accept(here, filled(json_schema.SELF_ASSESSMENT, CONCEPTS))
    assert isinstance(first, Receipt)
    Intake(JUDGE, store)()
    (store.folder(first.reference) / "events/0001.json").write_text("garbage")
    accept(here, filled(json_schema.SELF_ASSESSMENT, PRACTICE))
    with pytest.raises(StoreFailed, match=first.reference):
        Intake(JUDGE, store)()
    assert [case.about for case in store.cases()] == [PRACTICE]


@pytest.mark.parametrize("what", ["private/*/submission.json", "schema"])
@pytest.mark.parametrize("opened", [False, True], ids=["not yet opened", "opened"])
def test_a_damaged_submission_or_a_missing_schema_concerns_its_case_alone(
    memory: Path, what: str, opened: bool
) -> None:
    """It is told with the place; every other issue is opened and drawn, and once mended this one as well."""
    organization = replace(DATA.organization, name_on_issues=True)
    named = replace(JUDGE, data=replace(DATA, organization=organization))
    made = remote(memory / "r")
    first = made.root / "first"
    (ours,) = put(first, filled(json_schema.SELF_ASSESSMENT, CONCEPTS))
    store = GitStore.at(first)
    with FakeGitHub() as fake:
        if opened:
            push(first, "Deliver")
            replace(intake(first, fake), judge=named)()
        else:
            Intake(JUDGE, Store(first))()
        path = next(store.folder(ours.reference).glob("private/*/submission.json"))
        if what == "schema":
            path = first / "schemas" / f"{store.case(ours.reference).deliveries[0].data['schema']}.json"
        whole = path.read_bytes()
        if what == "schema":
            path.unlink()
        else:
            path.write_bytes(whole[: len(whole) // 2])
        put(first, filled(json_schema.PORTFOLIO, PRACTICE))
        push(first, "Damage one, deliver another")
        for name in ("one", "two"):
            with pytest.raises(StoreFailed, match=re.escape(f"{path.relative_to(first)} is not there or cannot")):
                replace(intake(made.clone(name), fake), judge=named)()
        assert len(fake.issues) == 1 + opened
        assert "Portfolio" in fake.issues[-1]["title"]
        store.refresh()
        assert [event.type for event in store.case(ours.reference).events].count("issue_claimed") == opened
        path.write_bytes(whole)
        push(first, "Restore")
        replace(intake(made.clone("three"), fake), judge=named)()
        assert (len(fake.issues), fake.violations) == (2, [])
