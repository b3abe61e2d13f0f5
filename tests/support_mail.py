"""A mail room with a clock of its own, and a real mail server that does what it is told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from pipeline.cases.store import Store
from pipeline.email_address import Address
from pipeline.errors import CannotGoOn
from pipeline.forms import json_schema
from pipeline.mail.ledger import Entry
from pipeline.mail.room import MailRoom, mail_room
from pipeline.receiving.desk import desk
from pipeline.receiving.lookup import Submitted
from pipeline.receiving.receive import Desk, Receipt, accept
from pipeline.settings import Settings
from pipeline.site.render import Renderer
from tests.support import CONCEPTS, DATA, JUDGE, filled, free_port

HERE = "http://127.0.0.1:8000/"
# Read once: houses are built again by the thousand, and the data stays the same.
RENDERER = Renderer.from_settings(replace(Settings(), site_url=HERE, endpoint="/submissions"))


@dataclass
class Clock:
    now: datetime = datetime(2027, 3, 14, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def later(self, **more: int) -> None:
        self.now += timedelta(**more)


@dataclass
class House:
    """A desk, records and a mail room in one folder; `again` is the same house after a restart."""

    root: Path
    clock: Clock
    smtp_url: str = ""

    def __post_init__(self) -> None:
        self.settings = replace(
            Settings(),
            var=self.root / "var",
            records=self.root / "records",
            site_url=HERE,
            endpoint="/submissions",
            smtp_url=self.smtp_url,
            mail_from="office@example.org",
        )
        self.store = Store(self.settings.records)
        here = desk(JUDGE, self.settings.var, self.store, self.store.root)
        submitted = Submitted((here.inbox, here.complaints), self.store)
        self.room: MailRoom = mail_room(self.settings, RENDERER, here.receipts, submitted, self.clock)
        self.desk: Desk = replace(here, confirm=self.room.confirm)

    def again(self) -> House:
        return House(self.root, self.clock, self.smtp_url)

    def send(
        self,
        email: str = "rosa@example.org",
        kind: str = json_schema.SELF_ASSESSMENT,
        about: str = CONCEPTS,
        **more: Any,
    ) -> Receipt:
        value = filled(kind, about, DATA, applicant={"name": "Rosa Test", "email": email}, **more)
        receipt = accept(self.desk, value)
        assert isinstance(receipt, Receipt), receipt
        return receipt

    def round(self) -> str:
        """What is wrong after a round, "" if nothing."""
        try:
            self.room.postman()
        except CannotGoOn as error:
            return str(error)
        return ""

    def entry(self, email: str) -> Entry | None:
        """What the ledger says of an address."""
        address = Address.parse(email)
        assert address
        ledger = self.room.postman.ledger
        return ledger.entry(ledger.mark(address))

    @property
    def waiting(self) -> int:
        return len(list(self.room.orders.waiting()))

    def outbox(self, apart: bool = False) -> list[EmailMessage]:
        return [self.room.outbox.read(apart, name) for name in self.room.outbox.names(apart)]


@dataclass
class Mailed:
    """What a server took: the envelope's address, the letter, and when by the clock of the house."""

    to: str
    at: datetime
    data: bytes

    @property
    def message(self) -> EmailMessage:
        return BytesParser(EmailMessage, policy=default).parsebytes(self.data)

    @property
    def text(self) -> str:
        return part(self.message, "plain")


@dataclass
class Office:
    """A mail server. `answers` are given to RCPT by address; `drops`: so many letters to an address break off in the middle."""

    clock: Clock
    answers: dict[str, str] = field(default_factory=dict)
    drops: dict[str, int] = field(default_factory=dict)
    taken: list[Mailed] = field(default_factory=list)
    offered: int = 0  # how often somebody began to give a letter
    port: int = field(default_factory=free_port)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        answer = self.answers.get(address, "250 OK")
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.offered += 1
        self.taken += [Mailed(to, self.clock.now, envelope.content) for to in envelope.rcpt_tos]
        return "250 OK"

    @contextmanager
    def open(self, **more: Any) -> Iterator[Office]:
        office = self

        class Breaking(SMTP):
            async def smtp_DATA(self, arg: str) -> None:
                to = self.envelope.rcpt_tos[0] if self.envelope else ""
                if not office.drops.get(to):
                    await super().smtp_DATA(arg)
                    return
                office.drops[to] -= 1
                office.offered += 1
                await self.push("354 Go on")
                await self._reader.readline()
                self.transport.abort()  # type: ignore[union-attr]

        class Held(Controller):
            def factory(self) -> SMTP:
                return Breaking(self.handler, **self.SMTP_kwargs)

        controller = Held(self, hostname="127.0.0.1", port=self.port, **more)
        controller.start()
        try:
            yield self
        finally:
            controller.stop()


def part(message: EmailMessage, form: str) -> str:
    body = message.get_body((form,))
    assert isinstance(body, EmailMessage)
    return str(body.get_content())
