"""Who is forgotten while an intake or a relay is at work is forgotten: nothing that was on its way comes back."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from pipeline.cases.decisions import decide, record
from pipeline.cases.erasure import COMMAND_LINE, Forget
from pipeline.cases.git_store import GitStore
from pipeline.cases.ingest import TakeIn
from pipeline.cases.integrity import verify
from pipeline.cases.store import Store
from pipeline.durable import alone
from pipeline.forms import json_schema
from pipeline.github.sync import Intake
from pipeline.receiving.desk import desk
from pipeline.receiving.quarantine import release
from pipeline.receiving.receive import Receipt, accept
from pipeline.submissions import inbox as deliveries
from tests.support import CONCEPTS, JUDGE, filled
from tests.test_cli import pipeline
from tests.test_nothing_left import BIRD, OTHER, SELF, House, sung
from tests.test_process import Body

PREFIX = JUDGE.data.organization.reference_prefix
WAIT = 2.0  # seconds that a command has to come to the lock


@pytest.fixture
def body(tmp_path: Path) -> Body:
    return Body(tmp_path)


def arrive(body: Body, kind: str, *, suspicious: bool = False, **more: Any) -> str:
    here = desk(JUDGE, body.root, body.store, body.store.root)
    receipt = accept(here, filled(kind, CONCEPTS, **more), suspicious=suspicious)
    assert isinstance(receipt, Receipt)
    return receipt.reference


class Beside:
    """The command line's `forget` of another process, begun in the middle of something."""

    def __init__(self, body: Body, reference: str) -> None:
        here = {"PIPELINE_VAR": str(body.root), "PIPELINE_RECORDS": str(body.store.root)}
        self.done: subprocess.CompletedProcess[str] | None = None
        self.thread = threading.Thread(target=self.run, args=(reference, here))
        self.thread.start()
        self.thread.join(WAIT)

    def run(self, reference: str, here: dict[str, str]) -> None:
        self.done = pipeline("forget", reference, "--open", **here)

    def end(self) -> None:
        self.thread.join()
        assert self.done
        assert (self.done.returncode, self.done.stderr) == (0, "")


def before_each(monkeypatch: pytest.MonkeyPatch, *steps: object) -> None:
    """Before the first delivery that an intake takes in the first step is done, and so on."""
    todo, one = list(steps), TakeIn._one

    def delayed(self: TakeIn, delivery: object) -> str | None:
        step = todo.pop(0) if todo else None
        if callable(step):
            step()
        return one(self, delivery)  # type: ignore[arg-type]

    monkeypatch.setattr(TakeIn, "_one", delayed)


def test_what_is_forgotten_after_an_intake_has_listed_it_is_not_taken_in(
    body: Body, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrive(body, json_schema.SELF_ASSESSMENT, id="1" * 32)
    reference = arrive(body, json_schema.SELF_ASSESSMENT, id="2" * 32, applicant=BIRD)
    before_each(monkeypatch, lambda: Forget(body.store, PREFIX, (), COMMAND_LINE, body.now)(reference))
    Intake(JUDGE, body.store)()
    assert sung(body.root) == []
    assert not body.store.folder(reference).exists()
    assert [case.reference for case in body.store.cases()] != []
    assert verify(JUDGE, body.store).findings == []


@pytest.mark.parametrize("joined", [False, True])
def test_forget_waits_for_what_an_intake_is_taking_in(
    body: Body, monkeypatch: pytest.MonkeyPatch, joined: bool
) -> None:
    if joined:
        reference = body.send(json_schema.SELF_ASSESSMENT, CONCEPTS, id="1" * 32, applicant=BIRD)
        arrive(body, json_schema.PORTFOLIO, applicant=BIRD, case=body.secret(reference))
    else:
        reference = arrive(body, json_schema.SELF_ASSESSMENT, id="1" * 32, applicant=BIRD)
    beside: list[Beside] = []
    before_each(monkeypatch, lambda: beside.append(Beside(body, reference)))
    Intake(JUDGE, body.store)()
    beside[0].end()
    assert sung(body.root) == []
    assert [event.type for event in body.store.case(reference).events] == ["received"] * (1 + joined) + ["forgotten"]
    assert verify(JUDGE, body.store).findings == []


def test_a_late_copy_of_what_waited_when_it_was_forgotten_does_not_come_back(body: Body) -> None:
    """A relay that was killed after its push sends again."""
    reference = body.send(json_schema.SELF_ASSESSMENT, CONCEPTS, id="1" * 32, applicant=BIRD)
    arrive(body, json_schema.PORTFOLIO, applicant=BIRD, case=body.secret(reference))
    (path,) = (body.store.root / "inbox").glob("*.json")
    content = path.read_bytes()
    Forget(body.store, PREFIX, (), COMMAND_LINE, body.now.replace(year=2099))(reference)
    path.write_bytes(content)
    Intake(JUDGE, body.store)()
    assert sung(body.root) == []
    assert [event.type for event in body.store.case(reference).events] == ["received", "forgotten"]
    arrive(body, json_schema.PORTFOLIO, applicant=BIRD, case=body.secret(reference))
    Intake(JUDGE, body.store)()
    assert [event.type for event in body.store.case(reference).events] == ["received", "forgotten", "received"]


def at_the_push(monkeypatch: pytest.MonkeyPatch, clone: Path, step: object) -> None:
    """Once, before that clone publishes."""
    publish, todo = GitStore.publish, [step]

    def delayed(self: GitStore, message: str) -> None:
        if self.root == clone and todo:
            now = todo.pop()
            assert callable(now)
            now()
        publish(self, message)

    monkeypatch.setattr(GitStore, "publish", delayed)


def test_forget_waits_for_what_a_relay_is_pushing(memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    house, done = House(memory), []
    reference = house.accept(SELF)
    forget = threading.Thread(target=lambda: done.append(house.forget(reference, "--history")))

    def begin() -> None:
        forget.start()
        forget.join(WAIT)

    at_the_push(monkeypatch, house.relay_clone, begin)
    house.relay()
    forget.join()
    assert (done[0].returncode, done[0].stderr) == (0, "")
    house.refresh()
    house.intake()
    house.refresh()
    assert house.left() == []


def test_what_a_killed_relay_left_in_its_clone_is_not_pushed_once_it_is_forgotten(
    memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = House(memory)
    reference = house.accept(SELF)

    def killed() -> None:
        raise KeyboardInterrupt

    at_the_push(monkeypatch, house.relay_clone, killed)
    with pytest.raises(KeyboardInterrupt):
        house.relay()
    assert list((house.relay_clone / "inbox").glob("*.json"))
    assert house.forget(reference).returncode == 0
    house.accept(OTHER)
    house.refresh()
    house.intake()
    assert house.left() == []
    assert len(list(Store(house.intake_clone).cases())) == 1


@pytest.mark.parametrize("more", [(), ("--history",)])
def test_an_intake_whose_push_is_rejected_drops_what_was_forgotten_meanwhile(
    memory: Path, monkeypatch: pytest.MonkeyPatch, more: tuple[str, ...]
) -> None:
    house = House(memory)
    reference = house.accept(SELF)
    house.relay()
    at_the_push(monkeypatch, house.intake_clone, lambda: house.forget(reference, *more))
    house.intake()
    house.refresh()
    assert not Store(house.own).folder(reference).exists()
    assert [path for path in sung(house.intake_clone) if "/.git" not in path] == []
    if more:
        assert house.left() == []


def test_what_is_forgotten_while_it_is_released_or_linked_stays_forgotten(body: Body) -> None:
    first = body.send(json_schema.SELF_ASSESSMENT, CONCEPTS, id="1" * 32, applicant=BIRD)
    alone_ = body.send(json_schema.PORTFOLIO, CONCEPTS, id="2" * 32, applicant=BIRD)
    work = body.work("ines", alone_)
    outcome = decide(work, f"/link {first}")
    assert outcome
    assert outcome.event == "linked"
    Forget(body.store, PREFIX, (), COMMAND_LINE, body.now)(alone_)
    assert record(work, outcome) is None
    assert len(body.store.case(first).events) == 1
    Forget(body.store, PREFIX, (), COMMAND_LINE, body.now)(first)
    reference = arrive(body, json_schema.SELF_ASSESSMENT, id="3" * 32, applicant=BIRD, suspicious=True)
    here = desk(JUDGE, body.root, body.store, body.store.root)
    (name,) = here.quarantine.names()
    delivery = deliveries.read(here.quarantine.path(name))
    Forget(body.store, PREFIX, (here.quarantine,), COMMAND_LINE, body.now)(reference)
    release(here, delivery)
    Intake(JUDGE, body.store)()
    assert sung(body.root) == []
    assert verify(JUDGE, body.store).findings == []


def test_the_lock_writes_nothing_ends_with_its_process_and_stops_nobody_where_it_cannot_be(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder in (one, two):
        folder.mkdir(mode=0o500)
    code = "import pathlib, sys, time\nfrom pipeline.durable import alone\nwith alone(pathlib.Path(sys.argv[1])):\n"
    code += "    print(1, flush=True)\n    time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code, str(one)], stdout=subprocess.PIPE) as other:
        assert other.stdout
        other.stdout.readline()
        entered = threading.Event()

        def enter() -> None:
            with alone(two, one, tmp_path / "not there"):
                entered.set()

        thread = threading.Thread(target=enter)
        thread.start()
        assert not entered.wait(0.3)
        other.kill()
        assert entered.wait(20)
        thread.join()
    assert [*one.iterdir(), *two.iterdir()] == []
