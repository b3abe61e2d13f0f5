"""Puts the parts of the server together, for `run` and `serve`."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import BaseRoute

from pipeline.cases import people
from pipeline.cases.git_store import GitStore
from pipeline.cases.people import Person
from pipeline.cases.store import Store
from pipeline.durable import sweep
from pipeline.email_address import Address
from pipeline.errors import CannotGoOn, DataInvalid, GitFailed, StoreFailed
from pipeline.git import git
from pipeline.github.sync import Intake
from pipeline.mail.room import MailRoom, mail_room
from pipeline.receiving.desk import desk
from pipeline.receiving.lookup import Submitted
from pipeline.receiving.receive import Desk
from pipeline.receiving.relay import Relay
from pipeline.settings import ROOT, Settings
from pipeline.site.render import Renderer
from pipeline.submissions.inbox import Delivery, Inbox
from pipeline.submissions.validation import Judge
from pipeline.web import connections, server_log
from pipeline.web.board.board import Board
from pipeline.web.board.invitation import Invitations
from pipeline.web.board.signin import SignIn
from pipeline.web.connections import Proxies
from pipeline.web.lost_references import Lost
from pipeline.web.pages import Pages
from pipeline.web.rate_limit import Limits
from pipeline.web.request_body import Bodies
from pipeline.web.server import Service, application
from pipeline.web.status_links import Links
from pipeline.web.worker import Worker
from pipeline.web.write_probe import Writable

EVERY = 60.0  # seconds between two rounds of the background work that nobody asked for
RELAY_EVERY = 5.0  # seconds: pushes gather what came in between


@dataclass(frozen=True)
class Running:
    """What the command line starts and tells: the service, and why nobody can sign in ("")."""

    app: Starlette
    signin: SignIn
    people: tuple[Person, ...]
    trouble: str

    @property
    def links(self) -> list[tuple[str, str]]:
        """Everybody's name, and a path by which they sign in for as long as this runs."""
        return [(person.name, self.signin.link(person.login)) for person in self.people]


def local(settings: Settings, limits: Limits, origin: str, address: str = "") -> Running:
    """The server with its own records in var/records: accept, intake and board in one process.

    `origin` is the site's; `address` the server's own from outside, where it is another one.
    """
    renderer = Renderer.from_settings(settings)
    judge = Judge(renderer.data, settings.schemas)
    store = Store(settings.records)
    intake = Intake(judge, store, address="/auditors/")
    worker = Worker("intake", intake, EVERY)
    with contextlib.suppress(StoreFailed):  # the health says so
        people.write_default(store.root / "people.yml", renderer.data.organization)
    front = _front(settings, renderer, desk(judge, settings.var, store, store.root), store)
    signin = SignIn(Invitations.from_folder(settings.var))
    parts = (front.pages, front.desk, intake, signin, worker.ring, front.room, front.people)
    board = Board(*parts, address or origin, bodies=front.bodies)
    app = front.application(limits, worker, origin, board.routes())
    return Running(app, signin, *_workers(front.people))


def _people(settings: Settings, renderer: Renderer) -> Callable[[], tuple[Person, ...]]:
    """Who works on the cases now: people.yml is read every time, so that a role that was taken away is gone."""
    file = settings.records / "people.yml"

    def known() -> tuple[Person, ...]:
        return people.load(file, settings.schemas, renderer.data.organization)

    return known


def _workers(known: Callable[[], tuple[Person, ...]]) -> tuple[tuple[Person, ...], str]:
    """A wrong people.yml keeps nobody from sending a form: the server starts, and this says what is to be mended."""
    try:
        return known(), ""
    except DataInvalid as error:
        first, *more = error.findings
        line = f"line {first.line}, " if first.line else ""
        others = f"; and {len(more)} more" if more else ""
        return (), (
            f"Nobody can sign in at the board until {error.path} is mended ({line}{first.label}: {first.message}{others}); "
            "then python -m pipeline sign-in LOGIN prints a link. Forms are taken in all the same."
        )


def _people_trouble(known: Callable[[], tuple[Person, ...]]) -> str:
    """Where people.yml is wrong; "" where it is not. Nobody's name: everybody reads this."""
    try:
        known()
    except DataInvalid as error:
        lines = sorted({str(finding.line) for finding in error.findings if finding.line}, key=int)
        if not lines:
            return "people.yml is missing, and the board is closed"
        return f"people.yml is wrong, and the board is closed: see line {', '.join(lines)}"
    return ""


def relay(
    settings: Settings, limits: Limits, origin: str, ensure_private: Callable[[], None], address: str = ""
) -> Running:
    """The server in front of a records repository. Auditors work in its issues; the board shows what lies here alone:
    the quarantine, complaints and appeals, and mail that was not sent.
    """
    renderer = Renderer.from_settings(settings)
    judge = Judge(renderer.data, settings.schemas)
    store = _clone(settings.records)
    front = _front(settings, renderer, desk(judge, settings.var, store, settings.var / "outbox"), store)
    worker = Worker("relay", Relay(front.desk.inbox, store, ensure_private), RELAY_EVERY)
    signin = SignIn(Invitations.from_folder(settings.var))
    intake = Intake(judge, store, address="/auditors/")
    parts = (front.pages, front.desk, intake, signin, worker.ring, front.room, front.people)
    board = Board(*parts, address or origin, acts=False, bodies=front.bodies)
    app = front.application(limits, worker, origin, board.routes())
    return Running(app, signin, *_workers(front.people))


def _clone(records: Path) -> GitStore:
    """Raises CannotGoOn where it is none, or is not ready to be written."""
    store = None
    with contextlib.suppress(GitFailed):
        if (records / ".git").exists():
            git(records, "remote", "get-url", "origin")
            store = GitStore.at(records)
    if store:
        store.ensure_ready()
        git(
            records, "stash", "clear"
        )  # earlier versions put there what a killed relay had left; nobody works in this clone
        return store
    raise CannotGoOn(
        f"PIPELINE_RECORDS ({records}) is no clone of a records repository. Make the repository with "
        "python -m pipeline init-records DIR, push it, clone it with git clone, and set PIPELINE_RECORDS to the clone"
    )


@dataclass(frozen=True)
class Front:
    """What both kinds of server have before everybody: the desk, the pages, the mail."""

    settings: Settings
    desk: Desk
    pages: Pages
    room: MailRoom
    mail: Worker
    people: Callable[[], tuple[Person, ...]]
    bodies: Bodies = field(default_factory=Bodies)

    def application(self, limits: Limits, worker: Worker, origin: str, board: list[BaseRoute]) -> Starlette:
        service = Service(self.desk, limits, self.pages, worker.ring, self._health(worker), self._writable, self.bodies)
        lost = Lost(self.pages, self._ask, bodies=self.bodies)
        routes = [*lost.routes(), *Links(self.desk, self.pages).routes(), *board]
        return application(service, routes, str(self.settings.site), origin, [self._sweep, worker.run, self.mail.run])

    async def _sweep(self) -> None:
        """Once, beside everything else: what killed writes left may hold anybody's data."""
        for root in dict.fromkeys((self.settings.var, self.settings.records)):
            with contextlib.suppress(StoreFailed):  # on a full or read-only disk the site is served all the same
                await asyncio.to_thread(sweep, root)

    @property
    def _writable(self) -> Writable:
        here = self.desk.inbox.root
        complaints = self.desk.complaints.root
        return Writable((here / "inbox", here / "references", complaints / "inbox", self.desk.sequence.folder))

    def _ask(self, address: Address) -> None:
        self.room.ask(address)
        self.mail.ring()

    def _health(self, worker: Worker) -> Callable[[], dict[str, object]]:
        def waiting() -> dict[str, object]:
            inboxes = {
                "waiting": self.desk.inbox,
                "quarantine": self.desk.quarantine,
                "complaints": self.desk.complaints,
            }
            try:
                return {name: len(inbox.names()) for name, inbox in inboxes.items()}
            except OSError as error:
                return {"records": f"cannot be read ({error.strerror}); check the disk and the rights"}

        def health() -> dict[str, object]:
            return {
                **waiting(),
                worker.name: worker.trouble or "well",
                self.mail.name: self.room.health(self.mail.trouble),
                "people": _people_trouble(self.people) or "well",
            }

        return health


def _front(settings: Settings, renderer: Renderer, here: Desk, store: Store) -> Front:
    roots = dict.fromkeys((here.inbox.root, store.root))
    inboxes = [Inbox(root, here.inbox.prefix) for root in roots]
    submitted = Submitted((*inboxes, here.complaints), store)
    room = mail_room(settings, renderer, here.receipts, submitted)
    mail = Worker("mail", room.postman, EVERY)

    def confirm(delivery: Delivery) -> None:
        room.confirm(delivery)
        mail.ring()

    pages = Pages(renderer, _site(settings), submitted)
    return Front(settings, replace(here, confirm=confirm), pages, room, mail, _people(settings, renderer))


def not_github(settings: Settings) -> Callable[[], None]:
    """What stands in for the visibility check where no GitHub is configured: refuses a remote that is on GitHub."""

    def refuse() -> None:
        if "github.com" in git(settings.records, "remote", "get-url", "origin"):
            raise CannotGoOn(
                "The records are on GitHub: set GITHUB_REPOSITORY and GITHUB_TOKEN, so that they are seen to be private"
            )

    return refuse


def _site(settings: Settings) -> Path:
    if not (settings.site / "404.html").is_file():
        raise CannotGoOn(f"{settings.site} has no built site; run: make build")
    return settings.site


def bind(host: str, port: int) -> socket.socket:
    """Raises CannotGoOn where somebody else has the port, or the host is none of this machine's."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio answers without Nagle's delay of 40 ms only where the protocol is named
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except (OSError, UnicodeError) as error:
        bound.close()
        if isinstance(error, socket.gaierror | UnicodeError) or error.errno == errno.EADDRNOTAVAIL:
            raise CannotGoOn(
                f"{host} is no address of this machine; use --host 127.0.0.1, or 0.0.0.0 for all it has"
            ) from error
        raise CannotGoOn(
            f"Port {port} cannot be used ({error.strerror}); choose another with --port, or: make run PORT={port + 1}"
        ) from error
    return bound


def serve(app: Starlette, listening: socket.socket, proxies: Proxies = ()) -> None:
    """Until Ctrl-C or SIGTERM; then what is being answered is answered."""
    server_log.bound(logging.getLogger())
    with contextlib.suppress(KeyboardInterrupt, asyncio.CancelledError):
        connections.server(app, proxies).run(sockets=[listening])


def build_site(settings: Settings) -> None:
    """`mkdocs build --strict` into settings.site. Raises CannotGoOn with what it said."""
    environment = {
        **os.environ,
        "PIPELINE_DATA": str(settings.data),
        "PIPELINE_SCHEMAS": str(settings.schemas),
        "SUBMISSION_ENDPOINT": settings.endpoint,
        "SITE_URL": settings.site_url,
        "NO_MKDOCS_2_WARNING": "1",
    }
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(settings.site)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotGoOn(f"The site could not be built:\n{done.stderr[-3000:]}")
