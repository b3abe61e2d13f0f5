"""Promises about the repository itself: workflows, layers, locked dependencies, the README's first lines."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.cases.records import workflow
from pipeline.providers import PROVIDERS
from pipeline.providers.provider import API_URL, TOKEN
from pipeline.settings import ROOT

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
MODULES = sorted((ROOT / "pipeline").rglob("*.py"))


def steps(path: Path) -> list[dict[str, Any]]:
    jobs = yaml.safe_load(path.read_text("utf-8"))["jobs"]
    return [step for job in jobs.values() for step in job.get("steps", [])]


def test_there_is_a_workflow_a_verb() -> None:
    assert [path.stem for path in WORKFLOWS] == ["check", "intake", "site"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_has_least_permissions_pinned_actions_and_no_event_text_in_a_script(path: Path) -> None:
    text = path.read_text("utf-8")
    loaded = yaml.safe_load(text)
    assert loaded["permissions"] == {}
    for job in loaded["jobs"].values():
        assert set(job["permissions"].items()) <= {
            ("contents", "read"),
            ("contents", "write"),
            ("issues", "write"),
            ("pages", "write"),
            ("id-token", "write"),
        }
        assert job["timeout-minutes"] <= 20
    for step in steps(path):
        assert "${{" not in step.get("run", "")
        if "uses" in step:
            assert re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", step["uses"])
        if step.get("uses", "").startswith("actions/checkout"):
            assert step["with"]["persist-credentials"] is False
    assert re.findall(r"uses: \S+ # v\d", text)


def test_only_the_intake_may_write_to_a_repository_and_only_the_site_to_pages() -> None:
    writers = {path.stem: set(re.findall(r"(\S+): write", path.read_text("utf-8"))) for path in WORKFLOWS}
    assert writers == {"check": set(), "intake": {"contents", "issues"}, "site": {"pages", "id-token"}}


def test_what_the_records_call_takes_what_they_give() -> None:
    called = yaml.safe_load((ROOT / ".github/workflows/intake.yml").read_text("utf-8"))[True]["workflow_call"]
    job = workflow("body/site", "0" * 40)["jobs"]["intake"]
    assert set(job["with"]) == set(called["inputs"])
    assert set(job["secrets"]) == set(called["secrets"])


def test_every_form_provider_is_known_wherever_a_kind_or_a_secret_is_named() -> None:
    assert {"formspree", "netlify"} <= set(PROVIDERS)
    (pulling,) = [step for step in steps(ROOT / ".github/workflows/intake.yml") if "pull" in step.get("run", "")]
    keys = [*(provider.key_name for provider in PROVIDERS.values()), TOKEN]
    assert pulling["env"] == {key: f"${{{{ secrets.{key.lower()} }}}}" for key in keys}
    readme = (ROOT / "README.md").read_text("utf-8")
    for kind, provider in PROVIDERS.items():
        assert f"{{kind: {kind}, url:" in readme
        assert f"`{provider.key_name}`" in readme
        assert f"`{provider.api_name}`" in readme
    assert f"`{TOKEN}`" in readme
    assert f"`{API_URL}`" in readme


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def test_github_form_providers_the_mail_server_and_the_terminal_are_each_spoken_to_in_one_place() -> None:
    def using(name: str) -> set[str]:
        return {str(path.relative_to(ROOT / "pipeline")) for path in MODULES if name in imports(path)}

    assert using("requests") == {"github/http.py", "http_limits.py", "providers/reader.py"}
    assert using("smtplib") == {"mail/smtp.py"}
    prints = {
        path for path in MODULES if re.search(r"(?<![\w.])print\(|sys\.(exit|stdout|stderr)", path.read_text("utf-8"))
    }
    assert {str(path.relative_to(ROOT / "pipeline")) for path in prints} == {"__main__.py", "cli/main.py"}


def test_every_layer_of_the_contract_stands_in_the_picture_of_the_architecture() -> None:
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"][0]
    picture = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    folders = {name for layer in contract["layers"] for name in re.split(r" [|:] ", layer)}
    assert all(f"{name}/" in picture for name in folders if (ROOT / "pipeline" / name).is_dir())


@pytest.mark.parametrize("group", ["pipeline", "run", "test"])
def test_every_dependency_is_locked_with_hashes_and_names_no_registry(group: str) -> None:
    text = (ROOT / f"requirements/{group}.txt").read_text("utf-8")
    names = re.findall(r"^([a-z0-9._-]+)==", text, re.MULTILINE)
    assert len(names) == len(re.findall(r"==[^\\]+\\\n +--hash=sha256:", text))
    assert "http" not in text
    assert len(names) < 15 or group != "pipeline"


def test_every_dependency_says_in_one_line_what_it_is_for() -> None:
    groups = (ROOT / "pyproject.toml").read_text("utf-8").partition("[dependency-groups]")[2].partition("\n[tool")[0]
    asked = [line for line in groups.splitlines() if line.strip().startswith('"')]
    assert len(asked) > 15
    assert [line for line in asked if not re.search(r",\s+# \w", line)] == []


def test_the_two_commands_are_the_readmes_first_lines_and_what_ci_runs() -> None:
    lines = (ROOT / "README.md").read_text("utf-8").splitlines()
    assert [line.split("#")[0].strip() for line in lines[3:5]] == ["make run", "make test"]
    assert (ROOT / ".ci/run").read_text("utf-8").strip().endswith("exec make test")
    pictures = re.findall(r"!\[.+\]\((\S+)\)", "\n".join(lines))
    assert pictures
    assert all((ROOT / picture).is_file() for picture in pictures)
