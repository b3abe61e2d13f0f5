"""Whatever was killed, and in whatever order the commands came: once forgotten, a person's data is nowhere on these machines."""

from __future__ import annotations

import itertools
import re
import shutil
import subprocess
import zlib
from functools import partial
from pathlib import Path

import pytest

from pipeline.cases.git_store import GitStore
from pipeline.cases.store import Store
from pipeline.email_address import Address
from pipeline.errors import GitFailed
from pipeline.forms import json_schema
from pipeline.github import comparison, rate_limit_memory, set_aside
from pipeline.github.sync import Intake
from pipeline.mail.orders import Orders
from pipeline.receiving.desk import desk
from pipeline.receiving.receive import Receipt, accept
from pipeline.receiving.relay import Relay
from tests import steps
from tests.support import BAKERS, CONCEPTS, EXAMPLES, JUDGE, SOURDOUGH, Remote, filled, push, remote, run
from tests.test_cli import pipeline

CANARY = "canary"
BIRD = {"name": "Canary Test", "email": "canary@example.org"}
SELF = filled(json_schema.SELF_ASSESSMENT, SOURDOUGH, BAKERS.data, applicant=BIRD)
OTHER = filled(
    json_schema.SELF_ASSESSMENT, SOURDOUGH, BAKERS.data, applicant={"name": "Ole", "email": "ole@example.org"}
)


def sung(root: Path) -> list[str]:
    """Where the canary is: in files, and in what Git keeps packed, loose, staged or stashed, reachable or not."""
    found = [str(path) for path in root.rglob("*") if path.is_file() and _sings(path)]
    for folder in (path.parent for path in root.rglob("HEAD") if (path.parent / "objects").is_dir()):
        names = run("git", "--git-dir", str(folder), "cat-file", "--batch-all-objects", "--batch-check=%(objectname)")
        for name in names.split():
            content = subprocess.run(
                ["git", "--git-dir", str(folder), "cat-file", "-p", name], capture_output=True, check=True
            )
            if CANARY in content.stdout.decode("utf-8", "replace").lower():
                found.append(f"{folder}: {name}")
    return found


def _sings(path: Path) -> bool:
    content = path.read_bytes()
    if re.fullmatch(r"[0-9a-f]{38}", path.name):
        content = zlib.decompress(content)
    return CANARY in content.decode("utf-8", "replace").lower()


class House:
    """A relay in front of records, an intake, and a clone from which somebody forgets; all on one machine."""

    def __init__(self, root: Path) -> None:
        self.root, self.var = root, root / "var"
        self.made = remote(root / "git")
        self.relay_clone, self.intake_clone, self.own = (self.made.clone(name) for name in ("relay", "intake", "own"))

    def accept(self, value: dict[str, object]) -> str:
        here = desk(BAKERS, self.var, Store(self.relay_clone), self.var / "outbox")
        receipt = accept(here, value)
        assert isinstance(receipt, Receipt)
        return receipt.reference

    def relay(self) -> None:
        here = desk(BAKERS, self.var, Store(self.relay_clone), self.var / "outbox")
        Relay(here.inbox, GitStore.at(self.relay_clone))()

    def intake(self) -> None:
        Intake(BAKERS, GitStore.at(self.intake_clone))()

    def forget(self, reference: str, *more: str) -> subprocess.CompletedProcess[str]:
        data = str(EXAMPLES / "other-body")
        here = {"PIPELINE_VAR": str(self.var), "PIPELINE_RECORDS": str(self.own), "PIPELINE_DATA": data}
        return pipeline("forget", reference, "--open", *more, **here)

    def refresh(self) -> None:
        """The next round of everybody."""
        self.relay()
        for clone in (self.intake_clone, self.own):
            GitStore.at(clone).refresh()

    def left(self) -> list[str]:
        """The remote's own unreachable objects are its host's to remove."""
        run("git", "--git-dir", str(self.made.bare), "reflog", "expire", "--expire=now", "--all")
        run("git", "--git-dir", str(self.made.bare), "gc", "--quiet", "--prune=now")
        return sung(self.root)


ORDERS = [
    pytest.param(when, before, id=f"{when}{', first without' if before else ''}")
    for when, before in itertools.product(("before the relay", "before the intake", "after the intake"), (False, True))
]


@pytest.mark.parametrize(("when", "before"), ORDERS)
def test_forgotten_before_between_or_after_nothing_is_left_and_nobody_else_is_touched(
    memory: Path, when: str, before: bool
) -> None:
    house = House(memory)
    reference, other = house.accept(SELF), house.accept(OTHER)
    if when != "before the relay":
        house.relay()
    if when == "after the intake":
        house.intake()
    assert sung(memory)
    if before:
        done = house.forget(reference)
        assert (done.returncode, done.stderr) == (0, "")
    done = house.forget(reference, "--history")
    if when == "before the relay" and before:
        assert "There is no case" in done.stderr  # nothing of it ever came to the records
    else:
        assert (done.returncode, done.stderr) == (0, "")
    house.refresh()
    house.intake()
    house.refresh()
    assert house.left() == []
    store = GitStore.at(house.own)
    assert [case.reference for case in store.cases() if len(case.deliveries) and not case.forgotten(case.opening)] == [
        other
    ]
    again = house.accept(SELF)
    assert again == reference
    house.relay()
    house.intake()
    case = Store(house.intake_clone).case(reference)
    assert case.deliveries
    assert not case.forgotten(case.deliveries[-1])


def test_an_order_for_lost_references_of_the_address_goes_too(tmp_path: Path) -> None:
    house = House(tmp_path)
    reference = house.accept(SELF)
    for text in ("Canary+x@example.org", "ole@example.org"):
        address = Address.parse(text)
        assert address
        Orders(house.var / "mail").lost("0" * 63 + text[0].lower(), address, "en", "2027-03-14T09:00:00Z")
    assert house.forget(reference).returncode == 0
    assert sung(tmp_path) == []
    assert [order.address for order in Orders(house.var / "mail").waiting()] == ["ole@example.org"]


@pytest.mark.parametrize("part", range(2))
def test_a_relay_killed_anywhere_leaves_nothing_once_it_has_run_again_and_all_is_forgotten(
    memory: Path, part: int
) -> None:
    def begin(name: str) -> House:
        house = House(memory / name)
        house.accept(SELF)
        return house

    (memory / "whole").mkdir()
    whole = begin("whole")
    moments = steps.deaths(whole.relay, whole.root)
    reference = next(iter(Store(whole.var / "outbox").root.glob("references/*"))).stem
    for moment in moments[part::4]:  # those between are like them: tests/test_killed.py dies at all
        (memory / str(moment)).mkdir()
        house = begin(str(moment))
        assert steps.run(partial(house.relay), moment)[0] == steps.KILLED
        house.relay()
        house.intake()
        assert run("git", "-C", str(house.relay_clone), "stash", "list") == ""
        assert house.forget(reference, "--history").returncode == 0
        house.refresh()
        assert house.left() == [], moment
        shutil.rmtree(house.root)


def test_a_killed_write_of_anything_is_gone_after_forget_and_seen_before(tmp_path: Path) -> None:
    here = {"PIPELINE_VAR": str(tmp_path / "var"), "PIPELINE_RECORDS": str(tmp_path / "records")}
    store = Store(tmp_path / "records")
    value = filled(json_schema.SELF_ASSESSMENT, CONCEPTS, applicant=BIRD)
    receipt = accept(desk(JUDGE, tmp_path / "var", store, store.root), value)
    assert isinstance(receipt, Receipt)
    Intake(JUDGE, store)()
    for folder in ("var/mail/waiting", "var/quarantine/inbox", "records/inbox", f"records/cases/{receipt.reference}"):
        path = tmp_path / folder / ".0123456789abcdef.tmp"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("canary@example.org")
    due, seen = pipeline("due", **here), pipeline("verify-cases", **here)
    for told in (due, seen):
        assert told.returncode == 0
        assert told.stdout.count("was broken off") == 4, told.stdout
    assert pipeline("forget", receipt.reference, "--open", **here).returncode == 0
    assert sung(tmp_path) == []


# What people leave in a checkout


def checkout(root: Path) -> tuple[Remote, Path]:
    made = remote(root)
    first = made.root / "first"
    (first / "people.yml").write_text("people: []\n")
    (first / "rejected").mkdir()
    (first / "rejected" / f"{'0' * 64}-{'0' * 16}.json").write_text("{}")
    push(first, "More")
    return made, made.clone("one")


def test_a_persons_own_files_stay_as_they_are_and_are_not_published(memory: Path) -> None:
    made, clone = checkout(memory / "r")
    (clone / "note.txt").write_text("half-written")
    store = GitStore.at(clone)
    store.refresh()
    (clone / "cases").mkdir()
    (clone / "cases/x.json").write_text("{}")
    store.publish("X")
    assert (clone / "note.txt").read_text() == "half-written"
    assert "note.txt" not in made.files()
    assert "cases/x.json" in made.files()


@pytest.mark.parametrize("name", ["people.yml", f"rejected/{'0' * 64}-{'0' * 16}.json"])
def test_what_a_person_changed_and_did_not_commit_is_named_and_kept(memory: Path, name: str) -> None:
    _made, clone = checkout(memory / "r")
    (clone / name).write_text("changed")
    with pytest.raises(GitFailed, match=f"{re.escape(name)} of the records was changed"):
        GitStore.at(clone).refresh()
    assert (clone / name).read_text() == "changed"
    run("git", "-C", str(clone), "restore", "--staged", "--worktree", "--", name)
    GitStore.at(clone).refresh()


def test_what_a_killed_run_left_goes_and_what_waits_in_the_inbox_is_delivered(memory: Path) -> None:
    made, clone = checkout(memory / "r")
    waits = f"inbox/{'1' * 64}-{'1' * 16}.json"
    for name in (waits, "inbox/.0123456789abcdef.tmp", "cases/x/events/0001.json", "comments-read-until", "schemas/x"):
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        (clone / name).write_text("canary")
    (clone / "rejected" / f"{'0' * 64}-{'0' * 16}.json").unlink()
    store = GitStore.at(clone)
    store.refresh()
    assert run("git", "-C", str(clone), "status", "--porcelain", "-uall").split() == ["??", waits]
    store.publish("Deliver")
    assert waits in made.files()


@pytest.mark.parametrize("name", [set_aside.NAME, comparison.NAME, rate_limit_memory.NAME, "comments-read-until"])
def test_every_mark_that_a_run_leaves_beside_the_folders_is_known_as_its_own(memory: Path, name: str) -> None:
    made, clone = checkout(memory / "r")
    (clone / name).write_text("x")
    store = GitStore.at(clone)
    store.publish("Mark")
    assert name in made.files()
    (clone / name).write_text("of a killed run")
    store.refresh()
    assert (clone / name).read_text() == "x"
