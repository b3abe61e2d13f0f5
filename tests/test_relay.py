"""`serve --relay`: durable here first, then pushed; whatever is wrong with the remote, it goes on accepting and catches up."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from pipeline.cases import people
from pipeline.cases.git_store import GitStore
from pipeline.cases.store import Store
from pipeline.errors import CannotGoOn, GitFailed, NotPrivate
from pipeline.forms import json_schema
from pipeline.github.sync import Intake
from pipeline.receiving.desk import desk
from pipeline.receiving.receive import Receipt, accept
from pipeline.receiving.relay import Relay
from pipeline.settings import Settings
from pipeline.web import wiring
from pipeline.web.rate_limit import Limits
from tests.support import CONCEPTS, JUDGE, Remote, filled, free_port, push, remote, serving, until


def person(number: int) -> dict[str, object]:
    return filled(
        json_schema.SELF_ASSESSMENT, CONCEPTS, applicant={"name": f"Person {number}", "email": "p@example.org"}
    )


def delivered(made: Remote) -> list[str]:
    return [name for name in made.files() if name.startswith("inbox/") and name.endswith(".json")]


@contextmanager
def relaying(site: Settings, root: Path, clone: Path) -> Iterator[str]:
    port = free_port()
    settings = replace(site, var=root / "var", records=clone)
    running = wiring.relay(settings, Limits(10_000, 10_000), "http://127.0.0.1", lambda: None)
    with serving(running.app, port) as url:
        yield url


def test_many_submissions_go_in_few_commits_and_the_status_page_follows_the_records(
    site: Settings, tmp_path: Path
) -> None:
    made = remote(tmp_path / "r")
    with relaying(site, tmp_path, made.clone("clone")) as url:
        answers = [requests.post(f"{url}/submissions", json=person(number), timeout=10).json() for number in range(20)]
        until(lambda: len(delivered(made)) == 20)
        commits = subprocess.run(
            ["git", "--git-dir", str(made.bare), "rev-list", "--count", "main"],
            capture_output=True,
            text=True,
            check=True,
        )
        assert int(commits.stdout) < 15
        well = {"accepting": True, "waiting": 0, "relay": "well"}
        until(lambda: well.items() <= requests.get(f"{url}/health", timeout=10).json().items())
        other = made.clone("intake")
        Intake(JUDGE, GitStore.at(other))()
        until(lambda: "Awaiting the interview" in requests.get(url + answers[0]["status"], timeout=10).text)
    assert len(delivered(made)) == 0


def test_with_the_remote_gone_it_accepts_says_so_and_catches_up(site: Settings, tmp_path: Path) -> None:
    made = remote(tmp_path / "r")
    clone = made.clone("clone")
    hidden = made.bare.rename(tmp_path / "gone.git")
    with relaying(site, tmp_path, clone) as url:
        assert requests.post(f"{url}/submissions", json=person(1), timeout=10).status_code == 201
        until(lambda: "the remote is not there" in requests.get(f"{url}/health", timeout=10).json()["relay"])
        health = requests.get(f"{url}/health", timeout=10).json()
        assert (health["accepting"], health["waiting"]) == (True, 1)
        assert str(tmp_path) not in str(health)
        hidden.rename(made.bare)
        assert requests.post(f"{url}/submissions", json=person(2), timeout=10).status_code == 201
        until(lambda: len(delivered(made)) == 2)


def relay(made: Remote, root: Path, clone: Path) -> Relay:
    here = desk(JUDGE, root / "var", Store(clone), root / "outbox")
    return Relay(here.inbox, GitStore.at(clone))


def take(made: Remote, root: Path, clone: Path, number: int) -> Receipt:
    found = accept(desk(JUDGE, root / "var", Store(clone), root / "outbox"), person(number))
    assert isinstance(found, Receipt)
    return found


def test_somebody_who_pushes_in_between_is_no_trouble(tmp_path: Path) -> None:
    made = remote(tmp_path / "r")
    clone, other = made.clone("clone"), made.clone("other")
    take(made, tmp_path, clone, 1)
    (other / "note.txt").write_text("x")
    push(other, "Somebody else")
    assert relay(made, tmp_path, clone)() == 1
    assert len(delivered(made)) == 1
    assert "note.txt" in made.files()


def test_a_remote_that_refuses_every_push_loses_nothing(tmp_path: Path) -> None:
    made = remote(tmp_path / "r")
    clone = made.clone("clone")
    take(made, tmp_path, clone, 1)
    hook = made.bare / "hooks/pre-receive"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    here = relay(made, tmp_path, clone)
    with pytest.raises(GitFailed):
        here()
    assert here.waiting == 1
    hook.unlink()
    assert here() == 1
    assert here.waiting == 0


def test_wrong_credentials_are_told_without_the_address(tmp_path: Path) -> None:
    made = remote(tmp_path / "r")
    clone = made.clone("clone")
    take(made, tmp_path, clone, 1)
    subprocess.run(
        ["git", "-C", str(clone), "remote", "set-url", "origin", "https://secret-token@127.0.0.1:9/x.git"], check=True
    )
    here = relay(made, tmp_path, clone)
    with pytest.raises(GitFailed) as failed:
        here()
    assert "secret-token" not in str(failed.value)
    assert here.waiting == 1


def test_sent_again_after_it_was_pushed_nothing_is_pushed_twice(tmp_path: Path) -> None:
    made = remote(tmp_path / "r")
    clone = made.clone("clone")
    first = take(made, tmp_path, clone, 1)
    here = relay(made, tmp_path, clone)
    here()
    assert take(made, tmp_path, clone, 1) == replace(first, secret="")
    assert here.waiting == 0


def test_records_that_are_not_private_get_nothing(tmp_path: Path) -> None:
    made = remote(tmp_path / "r")
    clone = made.clone("clone")
    take(made, tmp_path, clone, 1)

    def refuse() -> None:
        raise NotPrivate("public")

    here = replace(relay(made, tmp_path, clone), ensure_private=refuse)
    with pytest.raises(NotPrivate):
        here()
    assert (delivered(made), here.waiting) == ([], 1)


def test_a_remote_on_github_is_refused_where_its_visibility_cannot_be_asked(tmp_path: Path, site: Settings) -> None:
    made = remote(tmp_path / "r")
    clone = made.clone("clone")
    wiring.not_github(replace(site, records=clone))()
    subprocess.run(
        ["git", "-C", str(clone), "remote", "set-url", "origin", "https://github.com/body/records.git"], check=True
    )
    with pytest.raises(CannotGoOn, match="GITHUB_TOKEN"):
        wiring.not_github(replace(site, records=clone))()


def test_at_a_relays_board_a_case_is_read_and_not_worked_on(site: Settings, tmp_path: Path) -> None:
    made = remote(tmp_path / "r")
    clone = made.clone("clone")
    here = desk(JUDGE, tmp_path / "keys", Store(clone), clone)
    receipt = accept(here, person(1))
    assert isinstance(receipt, Receipt)
    Intake(JUDGE, Store(clone))()
    people.write_default(clone / "people.yml", JUDGE.data.organization)
    push(clone, "A case")
    settings = replace(site, var=tmp_path / "var", records=clone)
    running = wiring.relay(settings, Limits(10_000, 10_000), "http://127.0.0.1", lambda: None)
    with serving(running.app, free_port()) as url:
        session, headers = requests.Session(), {"origin": url}
        session.post(url + dict(running.links)["Intake Manager"], headers=headers, timeout=10)
        case = f"{url}/auditors/cases/{receipt.reference}"
        page = session.get(case, timeout=10)
        assert receipt.reference in page.text
        assert "What you can do now" not in page.text
        answer = session.post(case, data={"comment": "/schedule 2099-01-01 10:00"}, headers=headers, timeout=10)
    assert answer.status_code == 405
    assert [event.type for event in Store(clone).case(receipt.reference).events] == ["received"]
