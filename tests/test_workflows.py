"""The workflows: audited by zizmor, checked by GitHub's schemas, and every `run` of theirs executed in a scratch checkout.

The commands of `make test` are tried on the workflow of the records too, which is written by the program.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.cases import records
from pipeline.cases.store import Store
from pipeline.forms import json_schema
from pipeline.providers import PROVIDERS
from pipeline.settings import ROOT
from tests.fakes.actions import Runner
from tests.fakes.expressions import evaluate, fill, holds
from tests.fakes.github import FakeGitHub
from tests.fakes.netlify import FakeNetlify
from tests.support import CONCEPTS, DATA, Remote, filled, form, push, remote, run

WORKFLOWS = ROOT / ".github/workflows"
TOKEN = "ghs-token-of-this-run"
SECRETS = {"NETLIFY_TOKEN": FakeNetlify.key, "FORMSPREE_API_KEY": "", "SOMETHING_ELSE": "not to be handed on"}
OTHERS = {
    "ISSUE_TEMPLATE/[!c]*.yml": "vendor.github-issue-forms",
    "ISSUE_TEMPLATE/config.yml": "vendor.github-issue-config",
    "dependabot.yml": "vendor.dependabot",
}


@pytest.fixture
def records_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "records"
    records.init(folder, DATA.organization, "body/site", "0" * 40)
    return folder


def tool(command: str, folder: Path) -> str:
    done = subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def of_make_test(name: str) -> str:
    """The command that `make test` begins with this tool."""
    recipe = (ROOT / "Makefile").read_text("utf-8").partition("\ntest:")[2].partition("\n\n")[0]
    (line,) = [line.strip() for line in recipe.splitlines() if f"/{name} " in line]
    return line.replace("$(VENV)", sys.prefix)


def test_zizmor_finds_nothing_at_its_strictest(records_folder: Path) -> None:
    """The one remark that is set aside is the records' trigger by comments: without it a command would wait for the clock."""
    began = time.monotonic()
    command = of_make_test("zizmor")
    assert {"--offline", "--strict-collection", "--persona pedantic"} <= set(
        re.findall(r"--[a-z-]+(?: [a-z]+)?", command)
    )
    said = tool(command, ROOT)
    assert "No findings to report" in said
    assert "ignored" not in said
    said = tool(command, records_folder)
    assert "No findings to report" in said
    assert "(1 ignored)" in said
    assert time.monotonic() - began < 20


def test_every_file_of_githubs_fits_githubs_schema(records_folder: Path) -> None:
    command = of_make_test("check-jsonschema")
    for folder in (ROOT, records_folder):
        tool(command, folder)
    looked_at = set(WORKFLOWS.glob("*.yml"))
    for pattern, schema in OTHERS.items():
        for path in (ROOT / ".github").glob(pattern):
            tool(command.split(" --")[0] + f" --builtin-schema {schema} {path}", ROOT)
            looked_at.add(path)
    assert set((ROOT / ".github").rglob("*.yml")) == looked_at


# The suite of the scratch checkout, which `make test` runs there: small, and without this module, so that it ends.
SUITE = ("test_surroundings.py", "test_yamlsource.py")
EVENT = {"comment": {"body": "/help", "user": {"type": "User"}}, "issue": {"title": "x"}}
CONTEXT: dict[str, Any] = {
    "github": {"event_name": "issue_comment", "event": EVENT},
    "job": {"status": "failure"},
    "steps": {"install": {"outcome": "success"}},
}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("github.event_name != 'issue_comment' || github.event.comment.user.type == 'user'", True),
        ("github.event.pull_request.base.sha || 'HEAD~1'", "HEAD~1"),
        ("startsWith(github.event.comment.body, '/') && !startsWith(github.event.issue.title, '/')", True),
        ("(github.event_name == 'push' || true) && 'it''s'", "it's"),
        ("!cancelled() && steps.install.outcome == 'success'", True),
        ("success() || failure()", True),
        (f"github.event.schedule == '{records.DAILY}'", False),
    ],
)
def test_the_runner_understands_the_expressions_that_are_used(expression: str, value: object) -> None:
    assert evaluate(expression, CONTEXT) == value


@pytest.mark.parametrize("expression", ["toJSON(github)", "secrets.x", "github.event[0]", "'a' 'b'"])
def test_the_runner_refuses_what_it_does_not_understand(expression: str) -> None:
    with pytest.raises(ValueError, match=r"not understood|no context"):
        evaluate(expression, CONTEXT)


def test_comments_of_programs_and_of_people_among_themselves_start_nothing() -> None:
    condition = records.workflow("body/site", "0" * 40)["jobs"]["intake"]["if"]

    def starts(kind: str, body: str, event: str = "issue_comment") -> bool:
        comment = {"body": body, "user": {"type": kind}}
        return holds(condition, {"github": {"event_name": event, "event": {"comment": comment}}, "job": {}})

    assert starts("User", "/claim")
    assert starts("User", "\r\n/claim")
    assert starts("User", "> When will it be?\n\n/schedule 2027-03-20 09:30")
    assert not starts("Bot", "/claim")
    assert not starts("User", "Thank you, I look at it on Monday.")
    assert not starts("User", "See https://example.org/a, and/or call me.")
    assert starts("", "", "schedule")


def test_no_comment_takes_the_place_of_a_run_that_waits_and_no_hour_that_of_the_day() -> None:
    """A group of the whole workflow would be entered before the job's `if` is asked."""
    loaded = records.workflow("body/site", "0" * 40)
    assert "concurrency" not in loaded
    group = loaded["jobs"]["intake"]["concurrency"]["group"]
    names = [fill(group, {"github": {"event": {"schedule": cron}}}) for cron in (records.HOURLY, records.DAILY, "")]
    assert len(set(names)) == 3


@dataclass(frozen=True)
class Hub:
    """Bare repositories as they are on GitHub: the site's (`main`, and `provider` with a form provider) and the records'."""

    root: Path
    shas: dict[str, str]
    records: Remote

    @property
    def remotes(self) -> dict[str, Path]:
        return {"body/site": self.root / "site.git", "body/records": self.records.bare}


@pytest.fixture
def hub(memory: Path) -> Hub:
    """The working tree as it is now, so that what is not committed yet is tried too; of its tests only SUITE."""
    root, tree = memory / "hub", memory / "hub/tree"
    tree.mkdir(parents=True)
    names = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT).split("\0")
    for name in names:
        if name and (ROOT / name).is_file() and (not name.startswith("tests/test_") or Path(name).name in SUITE):
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).write_bytes((ROOT / name).read_bytes())
    run("git", "init", "--quiet", "--bare", "--initial-branch", "main", str(root / "site.git"))
    run("git", "--git-dir", str(root / "site.git"), "config", "uploadpack.allowAnySHA1InWant", "true")
    run("git", "init", "--quiet", "--initial-branch", "main", str(tree))
    run("git", "-C", str(tree), "remote", "add", "origin", str(root / "site.git"))
    shas = {}
    for branch in ("before", "main", "provider"):
        if branch == "main":
            (tree / "NEWS").write_text("A second commit.\n")
        if branch == "provider":
            path, named = tree / "data/organization.yml", f"{{kind: netlify, url: '{FakeNetlify.endpoint}'}}"
            path.write_text(path.read_text("utf-8").replace("endpoint: null", f"endpoint: {named}"), "utf-8")
        shas[branch] = commit(tree, branch)
    made = remote(root / "records")
    records.init(made.root / "first", DATA.organization, "body/site", shas["provider"])
    push(made.root / "first", "Records")
    return Hub(root, shas, made)


def commit(tree: Path, branch: str) -> str:
    identity = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
    run("git", "-C", str(tree), "add", "--all", "--force")
    run("git", "-C", str(tree), *identity, "commit", "--quiet", "--message", branch)
    run("git", "-C", str(tree), "push", "--quiet", "origin", f"HEAD:refs/heads/{branch}")
    return run("git", "-C", str(tree), "rev-parse", "HEAD").strip()


def borrow_environment(checkout: Path) -> None:
    """What `make` would install is here already: its own folder with the same programs, marked as up to date.

    What mypy knows from this checkout it need not find out again: the same files.
    """
    if (checkout / "Makefile").is_file():
        (checkout / ".venv").mkdir()
        for path in Path(sys.prefix).iterdir():
            if path.is_dir() or path.name == "pyvenv.cfg":
                (checkout / ".venv" / path.name).symlink_to(path.resolve())
        for stamp in ("python-ready", "run", "test"):
            (checkout / ".venv" / stamp).touch()
        if (ROOT / ".mypy_cache").is_dir():
            shutil.copytree(ROOT / ".mypy_cache", checkout / ".mypy_cache")


def github(event_name: str, repository: str, runner_root: Path, **event: Any) -> dict[str, Any]:
    return {
        "event_name": event_name,
        "event": {"repository": {"default_branch": "main", "visibility": "private"}, **event},
        "ref": "refs/heads/main",
        "repository": repository,
        "token": TOKEN,
        "workspace": str(runner_root / "workspace"),
    }


def site_runner(hub: Hub, event_name: str, **event: Any) -> Runner:
    root = hub.root / "runner"
    root.mkdir()
    context = {"github": github(event_name, "body/site", root, **event), "steps": {}}
    return Runner(root, hub.remotes, Path(sys.executable).parent, context, prepare=borrow_environment)


def commands(name: str) -> list[str]:
    """Every `run` of a workflow here, in order."""
    jobs = yaml.safe_load((WORKFLOWS / f"{name}.yml").read_text("utf-8"))["jobs"]
    return [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]


@pytest.mark.parametrize("event_name", ["pull_request", pytest.param("push", marks=pytest.mark.long)])
def test_check_runs_the_developers_command_and_compares_with_what_was_there_before(hub: Hub, event_name: str) -> None:
    event = {"pull_request": {"base": {"sha": hub.shas["before"]}}} if event_name == "pull_request" else {}
    runner = site_runner(hub, event_name, **event)
    assert runner.workflow(WORKFLOWS / "check.yml"), runner.steps
    assert [step.command for step in runner.steps] == commands("check")
    everything, compared = runner.steps
    assert re.search(r"^\d+ passed", everything.said, re.MULTILINE)
    for name in (
        "Browser of the tests",
        "All checks passed",
        "already formatted",
        "no issues found",
        "No findings",
        "ok --",
    ):
        assert name in everything.said
    assert compared.environment == {"BASE": hub.shas["before"] if event else "HEAD~1"}
    assert "0 errors" in compared.said


def test_site_is_built_and_not_published_while_there_are_placeholders(hub: Hub) -> None:
    runner = site_runner(hub, "push")
    assert not runner.workflow(WORKFLOWS / "site.yml")
    assert [step.command for step in runner.steps] == commands("site")
    assert [step.code for step in runner.steps] == [0, 1], runner.steps
    assert "is a placeholder; write the real address" in runner.steps[1].said
    assert (runner.workspace / "site/index.html").is_file()
    assert runner.published == []


def test_site_is_published_when_both_steps_are_well(hub: Hub) -> None:
    """A body with real addresses: the last commit already says where its forms go, and Netlify serves its site."""
    site = FakeNetlify.endpoint.removesuffix("thanks/")
    for path in (hub.root / "tree/data").rglob("*.yml"):
        text = path.read_text("utf-8").replace("https://certificates.placeholder.invalid/", site)
        text = re.sub(r"^  (\w+): null$", r"  \1: seven years", text, flags=re.MULTILINE)  # retention
        path.write_text(text.replace("placeholder.invalid", "body.example"), "utf-8")
    commit(hub.root / "tree", "main")
    runner = site_runner(hub, "push")
    assert runner.workflow(WORKFLOWS / "site.yml"), runner.steps
    assert [(step.command, step.code) for step in runner.steps] == [(command, 0) for command in commands("site")]
    assert {"index.html", "certificates", "for-auditors"} <= set(runner.published)
    assert runner.published[-1] == "deployed"


@dataclass
class Outside:
    """What the intake speaks to."""

    hub: Hub
    github: FakeGitHub
    netlify: FakeNetlify
    python: Path
    runs: int = 0

    def start(self, event_name: str, well: bool = True, **event: Any) -> Runner:
        """The records' workflow, as it lies there, with this event; `well`: how it has to end."""
        self.runs += 1
        root = self.hub.root / f"runner-{self.runs}"
        root.mkdir()
        context = {"github": github(event_name, "body/records", root, **event), "secrets": SECRETS}
        told = {"GITHUB_API_URL": self.github.url, "NETLIFY_API_URL": self.netlify.api}
        runner = Runner(root, self.hub.remotes, self.python.parent, context, told)
        written = self.hub.records.clone(f"look-{self.runs}") / ".github/workflows/intake.yml"
        assert runner.workflow(written) is well, runner.steps
        return runner


@pytest.fixture
def outside(hub: Hub, small_python: Path) -> Iterator[Outside]:
    with FakeGitHub() as fake_github, FakeNetlify() as fake_netlify:
        yield Outside(hub, fake_github, fake_netlify, small_python)


def ran(runner: Runner) -> list[str]:
    return [step.command.partition("python -m ")[2].split(" -")[0] for step in runner.steps]


def test_the_clock_brings_in_what_the_provider_has_and_opens_issues_with_the_runs_token(outside: Outside) -> None:
    for number, spam in enumerate((False, False, True)):
        value = filled(
            json_schema.SELF_ASSESSMENT, CONCEPTS, applicant={"name": f"N{number}", "email": "n@example.org"}
        )
        outside.netlify.receive(form(value), f"2027-03-14T09:00:0{number}Z", spam=spam)
    runner = outside.start("schedule", schedule=records.HOURLY)
    assert ran(runner) == ["pip install", "pipeline pull", "pipeline intake"]
    assert "2 new, 0 known, 1 could not be taken in" in runner.steps[1].said
    cases = list(Store(outside.hub.records.clone("read")).cases())
    assert [bool(case.opened(json_schema.SELF_ASSESSMENT)) for case in cases] == [True, True]
    titles = [issue["title"] for issue in outside.github.issues]
    assert sum("Self-assessment" in title for title in titles) == 2
    assert outside.github.violations == []
    again = outside.start("workflow_dispatch")
    assert "0 new, 3 known" in again.steps[1].said
    assert len(outside.github.issues) == len(titles)


def test_once_a_day_it_also_reminds_lists_what_is_due_and_verifies_the_cases(outside: Outside) -> None:
    outside.netlify.receive(form(filled(json_schema.SELF_ASSESSMENT, CONCEPTS)), "2027-03-14T09:00:00Z")
    runner = outside.start("schedule", schedule=records.DAILY)
    assert [step.command for step in runner.steps] == commands("intake")
    said = [step.said.splitlines()[-1] for step in runner.steps[3:]]
    assert said[:2] == ["0 reminded of, 0 told to the Director", "0 have been kept long enough"]
    assert re.fullmatch(r"1 cases, \d+ events, 0 findings", said[2])
    clone = outside.hub.records.clone("accident")
    next(clone.glob("cases/*/events/0001.json")).unlink()
    push(clone, "An accident")
    runner = outside.start("schedule", well=False, schedule=records.DAILY)
    assert [step.command for step in runner.steps] == commands("intake")
    assert runner.steps[-1].code == 1
    assert "restore" in runner.steps[-1].said


def test_what_waits_is_taken_in_also_when_the_provider_does_not_answer(outside: Outside) -> None:
    outside.netlify.receive(form(filled(json_schema.SELF_ASSESSMENT, CONCEPTS)), "2027-03-14T09:00:00Z")
    outside.netlify.faults = [200, 401]
    runner = outside.start("schedule", well=False)
    assert [step.code for step in runner.steps] == [0, 2, 0]
    assert "check the form's address and NETLIFY_TOKEN" in runner.steps[1].said
    assert "1 new" in outside.start("schedule").steps[1].said


def test_the_token_is_given_to_git_for_github_alone_and_lies_in_no_file_and_no_log(outside: Outside) -> None:
    runner = outside.start("push")
    environment = runner.steps[-1].environment
    assert environment["PIPELINE_RECORDS"] == str(runner.workspace / "records")
    clone = runner.workspace / "records"
    asked = "printf 'protocol=https\\nhost=%s\\n\\n' | git credential fill"
    given = runner.run(asked % "github.com", clone, environment)
    assert f"username=x-access-token\npassword={TOKEN}\n" in given.said
    refused = runner.run(asked % "git.example", clone, {**environment, "GIT_TERMINAL_PROMPT": "0"})
    assert refused.code != 0
    assert TOKEN not in refused.said
    secret = (TOKEN, SECRETS["NETLIFY_TOKEN"], SECRETS["SOMETHING_ELSE"])
    assert not [step for step in runner.steps[:-2] if any(word in step.said for word in secret)]
    for path in runner.workspace.rglob("*"):
        if path.is_file() and path.stat().st_size < 100_000 and "tests" not in path.parts:
            assert not any(word.encode() in path.read_bytes() for word in secret), path
    names = {name for step in runner.steps for name in step.environment}
    assert "SOMETHING_ELSE" not in names
    keys = {provider.key_name for provider in PROVIDERS.values()}
    assert [bool(keys & step.environment.keys()) for step in runner.steps[:3]] == [False, True, False]


def test_a_comment_is_answered_without_asking_the_provider_and_a_programs_starts_nothing(outside: Outside) -> None:
    outside.netlify.receive(form(filled(json_schema.SELF_ASSESSMENT, CONCEPTS)), "2027-03-14T09:00:00Z")
    outside.start("schedule")
    asked = len(outside.netlify.requests)
    comment = outside.github.add_comment(1, "auditor", "/help")
    runner = outside.start("issue_comment", comment=comment)
    assert "pipeline pull" not in ran(runner)
    assert len(outside.netlify.requests) == asked
    (reply,) = outside.github.replies()
    assert outside.start("issue_comment", comment=reply).steps == []
    outside.start("push")
    assert len(outside.github.replies()) == 1


HOSTILE = "/help $(touch owned) `touch owned`; touch owned #'\"\n${{ github.token }}\n::set-output name=x::y"


def test_what_people_write_reaches_no_shell(outside: Outside) -> None:
    outside.netlify.receive(form(filled(json_schema.SELF_ASSESSMENT, CONCEPTS)), "2027-03-14T09:00:00Z")
    outside.start("schedule")
    comment = outside.github.add_comment(1, "somebody", HOSTILE)
    issue = {"title": HOSTILE, "body": HOSTILE, "number": 1}
    runner = outside.start("issue_comment", comment=comment, issue=issue, sender={"login": HOSTILE})
    assert len(runner.steps) == 2
    assert not list(outside.hub.root.rglob("owned"))
    for step in runner.steps:
        assert "touch" not in step.command + step.said + "".join(step.environment.values())
        assert "::" not in step.said


def test_the_runner_would_notice_what_people_write_in_a_shell(memory: Path) -> None:
    """A workflow as it must not be."""
    context = {"github": github("issue_comment", "body/records", memory, comment={"body": HOSTILE})}
    runner = Runner(memory, {}, Path(sys.executable).parent, context)
    step = {"run": "echo ${{ github.event.comment.body }}"}
    runner.jobs({"jobs": {"bad": {"steps": [step]}}})
    assert list(memory.rglob("owned"))


def test_every_workflow_is_run_as_a_whole_by_one_of_these_tests() -> None:
    """What each of them ran is compared with commands() above: a new workflow has to have such a test."""
    names = sorted(path.stem for path in WORKFLOWS.iterdir())
    assert names == ["check", "intake", "site"]
    assert not [command for name in names for command in commands(name) if "${{" in command]
