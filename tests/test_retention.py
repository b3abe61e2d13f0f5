"""Forgetting: what somebody sent goes, also out of the history; that it went stays, and every chain holds."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests

from pipeline.cases import history_rewrite, issue_text
from pipeline.cases.erasure import COMMAND_LINE, Forget, Forgotten
from pipeline.cases.git_store import GitStore
from pipeline.cases.integrity import verify
from pipeline.cases.retention import due
from pipeline.cases.store import Store
from pipeline.data.load import load
from pipeline.data.model import Days
from pipeline.findings import Finding
from pipeline.forms import json_schema
from pipeline.github.client import GitHub
from pipeline.github.sync import Intake
from pipeline.mail.orders import Orders
from pipeline.receiving.desk import desk
from pipeline.receiving.pull import reject
from pipeline.receiving.receive import Receipt, accept
from pipeline.settings import ROOT
from pipeline.submissions import references
from pipeline.submissions.inbox import Delivery, Inbox
from pipeline.submissions.rejected import Rejected
from pipeline.submissions.sequence import Turn
from pipeline.timestamps import stamp
from tests import steps
from tests.conftest import Service
from tests.fakes.github import FakeGitHub
from tests.support import CONCEPTS, DATA, JUDGE, Remote, filled, push, remote, until
from tests.test_board import MANAGER, page, send, signed_in
from tests.test_cli import pipeline
from tests.test_process import NOON, Body, audited

PREFIX = DATA.organization.reference_prefix
NAME = "Rosa Test"  # what filled() writes, and nobody else


@pytest.fixture
def body(tmp_path: Path) -> Body:
    return Body(tmp_path)


def forget(store: Store, reference: str, *elsewhere: Inbox, now: datetime = NOON) -> Forgotten:
    return Forget(store, PREFIX, elsewhere, COMMAND_LINE, now)(reference)


def types(store: Store, reference: str) -> list[str]:
    return [event.type for event in store.case(reference).events]


def anywhere(root: Path, words: str = NAME) -> list[str]:
    """Files in which the words stand."""
    return [str(path) for path in root.rglob("*") if path.is_file() and words.encode() in path.read_bytes()]


def test_everything_that_was_sent_goes_and_one_event_says_so(body: Body) -> None:
    reference = audited(body)
    store, key = body.store, body.store.case(reference).key
    desk_ = desk(JUDGE, body.root, store, store.root)
    again = filled(json_schema.PORTFOLIO, CONCEPTS, case=body.secret(reference), message=NAME)
    reject(desk_, store, again, [Finding("/x", "x", "y")])
    revision = Delivery(
        f"{key}-{'0' * 16}.json", reference, True, "2027-03-14T09:00:00Z", {"applicant": {"name": NAME}}
    )
    for place in (desk_.inbox, desk_.quarantine):
        place.path(revision.name).parent.mkdir(parents=True, exist_ok=True)
        place.path(revision.name).write_bytes(revision.to_bytes())
    body.send(json_schema.SELF_ASSESSMENT, "practice-mentor", applicant={"name": "Ole", "email": "ole@example.org"})
    assert len(anywhere(body.root)) >= 6
    done = forget(store, reference, desk_.quarantine)
    assert anywhere(body.root) == []
    assert (done.references, done.recorded) == ((reference,), 1)
    assert types(store, reference)[-1] == "forgotten"
    assert store.case(reference).events[-1].by == COMMAND_LINE
    assert len(anywhere(body.root, "Ole")) == 2
    assert (store.root / "references" / f"{reference}.json").is_file()
    assert [str(finding) for finding in verify(JUDGE, store).findings] == []
    assert forget(store, reference).recorded == 0
    assert types(store, reference).count("forgotten") == 1


def test_what_was_joined_is_forgotten_in_both_cases_from_either(body: Body) -> None:
    for number in (0, 1):
        applicant = {"name": NAME, "email": f"{number}@example.org"}
        first = body.send(json_schema.SELF_ASSESSMENT, CONCEPTS, applicant=applicant)
        alone = body.send(json_schema.PORTFOLIO, CONCEPTS, applicant=applicant)
        body.do("ines", alone, f"/link {first}")
        done = forget(body.store, (first, alone)[number])
        assert (set(done.references), done.recorded) == ({first, alone}, 2)
        assert anywhere(body.store.root) == []
    assert verify(JUDGE, body.store).findings == []


def test_who_sends_again_after_being_forgotten_is_taken_in_and_a_late_copy_is_not(body: Body) -> None:
    value = filled(json_schema.SELF_ASSESSMENT, CONCEPTS)
    reference = body.send(json_schema.SELF_ASSESSMENT, CONCEPTS)
    forgotten = body.now + timedelta(minutes=1)
    forget(body.store, reference, now=forgotten)
    digest = str(body.store.case(reference).deliveries[0].data["digest"])
    name = f"{body.store.case(reference).key}-{digest[:16]}.json"
    on_its_way = Delivery(name, reference, False, stamp(body.now), value, Turn("a relay", 1, 1))
    (body.store.root / "inbox" / name).write_bytes(on_its_way.to_bytes())
    Intake(JUDGE, body.store)()
    assert anywhere(body.store.root) == []
    late = Delivery(
        f"{body.store.case(reference).key}-{digest[:16]}.json", reference, False, "2099-01-01T00:00:00Z", value
    )
    for _twice in range(2):
        (body.store.root / "inbox" / late.name).write_bytes(late.to_bytes())
        Intake(JUDGE, body.store)()
    assert types(body.store, reference) == ["received", "forgotten", "revised"]
    assert len(anywhere(body.store.root)) == 2
    assert verify(JUDGE, body.store).findings == []
    forget(body.store, reference)
    assert types(body.store, reference)[-1] == "forgotten"
    assert anywhere(body.store.root) == []


@pytest.mark.parametrize("broken", [0, 1, 2], ids=["the first event", "the one that joins", "all of them"])
def test_a_damaged_chain_keeps_nobodys_files_and_is_said(body: Body, broken: int) -> None:
    first, alone = body.send(json_schema.SELF_ASSESSMENT, CONCEPTS), body.send(json_schema.PORTFOLIO, CONCEPTS)
    body.do("ines", alone, f"/link {first}")
    events = sorted((body.store.folder(first) / "events").glob("*.json"))
    whole = {path: path.read_bytes() for path in events}
    for path in ([events[0]], [events[-1]], events)[broken]:
        path.write_text("garbage")
    here = {"PIPELINE_VAR": str(body.root), "PIPELINE_RECORDS": str(body.store.root)}
    done = pipeline("forget", first, **here)
    assert done.returncode != 0
    assert "files removed, 1 events written" in done.stdout
    assert f"cases/{first}/events/" in done.stderr
    assert "restore it from Git" in done.stderr
    assert "Traceback" not in done.stderr
    assert anywhere(body.store.root) == []
    assert types(body.store, alone)[-1] == "forgotten"
    for path, content in whole.items():
        path.write_bytes(content)
    assert pipeline("forget", first, "--open", **here).returncode == 0
    assert types(body.store, first).count("forgotten") == types(body.store, alone).count("forgotten") == 1
    assert verify(JUDGE, body.store).findings == []


def test_what_is_still_worked_on_is_not_forgotten_unasked_also_where_it_is_joined(body: Body) -> None:
    first, alone = body.send(json_schema.SELF_ASSESSMENT, CONCEPTS), body.send(json_schema.PORTFOLIO, CONCEPTS)
    body.do("ines", alone, f"/link {first}")
    work = Forget(body.store, PREFIX, (), COMMAND_LINE, NOON)
    assert [name for name, _here in work.open(DATA, alone)] == [first]
    body.do("ines", first, "/withdraw")
    assert list(work.open(DATA, alone)) == []
    assert list(work.open(DATA, body.send(json_schema.CONTACT, "question"))) == []


def aside(body: Body, value: object) -> Path:
    """A delivery of this value that could not be taken in."""
    here = desk(JUDGE, body.root, body.store, body.store.root)
    return body.store.root / "rejected" / reject(here, body.store, value, [Finding("", "x", "y")])


def test_what_lies_aside_of_the_same_person_goes_too_and_nobody_elses(body: Body) -> None:
    reference = body.send(json_schema.SELF_ASSESSMENT, CONCEPTS, id="1" * 32)
    another = body.send(json_schema.SELF_ASSESSMENT, CONCEPTS, id="2" * 32)
    for_another = filled(json_schema.SELF_ASSESSMENT, CONCEPTS, id="2" * 32, message="Late.")
    theirs = aside(body, filled(json_schema.SELF_ASSESSMENT, CONCEPTS, applicant={"email": "Rosa+x@example.org"}))
    torn = Rejected(body.store.root).add("torn.json", f'{{"reference": "{reference}", "name"'.encode(), [])
    kept = [
        aside(body, filled(json_schema.SELF_ASSESSMENT, CONCEPTS, applicant={"name": NAME, "email": "r@example.org"})),
        aside(body, for_another),
        body.store.root
        / "rejected"
        / Rejected(body.store.root).add("other.json", f"{another}x {reference}-X".encode(), []),
    ]
    steps_ = len(list((body.store.root / "rejected").iterdir()))
    forget(body.store, reference)
    left = {path.name for path in (body.store.root / "rejected").glob("*.json")}
    assert left == {path.name for path in kept}
    assert theirs.name not in left
    assert torn not in left
    assert len(list((body.store.root / "rejected").iterdir())) == steps_ - 4  # with what was found in each


def test_killed_before_the_last_file_it_still_knows_whose_the_rest_is(memory: Path) -> None:
    body = Body(memory / "start")
    reference = body.send(json_schema.SELF_ASSESSMENT, CONCEPTS)
    aside(body, filled(json_schema.CONTACT, "question"))
    shutil.copytree(memory / "start", memory / "whole")
    _code, moments, _said = steps.run(lambda: forget(Store(memory / "whole/records"), reference))
    assert anywhere(memory / "whole/records") == []
    for moment in range(1, moments + 1):
        store = Store(Path(shutil.copytree(memory / "start", memory / str(moment))) / "records")
        steps.run(partial(forget, store, reference), moment)
        forget(store, reference)
        assert anywhere(store.root) == [], moment


def test_names_on_issues_are_said_to_remain_on_github() -> None:
    assert any("edit history" in line for line in history_rewrite.remains(True, None, named=True))
    assert not any("edit history" in line for line in history_rewrite.remains(True, None))


def test_nobody_judges_what_has_been_forgotten(body: Body) -> None:
    reference = audited(body)
    forget(body.store, reference)
    assert body.do("ada", reference, "/claim no-conflict").refusals[0].rule == "not on what is forgotten"
    assert not body.do("ines", reference, "/withdraw").refusals


def test_killed_anywhere_it_is_done_by_the_next_call_and_recorded_once(memory: Path) -> None:
    body = Body(memory / "start")
    first, alone = body.send(json_schema.SELF_ASSESSMENT, CONCEPTS), body.send(json_schema.PORTFOLIO, CONCEPTS)
    body.do("ines", alone, f"/link {first}")
    reject(desk(JUDGE, body.root, body.store, body.store.root), body.store, again(first), [Finding("", "x", NAME)])
    shutil.copytree(memory / "start", memory / "whole")
    code, moments, said = steps.run(lambda: forget(Store(memory / "whole/records"), first))
    assert (code, moments > 40) == (0, True), said
    for moment in range(1, moments + 1):
        root = Path(shutil.copytree(memory / "start", memory / str(moment)))
        store = Store(root / "records")
        assert steps.run(partial(forget, store, first), moment)[0] == steps.KILLED
        left = [str(finding) for finding in verify(JUDGE, store).findings]
        assert [
            line for line in left if "was forgotten, and is there; run: python -m pipeline forget" not in line
        ] == []
        forget(store, first)
        assert anywhere(root / "records") == [], moment
        assert verify(JUDGE, store).findings == []
        assert [types(store, one).count("forgotten") for one in (first, alone)] == [1, 1], moment
        shutil.rmtree(root)


def again(reference: str) -> dict[str, Any]:
    return filled(json_schema.PORTFOLIO, CONCEPTS, case={"reference": reference, "secret": "x"})


# Out of the history


def begun(root: Path) -> tuple[Remote, str, str]:
    """Records with two cases and some commits; the references of both."""
    made = remote(root)
    first = made.root / "first"
    receipts = []
    for applicant in ({"name": NAME, "email": "r@example.org"}, {"name": "Ole", "email": "o@example.org"}):
        value = filled(json_schema.SELF_ASSESSMENT, CONCEPTS, applicant=applicant)
        receipt = accept(desk(JUDGE, root / "keys", GitStore.at(first), first), value)
        assert isinstance(receipt, Receipt)
        receipts.append(receipt.reference)
        push(first, f"Deliver\n\nWith more words for {receipt.reference}.")
        Intake(JUDGE, GitStore.at(first))()
    return made, receipts[0], receipts[1]


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def forget_in_git(root: Path, clone: str, reference: str) -> history_rewrite.Rewritten:
    store = GitStore.at(root / clone)
    store.refresh()
    done = forget(store, reference)
    store.publish(f"Forget {reference}")
    return history_rewrite.rewrite(store, done.paths)


def in_history(folder: Path, words: str = NAME) -> list[str]:
    """Commits that any ref leads to in which a file has the words."""
    commits = git(folder, "rev-list", "--all").split()
    found = subprocess.run(
        ["git", "grep", "-l", words, *commits], cwd=folder, capture_output=True, text=True, check=False
    )
    return found.stdout.split()


def test_the_history_loses_the_paths_and_nothing_else(memory: Path) -> None:
    made, rosa, ole = begun(memory / "r")
    assert in_history(made.bare)
    before = git(made.bare, "log", "--format=%an %ae %ad %B", "main")
    done = forget_in_git(made.root, "first", rosa)
    assert (done.commits > 3, done.refs, done.stashed) == (True, [], False)
    for folder in (made.bare, made.root / "first"):
        assert in_history(folder) == []
        git(folder, "fsck", "--strict")
    assert in_history(made.bare, "Ole")
    after = git(made.bare, "log", "--format=%an %ae %ad %B", "main")
    assert after.endswith(before)
    # Nothing of it is in the clone's objects any more, reachable or not.
    everything = git(made.root / "first", "cat-file", "--batch-all-objects", "--batch-check").split("\n")
    blobs = [line.split()[0] for line in everything if " blob " in line]
    assert not [name for name in blobs if NAME in git(made.root / "first", "cat-file", "blob", name)]
    look = GitStore.at(made.clone("look"))
    assert verify(JUDGE, look).findings == []
    assert [types(look, one) for one in (rosa, ole)] == [["received", "forgotten"], ["received"]]
    assert git(made.root / "first", "status", "--porcelain") == ""
    again_ = forget_in_git(made.root, "first", rosa)
    assert (again_.commits, git(made.bare, "log", "--format=%an %ae %ad %B", "main")) == (0, after)


def test_a_run_with_the_old_history_is_refused_and_begins_again_from_the_new_one(memory: Path) -> None:
    made, rosa, _ole = begun(memory / "r")
    late = GitStore.at(made.clone("late"))
    value = filled(json_schema.SELF_ASSESSMENT, "practice-mentor", applicant={"name": "Mia", "email": "m@example.org"})
    accept(desk(JUDGE, memory / "keys", late, late.root), value)
    forget_in_git(made.root, "first", rosa)
    git(late.root, "add", "--all")
    git(late.root, "-c", "user.name=x", "-c", "user.email=x", "commit", "--quiet", "--message", "Deliver")
    refused = subprocess.run(["git", "push", "origin", "main"], cwd=late.root, capture_output=True, check=False)
    assert refused.returncode != 0
    late.refresh()
    Intake(JUDGE, late)()
    assert in_history(made.bare) == []


def test_another_branch_that_still_leads_there_is_named(memory: Path) -> None:
    made, rosa, _ole = begun(memory / "r")
    git(made.root / "first", "push", "--quiet", "origin", "main:refs/heads/old", "main:refs/tags/v1")
    done = forget_in_git(made.root, "first", rosa)
    assert done.refs == ["refs/remotes/origin/old", "refs/tags/v1"]
    assert any("refs/tags/v1 still leads" in line for line in history_rewrite.remains(True, done))


@pytest.mark.parametrize("part", range(4))
def test_the_history_killed_anywhere_is_clean_after_the_next_call(memory: Path, part: int) -> None:
    made, rosa, _ole = begun(memory / "start")

    def begin(name: str) -> Remote:
        here = Remote(memory / name)
        here.root.mkdir()
        shutil.copytree(made.bare, here.bare)
        here.clone("killed")
        return here

    whole = begin("whole")
    moments = steps.deaths(lambda: forget_in_git(whole.root, "killed", rosa), whole.root)
    assert len(moments) > 20
    for moment in moments[part::4]:
        here = begin(str(moment))
        assert steps.run(partial(forget_in_git, here.root, "killed", rosa), moment)[0] == steps.KILLED
        forget_in_git(here.root, "killed", rosa)
        assert in_history(here.bare) == [], moment
        look = GitStore.at(here.clone("look"))
        assert verify(JUDGE, look).findings == []
        assert types(look, rosa) == ["received", "forgotten"], moment
        shutil.rmtree(here.root)


# What is drawn from the events


def test_the_issue_is_drawn_anew_without_its_link(memory: Path) -> None:
    made, rosa, _ole = begun(memory / "r")
    with FakeGitHub() as fake:
        github = GitHub(fake.url, fake.repository, "token", sleep=lambda _seconds: None)

        def intake(name: str) -> None:
            store = GitStore.at(made.root / "first")
            Intake(JUDGE, store, github, run=name, address="https://x/", now=lambda: NOON)()

        intake("one")
        (issue,) = [issue for issue in fake.issues if rosa in issue["title"]]
        assert f"cases/{rosa}/private/" in issue["body"]
        forget_in_git(made.root, "first", rosa)
        intake("two")
        assert f"cases/{rosa}/private/" not in issue["body"]
        assert "What was sent has been removed" in issue["body"].replace("\\", "")
        assert len(fake.issues) == 2
        assert fake.violations == []


def test_the_board_and_the_status_page_go_on_without_it(service: Service) -> None:
    session = signed_in(service, MANAGER)
    reference = send(service, json_schema.SELF_ASSESSMENT, CONCEPTS)
    address = f"{service.url}/auditors/cases/{reference}"
    until(lambda: session.get(address, timeout=10).status_code == 200)
    link = page(session, address).partition('href="/auditors/cases/')[2].partition('"')[0]
    here = {"PIPELINE_VAR": str(service.settings.var), "PIPELINE_RECORDS": str(service.records)}
    early = pipeline("forget", reference, **here)
    assert (early.returncode, early.stdout) == (2, "")
    assert "end it with /withdraw first" in early.stderr
    done = pipeline("forget", reference, "--open", "--by", "ines", **here)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{reference} is still open (Awaiting the interview)" in done.stdout
    assert "backups" in done.stdout
    assert "What was sent has been removed" in page(session, address)
    assert session.get(f"{service.url}/auditors/cases/{link}", timeout=10).status_code == 404
    assert reference in page(session, f"{service.url}/auditors/")
    secret = service.desk_secret(reference)["case.secret"]
    status = requests.get(f"{service.url}/status/{reference}/{secret}", timeout=10)
    assert "What you sent was removed" in status.text
    assert pipeline("verify-cases", **here).returncode == 0


def test_the_command_says_what_is_no_case_what_is_no_login_and_what_has_no_history(tmp_path: Path) -> None:
    here = {"PIPELINE_VAR": str(tmp_path)}
    assert "compare it" in pipeline("forget", "nonsense", **here).stderr
    assert "There is no case IMC-0000-0000-0" in pipeline("forget", "IMC-0000-0000-0", **here).stderr
    assert pipeline("forget", "IMC-0000-0000-0", "--by", "rosa@example.org", **here).returncode == 2
    assert "plain folder" in pipeline("forget", "IMC-0000-0000-0", "--history", **here).stderr


# When


DAYS = Days(submissions=730, contact_messages=365, complaints=100)


def kept(days: Days) -> Any:
    organization = replace(DATA.organization, retention=replace(DATA.organization.retention, days=days))
    return replace(DATA, organization=organization)


def test_a_case_is_due_so_many_days_after_its_end_and_a_message_after_its_arrival(body: Body) -> None:
    ended, open_ = (
        body.send(json_schema.SELF_ASSESSMENT, CONCEPTS),
        body.send(json_schema.SELF_ASSESSMENT, "practice-mentor"),
    )
    message = body.send(json_schema.CONTACT, "question")
    body.do("ines", ended, "/withdraw")
    end = NOON + timedelta(days=730)
    arrived = datetime.fromisoformat(body.store.case(message).opening.at)
    complaint = Delivery("x", "IMC-1", False, "2027-03-14T09:00:00Z", {})

    def listed(now: datetime, days: Days = DAYS) -> list[tuple[str, str, str]]:
        found = due(kept(days), body.store.cases(), [complaint], now)
        return [(entry.until, entry.reference, entry.kind) for entry in found]

    assert listed(arrived + timedelta(days=90)) == []
    late = listed(max(end, arrived + timedelta(days=365)))
    assert set(late) == {
        (end.date().isoformat(), ended, "submissions"),
        ((arrived + timedelta(days=365)).date().isoformat(), message, "contact_messages"),
        ("2027-06-22", "IMC-1", "complaints"),
    }
    assert open_ not in {reference for _until, reference, _kind in late}
    assert ended not in {entry[1] for entry in listed(end - timedelta(days=1))}
    assert listed(end + timedelta(days=9999), Days(None, None, None)) == []
    forget(body.store, ended)
    forget(body.store, message)
    assert [entry[1] for entry in listed(end + timedelta(days=999))] == ["IMC-1"]


def test_what_lies_aside_is_due_as_a_message_is(body: Body) -> None:
    rejected = Delivery("a.json", f"{PREFIX}-7K3M-2Q9X-H", False, "2027-03-14T09:00:00Z", {})
    known = references.candidate(PREFIX, "1" * 64, 8)
    waiting = replace(rejected, name="b.json", reference=known, received_at="2027-03-15T09:00:00Z")
    found = due(kept(DAYS), [], [], NOON + timedelta(days=400), {"rejected": [rejected], "quarantine": [waiting]})
    assert [(entry.until, entry.reference, entry.kind) for entry in found] == [
        ("2028-03-13", "rejected/a.json", "rejected"),
        ("2028-03-14", known, "quarantine"),
    ]
    assert due(kept(Days(1, None, 1)), [], [], NOON + timedelta(days=400), {"rejected": [rejected]}) == []
    body_ = issue_text.retention(DATA, found).body.replace("\\", "")
    assert body_.count("It has no reference: remove the file.") == 1


def test_due_looks_into_rejected_and_quarantine_and_names_what_it_cannot_read(tmp_path: Path) -> None:
    data = shutil.copytree(ROOT / "data", tmp_path / "data")
    text = (data / "organization.yml").read_text("utf-8")
    (data / "organization.yml").write_text(
        text.replace("    contact_messages: null\n", "    contact_messages: 1\n"), "utf-8"
    )
    old = Delivery(
        f"{'1' * 64}-{'1' * 16}.json", references.candidate(PREFIX, "1" * 64, 8), False, "2020-01-01T00:00:00Z", {}
    )
    records = tmp_path / "records"
    for place in (Inbox(records, PREFIX, "rejected"), Inbox(tmp_path / "quarantine", PREFIX)):
        place.path(old.name).parent.mkdir(parents=True)
        place.path(old.name).write_bytes(old.to_bytes())
    torn = Inbox(tmp_path / "complaints", PREFIX).path("torn.json")
    torn.parent.mkdir(parents=True)
    torn.write_text("{")
    done = pipeline("due", PIPELINE_DATA=str(data), PIPELINE_RECORDS=str(records), PIPELINE_VAR=str(tmp_path))
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        f"{old.reference}: quarantine, until 2020-01-02",
        f"{old.reference}: rejected, until 2020-01-02",
        "2 have been kept long enough",
    ]
    assert f"{torn} cannot be read and is left out" in done.stderr


def test_a_joined_case_is_due_with_the_one_it_was_joined_to(body: Body) -> None:
    first, alone = body.send(json_schema.SELF_ASSESSMENT, CONCEPTS), body.send(json_schema.PORTFOLIO, CONCEPTS)
    body.do("ines", alone, f"/link {first}")
    much_later = NOON + timedelta(days=9999)
    assert due(kept(DAYS), body.store.cases(), [], much_later) == []
    body.do("ines", first, "/withdraw")
    assert [entry.reference for entry in due(kept(DAYS), body.store.cases(), [], much_later)] == [first]


def test_nothing_is_due_while_nobody_has_decided_and_check_says_so() -> None:
    notes = [str(finding) for finding in load(ROOT / "data", ROOT / "schemas").findings]
    assert sum("retention.days." in note and "nothing is listed as due" in note for note in notes) == 3


def test_what_is_due_stands_in_one_issue(tmp_path: Path, memory: Path) -> None:
    data = shutil.copytree(ROOT / "data", tmp_path / "data")
    path = data / "organization.yml"
    text = path.read_text("utf-8")
    path.write_text(text.replace("    contact_messages: null\n", "    contact_messages: 1\n"), "utf-8")
    made = remote(memory / "r")
    first = made.root / "first"
    receipt = accept(desk(JUDGE, memory / "keys", GitStore.at(first), first), filled(json_schema.CONTACT, "question"))
    assert isinstance(receipt, Receipt)
    (old,) = (first / "inbox").glob("*.json")
    old.write_text(json.dumps({**json.loads(old.read_text()), "received_at": "2020-01-01T00:00:00Z"}))
    push(first, "Deliver")
    Intake(JUDGE, GitStore.at(first))()
    with FakeGitHub() as fake:
        here = {"GITHUB_API_URL": fake.url, "GITHUB_REPOSITORY": fake.repository, "GITHUB_TOKEN": "x"}
        here |= {"PIPELINE_RECORDS": str(first), "PIPELINE_VAR": str(tmp_path), "PIPELINE_DATA": str(data)}
        for run in ("1", "2"):
            done = pipeline("due", "--issue", **here, GITHUB_RUN_ID=run)
            assert (done.returncode, done.stderr) == (0, "")
            assert done.stdout.splitlines()[0] == f"{receipt.reference}: contact_messages, until 2020-01-02"
        (issue,) = fake.issues
        assert receipt.reference in issue["body"]
        assert "Rosa" not in issue["body"]
        forget_in_git(made.root, "first", receipt.reference)
        pipeline("due", "--issue", **here, GITHUB_RUN_ID="3")
        assert "None is waiting" in issue["body"].replace("\\", "")
        assert fake.violations == []
    assert os.environ.get("GITHUB_REPOSITORY", "") == ""


def test_letters_and_orders_for_letters_that_lie_here_go_too(body: Body) -> None:
    reference, other = (body.send(json_schema.SELF_ASSESSMENT, CONCEPTS, id=number * 32) for number in "12")
    letters, orders = body.root / "outbox-mail/letters", Orders(body.root / "mail")
    letters.mkdir(parents=True)
    for name in (reference, other):
        (letters / f"{name}.eml").write_text(f"To: rosa@example.org\nSubject: Your reference: {name}\n\n{name}")
        content = filled(json_schema.SELF_ASSESSMENT, CONCEPTS)
        orders.receipt(Delivery(f"{name}.json", name, False, "2027-03-14T09:00:00Z", content))
    done = pipeline("forget", reference, "--open", PIPELINE_VAR=str(body.root), PIPELINE_RECORDS=str(body.store.root))
    assert done.returncode == 0, done.stderr
    assert [path.name for path in letters.iterdir()] == [f"{other}.eml"]
    assert [order.item.reference for order in orders.waiting() if order.item] == [other]
