"""verify-cases is green as long as the records are sound, whatever is being written, killed or forgotten beside it."""

from __future__ import annotations

import itertools
import json
import os
import signal
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from pipeline.cases import integrity
from pipeline.cases.erasure import COMMAND_LINE, Forget
from pipeline.cases.store import Store
from pipeline.findings import errors
from pipeline.forms import json_schema
from pipeline.github.sync import Intake
from pipeline.receiving.desk import desk
from pipeline.receiving.receive import Receipt, accept
from tests.support import BAKERS, SOURDOUGH, filled
from tests.test_process import NOON

PREFIX = BAKERS.data.organization.reference_prefix
LOOKS = (0.05, 0.3, 1.5)  # as verify.PAUSES are outside of the tests


def work(root: Path, begin: int) -> None:
    """One after the other is sent, sometimes revised, taken in and forgotten, for as long as this lives."""
    store = Store(root / "records")
    here = desk(BAKERS, root / "var", store, store.root)
    for number in itertools.count(begin):
        draft = f"{number:032x}"
        receipt: object = None
        for words in ("First", "Second")[: 1 + number % 2]:
            value = filled(json_schema.SELF_ASSESSMENT, SOURDOUGH, BAKERS.data, id=draft, applicant=bird(words, number))
            receipt = accept(here, value, suspicious=number % 5 == 4)
            if number % 3:
                Intake(BAKERS, store)()
        assert isinstance(receipt, Receipt)
        if number % 4 == 3:
            forget = Forget(store, PREFIX, (here.quarantine,), COMMAND_LINE, NOON)
            with forget.alone():
                forget(receipt.reference)


def bird(words: str, number: int) -> dict[str, str]:
    return {"name": f"{words} {number}", "email": f"n{number}@example.org"}


def child(job: Callable[[], None]) -> int:
    pid = os.fork()
    if pid == 0:
        try:
            job()
        finally:
            os._exit(1)
    return pid


def beside(root: Path, runs: int) -> tuple[int, int, list[str]]:
    """(runs, kills, what was red) while two work and are killed again and again."""
    store, red, kills = Store(root / "records"), [], 0
    quarantine = desk(BAKERS, root / "var", store, store.root).quarantine
    begins = itertools.count(0, 100_000)
    for run in range(runs):
        workers = [child(partial(work, root, next(begins))) for _ in range(2)]
        try:
            time.sleep(0.2 + 0.13 * (run % 5))
            found = integrity.verify(BAKERS, store, (quarantine,))
            red += [f"run {run}, beside: {finding}" for finding in errors(found.findings)]
        finally:
            for pid in workers:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                kills += 1
        found = integrity.verify(BAKERS, store, (quarantine,))
        # A `forget` that was killed is not done; it says itself what is to be run.
        half = "run: python -m pipeline forget"
        red += [f"run {run}, after: {finding}" for finding in errors(found.findings) if half not in str(finding)]
        for reference in {finding.label for finding in found.findings if half in str(finding)}:
            Forget(store, PREFIX, (quarantine,), COMMAND_LINE, NOON)(reference)
    return runs, kills, red


def damage(root: Path) -> dict[str, str]:
    """What was done to a case → its reference; each to another one."""
    store = Store(root / "records")
    sound = [case for case in store.cases() if case.events and not case.forgotten(case.events[-1]) and case.deliveries]
    sound = [case for case in sound if not any(event.type == "forgotten" for event in case.events)]
    edited, gone, private, changed = (case.reference for case in sound[:4])
    path = store.folder(edited) / "events/0001.json"
    path.write_text(json.dumps({**json.loads(path.read_bytes()), "previous": "0" * 64}))
    for name in sorted(store.folder(gone).rglob("*"), reverse=True):
        name.rmdir() if name.is_dir() else name.unlink()
    store.folder(gone).rmdir()
    next(store.folder(private).glob("private/*/submission.json")).unlink()
    text = next(store.folder(changed).glob("private/*/submission.json"))
    text.write_text(text.read_text("utf-8").replace("@example.org", "@example.com"))
    return {"edited": edited, "gone": gone, "private": private, "changed": changed}


def proof(root: Path, runs: int) -> None:
    done, kills, red = beside(root, runs)
    assert red == []
    store = Store(root / "records")
    Intake(BAKERS, store)()
    quarantine = desk(BAKERS, root / "var", store, store.root).quarantine
    cases, wanted = integrity.verify(BAKERS, store).cases, damage(root)
    found = {finding.label for finding in errors(integrity.verify(BAKERS, store, (quarantine,)).findings)}
    print(f"{done * 2} runs of verify-cases, {kills} kills, {cases} cases: 0 red; of {len(wanted)} damages none missed")
    assert found == set(wanted.values())


def test_beside_work_and_kills_it_is_green_and_each_damage_is_red(
    memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(integrity, "PAUSES", LOOKS)
    proof(memory, 4)


@pytest.mark.long
def test_dozens_of_runs_beside_work_and_kills_are_green(memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(integrity, "PAUSES", LOOKS)
    proof(memory, 25)


@pytest.mark.parametrize("taken", [False, True])
def test_accepted_forgotten_and_accepted_again_is_sound_at_every_step(memory: Path, taken: bool) -> None:
    store = Store(memory / "records")
    here = desk(BAKERS, memory / "var", store, store.root)
    value = filled(json_schema.SELF_ASSESSMENT, SOURDOUGH, BAKERS.data)
    accept(here, filled(json_schema.CONTACT, "question", BAKERS.data))
    Intake(BAKERS, store)()  # so that there are cases at all
    for _twice in range(2):
        receipt = accept(here, value)
        assert isinstance(receipt, Receipt)
        assert integrity.verify(BAKERS, store).findings == []
        if taken:
            Intake(BAKERS, store)()
            assert integrity.verify(BAKERS, store).findings == []
        Forget(store, PREFIX, (), COMMAND_LINE, NOON)(receipt.reference)
        assert integrity.verify(BAKERS, store).findings == []
