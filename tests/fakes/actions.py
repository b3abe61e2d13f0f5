"""Runs a workflow's jobs as GitHub's runner does: each `run` in bash -e with the environment it would have, nothing else.

What an action does happens here on this machine: checkout clones a bare repository, setup-python puts a Python first on the
path, what belongs to Pages is written down.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from tests.fakes.expressions import fill, holds
from tests.support import run

SECONDS = 300  # a step may take


@dataclass(frozen=True)
class Step:
    """What one `run` did. `environment` is what it had beyond the runner's own."""

    command: str
    code: int
    said: str
    environment: Mapping[str, str]


@dataclass
class Runner:
    """`remotes`: owner/name → bare repository. `python`: the folder of the Python that setup-python gives.

    `told`: what stands in the environment of every step, like the address of a fake. `prepare`: what a checkout gets that
    the network would give. Every `run` is run as it stands.
    """

    root: Path
    remotes: Mapping[str, Path]
    python: Path
    context: dict[str, Any]
    told: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[Path], object] = lambda checkout: None
    steps: list[Step] = field(default_factory=list)
    published: list[str] = field(default_factory=list)

    @property
    def workspace(self) -> Path:
        return self.root / "workspace"

    def workflow(self, path: Path) -> bool:
        """Every job in the order they stand in; False as soon as one fails, as the next one's `needs` would have it."""
        return self.jobs(yaml.safe_load(path.read_text("utf-8")))

    def jobs(self, loaded: Mapping[str, Any]) -> bool:
        return all(self.job(job, loaded.get("env", {})) for job in loaded["jobs"].values())

    def job(self, job: Mapping[str, Any], environment: Mapping[str, Any]) -> bool:
        self.context |= {"job": {"status": "success"}, "steps": {}}
        if not holds(job.get("if", "true"), self.context):
            return True
        if "uses" in job:
            return self.call(job)
        shutil.rmtree(self.workspace, ignore_errors=True)
        self.workspace.mkdir(parents=True)
        own = {**environment, **job.get("env", {})}
        for step in job["steps"]:
            outcome = self.step(step, {**own, **step.get("env", {})})
            self.context["steps"] |= {step.get("id", ""): {"outcome": outcome, "outputs": {}}}
            if outcome == "failure":
                self.context["job"] = {"status": outcome}
        return bool(self.context["job"]["status"] == "success")

    def call(self, job: Mapping[str, Any]) -> bool:
        """A reusable workflow, as it is at that commit: it gets the secrets and inputs that it is given, and no right more."""
        place, _at, commit = job["uses"].partition("@")
        owner, name, path = place.split("/", 2)
        loaded = yaml.safe_load(
            run("git", "--git-dir", str(self.remotes[f"{owner}/{name}"]), "show", f"{commit}:{path}")
        )
        for called in loaded["jobs"].values():
            assert called["permissions"].items() <= job["permissions"].items()
        given = {
            context: {key: fill(value, self.context) for key, value in job[words].items()}
            for context, words in (("inputs", "with"), ("secrets", "secrets"))
        }
        return replace(self, context={**self.context, **given}).jobs(loaded)

    def step(self, step: Mapping[str, Any], environment: Mapping[str, Any]) -> str:
        """Its outcome: success, failure or skipped."""
        if not holds(step.get("if", "true"), self.context):
            return "skipped"
        if "uses" in step:
            given = {name: fill(value, self.context) for name, value in step.get("with", {}).items()}
            self.use(step["uses"].partition("@")[0], given)
            return "success"
        folder = self.workspace / fill(step.get("working-directory", "."), self.context)
        filled = {name: fill(value, self.context) for name, value in environment.items()}
        command = fill(step["run"], self.context)
        return "failure" if self.run(command, folder, filled).code else "success"

    def run(self, command: str, folder: Path, environment: Mapping[str, str]) -> Step:
        """GitHub's default shell where a workflow names none: bash -e {0}."""
        script = self.root / "step.sh"
        script.write_text(command, "utf-8")
        done = subprocess.run(
            ["bash", "-e", str(script)],
            cwd=folder,
            env={**self.variables(), **environment},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        self.steps.append(Step(command, done.returncode, done.stdout + done.stderr, environment))
        return self.steps[-1]

    def variables(self) -> dict[str, str]:
        """The runner's own: no variable of this process is handed on but where programs lie and where pip finds packages."""
        github = self.context["github"]
        event = self.root / "event.json"
        event.write_text(json.dumps(github["event"]), "utf-8")
        (self.root / "home").mkdir(exist_ok=True)
        kept = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_", "REQUESTS_"))}
        return {
            **kept,
            **{
                name: os.environ[name]
                for name in ("https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY")
                if name in os.environ
            },
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_EVENT_NAME": github["event_name"],
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_REF": github["ref"],
            "GITHUB_REPOSITORY": github["repository"],
            "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_RUN_ID": "1",
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_STEP_SUMMARY": str(self.root / "summary.md"),
            "GITHUB_WORKSPACE": str(self.workspace),
            "HOME": str(self.root / "home"),
            "LANG": "C.UTF-8",
            "PATH": os.pathsep.join([str(self.python), *os.defpath.split(os.pathsep), "/usr/local/bin"]),
            "RUNNER_OS": "Linux",
            "RUNNER_TEMP": str(self.root),
            **self.told,
        }

    def use(self, action: str, given: Mapping[str, str]) -> None:
        if action == "actions/checkout":
            self.check_out(given)
        elif action == "actions/setup-python":
            assert given["python-version"] == "3.11"
        elif action == "actions/upload-pages-artifact":
            self.published += sorted(path.name for path in (self.workspace / given["path"]).iterdir())
        elif action == "actions/deploy-pages":
            self.published.append("deployed")
        else:
            raise ValueError(f"nothing here does what {action} does")

    def check_out(self, given: Mapping[str, str]) -> None:
        """One commit unless asked for all, and no credentials in .git/config."""
        assert given["persist-credentials"] in ("False", "false")
        target = self.workspace / given.get("path", ".")
        remote = self.remotes[given.get("repository") or self.context["github"]["repository"]]
        whole = given.get("fetch-depth") == "0"
        run("git", "clone", "--quiet", *([] if whole else ["--depth", "1"]), f"file://{remote}", str(target))
        if ref := given.get("ref"):
            run("git", "-C", str(target), "fetch", "--quiet", *([] if whole else ["--depth", "1"]), "origin", ref)
            branch = ["-B", ref] if not all(letter in "0123456789abcdef" for letter in ref) else ["--detach"]
            run("git", "-C", str(target), "checkout", "--quiet", *branch, "FETCH_HEAD")
        self.prepare(target)
