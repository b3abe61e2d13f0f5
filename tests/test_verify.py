"""Every chain is walked, and the first broken link of each case is named."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.cases.erasure import COMMAND_LINE, Forget
from pipeline.cases.integrity import verify
from pipeline.cases.store import Store
from pipeline.errors import StoreFailed
from pipeline.finding_output import annotation
from pipeline.findings import Level, errors
from pipeline.forms import json_schema
from pipeline.receiving.desk import desk
from pipeline.receiving.receive import Receipt, accept
from pipeline.submissions.validation import Judge
from tests.support import CONCEPTS, DATA, JUDGE, PRACTICE, filled, run
from tests.test_cli import pipeline
from tests.test_process import Body, audited


def told(store: Store, judge: Judge = JUDGE) -> list[str]:
    return [str(finding) for finding in verify(judge, store).findings]


@pytest.fixture
def body(tmp_path: Path) -> Body:
    return Body(tmp_path)


def decided(body: Body, about: str = CONCEPTS) -> str:
    """A case that went all the way."""
    reference = audited(body, about)
    meeting = [("vera", "/claim no-conflict"), ("vera", "/meeting held")] if about == PRACTICE else []
    for login, comment in (
        ("ines", "/assign @ada"),
        ("ada", "/claim no-conflict"),
        ("ada", "/pause"),
        ("ada", "/resume"),
        ("ada", "/finding all met"),
        ("ada", "/recommend grant"),
        *meeting,
        ("dora", "/decide grant no-conflict"),
    ):
        assert not body.do(login, reference, comment).refusals, comment
    return reference


def test_records_without_a_fault_have_no_findings(body: Body) -> None:
    decided(body)
    decided(body, PRACTICE)
    first, alone = body.send(json_schema.SELF_ASSESSMENT, CONCEPTS), body.send(json_schema.PORTFOLIO, CONCEPTS)
    body.do("ines", alone, f"/link {first}")
    body.send(json_schema.CONTACT, "question")
    done = verify(JUDGE, body.store)
    assert [str(finding) for finding in done.findings] == []
    assert (done.cases, done.events > 20) == (4, True)


def test_no_records_are_no_fault(tmp_path: Path) -> None:
    assert told(Store(tmp_path)) == []


def change(path: Path, **more: object) -> None:
    value = json.loads(path.read_bytes())
    value["data"].update(more.pop("data", {}))
    path.write_text(json.dumps({**value, **more}))


def bare(path: Path) -> None:
    path.write_text(json.dumps({**json.loads(path.read_bytes()), "data": []}))


def folder_for(path: Path) -> None:
    path.unlink()
    path.mkdir()


BROKEN: list[tuple[str, Callable[[Path], object], str, str]] = [
    ("edited", lambda at: change(at / "0003.json", by="mallory"), "0004", "names [0-9a-f]{64} as the SHA-256 of 0003"),
    ("removed", lambda at: (at / "0002.json").unlink(), "0003", "comes where 0002.json is expected"),
    ("the first removed", lambda at: (at / "0001.json").unlink(), "0002", "comes where 0001.json is expected"),
    ("cut", lambda at: (at / "0003.json").write_text('{"type": "adm'), "0003", "is no event"),
    ("no event", lambda at: (at / "0005.json").write_text("[]"), "0005", "is no event"),
    ("of another form", lambda at: change(at / "0011.json", at="yesterday"), "0011", "at: does not have the expected"),
    ("no time", lambda at: change(at / "0011.json", at="2027-02-31T09:00:00Z"), "0011", "at: 2027-02-31T.* is no time"),
    ("no data", lambda at: bare(at / "0011.json"), "0011", "data: "),
    ("a folder", lambda at: folder_for(at / "0011.json"), "0011", "is no event"),
    ("its last one turned", lambda at: change(at / "0011.json", data={"to": "declined"}), "0011", "has no granted"),
    ("one slipped in", lambda at: change(at / "0011.json", data={"from": "audit"}), "0011", "the case was in decision"),
    ("by another role", lambda at: change(at / "0011.json", data={"role": "auditor"}), "0011", "was done by auditor"),
    ("by no role", lambda at: change(at / "0011.json", data={"role": None}), "0011", "in which role"),
    ("a state unknown", lambda at: change(at / "0011.json", data={"to": "famous"}), "0011", "to famous"),
    ("no states", lambda at: change(at / "0011.json", data={"to": None}), "0011", "does not say from which"),
    ("another type", lambda at: change(at / "0011.json", type="opened"), "0011", "has no opened from"),
]


@pytest.mark.parametrize(("what", "do", "name", "words"), BROKEN, ids=[entry[0] for entry in BROKEN])
def test_the_first_broken_link_is_named(
    body: Body, what: str, do: Callable[[Path], object], name: str, words: str
) -> None:
    reference = decided(body)
    folder = body.store.folder(reference) / "events"
    assert len(list(folder.glob("*.json"))) == 11
    do(folder)
    (line,) = told(body.store)
    if what in ("no time", "no data", "a folder"):
        with pytest.raises(StoreFailed, match=rf"{name}\.json"):
            body.store.case(reference)
        assert list(body.store.cases()) == []
    assert re.match(rf"cases/{reference}/events/{name}\.json:1: (note: )?{reference}: .*{words}", line), line


def test_a_file_that_an_event_names_must_be_there_as_it_was(body: Body) -> None:
    first, second = body.send(json_schema.SELF_ASSESSMENT, CONCEPTS), body.send(json_schema.SELF_ASSESSMENT, PRACTICE)
    (one,) = body.store.folder(first).glob("private/*/submission.json")
    (two,) = body.store.folder(second).glob("private/*/submission.json")
    one.unlink()
    two.write_text(two.read_text("utf-8").replace("Rosa", "Rose"))
    lines = told(body.store)
    assert len(lines) == 2
    assert any(f"{first}: names private/" in line and "no event says that it was forgotten" in line for line in lines)
    assert any(f"{second}: names private/" in line and "has been changed" in line for line in lines)
    for path in (body.root / "records/schemas").iterdir():
        path.write_text("{}")
    assert sum("is not what it was judged by" in line for line in told(body.store)) == 2


def test_the_document_for_reading_and_the_reasons_must_be_as_they_were_written(body: Body) -> None:
    reference = audited(body)
    body.do("ada", reference, "/claim no-conflict")
    body.do("ada", reference, "/finding C3.4 mastery not-met because it is a course only")
    assert told(body.store) == []
    folder = body.store.folder(reference)
    (text,), (why,) = folder.glob("private/*/portfolio.md"), folder.glob("private/*/reasons.json")
    text.write_text(text.read_text("utf-8").replace("agreement", "argument"))
    why.write_text(why.read_text("utf-8").replace("course", "curse"))
    lines = told(body.store)
    assert len(lines) == 2
    assert f"private/{text.parent.name}/portfolio.md, which has been changed" in lines[0]
    assert f"private/{why.parent.name}/reasons.json, which has been changed" in lines[1]


@pytest.mark.parametrize("committed", [False, True])
@pytest.mark.parametrize("restored", [False, True])
def test_where_there_is_a_history_the_last_event_can_be_neither_changed_nor_taken_away(
    body: Body, committed: bool, restored: bool
) -> None:
    cases = sorted([audited(body), body.send(json_schema.SELF_ASSESSMENT, PRACTICE)])
    root = body.store.root
    run("git", "init", "--quiet", str(root))
    assert told(body.store) == []  # a history without a commit

    def commit() -> None:
        run("git", "-C", str(root), "add", "--all")
        run("git", "-C", str(root), "-c", "user.name=x", "-c", "user.email=x@x.org", "commit", "--quiet", "-m", "x")

    commit()
    last = [sorted(body.store.folder(reference).glob("events/*.json"))[-1] for reference in cases]
    before = [path.read_bytes() for path in last]
    last[0].unlink()
    change(last[1], by="mallory")
    if committed:
        commit()
    if restored:
        for path, content in zip(last, before, strict=True):
            path.write_bytes(content)
    gone = (
        f"cases/{cases[0]}/events/{last[0].name}:1: {cases[0]}: was written and is there no more; restore it from Git"
    )
    changed = f"cases/{cases[1]}/events/{last[1].name}:1: {cases[1]}: has been changed after it was written"
    found = told(body.store)
    if restored:
        assert found == []
    else:
        assert any(gone in line for line in found)
        assert any(changed in line for line in found)


def test_a_case_that_is_gone_and_one_without_events_are_named(body: Body) -> None:
    gone, bare_ = (body.send(json_schema.SELF_ASSESSMENT, about) for about in (CONCEPTS, PRACTICE))
    shutil.rmtree(body.store.folder(gone))
    shutil.rmtree(body.store.folder(bare_) / "events")
    here = desk(JUDGE, body.root, body.store, body.store.root)
    accept(here, filled(json_schema.CONTACT, "question"))  # waits in the inbox
    accept(here, filled(json_schema.PORTFOLIO, CONCEPTS), suspicious=True)
    lines = sorted(str(finding) for finding in verify(JUDGE, body.store, (here.quarantine,)).findings)
    assert len(lines) == 2
    assert f"cases/{bare_}/private" in lines[0]
    assert "no event that says so" in lines[0]
    assert f"references/{gone}.json" in lines[1]
    assert "has no folder in cases/" in lines[1]


def test_what_was_forgotten_and_lies_there_again_is_named(body: Body) -> None:
    reference = body.send(json_schema.SELF_ASSESSMENT, CONCEPTS)
    private = body.store.folder(reference) / "private"
    shutil.copytree(private, body.root / "copy")
    Forget(body.store, "IMC", (), COMMAND_LINE, body.now)(reference)
    assert told(body.store) == []
    shutil.copytree(body.root / "copy", private)
    (line,) = told(body.store)
    assert f"was forgotten, and is there; run: python -m pipeline forget {reference}" in line
    Forget(body.store, "IMC", (), COMMAND_LINE, body.now)(reference)
    assert told(body.store) == []


@pytest.mark.parametrize("claimed", [True, False])
def test_a_case_that_lies_under_another_reference_is_named(body: Body, claimed: bool) -> None:
    one, other = body.send(json_schema.SELF_ASSESSMENT, CONCEPTS), body.send(json_schema.SELF_ASSESSMENT, PRACTICE)
    target = body.store.folder(other if claimed else "IMC-0000-0000-0")
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(body.store.folder(one), target)
    (line,) = told(body.store)
    assert target.name in line.split(":")[0]
    assert ("is about something else than" if claimed else "belongs to no reference that was given") in line


def test_what_a_relay_handed_on_is_claimed_there_and_no_fault_here(body: Body) -> None:
    body.send(json_schema.SELF_ASSESSMENT, CONCEPTS)
    here = desk(JUDGE, body.root, body.store, body.store.root)
    waits = accept(here, filled(json_schema.SELF_ASSESSMENT, PRACTICE), suspicious=True)  # in quarantine
    assert isinstance(waits, Receipt)
    early = body.send(json_schema.PORTFOLIO, PRACTICE, case=body.secret(waits.reference))
    assert body.store.case(early).opening.data["joined"]
    shutil.rmtree(body.store.root / "references")
    assert told(body.store) == []


def test_a_private_folder_that_no_event_names_is_named_but_not_while_its_delivery_waits(body: Body) -> None:
    reference = body.send(json_schema.SELF_ASSESSMENT, CONCEPTS)
    (body.store.folder(reference) / "private" / "0123456789abcdef").mkdir()
    (line,) = told(body.store)
    assert "private/0123456789abcdef" in line
    assert "is named by no event" in line
    (body.store.root / "inbox").mkdir(exist_ok=True)
    (body.store.root / "inbox" / f"{'0' * 64}-0123456789abcdef.json").write_text("{}")
    assert told(body.store) == []


def test_a_command_that_was_given_to_another_role_since_is_a_note_and_no_fault(body: Body) -> None:
    decided(body)
    rows = DATA.process.transitions
    moved = tuple(replace(row, who=("director",)) if row.command == "admit" else row for row in rows)
    judge = replace(JUDGE, data=replace(DATA, process=replace(DATA.process, transitions=moved)))
    (note,) = verify(judge, body.store).findings
    assert (note.level, errors([note])) == (Level.NOTE, [])
    assert "was done by intake_manager" in note.message
    assert annotation(note).startswith("::notice file=")
    gone = tuple(row for row in rows if row.command != "admit")
    judge = replace(JUDGE, data=replace(DATA, process=replace(DATA.process, transitions=gone)))
    (wrong,) = verify(judge, body.store).findings
    assert (wrong.level, "has no admitted from" in wrong.message) == (Level.ERROR, True)


def test_all_cases_come_at_once_and_the_command_says_so_with_1(body: Body) -> None:
    references = [decided(body), decided(body, PRACTICE)]
    for reference in references:
        change(body.store.folder(reference) / "events/0002.json", by="mallory")
    done = pipeline("verify-cases", PIPELINE_RECORDS=str(body.root / "records"))
    assert done.returncode == 1
    assert [line.split(":")[0] for line in done.stdout.splitlines()[:2]] == sorted(
        f"cases/{reference}/events/0003.json" for reference in references
    )
    assert "2 cases" in done.stdout.splitlines()[-1]
    (body.root / "empty").mkdir()
    assert pipeline("verify-cases", PIPELINE_RECORDS=str(body.root / "empty")).returncode == 0
