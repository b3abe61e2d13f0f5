"""The tests give the same result on a runner, in a Git hook and on a machine that serves the real site."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

from pipeline.providers import PROVIDERS
from pipeline.providers.provider import API_URL, TOKEN
from pipeline.settings import ROOT
from tests.surroundings import FAMILIES, PROGRAM, clear, read_by_the_program

RUNNER = {
    "ACTIONS_RUNTIME_URL": "https://runtime.example/",
    "GITHUB_EVENT_PATH": "event.json",
    "GITHUB_REPOSITORY": "body/site",
    "GITHUB_STEP_SUMMARY": "summary.md",
    "RUNNER_TEMP": "temp",
}
HOOK = {"GIT_DIR": "elsewhere.git", "GIT_INDEX_FILE": "elsewhere/index", "GIT_AUTHOR_NAME": "Somebody"}
SENT = """
import json, os, subprocess, sys
import tests.conftest
print(subprocess.run([sys.executable, "-c", "import json, os; print(json.dumps(dict(os.environ)))"],
                     capture_output=True, text=True, check=True).stdout)
"""


def test_a_command_that_a_test_starts_works_on_this_machine_alone(tmp_path: Path) -> None:
    """On a runner, with a repository named, it would ask for a token."""
    command = [sys.executable, "-m", "pipeline", "intake"]
    variables = {**os.environ, "PIPELINE_VAR": str(tmp_path)}
    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def documented() -> set[str]:
    table = (ROOT / "README.md").read_text("utf-8").partition("| setting |")[2].partition("\n\n")[0]
    return set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+)`", table))


def test_no_process_of_a_test_has_what_the_program_reads_or_what_a_runner_or_a_hook_sets() -> None:
    poison = {**dict.fromkeys([*documented(), *read_by_the_program()], "poison"), **RUNNER, **HOOK}
    poison = {name: value for name, value in poison.items() if not name.startswith("LC_")}
    done = subprocess.run(
        [sys.executable, "-c", SENT], cwd=ROOT, env={**os.environ, **poison}, capture_output=True, text=True, check=True
    )
    there = json.loads(done.stdout)
    assert there["PATH"] == os.environ["PATH"]
    assert {name: there[name] for name in poison if name in there} == {}
    assert there["GIT_CONFIG_VALUE_0"] == "none", "what the tests themselves set"


def test_this_very_test_has_none_of_it() -> None:
    left = dict(os.environ)
    clear(left)
    assert {name for name in set(os.environ) - set(left) if not name.startswith("GIT_CONFIG_")} == set()


def test_what_the_documentation_and_the_form_providers_name_is_known_to_be_read() -> None:
    assert documented() >= {"PIPELINE_DATA", "SITE_URL", "SMTP_URL", "GITHUB_REPOSITORY"}
    providers = {name for provider in PROVIDERS.values() for name in (provider.key_name, provider.api_name)}
    assert documented() | providers | {API_URL, TOKEN} <= read_by_the_program()


def reads() -> set[tuple[str, str]]:
    """Wherever the code takes something from the environment: the module, and what it asks for (a name, or an expression)."""
    found = set()
    for path in sorted(PROGRAM.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_bytes())):
            asked = ""
            if isinstance(node, ast.Call) and re.search(r"\benviron\.get$|\bgetenv$", ast.unparse(node.func)):
                asked = ast.unparse(node.args[0])
            elif isinstance(node, ast.Subscript) and ast.unparse(node.value).endswith("environ"):
                asked = ast.unparse(node.slice)
            if asked:
                found.add((path.relative_to(PROGRAM).as_posix(), asked))
    return found


def test_everything_that_the_program_reads_is_cleared_and_documented_or_set_by_actions() -> None:
    named = {asked.strip("'") for _module, asked in reads() if asked.startswith("'")}
    assert named <= read_by_the_program()
    assert {name for name in named - documented() if not name.startswith("GITHUB_")} == set()
    asked_by_other_means = {
        ("cli/main.py", "name"),
        ("providers/__init__.py", "kind.api_name"),
        ("providers/__init__.py", "kind.key_name"),
        ("settings.py", "name"),
    }
    constants = {read for read in reads() if read[1].isupper()}  # a name that the code holds as a constant is known too
    assert {read for read in reads() - constants if not read[1].startswith("'")} == asked_by_other_means


def test_families_of_names_are_cleared_whole_and_what_a_machine_needs_stays() -> None:
    environment = {f"{family}ANYTHING": "x" for family in FAMILIES}
    machine = {
        "PATH": "/bin",
        "HOME": "/elsewhere",
        "LANG": "C.UTF-8",
        "LC_ALL": "C",
        "CI": "true",
        "GIT_SSL_CAINFO": "ca.pem",
    }
    environment |= machine
    clear(environment)
    assert environment == machine


def test_the_program_reads_nothing_while_it_is_imported() -> None:
    """The tests import it before they clear the environment; and a setting is read when a command is run."""
    read = re.compile(r"\benviron\b[.\[]|\bgetenv\b")
    for path in sorted(PROGRAM.rglob("*.py")):
        tree = ast.parse(path.read_bytes())
        functions = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        assert len(read.findall(ast.unparse(tree))) <= sum(len(read.findall(code)) for code in functions), path
