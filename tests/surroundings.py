"""The environment of the tests: without what the program reads, and without what a runner or a Git hook sets.

Cleared once, before any test is collected: every test and every process that a test starts inherits it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import MutableMapping
from pathlib import Path

PROGRAM = Path(__file__).resolve().parent.parent / "pipeline"
FAMILIES = ("PIPELINE_", "GITHUB_", "ACTIONS_", "RUNNER_", "INPUT_", "GIT_")
KEPT = (
    "GIT_SSL_",
    "GIT_EXEC_PATH",
    "LC_",
)  # how Git reaches servers and its own programs here; the language of the machine


def read_by_the_program() -> set[str]:
    """Every name in capitals that the program's code holds: what it takes from the environment, and a few more."""
    constants = (
        node.value
        for path in PROGRAM.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Constant)
    )
    return {value for value in constants if isinstance(value, str) and re.fullmatch(r"[A-Z]+(_[A-Z0-9]+)+", value)}


def clear(environment: MutableMapping[str, str]) -> None:
    named = read_by_the_program()
    for name in list(environment):
        if (name in named or name.startswith(FAMILIES)) and not name.startswith(KEPT):
            del environment[name]
