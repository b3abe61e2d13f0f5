"""The commands, as processes: what they print, and their exit codes."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests
import yaml

from pipeline.__main__ import parser
from pipeline.profiles import derive
from pipeline.settings import ROOT
from tests.support import CONCEPTS, EXAMPLES, filled, free_port, until


def pipeline(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **variables}
    command = [sys.executable, "-m", "pipeline", *words]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)


def write(path: Path, value: object) -> str:
    path.write_text(json.dumps(value), "utf-8")
    return str(path)


def test_check_is_clean_and_deploy_refuses_placeholders() -> None:
    assert pipeline("check").returncode == 0
    refused = pipeline("check", "--deploy")
    assert refused.returncode == 1
    assert "data/organization.yml:5: placeholder: site_url:" in refused.stdout


def test_check_tells_errors_as_file_line_label_and_remedy_with_1_and_what_stops_it_with_2(tmp_path: Path) -> None:
    data = shutil.copytree(ROOT / "data", tmp_path / "data")
    path = data / "organization.yml"
    path.write_text(path.read_text("utf-8").replace("reference_prefix: IMC", "reference_prefix: no"), "utf-8")
    done = pipeline("check", PIPELINE_DATA=str(data))
    assert done.returncode == 1
    assert re.search(
        r'^data/organization\.yml:\d+: reference_prefix: no without quotes: .*; write "no"$', done.stdout, re.MULTILINE
    )
    assert pipeline("check", PIPELINE_DATA=str(tmp_path)).returncode == 2


def test_a_schema_that_is_not_up_to_date_is_found_and_mended(tmp_path: Path) -> None:
    schemas = shutil.copytree(ROOT / "schemas", tmp_path / "schemas")
    path = schemas / CONCEPTS / "portfolio.schema.json"
    path.write_text("{}")
    (schemas / "contact/old.schema.json").write_text("{}")
    done = pipeline("check", PIPELINE_SCHEMAS=str(schemas))
    assert done.returncode == 1
    assert done.stdout.count("run: python -m pipeline schemas") == 2
    pipeline("schemas", PIPELINE_SCHEMAS=str(schemas))
    assert pipeline("check", PIPELINE_SCHEMAS=str(schemas)).returncode == 0
    assert path.read_bytes() == (ROOT / "schemas" / CONCEPTS / "portfolio.schema.json").read_bytes()


def test_validate_has_three_exit_codes_and_three_formats(tmp_path: Path) -> None:
    good = write(tmp_path / "good.json", filled(derive.SELF_ASSESSMENT, CONCEPTS))
    bad = write(
        tmp_path / "bad,1.json",
        filled(derive.SELF_ASSESSMENT, CONCEPTS, applicant={"name": "x\n::set-output", "email": "%"}),
    )
    (tmp_path / "broken.json").write_text("{")
    assert pipeline("validate", good).returncode == 0
    done = pipeline("validate", good, bad)
    assert done.returncode == 1
    assert f"{bad}:1: E-mail address: " in done.stdout
    assert pipeline("validate", bad, str(tmp_path / "broken.json"), str(tmp_path / "missing.json")).returncode == 2
    found = json.loads(pipeline("validate", bad, "--format", "json").stdout)
    assert {entry["pointer"] for entry in found} == {"/applicant/name", "/applicant/email"}
    annotated = pipeline("validate", bad, "--format", "github").stdout.splitlines()
    assert all(line.startswith("::error file=") and "bad%2C1.json" in line for line in annotated)


def test_accept_keeps_what_is_valid_and_sets_aside_what_is_not(tmp_path: Path) -> None:
    good = write(tmp_path / "good.json", filled(derive.SELF_ASSESSMENT, CONCEPTS))
    bad = write(tmp_path / "bad.json", filled(derive.SELF_ASSESSMENT, CONCEPTS, applicant={}))
    here = {"PIPELINE_VAR": str(tmp_path / "var")}
    done = pipeline("accept", good, bad, **here)
    assert done.returncode == 1
    assert "kept as rejected/" in done.stdout
    assert pipeline("accept", good, **here).stdout in done.stdout
    assert pipeline("accept", str(tmp_path / "missing.json"), **here).returncode == 2
    taken = pipeline("intake", **here)
    assert taken.stdout.startswith("1 taken in, 0 issues opened")
    assert "1 lie in rejected/" in taken.stdout


def test_the_example_portfolios_are_accepted_and_rendered(tmp_path: Path) -> None:
    names = sorted(EXAMPLES.glob("submissions/valid/*.json"))
    current = []
    for path in names:
        value = json.loads(path.read_text("utf-8"))
        from tests.support import DATA

        current.append(write(tmp_path / path.name, {**value, "profile_hash": DATA.hashes[value["profile"]]}))
    here = {"PIPELINE_VAR": str(tmp_path / "var")}
    assert pipeline("accept", *current, **here).returncode == 0
    assert pipeline("intake", **here).stdout.startswith("3 taken in")
    rendered = [path.read_text("utf-8") for path in (tmp_path / "var/records").rglob("portfolio.md")]
    assert any("田中さん" in text for text in rendered)
    assert len(rendered) == 2


def test_pull_without_a_provider_says_what_to_write(tmp_path: Path) -> None:
    done = pipeline("pull", PIPELINE_VAR=str(tmp_path))
    assert done.returncode == 2
    assert "submission_endpoint" in done.stderr


def test_a_wrong_people_yml_is_told_with_its_whole_path(tmp_path: Path) -> None:
    (tmp_path / "people.yml").write_text("people:\n  - 0\n")
    done = pipeline("remind", PIPELINE_RECORDS=str(tmp_path), PIPELINE_VAR=str(tmp_path / "var"))
    assert done.returncode == 2
    assert done.stdout == f"{tmp_path}/people.yml:2: 0: must be a group of fields\n"
    assert done.stderr == f"1 errors in {tmp_path}/people.yml; mend them first\n"


def test_init_records_writes_a_short_workflow_that_calls_one_commit(tmp_path: Path) -> None:
    done = pipeline("init-records", str(tmp_path / "records"), "--site", "body/site")
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "records/.github/workflows/intake.yml").read_text("utf-8")
    workflow = yaml.safe_load(text)
    assert re.fullmatch(r"body/site/\.github/workflows/intake\.yml@[0-9a-f]{40}", workflow["jobs"]["intake"]["uses"])
    assert set(workflow["on"]) == {"push", "issue_comment", "schedule", "workflow_dispatch"}
    assert workflow["permissions"] == {}
    assert "run:" not in text
    assert len(text.splitlines()) < 40
    (tmp_path / "records/people.yml").write_text("people: []\n")
    assert pipeline("init-records", str(tmp_path / "records"), "--site", "body/site").returncode == 0
    assert (tmp_path / "records/people.yml").read_text() == "people: []\n"


def test_every_command_is_in_the_readme() -> None:
    choices = next(
        action.choices for action in parser()._actions if action.choices and isinstance(action.choices, dict)
    )
    readme = (ROOT / "README.md").read_text("utf-8")
    assert [
        name for name in choices if f"python -m pipeline {name}" not in readme and f"make {name}" not in readme
    ] == []


@pytest.mark.parametrize("words", [[], ["nonsense"], ["validate"]])
def test_a_wrong_call_is_2_with_usage(words: list[str]) -> None:
    done = pipeline(*words)
    assert (done.returncode, "usage:" in done.stderr) == (2, True)


def test_run_builds_serves_prints_the_addresses_and_stops_cleanly(tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "pipeline", "run", "--port", str(port)]
    process = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, "PIPELINE_VAR": str(tmp_path / "var")}, stdout=subprocess.PIPE, text=True
    )
    try:

        def answers() -> bool:
            try:
                return requests.get(f"http://127.0.0.1:{port}/health", timeout=5).ok
            except requests.ConnectionError:
                return False

        until(answers, 40)
        assert "Open the Blue path self-assessment" in requests.get(f"http://127.0.0.1:{port}/", timeout=10).text
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=20)
    finally:
        process.kill()
    assert process.returncode == 0
    assert f"http://127.0.0.1:{port}/auditors/sign-in/" in out
    assert "Director of Certification" in out
    assert out.rstrip().endswith("Stopped.")


def test_a_port_that_is_taken_is_said_in_words(tmp_path: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = pipeline("run", "--port", str(taken.getsockname()[1]), PIPELINE_VAR=str(tmp_path / "var"))
    assert done.returncode == 2
    assert "PORT=" in done.stderr
