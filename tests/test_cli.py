"""The commands, as processes: what they print, and their exit codes."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
import yaml

from pipeline.cases import records
from pipeline.cli.main import main, parser
from pipeline.errors import CannotGoOn
from pipeline.forms import json_schema, release
from pipeline.settings import ROOT, Settings
from pipeline.web import wiring
from tests.support import CONCEPTS, EXAMPLES, filled, free_port, run, until
from tests.test_process import Body


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
    good = write(tmp_path / "good.json", filled(json_schema.SELF_ASSESSMENT, CONCEPTS))
    bad = write(
        tmp_path / "bad,1.json",
        filled(json_schema.SELF_ASSESSMENT, CONCEPTS, applicant={"name": "x\n::set-output", "email": "%"}),
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
    good = write(tmp_path / "good.json", filled(json_schema.SELF_ASSESSMENT, CONCEPTS))
    bad = write(tmp_path / "bad.json", filled(json_schema.SELF_ASSESSMENT, CONCEPTS, applicant={}))
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


@pytest.fixture
def said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """Runs a command in this process: the exit code, and what it complained of."""

    def call(*words: str, **variables: str) -> tuple[int, str]:
        with monkeypatch.context() as patch:
            for name, value in {"PIPELINE_VAR": str(tmp_path / "var"), **variables}.items():
                patch.setenv(name, value)
            try:
                code = main(list(words))
            except SystemExit as error:
                code = int(str(error.code))
        return code, capsys.readouterr().err

    return call


Said = Callable[..., tuple[int, str]]


@pytest.mark.parametrize("words", [("run", "--port", "99999"), ("run", "--port=-1"), ("serve", "--port", "70000")])
def test_a_number_that_is_no_port_is_said_in_words(said: Said, words: tuple[str, ...]) -> None:
    code, complaint = said(*words)
    assert (code, "use a number from 1 to 65535" in complaint) == (2, True)


@pytest.mark.parametrize("host", ["nope.invalid", "..", "203.0.113.7"])
def test_a_host_that_is_not_this_machines_is_said_in_words(host: str) -> None:
    with pytest.raises(CannotGoOn, match="is no address of this machine; use --host"):
        wiring.bind(host, 8000)


@pytest.mark.parametrize("command", ["intake", "verify-cases", "statistics", "due", "remind", "pull"])
def test_records_that_are_not_where_they_are_said_to_be_are_no_empty_records(
    said: Said, tmp_path: Path, command: str
) -> None:
    (tmp_path / "file").touch()
    for name, words in (("none", "is not there"), ("file", "is a file")):
        code, complaint = said(command, PIPELINE_RECORDS=str(tmp_path / name))
        assert (code, complaint) == (
            2,
            f"{tmp_path / name} {words}; set PIPELINE_RECORDS to the folder of the records\n",
        )
    assert not (tmp_path / "none").exists()


def test_records_that_nobody_has_named_yet_are_empty(said: Said) -> None:
    assert said("verify-cases") == (0, "")


def test_what_is_no_clone_cannot_be_relayed_to_and_how_to_make_one_is_said(
    said: Said, site: Settings, tmp_path: Path
) -> None:
    (tmp_path / "plain").mkdir()
    run("git", "init", "--quiet", str(tmp_path / "fresh"))
    for name in ("none", "plain", "fresh"):
        code, complaint = said("serve", "--relay", PIPELINE_RECORDS=str(tmp_path / name), PIPELINE_SITE=str(site.site))
        assert code == 2
        assert f"({tmp_path / name}) is no clone of a records repository" in complaint
        assert "init-records" in complaint


def test_a_commit_that_is_not_there_is_said(said: Said) -> None:
    for name in ("nope", "-x"):
        code, complaint = said("check", f"--since={name}")
        assert (code, complaint.startswith(f"There is no commit {name} here")) == (2, True)


@pytest.mark.parametrize("site", ["a/b/c", "a b/c", " a/b", "a/b ", "", "a", "https://gitlab.example/a/b", "a/.."])
def test_what_is_no_name_of_a_repository_is_not_written_into_a_workflow(said: Said, tmp_path: Path, site: str) -> None:
    code, complaint = said("init-records", str(tmp_path / "records"), "--site", site)
    assert (code, "write --site OWNER/NAME" in complaint) == (2, True)
    assert not (tmp_path / "records").exists()


@pytest.mark.parametrize("site", ["body/site", "https://github.com/body/site.git", "git@github.com:body/site.git"])
def test_the_name_of_a_repository_may_be_its_address(site: str) -> None:
    assert records.site_of(ROOT, site)[0] == "body/site"


def test_records_are_not_begun_in_a_file(said: Said, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    code, complaint = said("init-records", str(tmp_path / "file"), "--site", "body/site")
    assert (code, complaint) == (2, f"{tmp_path / 'file'} is a file; name a folder, which may be new\n")


@pytest.mark.parametrize("address", ["nonsense", "https://", "ftp://a.example/", "https://a.example/?x", "https://a b"])
def test_what_is_no_address_of_a_site_is_refused(said: Said, address: str) -> None:
    code, complaint = said("serve", SITE_URL=address)
    assert (code, complaint.startswith(f"SITE_URL is {address}, which is no address of a site")) == (2, True)


def test_an_error_that_nobody_foresaw_is_one_sentence_and_no_finding(
    said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_anything: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr(release, "changed", broken)
    code, complaint = said("check")
    assert code == 2
    assert complaint.startswith("This is a fault of the program in tests/test_cli.py, line ")
    assert len(complaint.splitlines()) == 1


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

        until(answers, 120)
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


def test_what_comes_too_late_is_kept_aside_and_what_comes_with_it_is_accepted(tmp_path: Path) -> None:
    body = Body(tmp_path)
    reference = body.send(json_schema.SELF_ASSESSMENT, CONCEPTS, id="a" * 32)
    assert not body.do("ines", reference, "/withdraw").refusals
    good = filled(json_schema.SELF_ASSESSMENT, CONCEPTS, applicant={"name": "Ola", "email": "o@x.org"})
    late = filled(
        json_schema.SELF_ASSESSMENT, CONCEPTS, id="a" * 32, applicant={"name": "Rosa T", "email": "rosa@example.org"}
    )
    files = [write(tmp_path / f"{name}.json", value) for name, value in (("late", late), ("good", good))]
    done = pipeline("accept", *files, PIPELINE_RECORDS=str(body.store.root), PIPELINE_VAR=str(tmp_path / "var"))
    assert done.returncode == 1
    assert re.search(r"late.json: kept as rejected/[0-9a-f-]+\.json", done.stdout)
    assert "is over (Withdrawn)" in done.stdout
    assert re.search(r"good.json: IMC-[0-9A-Z-]+\n", done.stdout)
