"""What the tests share: filled-in forms, a running service, records in Git."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests
from starlette.applications import Starlette

from pipeline.data.load import load_or_stop
from pipeline.data.model import Data
from pipeline.forms import fields, json_schema
from pipeline.settings import ROOT, Settings
from pipeline.submissions.submission import Submission
from pipeline.submissions.validation import Judge, check
from pipeline.web import connections, wiring
from pipeline.web.connections import Connection, Proxies

DATA: Data = load_or_stop(ROOT / "data", ROOT / "schemas")
NOON = datetime(2027, 3, 14, 12, tzinfo=UTC)
JUDGE = Judge(DATA, ROOT / "schemas", lambda: NOON)
CONCEPTS, PRACTICE = "concepts-mentoring", "practice-mentor"
EXAMPLES = Path(__file__).parent / "examples"
BAKERS = Judge(load_or_stop(EXAMPLES / "other-body", ROOT / "schemas"), ROOT / "schemas", lambda: NOON)
"""Another body, whose one certificate has two statements: for work that is done hundreds of times."""
SOURDOUGH = "sourdough"


def filled(kind: str, about: str, data: Data = DATA, **more: Any) -> dict[str, Any]:
    """A valid submission; `more` replaces whole top-level parts."""
    schema = json_schema.form_schema(data, kind, about)
    answer = (
        {"answer": "yes", "evidence": "I wrote an agreement with Rosa in March."}
        if kind == json_schema.PORTFOLIO
        else {"answer": "partly"}
    )
    value: dict[str, Any] = {
        name: rule.get("const", rule.get("default"))
        for name, rule in schema["properties"].items()
        if rule.get("x-widget") == "hidden" and ("const" in rule or "default" in rule)
    }
    value["applicant"] = {"name": "Rosa Test", "email": "rosa@example.org"}
    value["declarations"] = {"consent": True, "own_work": True} if kind == json_schema.PORTFOLIO else {"consent": True}
    if kind == json_schema.CONTACT:
        value["message"] = "When does the next round begin?"
        value |= {name: "123" for name in ("organisation", "certificate_number") if name in schema["required"]}
    else:
        value["answers"] = {statement: dict(answer) for statement in schema["properties"]["answers"]["properties"]}
    return {**value, **more}


def submission(value: object, judge: Judge = JUDGE) -> Submission:
    found = check(judge, value)
    assert isinstance(found, Submission), found
    return found


def form(value: dict[str, Any], data: Data = DATA) -> dict[str, str]:
    """The same as a browser posts it."""
    about = value["topic"] if value["kind"] == json_schema.CONTACT else value["profile"]
    posted: dict[str, str] = {}
    for field in fields.fields(json_schema.form_schema(data, value["kind"], about)):
        here: Any = value
        for part in field.path:
            inside = here is not None and (
                part in here if isinstance(here, dict) else isinstance(part, int) and part < len(here)
            )
            here = here[part] if inside else None
        if here is None or here is False:
            if field.widget not in ("choice", "checkbox", "hidden"):
                posted[field.name] = ""
        elif here is True:
            posted[field.name] = "true"
        else:
            posted[field.name] = "\r\n".join(here) if isinstance(here, list) else str(here).replace("\n", "\r\n")
    return posted


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(app: Starlette, port: int, kind: type[Connection] = Connection, proxies: Proxies = ()) -> Iterator[str]:
    """The address of the app, on a real socket."""
    server = connections.server(app, proxies, kind)
    listening = wiring.bind("127.0.0.1", port)
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    until(lambda: server.started)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)


@dataclass(frozen=True)
class Process:
    """A server of its own: `python -m pipeline serve`. `log` is all that it wrote."""

    url: str
    pid: int
    log: Path

    def memory(self) -> int:
        """Bytes that it holds now (Linux)."""
        return self._bytes("VmRSS:")

    def peak(self) -> int:
        """The most that it ever held."""
        return self._bytes("VmHWM:")

    def _bytes(self, line: str) -> int:
        status = Path(f"/proc/{self.pid}/status").read_text("ascii")
        return int(status.partition(line)[2].split()[0]) * 1024


@contextmanager
def served(settings: Settings, *more: str, prefix: Sequence[str] = (), descriptors: int = 0) -> Iterator[Process]:
    """`prefix`: a command that runs it; `descriptors`: how many files it may have open."""
    port, log = free_port(), settings.site.parent / f"serve-{os.getpid()}-{time.monotonic_ns()}.log"
    command = [*prefix, sys.executable, "-m", "pipeline", "serve", "--port", str(port), *more]
    environment = {
        **os.environ,
        "PIPELINE_VAR": str(settings.var),
        "PIPELINE_RECORDS": str(settings.records),
        "PIPELINE_SITE": str(settings.site),
        "SITE_URL": settings.site_url,
    }
    limit = f"ulimit -n {descriptors} && " if descriptors else ""
    with log.open("wb") as out:
        process = subprocess.Popen(
            ["sh", "-c", f'{limit}exec "$@"', "sh", *command], cwd=ROOT, env=environment, stdout=out, stderr=out
        )
    url = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        assert process.poll() is None, log.read_text("utf-8")
        try:
            return requests.get(f"{url}/health", timeout=20).ok
        except requests.ConnectionError:
            return False

    try:
        until(answers, 60)
        yield Process(url, process.pid, log)
    finally:
        process.terminate()
        process.wait(20)


def until(condition: Any, seconds: float = 20.0) -> None:
    """Wait for something that happens in the background."""
    end = time.monotonic() + seconds
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        pause.wait(0.03)


@dataclass(frozen=True)
class Remote:
    """A bare repository with the records in it."""

    root: Path

    @property
    def bare(self) -> Path:
        return self.root / "records.git"

    def clone(self, name: str) -> Path:
        target = self.root / name
        run("git", "clone", "--quiet", str(self.bare), str(target))
        return target

    def files(self) -> list[str]:
        return run("git", "--git-dir", str(self.bare), "ls-tree", "-r", "--name-only", "main").split()


def remote(root: Path) -> Remote:
    root.mkdir(parents=True, exist_ok=True)
    made = Remote(root)
    run("git", "init", "--quiet", "--bare", "--initial-branch", "main", str(made.bare))
    with (made.bare / "config").open("a") as config:
        config.write("[receive]\n\tautogc = false\n")  # a process less for each of thousands of pushes
    first = made.clone("first")
    (first / "inbox").mkdir()
    (first / "inbox" / ".gitkeep").touch()
    push(first, "Begin")
    return made


def push(clone: Path, message: str) -> None:
    run("git", "-C", str(clone), "add", "--all")
    identity = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
    run("git", "-C", str(clone), *identity, "commit", "--quiet", "--message", message)
    run("git", "-C", str(clone), "push", "--quiet", "origin", "HEAD:refs/heads/main")


def run(*command: str, **more: Any) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, **more)
    assert done.returncode == 0, done.stderr
    return str(done.stdout)
