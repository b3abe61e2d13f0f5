"""The command line: wiring, printing, exit codes. 0 all is well, 1 there are findings, 2 the command could not do its work."""

from __future__ import annotations

import argparse
import logging
import os
import re
import secrets
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import TextIO, TypeVar, cast

from pipeline import finding_output
from pipeline.cases import history_rewrite, integrity, people, records, retention, statistics
from pipeline.cases import issue_text as issues
from pipeline.cases.erasure import COMMAND_LINE, Forget, Forgotten
from pipeline.cases.events import CONTACT, Case
from pipeline.cases.git_store import GitStore
from pipeline.cases.state import standing
from pipeline.cases.store import Store
from pipeline.data import stale_translations
from pipeline.data.load import Loaded, load, load_or_stop, recorded
from pipeline.data.model import is_placeholder
from pipeline.durable import probe, sweep, unfinished, write
from pipeline.errors import AuditBegun, CannotGoOn, DataInvalid, PushRejected, UnreadableInput, WriteFailed
from pipeline.findings import Finding, Level, errors
from pipeline.forms import release
from pipeline.github.client import GitHub
from pipeline.github.rate_limit_memory import patient
from pipeline.github.reminders import Reminders
from pipeline.github.set_aside import Aside
from pipeline.github.standing_issues import RETENTION, Rolling
from pipeline.github.sync import Intake
from pipeline.i18n import _, language
from pipeline.mail import forgotten
from pipeline.natural_order import in_order
from pipeline.providers import PROVIDERS, configured
from pipeline.receiving import pull as pulling
from pipeline.receiving import receive as accepting
from pipeline.receiving.desk import desk, store
from pipeline.settings import ROOT, Settings, origin
from pipeline.submissions import inbox, references
from pipeline.submissions.inbox import Delivery, Inbox
from pipeline.submissions.markdown import code
from pipeline.submissions.parsing import parse_file
from pipeline.submissions.validation import Judge, check
from pipeline.web.board.invitation import Invitations

WELL, FINDINGS, FAILED = 0, 1, 2
TRACEBACK = "PIPELINE_TRACEBACK"  # set: an unforeseen error is shown whole
LOOPBACK = ("127.0.0.1", "::1")  # the proxies that are believed where none is named
SITE_BYTES = 20_000_000  # free space without which the site is not built again
SHOWN = 20  # lines of one kind
BEHIND_A_PROXY = (
    "The site is served by https, so a proxy is in front. Who calls is taken from the X-Forwarded-For of a proxy on this "
    "machine alone (127.0.0.1, ::1). Name any other with --trusted-proxy ADDRESS: without it, or where the proxy does not set "
    "the header, all callers count as one: together they may post {posts} times an hour, and ask {asks} times an hour "
    "for lost references (/status/)."
)
PUSHES = 10  # how often somebody else may push first
Arguments = argparse.Namespace
T = TypeVar("T")


def _write(text: str, stream: TextIO) -> None:
    """Whoever read this may have gone (`check | head`): the work goes on in silence, and ends with its own exit code."""
    try:
        if text:
            stream.write(text)
        stream.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def say(line: str) -> None:
    _write(finding_output.printable(line) + "\n", sys.stdout)


def _for_programs(text: str) -> None:
    _write(text + "\n", sys.stdout)


def _print(found: Iterable[Finding], form: str = "text") -> None:
    for line in finding_output.lines(list(found), form):
        say(line) if form == "text" else _for_programs(line)


def _complain(text: str) -> None:
    for line in text.splitlines():
        _write(finding_output.printable(line) + "\n", sys.stderr)


def _judge(settings: Settings) -> Judge:
    """What is said of submissions is said in the body's first language."""
    data = load_or_stop(settings.data, settings.schemas, PROVIDERS)
    language.set(data.language)
    return Judge(data, settings.schemas)


def _store(settings: Settings) -> Store:
    """Raises CannotGoOn where PIPELINE_RECORDS names no folder: in one that was mistyped there would be no case."""
    here = settings.records
    if not here.is_dir() and (here.exists() or os.environ.get("PIPELINE_RECORDS")):
        what = "a file" if here.exists() else "not there"
        raise CannotGoOn(f"{here} is {what}; set PIPELINE_RECORDS to the folder of the records")
    return store(here)


def _github(where: Store) -> GitHub | None:
    return GitHub.from_environment(where.branch if isinstance(where, GitStore) else "")


def check_data(settings: Settings, arguments: Arguments) -> int:
    """Check all of data/, and that what is generated from it and committed is up to date."""
    loaded = load(settings.data, settings.schemas, PROVIDERS)
    found = list(loaded.findings)
    if loaded.data:
        found += release.outdated(loaded.data, settings.schemas)
        found += release.changed(loaded.data, settings.schemas)
        for code in loaded.data.others:
            found += stale_translations.changed(_translated(loaded, code), recorded(settings.data, code))
    if arguments.since:
        found += release.changed_since(settings.schemas, arguments.since)
    wrong = [f for f in found if f.level is Level.ERROR or (arguments.deploy and f.level is Level.PLACEHOLDER)]
    _print(in_order(found))
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
    judge, where = _judge(settings), _store(settings)
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
                lines.append(f"{name}: {error}")
                continue
            try:
                result = accepting.accept(here, value, waited=True)
            except AuditBegun as error:
                result = [Finding("", name, str(error))]
            if isinstance(result, list):
                outcome = max(outcome, FINDINGS)
                kept = pulling.reject(here, where, value, result)
                lines += [str(replace(finding, file=name, line=1)) for finding in result]
                lines.append(f"{name}: kept as rejected/{kept}")
            else:
                lines.append(f"{name}: {result.reference}")
        return lines

    for line in _published(where, work, "Accept"):
        say(line)
    return outcome


def _published(where: Store, work: Callable[[], T], message: str, keep: type[Exception] | tuple[()] = ()) -> T:
    """Done again on a fresh head until it is where everybody sees it. `keep`: after which failures that is so as well."""
    for _attempt in range(PUSHES):
        where.refresh()
        result, broke = None, None
        try:
            result = work()
        except keep as error:
            broke = error
        try:
            where.publish(message)
        except PushRejected:
            continue
        if broke:
            raise broke
        return cast("T", result)
    raise CannotGoOn("Others pushed first, again and again. Nothing is lost: run this again.")


def pull(settings: Settings, arguments: Arguments) -> int:
    """Bring in what the form provider of organization.yml has received."""
    judge, where = _judge(settings), _store(settings)
    provider = configured(judge.data.organization.endpoint, os.environ)
    if provider is None and arguments.if_configured:
        return WELL
    if provider is None:
        kinds = ", ".join(f"{{kind: {kind}, url: …}}" for kind in PROVIDERS)
        raise CannotGoOn(f"organization.yml names no form provider: submission_endpoint must be one of {kinds}")
    here = desk(judge, settings.var, where, where.root)
    github = _github(where)
    with patient(where, github, _now):
        if github:
            github.ensure_private()
    done = _published(where, pulling.Pull(provider, here, where), "Pull", Exception)
    if done.spam_hidden:
        say(
            "The form provider does not list what it takes for spam, for this account. Look there now and then: "
            "this is not said again"
        )
    say(f"{done.new} new, {done.known} known, {done.rejected} could not be taken in")
    return WELL


def _now() -> datetime:
    return datetime.now(UTC)


def _run() -> str:
    """Names this run in what it claims. No two share a name: who claimed something and died is never taken for another."""
    run = "-".join(os.environ.get(name, "") for name in ("GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT")).strip("-")
    return f"{run or 'local'}-{secrets.token_hex(4)}"


def intake(settings: Settings, arguments: Arguments) -> int:
    """Turn deliveries into cases, and cases into issues. Safe to run at any time, twice, or at once with another."""
    judge, where = _judge(settings), _store(settings)
    github = _github(where)
    _sweep(settings, where)
    server, branch = os.environ.get("GITHUB_SERVER_URL", "https://github.com"), getattr(where, "branch", "main")
    address = f"{server}/{github.repository}/blob/{branch}/" if github else "/auditors/"
    done = Intake(judge, where, github, _run(), address)()
    numbers = f"{len(done.taken)} taken in, {len(done.opened)} issues opened, {len(done.updated)} drawn anew"
    say(f"{numbers}, {len(done.commands)} commands")
    if done.unfinished:
        say("The time of this run is over; the next run goes on")
    refused = [f"Refused by GitHub, to be tried again: {line}" for line in done.aside[:SHOWN]]
    if len(done.aside) > SHOWN:
        refused.append(f"{len(done.aside) - SHOWN} more; set-aside.json in the records names them")
    for line in refused:
        say(line)
    _summarise(refused)
    if done.rejected:
        say(f"{done.rejected} lie in rejected/ of the records, with what is to be mended")
    return FINDINGS if done.aside else WELL


def _summarise(lines: list[str]) -> None:
    """On the page of the workflow's run, where there is one; the log has the same lines."""
    page = os.environ.get("GITHUB_STEP_SUMMARY")
    if page and lines:
        with suppress(OSError), Path(page).open("a", encoding="utf-8") as summary:
            summary.writelines(f"- {code(finding_output.printable(line))}\n" for line in lines)


def _sweep(settings: Settings, where: Store) -> None:
    """What killed writes left may hold anybody's data."""
    for root in dict.fromkeys((settings.var, where.root)):
        sweep(root)


def _unfinished(settings: Settings, where: Store) -> list[Path]:
    return [path for root in dict.fromkeys((settings.var, where.root)) for path in unfinished(root)]


def forget(settings: Settings, arguments: Arguments) -> int:
    """Remove what somebody sent. The events stay, and one says that it was removed. Safe to stop and run again."""
    judge, where = _judge(settings), _store(settings)
    prefix = judge.data.organization.reference_prefix
    typed = " ".join(arguments.reference)
    reference = references.normalise(prefix, typed)
    if reference is None:
        raise CannotGoOn(f"{typed} is no reference; compare it")
    if arguments.history and not isinstance(where, GitStore):
        raise CannotGoOn("The records are a plain folder: they have no history to rewrite. Run this without --history")
    if arguments.history and isinstance(where, GitStore):
        history_rewrite.ensure_whole(where)
    elsewhere = tuple(Inbox(settings.var / name, prefix) for name in ("quarantine", "complaints", "outbox"))
    work = Forget(where, prefix, elsewhere, arguments.by or COMMAND_LINE, _now())
    if arguments.history and isinstance(where, GitStore):
        work = replace(work, past=lambda wanted: history_rewrite.delivered(where, prefix, wanted))
    _sweep(settings, where)

    def once() -> Forgotten:
        for name, here in () if arguments.open else work.open(judge.data, reference):
            raise CannotGoOn(
                f"{name} is still open ({here.title}), and what was sent is needed to go on with it: end it with /withdraw "
                "first. If the person wants this at once, run this again with --open, and end it then"
            )
        return work(reference)

    with work.alone():
        done = _published(where, once, f"Forget {reference}")
    removed = done.removed + forgotten.forget(settings.var, done.references, done.addresses)
    say(f"{', '.join(done.references)}: {removed} files removed, {done.recorded} events written")
    rewritten = (
        history_rewrite.rewrite(where, done.paths) if arguments.history and isinstance(where, GitStore) else None
    )
    if rewritten:
        say(f"{rewritten.commits} commits rewritten and pushed")
    for line in history_rewrite.remains(isinstance(where, GitStore), rewritten, judge.data.organization.name_on_issues):
        say(line)
    for case in (where.case(name) for name in done.references):  # a damaged one ends this here, and says what to do
        if case.events and case.opening.type != CONTACT and (here := standing(judge.data, case).state).open:
            say(f"{case.reference} is still open ({here.title}): end it with /withdraw")
    return WELL


def _readable(where: Store) -> Iterator[Case]:
    """All cases but those that are damaged, which are named."""
    for reference in where.references():
        if where.readable(reference) is None:
            _complain(f"cases/{reference} cannot be read and is left out: python -m pipeline verify-cases says why")
    yield from where.cases()


def _deliveries(place: Inbox) -> Iterator[Delivery]:
    """All but those that are damaged, which are named."""
    for name in place.names():
        try:
            yield inbox.read(place.path(name))
        except FileNotFoundError:
            continue
        except (ValueError, UnreadableInput):
            _complain(f"{place.path(name)} cannot be read and is left out: look at it, then mend or remove it")


def remind(settings: Settings, arguments: Arguments) -> int:
    """Say once of each overdue case whose turn it is, and after twice the time tell the Director."""
    judge, where = _judge(settings), _store(settings)

    def workers() -> tuple[people.Person, ...]:
        path = where.root / "people.yml"
        return people.load(path, settings.schemas, judge.data.organization) if path.is_file() else ()

    done = Reminders(judge, where, workers, _github(where), _run(), _now)()
    for reference in (*done.reminded, *done.escalated):
        say(reference)
    say(f"{len(done.reminded)} reminded of, {len(done.escalated)} told to the Director")
    return WELL


def count(settings: Settings, arguments: Arguments) -> int:
    """Count the cases: how far they came, how long they stayed, what was not met, and who has how many."""
    data, where = _judge(settings).data, _store(settings)
    cases = list(_readable(where))
    named = [profile.id for profile in data.profiles]
    if arguments.certificate not in ("", *named):
        raise CannotGoOn(f"There is no such certificate; use one of: {', '.join(named)}")
    chosen = [arguments.certificate] if arguments.certificate or not arguments.csv else ["", *named]
    every = [statistics.statistics(data, cases, _now(), certificate) for certificate in chosen]
    if arguments.csv:
        _for_programs(statistics.to_csv(every).rstrip("\r\n"))
        return WELL
    for row in statistics.table(every[0]):
        say(" ".join(word for word in row if word))
    if every[0].not_met is None:
        say(f"No statement was audited in {statistics.SMALL} cases yet: what was not met is not listed")
    return WELL


def due(settings: Settings, arguments: Arguments) -> int:
    """List what has been kept longer than organization.yml says; with --issue, in one issue on GitHub."""
    judge, where = _judge(settings), _store(settings)
    github = _github(where) if arguments.issue else None
    prefix = judge.data.organization.reference_prefix
    complaints, quarantine = (Inbox(settings.var / name, prefix) for name in ("complaints", "quarantine"))
    with patient(where, github, _now):
        if github:
            github.ensure_private()
            where.refresh()
        aside = {
            retention.REJECTED: list(_deliveries(Inbox(where.root, prefix, "rejected"))),
            retention.QUARANTINE: list(_deliveries(quarantine)),
        }
        found = retention.due(judge.data, _readable(where), list(_deliveries(complaints)), _now(), aside)
        for entry in found:
            say(f"{entry.reference}: {entry.kind}, until {entry.until}")
        for path in _unfinished(settings, where):
            say(
                f"{path}: left by a write that was broken off; the next start of the server, intake or forget removes it"
            )
        say(f"{len(found)} have been kept long enough")
        if github:
            now = github.corrected(_now)
            refused = Aside(where, now)
            try:
                Rolling(where, github, refused, _run(), now).show(
                    RETENTION, issues.retention(judge.data, found), bool(found)
                )
            finally:
                refused.keep()
            if refused.silent:
                raise refused.silent
    return WELL


def verify_cases(settings: Settings, arguments: Arguments) -> int:
    """Walk every chain of events: the first broken link of each case, and what is not there or was not allowed."""
    judge = _judge(settings)
    quarantine = Inbox(settings.var / "quarantine", judge.data.organization.reference_prefix)
    where = _store(settings)
    done = integrity.verify(judge, where, (quarantine,))
    words = _("was left by a write that was broken off; the next start of the server, intake or forget removes it")
    done.findings += [
        Finding("", path.name, words, Level.NOTE, file=str(path)) for path in _unfinished(settings, where)
    ]
    _print(done.findings, arguments.format)
    if arguments.format == "text":
        wrong, notes = len(errors(done.findings)), len(done.findings) - len(errors(done.findings))
        said = f", {notes} notes" if notes else ""
        say(f"{done.cases} cases, {done.events} events, {wrong} findings{said}")
    return FINDINGS if errors(done.findings) else WELL


def run(settings: Settings, arguments: Arguments) -> int:
    """Build the site and serve it on this machine, with a live intake and the auditors' board."""
    from pipeline.web import wiring
    from pipeline.web.rate_limit import Limits

    listening = wiring.bind("127.0.0.1", arguments.port)
    site = f"http://127.0.0.1:{arguments.port}"
    here = replace(settings, endpoint="/submissions", site_url=f"{site}/", site=settings.var / "site")
    try:
        probe(here.var, SITE_BYTES)
        wiring.build_site(here)
    except WriteFailed as error:
        if not here.site.is_dir():
            raise
        _complain(f"{error}. The site is served as it was last built, and nothing that is sent can be kept.")
    running = wiring.local(here, Limits(), site)
    say(f"The site:  {site}/")
    say(f"The board: {site}/auditors/  with these personal links, valid until the server stops:")
    for name, path in running.links:
        say(f"  {name}: {site}{path}")
    if running.trouble:
        _complain(running.trouble)
    say(f"Data:      {settings.var}    Stop with Ctrl-C")
    wiring.serve(running.app, listening)
    say("Stopped.")
    return WELL


def serve(settings: Settings, arguments: Arguments) -> int:
    """Serve an already built site with a live intake; with --relay, hand deliveries on to a records repository."""
    from pipeline.web import lost_references, wiring
    from pipeline.web.rate_limit import Limits

    site, address = _addresses(settings)
    if arguments.relay:
        github = _github(store(settings.records))
        ensure_private = github.ensure_private if github else wiring.not_github(settings)
        running = wiring.relay(settings, Limits(), site, ensure_private, address)
    else:
        running = wiring.local(settings, Limits(), site, address)
    listening = wiring.bind(arguments.host, arguments.port)
    with suppress(OSError):  # where its log's disk is full, it serves all the same
        say(f"The board: {address}/auditors/  python -m pipeline sign-in LOGIN prints a personal link to it.")
        if address.startswith("https:") and not arguments.trusted_proxy:
            say(BEHIND_A_PROXY.format(posts=Limits.each, asks=lost_references.EACH))
        if running.trouble:
            _complain(running.trouble)
        say(f"Serving on http://{arguments.host}:{arguments.port}")
    wiring.serve(running.app, listening, arguments.trusted_proxy or [ip_network(address) for address in LOOPBACK])
    return WELL


def _addresses(settings: Settings) -> tuple[str, str]:
    """Of the site, and of the server where forms are sent to: without a path."""
    organization = load_or_stop(settings.data, settings.schemas, PROVIDERS).organization
    site = origin(settings.site_url or organization.site_url)
    endpoint = organization.endpoint
    own = settings.endpoint or (endpoint.url if endpoint and endpoint.kind == "server" else "")
    return site, origin(own) or site


def sign_in(settings: Settings, arguments: Arguments) -> int:
    """Print a personal link to the board: it opens once, within an hour, also while the server runs."""
    judge, where = _judge(settings), _store(settings)
    known = people.load(where.root / "people.yml", settings.schemas, judge.data.organization)
    login = arguments.login.lower()
    if login not in (person.login for person in known):
        names = ", ".join(person.login for person in known)
        raise CannotGoOn(f"{arguments.login} is not in people.yml; use one of: {names}")
    address = origin(arguments.address or "") or _addresses(settings)[1]
    if is_placeholder(address):
        address = "http://127.0.0.1:8000"
    say(f"{address}/auditors/sign-in/{Invitations.from_folder(settings.var).token(login)}")
    return WELL


def init_records(settings: Settings, arguments: Arguments) -> int:
    """Write the files of a new records repository into DIR."""
    data = load_or_stop(settings.data, settings.schemas, PROVIDERS)
    site, sha = records.site_of(ROOT, arguments.site)
    for name in records.init(Path(arguments.folder), data.organization, site, sha):
        say(f"{arguments.folder}/{name}")
    say("Next: edit people.yml, commit, and push to a PRIVATE repository. Its workflow does the rest.")
    return WELL


def release_profile(settings: Settings, arguments: Arguments) -> int:
    """Pin the present version of a profile: its schemas and its text never change again."""
    data = load_or_stop(settings.data, settings.schemas, PROVIDERS)
    say(str(release.release(data, settings.schemas, arguments.profile)))
    return WELL


def schemas(settings: Settings, arguments: Arguments) -> int:
    """Write the schemas that are derived from data/ and committed."""
    for path in release.write_current(load_or_stop(settings.data, settings.schemas, PROVIDERS), settings.schemas):
        say(path)
    return WELL


def messages(settings: Settings, arguments: Arguments) -> int:
    """Write the catalogues of interface texts, and what is not translated yet; with LANGUAGE, begin a new one."""
    from pipeline.cli import messages

    for path, content in messages.files(arguments.language).items():
        write(path, content)
    for tongue in messages.languages():
        for line in messages.unfinished(tongue):
            say(f"{tongue}: {line}")
    return WELL


def _login(text: str) -> str:
    """As in people.yml: events name people by nothing else."""
    if not re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9-]{0,38}", text):
        raise argparse.ArgumentTypeError("is no login: letters, digits, hyphens")
    return text


def _port(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 0 < int(text) < 65_536:
        raise argparse.ArgumentTypeError(f"{text} is no port: use a number from 1 to 65535")
    return int(text)


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text)
    except ValueError as error:
        message = f"{text} is no address and no network: write one like 10.0.0.2 or 10.0.0.0/24"
        raise argparse.ArgumentTypeError(message) from error


def _translated(loaded: Loaded, code: str) -> list[stale_translations.Translated]:
    of_data = [text for text in loaded.translated if text.language == code]
    return [*of_data, *stale_translations.of_pages(ROOT / "docs", code)]


def translated(settings: Settings, arguments: Arguments) -> int:
    """Record that somebody has compared the translations of LANGUAGE with the originals as they are now."""
    loaded, code = load(settings.data, settings.schemas, PROVIDERS), arguments.language
    if loaded.data is None:
        raise DataInvalid(errors(loaded.findings))
    if code not in loaded.data.others:
        raise CannotGoOn(f"organization.yml has no further language “{code}”; add it to its languages")
    texts = _translated(loaded, code)
    path = settings.data / "translations" / code / stale_translations.NAME
    write(path, stale_translations.written(texts))
    say(f"{path}: {len(texts)} translations")
    return WELL


def parser() -> argparse.ArgumentParser:
    root = argparse.ArgumentParser(prog="python -m pipeline", description="From profile YAML to an auditor's issue.")
    commands = root.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, function: Callable[[Settings, Arguments], int]) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=function.__doc__, description=function.__doc__)
        added.set_defaults(function=function)
        return added

    command("run", run).add_argument("--port", type=_port, default=8000)
    checking = command("check", check_data)
    checking.add_argument("--deploy", action="store_true", help="refuse placeholders too")
    checking.add_argument("--since", metavar="COMMIT", help="also refuse changes to what was released before COMMIT")
    command("accept", accept).add_argument("files", nargs="+", metavar="FILE")
    validating = command("validate", validate)
    validating.add_argument("files", nargs="+", metavar="FILE")
    validating.add_argument("--format", choices=("text", "json", "github"), default="text")
    command("intake", intake)
    forgetting = command("forget", forget)
    forgetting.add_argument("reference", metavar="REFERENCE", nargs="+")
    forgetting.add_argument("--history", action="store_true", help="also take it out of the records' Git history")
    forgetting.add_argument("--open", action="store_true", help="also while the case is still worked on")
    forgetting.add_argument("--by", metavar="LOGIN", type=_login, help="who asked for it to be done")
    command("remind", remind)
    counting = command("statistics", count)
    counting.add_argument("--csv", action="store_true", help="every number, of all certificates and of each")
    counting.add_argument("--certificate", default="", metavar="PROFILE", help="of one alone")
    command("due", due).add_argument("--issue", action="store_true", help="keep one issue on GitHub that lists it")
    command("verify-cases", verify_cases).add_argument("--format", choices=("text", "json", "github"), default="text")
    serving = command("serve", serve)
    serving.add_argument("--relay", action="store_true", help="PIPELINE_RECORDS is a clone of the records repository")
    serving.add_argument("--host", default="127.0.0.1")
    serving.add_argument("--port", type=_port, default=8000)
    serving.add_argument(
        "--trusted-proxy",
        type=_network,
        action="append",
        metavar="ADDRESS",
        help="whose X-Forwarded-For and -Proto are believed: an address or a network, as often as needed "
        f"(without it: {', '.join(LOOPBACK)})",
    )
    signing = command("sign-in", sign_in)
    signing.add_argument("login", metavar="LOGIN", type=_login)
    signing.add_argument(
        "--address", metavar="URL", help="of the server, where it is not the one that forms are sent to"
    )
    command("pull", pull).add_argument(
        "--if-configured", action="store_true", help="without a form provider, do nothing"
    )
    initialising = command("init-records", init_records)
    initialising.add_argument("folder", metavar="DIR")
    initialising.add_argument("--site", metavar="OWNER/NAME", help="the site's repository on GitHub")
    command("release", release_profile).add_argument("profile", metavar="PROFILE")
    command("schemas", schemas)
    telling = command("messages", messages)
    telling.add_argument("language", metavar="LANGUAGE", nargs="?", default="", help="a code of two letters, like fr")
    command("translated", translated).add_argument(
        "language", metavar="LANGUAGE", help="a code of two letters, like fr"
    )
    return root


def _unforeseen(error: Exception) -> str:
    """A fault of the program, in a sentence, with the place where it is looked for."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(str(ROOT))]
    place = f" in {Path(frames[-1].filename).relative_to(ROOT)}, line {frames[-1].lineno}" if frames else ""
    words = " ".join(str(error).split())[:300]
    return (
        f"This is a fault of the program{place}: {type(error).__name__}: {words}. Please report it; "
        f"{TRACEBACK}=1 before the same command shows all of it"
    )


def main(words: list[str] | None = None) -> int:
    handler = logging.StreamHandler()
    handler.setFormatter(finding_output.LogLines("%(message)s"))
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    try:
        arguments = parser().parse_args(words)
    finally:
        _write("", sys.stdout)  # of --help
    try:
        done: int = arguments.function(Settings.from_environment(), arguments)
        return done
    except DataInvalid as error:
        _print(replace(finding, file=finding.file and (error.path or finding.file)) for finding in error.findings)
        _complain(f"{len(error.findings)} errors in {error.path or 'the data'}; mend them first")
    except CannotGoOn as error:
        _complain(str(error))
    except OSError as error:
        _complain(f"{error.filename or 'A file'} cannot be used ({error.strerror}); check the rights and the disk")
    except KeyboardInterrupt:
        _complain("Stopped.")
    except Exception as error:
        _complain(_unforeseen(error))
        if os.environ.get(TRACEBACK):
            logging.exception("All of it:")
    return FAILED
