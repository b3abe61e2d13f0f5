"""The command line: wiring, printing, exit codes. 0 all is well, 1 there are findings, 2 the command could not do its work."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from pipeline import report
from pipeline.accept import accept as accepting
from pipeline.accept import pull as pulling
from pipeline.accept.check import Judge, check
from pipeline.accept.desk import desk, store
from pipeline.accept.providers import PROVIDERS, configured
from pipeline.accept.raw import parse_file
from pipeline.cases import records
from pipeline.cases.intake import Intake
from pipeline.cases.store import Store
from pipeline.errors import CannotGoOn, DataInvalid, PushRejected, UnreadableInput
from pipeline.findings import Finding, Level, errors
from pipeline.github import GitHub
from pipeline.profiles import release
from pipeline.profiles.load import load, load_or_stop
from pipeline.settings import ROOT, Settings

WELL, FINDINGS, FAILED = 0, 1, 2
PUSHES = 10  # how often somebody else may push first
Arguments = argparse.Namespace
T = TypeVar("T")


def say(line: str) -> None:
    print(line, flush=True)


def _print(found: Iterable[Finding], form: str = "text") -> None:
    for line in report.lines(list(found), form):
        say(line)


def _complain(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _judge(settings: Settings) -> Judge:
    return Judge(load_or_stop(settings.data, settings.schemas), settings.schemas)


def check_data(settings: Settings, arguments: Arguments) -> int:
    """Check all of data/, and that what is generated from it and committed is up to date."""
    loaded = load(settings.data, settings.schemas)
    found = list(loaded.findings)
    if loaded.data:
        found += release.outdated(loaded.data, settings.schemas)
        found += release.changed(loaded.data, settings.schemas)
    if arguments.since:
        found += release.changed_since(settings.schemas, arguments.since)
    wrong = [f for f in found if f.level is Level.ERROR or (arguments.deploy and f.level is Level.PLACEHOLDER)]
    _print(found)
    placeholders, notes = (sum(f.level is level for f in found) for level in (Level.PLACEHOLDER, Level.NOTE))
    say(f"{len(errors(found))} errors, {placeholders} placeholders, {notes} notes")
    return FINDINGS if wrong else WELL


def validate(settings: Settings, arguments: Arguments) -> int:
    """Check submissions (JSON files, or copies saved from a form) without keeping anything."""
    judge = _judge(settings)
    found: list[Finding] = []
    unreadable = False
    for name in arguments.files:
        try:
            result = check(judge, parse_file(_read(name)))
            found += [replace(finding, file=name, line=1) for finding in (result if isinstance(result, list) else [])]
        except UnreadableInput as error:
            unreadable = True
            found.append(Finding("", name, str(error), file=name, line=1))
    _print(found, arguments.format)
    if arguments.format == "text" and not found:
        say(f"{len(arguments.files)} valid")
    return FAILED if unreadable else FINDINGS if found else WELL


def _read(name: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise UnreadableInput(f"cannot be read ({error.strerror}); check the name and the rights") from error


def accept(settings: Settings, arguments: Arguments) -> int:
    """Take submissions (JSON files, or copies saved from a form) into the inbox; what is not valid is kept in rejected/."""
    judge, where = _judge(settings), store(settings.records)
    here = desk(judge, settings.var, where, where.root)
    outcome = WELL

    def work() -> list[str]:
        nonlocal outcome
        outcome, lines = WELL, []
        for name in arguments.files:
            try:
                value = parse_file(_read(name))
            except UnreadableInput as error:
                outcome = FAILED
                lines.append(report.printable(f"{name}: {error}"))
                continue
            result = accepting.accept(here, value)
            if isinstance(result, list):
                outcome = max(outcome, FINDINGS)
                kept = pulling.reject(here, where, value, result)
                lines += [report.printable(str(replace(finding, file=name, line=1))) for finding in result]
                lines.append(f"{name}: kept as rejected/{kept}")
            else:
                lines.append(f"{name}: {result.reference}")
        return lines

    for line in _published(where, work, "Accept"):
        say(line)
    return outcome


def _published(where: Store, work: Callable[[], T], message: str) -> T:
    """Done again on a fresh head until it is where everybody sees it."""
    for _attempt in range(PUSHES):
        where.refresh()
        result = work()
        try:
            where.publish(message)
        except PushRejected:
            continue
        return result
    raise CannotGoOn("Others pushed first, again and again. Nothing is lost: run this again.")


def pull(settings: Settings, arguments: Arguments) -> int:
    """Bring in what the form provider of organization.yml has received."""
    judge, where = _judge(settings), store(settings.records)
    provider = configured(judge.data.organization.endpoint, os.environ)
    if provider is None and arguments.if_configured:
        return WELL
    if provider is None:
        kinds = ", ".join(f"{{kind: {kind}, url: …}}" for kind in PROVIDERS)
        raise CannotGoOn(f"organization.yml names no form provider: submission_endpoint must be one of {kinds}")
    here = desk(judge, settings.var, where, where.root)
    github = GitHub.from_environment()
    if github:
        github.ensure_private()
    done = _published(where, pulling.Pull(provider, here, where), "Pull")
    say(f"{done.new} new, {done.known} known, {done.rejected} could not be taken in")
    return WELL


def intake(settings: Settings, arguments: Arguments) -> int:
    """Turn deliveries into cases, and cases into issues. Safe to run at any time, twice, or at once with another."""
    judge, where, github = _judge(settings), store(settings.records), GitHub.from_environment()
    server, branch = os.environ.get("GITHUB_SERVER_URL", "https://github.com"), getattr(where, "branch", "main")
    run = "-".join(os.environ.get(name, "") for name in ("GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT")).strip("-")
    address = f"{server}/{github.repository}/blob/{branch}/" if github else "/auditors/"
    done = Intake(judge, where, github, run or f"local-{os.getpid()}", address)()
    numbers = f"{len(done.taken)} taken in, {len(done.opened)} issues opened, {len(done.updated)} drawn anew"
    say(f"{numbers}, {len(done.commands)} commands")
    if done.rejected:
        say(f"{done.rejected} lie in rejected/ of the records, with what is to be mended")
    return WELL


def run(settings: Settings, arguments: Arguments) -> int:
    """Build the site and serve it on this machine, with a live intake and the auditors' board."""
    from pipeline import wiring
    from pipeline.accept.limits import Limits

    listening = wiring.bind("127.0.0.1", arguments.port)
    origin = f"http://127.0.0.1:{arguments.port}"
    here = replace(settings, endpoint="/submissions", site_url=f"{origin}/", site=settings.var / "site")
    wiring.build_site(here)
    running = wiring.local(here, Limits(), origin)
    say(f"The site:  {origin}/")
    say(f"The board: {origin}/auditors/  with these personal links, valid until the server stops:")
    for name, path in running.links:
        say(f"  {name}: {origin}{path}")
    say(f"Data:      {settings.var}    Stop with Ctrl-C")
    wiring.serve(running.app, listening)
    say("Stopped.")
    return WELL


def serve(settings: Settings, arguments: Arguments) -> int:
    """Serve an already built site with a live intake; with --relay, hand deliveries on to a records repository."""
    from pipeline import wiring
    from pipeline.accept.limits import Limits

    origin = (settings.site_url or load_or_stop(settings.data, settings.schemas).organization.site_url).rstrip("/")
    if arguments.relay:
        github = GitHub.from_environment()
        running = wiring.relay(
            settings, Limits(), origin, github.ensure_private if github else wiring.not_github(settings)
        )
    else:
        running = wiring.local(settings, Limits(), origin)
    listening = wiring.bind(arguments.host, arguments.port)
    for name, path in running.links:
        say(f"{name}: http://{arguments.host}:{arguments.port}{path}")
    say(f"Serving on http://{arguments.host}:{arguments.port}")
    wiring.serve(running.app, listening)
    return WELL


def init_records(settings: Settings, arguments: Arguments) -> int:
    """Write the files of a new records repository into DIR."""
    data = load_or_stop(settings.data, settings.schemas)
    site, sha = records.site_of(ROOT, arguments.site)
    for name in records.init(Path(arguments.folder), data.organization, site, sha):
        say(f"{arguments.folder}/{name}")
    say("Next: edit people.yml, commit, and push to a PRIVATE repository. Its workflow does the rest.")
    return WELL


def release_profile(settings: Settings, arguments: Arguments) -> int:
    """Pin the present version of a profile: its schemas and its text never change again."""
    data = load_or_stop(settings.data, settings.schemas)
    say(str(release.release(data, settings.schemas, arguments.profile)))
    return WELL


def schemas(settings: Settings, arguments: Arguments) -> int:
    """Write the schemas that are derived from data/ and committed."""
    for path in release.write_current(load_or_stop(settings.data, settings.schemas), settings.schemas):
        say(path)
    return WELL


def messages(settings: Settings, arguments: Arguments) -> int:
    """Write the catalogue of interface texts."""
    from pipeline.messages import POT, catalogue

    POT.parent.mkdir(exist_ok=True)
    POT.write_bytes(catalogue())
    say(str(POT))
    return WELL


def parser() -> argparse.ArgumentParser:
    root = argparse.ArgumentParser(prog="python -m pipeline", description="From profile YAML to an auditor's issue.")
    commands = root.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, function: Callable[[Settings, Arguments], int]) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=function.__doc__, description=function.__doc__)
        added.set_defaults(function=function)
        return added

    command("run", run).add_argument("--port", type=int, default=8000)
    checking = command("check", check_data)
    checking.add_argument("--deploy", action="store_true", help="refuse placeholders too")
    checking.add_argument("--since", metavar="COMMIT", help="also refuse changes to what was released before COMMIT")
    command("accept", accept).add_argument("files", nargs="+", metavar="FILE")
    validating = command("validate", validate)
    validating.add_argument("files", nargs="+", metavar="FILE")
    validating.add_argument("--format", choices=("text", "json", "github"), default="text")
    command("intake", intake)
    serving = command("serve", serve)
    serving.add_argument("--relay", action="store_true", help="PIPELINE_RECORDS is a clone of the records repository")
    serving.add_argument("--host", default="127.0.0.1")
    serving.add_argument("--port", type=int, default=8000)
    command("pull", pull).add_argument(
        "--if-configured", action="store_true", help="without a form provider, do nothing"
    )
    initialising = command("init-records", init_records)
    initialising.add_argument("folder", metavar="DIR")
    initialising.add_argument("--site", metavar="OWNER/NAME", help="the site's repository on GitHub")
    command("release", release_profile).add_argument("profile", metavar="PROFILE")
    command("schemas", schemas)
    command("messages", messages)
    return root


def main(words: list[str] | None = None) -> int:
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    arguments = parser().parse_args(words)
    try:
        done: int = arguments.function(Settings.from_environment(), arguments)
        return done
    except DataInvalid as error:
        _print(error.findings)
        _complain(f"{len(error.findings)} errors in the data; mend them first")
    except CannotGoOn as error:
        _complain(str(error))
    except KeyboardInterrupt:
        _complain("Stopped.")
    return FAILED


if __name__ == "__main__":
    sys.exit(main())
