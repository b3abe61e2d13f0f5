"""A run with nothing to do reads each case once, and still sees at once what others do in the meantime."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.cases import issue_text as issues
from pipeline.cases import store as stores
from pipeline.cases.events import Case, read_case
from pipeline.cases.git_store import GitStore
from pipeline.cases.store import Store
from pipeline.errors import StoreFailed
from pipeline.forms import json_schema
from tests.fakes.github import FakeGitHub
from tests.support import push, remote
from tests.test_exactly_once import World, by, put, taken


@pytest.mark.parametrize("many", [3, 12])
def test_an_idle_run_reads_each_case_and_each_schema_once(
    memory: Path, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    world, store = World(), Store(memory / "records")
    references = put(store.root, *(by(f"Person {number}", json_schema.PORTFOLIO) for number in range(many)))
    read: Counter[str] = Counter()

    def counted(folder: Path) -> Case:
        read[folder.name] += 1
        return read_case(folder)

    def object_of(self: Store, path: Path) -> dict[str, object]:
        read[path.parent.name] += 1
        return dict(whole(self, path))

    whole = Store._object
    with FakeGitHub(clock=world.clock) as fake:
        assert world.run(store, fake)
        monkeypatch.setattr(stores, "read_case", counted)
        monkeypatch.setattr(Store, "_object", object_of)
        assert world.run(store, fake)
    assert {reference: read[reference] for reference in references} == dict.fromkeys(references, 1)
    assert read["schemas"] == 1


def test_the_bodys_own_words_are_escaped_once_for_all_issues(memory: Path) -> None:
    world, store = World(), Store(memory / "records")
    with FakeGitHub(clock=world.clock) as fake:
        put(store.root, by("Rosa", json_schema.PORTFOLIO))
        case, event = taken(store)
        intake = world.intake(store, fake)
        body = intake.draw(case, event).body
        before = issues._of_data.cache_info().misses
        assert intake.draw(replace(case), event).body == body
        assert issues._of_data.cache_info().misses == before


@pytest.fixture
def remembering(memory: Path) -> tuple[Store, Store, str]:
    """A run's records, what everybody else sees of them, and the case that lies there."""
    store = Store(memory / "records")
    [reference] = put(store.root, by("Rosa"))
    taken(store)
    run = store.remembering()
    assert len(run.case(reference).events) == 1
    return run, store, reference


def test_what_a_rival_writes_during_a_run_is_seen(remembering: tuple[Store, Store, str]) -> None:
    run, other, reference = remembering
    other.append(other.case(reference), "note", at="2027-03-14T09:00:00Z", by="x", data={})
    assert [event.type for event in run.case(reference).events] == ["received", "note"]
    assert run.append(run.case(reference), "more", at="2027-03-14T09:00:00Z", by="x", data={})
    assert len(run.case(reference).events) == 3


def test_an_event_that_is_damaged_or_taken_away_during_a_run_is_seen(remembering: tuple[Store, Store, str]) -> None:
    run, _other, reference = remembering
    path = run.folder(reference) / "events" / "0001.json"
    content = path.read_bytes()
    path.write_bytes(content.replace(b"received", b"receiveD") + b"}")
    with pytest.raises(StoreFailed):
        run.case(reference)
    path.write_bytes(content)
    assert len(run.case(reference).events) == 1
    path.unlink()
    assert run.case(reference).events == ()


def test_what_others_push_is_seen_after_a_refresh(memory: Path) -> None:
    made = remote(memory / "r")
    first = made.root / "first"
    [reference] = put(first, by("Rosa"))
    taken(Store(first))
    push(first, "A case")
    run = GitStore.at(made.clone("run")).remembering()
    assert len(run.case(reference).events) == 1
    other = Store(first)
    other.append(other.case(reference), "note", at="2027-03-14T09:00:00Z", by="x", data={})
    push(first, "One more")
    assert len(run.case(reference).events) == 1
    run.refresh()
    assert len(run.case(reference).events) == 2


def test_the_store_of_a_server_that_runs_for_months_remembers_nothing(remembering: tuple[Store, Store, str]) -> None:
    _run, other, reference = remembering
    assert other.case(reference) is not other.case(reference)
