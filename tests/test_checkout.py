"""A checkout that is not on its branch is refused with what to do, by every command that writes to the records."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.cases.git_store import GitStore
from pipeline.errors import CannotGoOn, GitFailed, Unusable
from pipeline.forms import json_schema
from pipeline.git import _reason
from pipeline.github.client import GitHub
from pipeline.github.sync import Intake
from pipeline.settings import ROOT, Settings
from pipeline.web import wiring
from pipeline.web.rate_limit import Limits
from tests.fakes.github import FakeGitHub
from tests.support import CONCEPTS, JUDGE, Remote, filled, push, remote, run
from tests.test_cli import pipeline
from tests.test_intake import put

WRITE = [
    ["accept", "portfolio.json"],
    ["pull"],
    ["intake"],
    ["remind"],
    ["due", "--issue"],
    ["forget", "IMC-0000-0000-0", "--open"],
]
IDENTITY = ("-c", "user.name=Test", "-c", "user.email=test@example.org")


def git(folder: Path, *words: str) -> str:
    return run("git", "-C", str(folder), *IDENTITY, *words).strip()


def detached(clone: Path) -> str:
    git(clone, "checkout", "--quiet", "--detach")
    return "git switch"


def on_an_old_commit(clone: Path) -> str:
    git(clone, "checkout", "--quiet", "HEAD~1")
    return "git switch"


def two_sides(clone: Path) -> None:
    """A branch `other` that changes the same line as ours."""
    git(clone, "switch", "--quiet", "--create", "other", "HEAD~1")
    (clone / "note").write_text("theirs")
    git(clone, "add", "note")
    git(clone, "commit", "--quiet", "--message", "Theirs")
    git(clone, "switch", "--quiet", "main")


def failing(clone: Path, *words: str) -> None:
    with pytest.raises(AssertionError):
        git(clone, *words)


def in_a_rebase(clone: Path) -> str:
    two_sides(clone)
    failing(clone, "rebase", "other")
    return "git rebase --abort"


def in_a_merge(clone: Path) -> str:
    two_sides(clone)
    failing(clone, "merge", "other")
    return "git merge --abort"


def in_a_merge_without_conflict(clone: Path) -> str:
    two_sides(clone)
    git(clone, "merge", "--no-commit", "--strategy=ours", "other")
    return "git merge --abort"


def in_a_cherry_pick(clone: Path) -> str:
    two_sides(clone)
    failing(clone, "cherry-pick", "other")
    return "git cherry-pick --abort"


def in_a_revert(clone: Path) -> str:
    (clone / "note").write_text("changed again")
    git(clone, "commit", "--quiet", "--all", "--message", "Again")
    failing(clone, "revert", "--no-edit", "HEAD~1")
    return "git revert --abort"


def in_a_bisection(clone: Path) -> str:
    git(clone, "bisect", "start")
    return "git bisect reset"


def on_a_branch_without_a_commit(clone: Path) -> str:
    git(clone, "switch", "--quiet", "--orphan", "fresh")
    return "no commit yet"


def on_a_branch_that_the_remote_does_not_have(clone: Path) -> str:
    git(clone, "switch", "--quiet", "--create", "mine")
    return "the remote has no branch of that name"


ODD: list[Callable[[Path], str]] = [
    detached, on_an_old_commit, in_a_rebase, in_a_merge, in_a_merge_without_conflict, in_a_cherry_pick, in_a_revert,
    in_a_bisection, on_a_branch_without_a_commit, on_a_branch_that_the_remote_does_not_have,
]  # fmt: skip


def records(root: Path) -> tuple[Remote, Path]:
    """A remote with a delivery, and a clone with two commits that touch one file."""
    made = remote(root)
    first = made.root / "first"
    for text in ("one", "two"):
        (first / "note").write_text(text)
        push(first, text)
    put(first, filled(json_schema.SELF_ASSESSMENT, CONCEPTS))
    (first / "note").write_text("three")
    push(first, "Deliver")
    return made, made.clone("clone")


def everything(made: Remote, clone: Path) -> tuple[str, ...]:
    """What refs lead to there and here, what is stashed, and what lies here."""
    here = git(clone, "status", "--porcelain"), git(clone, "stash", "list"), git(clone, "for-each-ref", "refs/heads")
    return (run("git", "--git-dir", str(made.bare), "for-each-ref"), *here)


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: odd.__name__)
def test_the_intake_writes_nothing_from_an_odd_checkout_and_says_what_to_do(
    memory: Path, odd: Callable[[Path], str]
) -> None:
    made, clone = records(memory / "r")
    remedy = odd(clone)
    before = everything(made, clone)
    with pytest.raises(GitFailed, match=remedy):
        Intake(JUDGE, GitStore.at(clone))()
    assert everything(made, clone) == before


@pytest.mark.parametrize("odd", [detached, in_a_rebase], ids=lambda odd: odd.__name__)
@pytest.mark.parametrize("words", WRITE, ids=lambda words: words[0])
def test_every_command_that_writes_refuses_a_detached_checkout_before_it_asks_github(
    memory: Path, tmp_path: Path, words: list[str], odd: Callable[[Path], str]
) -> None:
    made, clone = records(memory / "r")
    remedy = odd(clone)
    before = everything(made, clone)
    data = shutil.copytree(ROOT / "data", tmp_path / "data")
    organization = data / "organization.yml"
    text = organization.read_text("utf-8")
    endpoint = "submission_endpoint: {kind: formspree, url: https://formspree.io/f/abcdwxyz}"
    lines = [endpoint if line.startswith("submission_endpoint:") else line for line in text.splitlines()]
    organization.write_text("\n".join(lines) + "\n", "utf-8")
    with FakeGitHub() as fake:
        done = pipeline(
            *words,
            PIPELINE_RECORDS=str(clone),
            PIPELINE_DATA=str(data),
            PIPELINE_VAR=str(tmp_path / "var"),
            GITHUB_API_URL=fake.url,
            GITHUB_REPOSITORY=fake.repository,
            GITHUB_TOKEN="token",
            FORMSPREE_API_KEY="key",
        )
        assert (done.returncode, done.stdout, fake.requests) == (2, "", [])
    assert remedy in done.stderr
    assert "Nothing was written" in done.stderr
    assert everything(made, clone) == before


@pytest.mark.parametrize("words", [["verify-cases"], ["statistics"], ["due"]], ids=lambda words: words[0])
def test_what_only_reads_reads_a_detached_checkout_too(memory: Path, tmp_path: Path, words: list[str]) -> None:
    _made, clone = records(memory / "r")
    on_an_old_commit(clone)
    done = pipeline(*words, PIPELINE_RECORDS=str(clone), PIPELINE_VAR=str(tmp_path / "var"))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("odd", [detached, in_a_merge], ids=lambda odd: odd.__name__)
def test_a_relay_does_not_start_with_an_odd_checkout(
    site: Settings, memory: Path, tmp_path: Path, odd: Callable[[Path], str]
) -> None:
    _made, clone = records(memory / "r")
    remedy = odd(clone)
    settings = Settings(**{**vars(site), "records": clone, "var": tmp_path / "var"})
    with pytest.raises(CannotGoOn, match=remedy):
        wiring.relay(settings, Limits(10, 10), "http://127.0.0.1", lambda: None)


def test_a_checkout_that_was_switched_while_a_relay_runs_is_left_alone(memory: Path) -> None:
    made, clone = records(memory / "r")
    store = GitStore.at(clone)
    store.refresh()
    git(clone, "switch", "--quiet", "--create", "mine")
    (clone / "note").write_text("mine")
    git(clone, "commit", "--quiet", "--all", "--message", "Mine")
    before = everything(made, clone)
    with pytest.raises(GitFailed, match="git switch main"):
        store.refresh()
    assert everything(made, clone) == before


def test_a_clone_of_one_branch_still_sees_what_others_push_to_the_branch_it_was_switched_to(memory: Path) -> None:
    made, clone = records(memory / "r")
    git(clone, "push", "--quiet", "origin", "HEAD:refs/heads/other")
    single = made.root / "single"
    run("git", "clone", "--quiet", "--single-branch", "--branch", "other", str(made.bare), str(single))
    git(single, "fetch", "--quiet", "origin", "main:main")
    git(single, "switch", "--quiet", "main")
    (clone / "note").write_text("four")
    push(clone, "Four")
    GitStore.at(single).refresh()
    assert (single / "note").read_text() == "four"


def test_a_shallow_clone_is_refused_before_anything_is_forgotten(memory: Path, tmp_path: Path) -> None:
    made, clone = records(memory / "r")
    Intake(JUDGE, GitStore.at(clone))()
    reference = next((clone / "cases").iterdir()).name
    shallow = made.root / "shallow"
    run("git", "clone", "--quiet", "--depth", "1", f"file://{made.bare}", str(shallow))
    before = everything(made, shallow)
    words = ("forget", reference, "--open", "--history")
    done = pipeline(*words, PIPELINE_RECORDS=str(shallow), PIPELINE_VAR=str(tmp_path / "var"))
    assert (done.returncode, "git fetch --unshallow" in done.stderr) == (2, True)
    assert everything(made, shallow) == before


def test_records_on_another_branch_than_the_repositorys_own_are_refused_on_github(memory: Path) -> None:
    made, clone = records(memory / "r")
    git(clone, "switch", "--quiet", "--create", "wip")
    git(clone, "push", "--quiet", "origin", "wip")
    before = everything(made, clone)
    with FakeGitHub() as fake:
        github = GitHub(fake.url, fake.repository, "token", branch=GitStore.at(clone).branch)
        with pytest.raises(Unusable, match="git switch main"):
            Intake(JUDGE, GitStore.at(clone), github)()
        assert not fake.issues
    assert everything(made, clone) == before


@pytest.mark.parametrize("text", ["", "[]", "no JSON", '{"repository": null}'])
def test_an_event_that_says_nothing_is_no_reason_to_stop(
    memory: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    (memory / "event.json").write_text(text)
    with FakeGitHub() as fake:
        for name, value in {
            "GITHUB_API_URL": fake.url,
            "GITHUB_REPOSITORY": fake.repository,
            "GITHUB_TOKEN": "token",
            "GITHUB_EVENT_PATH": str(memory / "event.json"),
        }.items():
            monkeypatch.setenv(name, value)
        github = GitHub.from_environment()
        assert github
        github.ensure_private()


def test_a_push_to_an_archived_repository_names_what_is_the_matter() -> None:
    said = "remote: This repository was archived so it is read-only.\nfatal: unable to access: error: 403"
    assert "unarchive it" in _reason(said)
