"""One order for everything that has a number in it, and silence where nobody reads."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline import schema_errors
from pipeline.cases.state import Standing
from pipeline.cases.statistics import _not_met
from pipeline.cases.verdicts import names
from pipeline.findings import Finding
from pipeline.natural_order import in_order, natural
from pipeline.settings import ROOT
from tests.support import DATA, PRACTICE
from tests.test_process import NOON, Body, audited


def test_numbers_count_as_numbers_and_no_text_is_too_long() -> None:
    ordered = ["", "C1", "C1.2", "C1.9", "C1.10", "C2.1", "C10.1", "P1.1", "data/9", "data/10"]
    assert sorted(reversed(ordered), key=natural) == ordered
    assert natural("1" * 5000) > natural("9" * 4999)
    assert sorted(["a", "1", "b2", "²", "١"], key=natural)


def test_findings_stand_in_the_order_of_their_files_and_lines() -> None:
    found = [Finding("", "x", "y", file=file, line=line) for file in ("p/10.yml", "p/9.yml") for line in (133, 84, 9)]
    assert [(one.file, one.line) for one in in_order(found)] == [
        ("p/9.yml", 9), ("p/9.yml", 84), ("p/9.yml", 133), ("p/10.yml", 9), ("p/10.yml", 84), ("p/10.yml", 133),
    ]  # fmt: skip


def test_equally_frequent_statements_are_listed_as_people_count() -> None:
    state = DATA.process.state("audit")
    wanted = ["C1.2", "C1.9", "C1.10", "C2.1"]
    bad = dict.fromkeys(((name, "mastery") for name in reversed(wanted)), "not_met")
    listed = _not_met([replace(Standing(state, NOON), findings=bad)] * 20)
    assert [name for name, _number in listed or ()] == wanted


def test_what_is_not_met_is_listed_in_the_order_of_the_portfolio_and_says_that_it_goes_on(tmp_path: Path) -> None:
    body = Body(tmp_path)
    reference = audited(body, PRACTICE)
    work = body.work("ada", reference)
    asked = list(work.asked)
    places = [(name, criterion.id) for name in reversed(asked) for criterion in work.criteria]
    assert names(work, places) == ", ".join(asked)
    assert names(work, places, 10) == ", ".join(asked[:10]) + " …"
    assert names(work, places[-9:], 10) == ", ".join(asked[:3])


def test_findings_of_a_submission_stand_in_the_order_of_its_rows() -> None:
    schema = {"type": "array", "items": {"type": "string"}}
    found = schema_errors.check(schema, [1] * 12, lambda place: place)
    assert [one.pointer for one in found] == [f"/{number}" for number in range(12)]


COMMANDS = (
    "check",
    "check --deploy",
    "validate README.md",
    "statistics",
    "statistics --csv",
    "due",
    "verify-cases",
    "--help",
)


@pytest.mark.parametrize("command", COMMANDS)
def test_where_nobody_reads_on_there_is_silence_and_the_commands_own_exit_code(tmp_path: Path, command: str) -> None:
    """`check | head`: the reader goes away after a few lines."""
    environment = {**os.environ, "PIPELINE_VAR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    (tmp_path / "records").mkdir()
    words = [sys.executable, "-m", "pipeline", *command.split()]
    codes = []
    for closed in (False, True):
        reading, writing = os.pipe()
        if closed:
            os.close(reading)
        done = subprocess.Popen(words, cwd=ROOT, env=environment, stdout=writing, stderr=subprocess.PIPE)
        os.close(writing)
        if not closed:
            with open(reading, "rb") as stream:
                stream.read()
        _out, told = done.communicate(timeout=60)
        codes.append((done.returncode, told.count(b"Broken pipe") + told.count(b"Traceback") + told.count(b"disk")))
    assert codes[0] == codes[1]
    assert codes[0][0] in (0, 1, 2)
