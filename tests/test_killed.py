"""Killed before and after every write and every request, server and intake lose nothing and do nothing twice."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from pipeline.cases.git_store import GitStore
from pipeline.cases.store import Store
from pipeline.forms import json_schema
from pipeline.github.client import GitHub
from pipeline.github.sync import Intake
from pipeline.receiving.desk import desk
from pipeline.receiving.receive import Receipt, accept
from pipeline.receiving.relay import Relay
from tests import steps
from tests.fakes.github import FakeGitHub
from tests.support import BAKERS, SOURDOUGH, Remote, filled, push, remote

DATA = BAKERS.data
SELF = filled(json_schema.SELF_ASSESSMENT, SOURDOUGH, DATA)
LATER = timedelta(hours=1)


def received(root: Path) -> list[str]:
    """A self-assessment, the portfolio that joins it, and a message, waiting in the inbox; their references."""
    store = Store(root)
    here = desk(BAKERS, root.parent / "keys", store, root)
    first = accept(here, SELF)
    assert isinstance(first, Receipt)
    joining = filled(
        json_schema.PORTFOLIO, SOURDOUGH, DATA, case={"reference": first.reference, "secret": first.secret}
    )
    message = accept(here, filled(json_schema.CONTACT, "question", DATA))
    assert isinstance(accept(here, joining), Receipt)
    assert isinstance(message, Receipt)
    return [first.reference, message.reference]


def test_the_server_killed_anywhere_has_kept_what_it_acknowledged_and_takes_the_rest_once(memory: Path) -> None:
    def work(root: Path) -> None:
        here = desk(BAKERS, root / "var", Store(root / "records"), root / "records")
        assert isinstance(accept(here, SELF), Receipt)
        (root / "acknowledged").touch()

    (memory / "whole").mkdir()
    moments = steps.deaths(lambda: work(memory / "whole"), memory / "whole")
    assert len(moments) > 10
    for moment in moments:
        root = memory / str(moment)
        root.mkdir()
        assert steps.run(partial(work, root), moment)[0] == steps.KILLED
        waiting = list((root / "records/inbox").glob("*.json"))
        assert all(json.loads(path.read_bytes())["reference"] for path in waiting)
        if (root / "acknowledged").exists():
            assert len(waiting) == 1
        work(root)
        Intake(BAKERS, Store(root / "records"))()
        cases = list(Store(root / "records").cases())
        assert [len(case.events) for case in cases] == [1]
        shutil.rmtree(root)


def test_the_local_intake_killed_anywhere_ends_in_the_same_cases(memory: Path) -> None:
    references = received(memory / "start/records")

    def work(root: Path) -> None:
        Intake(BAKERS, Store(root / "records"))()

    shutil.copytree(memory / "start", memory / "whole")
    moments = steps.deaths(lambda: work(memory / "whole"), memory / "whole")
    assert len(moments) > 20
    for moment in moments:
        root = Path(shutil.copytree(memory / "start", memory / str(moment)))
        assert steps.run(partial(work, root), moment)[0] == steps.KILLED
        work(root)
        check_cases(Store(root / "records"), references)
        shutil.rmtree(root)


def check_cases(store: Store, references: list[str]) -> None:
    cases = {case.reference: case for case in store.cases()}
    assert sorted(cases) == sorted(references)
    assert [len(cases[reference].deliveries) for reference in references] == [2, 1]
    assert list((store.root / "inbox").glob("*.json")) == []
    for case in cases.values():
        for event in case.deliveries:
            assert (store.private(case.reference, str(event.data["digest"])) / "submission.json").is_file()
            assert store.schema(str(event.data["schema"]))


def github_run(root: Path, clone: str, fake: FakeGitHub, now: datetime) -> None:
    github = GitHub(fake.url, fake.repository, "token", sleep=lambda _seconds: None)
    Intake(BAKERS, GitStore.at(root / clone), github, run=clone, address="https://x/", now=lambda: now)()


@pytest.mark.parametrize("part", range(2))
def test_the_intake_on_github_killed_anywhere_opens_each_issue_once(memory: Path, part: int) -> None:
    made = remote(memory / "start")
    references = received(made.root / "first")
    push(made.root / "first", "Deliver")
    now = datetime(2027, 3, 14, 9, tzinfo=UTC)

    def begin(name: str) -> Remote:
        here = Remote(memory / name)
        here.root.mkdir()
        shutil.copytree(made.bare, here.bare)
        for clone in ("killed", "second"):
            here.clone(clone)
        return here

    with FakeGitHub() as fake:
        whole = begin("whole")
        moments = steps.deaths(lambda: github_run(whole.root, "killed", fake, now), whole.bare)
        assert (len(fake.issues), len(moments) > 10) == (3, True)
    for moment in moments[part::2]:
        here = begin(str(moment))
        with FakeGitHub() as fake:
            killed = steps.run(partial(github_run, here.root, "killed", fake, now), moment)
            assert killed[0] == steps.KILLED, killed
            github_run(here.root, "second", fake, now + LATER)
            assert fake.violations == []
            markers = [issue["body"].split("\n")[0] for issue in fake.issues]
        assert len(markers) == len(set(markers)) == 3, moment
        store = Store(here.clone("read"))
        check_cases(store, references)
        assert all(case.opened(str(event.data["kind"])) for case in store.cases() for event in case.deliveries)
        shutil.rmtree(here.root)


def test_the_relay_killed_anywhere_delivers_each_thing_once(memory: Path) -> None:
    made = remote(memory / "start")

    def begin(name: str) -> Path:
        root = memory / name
        root.mkdir()
        shutil.copytree(made.bare, root / "records.git")
        Remote(root).clone("clone")
        here = desk(BAKERS, root / "var", Store(root / "clone"), root / "outbox")
        assert isinstance(accept(here, SELF), Receipt)
        assert isinstance(accept(here, filled(json_schema.PORTFOLIO, SOURDOUGH, DATA)), Receipt)
        return root

    def work(root: Path) -> None:
        here = desk(BAKERS, root / "var", Store(root / "clone"), root / "outbox")
        Relay(here.inbox, GitStore.at(root / "clone"))()

    whole = begin("whole")
    moments = steps.deaths(lambda: work(whole), whole)
    assert len(moments) > 15
    for moment in moments:
        root = begin(str(moment))
        assert steps.run(partial(work, root), moment)[0] == steps.KILLED
        work(root)
        work(root)
        delivered = [name for name in Remote(root).files() if name.startswith("inbox/") and name.endswith(".json")]
        assert len(delivered) == 2
        assert list((root / "outbox/inbox").glob("*.json")) == []
        shutil.rmtree(root)
