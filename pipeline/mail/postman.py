"""The round: what waits is gathered by address and sent, at most one letter an hour to each. Killed anywhere, nothing is lost.

Before a letter goes out the ledger says so; only then is it sent, and only then are its orders done with. A round that
was killed in between sends it once more, an hour later.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Protocol

from pipeline.email_address import Address
from pipeline.errors import CannotGoOn, MailFailed
from pipeline.mail.ledger import ADDRESS, HOUR, SERVER, Entry, Ledger
from pipeline.mail.letter import Letter, Writer
from pipeline.mail.orders import Item, Order, Orders
from pipeline.mail.smtp import Outcome
from pipeline.receiving.lookup import Filed, Submitted
from pipeline.timestamps import stamp

THE_SERVER = "server"  # its entry in the ledger
TOLD = timedelta(days=30)  # for so long it is told what was given up
BROKE = "the line to the mail server broke in the middle of a letter"


class Sender(Protocol):
    def send(self, letter: Letter) -> Outcome: ...


class Carrier(Protocol):
    def open(self) -> AbstractContextManager[Sender]: ...


@dataclass(frozen=True)
class Postman:
    orders: Orders
    ledger: Ledger
    writer: Writer
    carrier: Carrier
    submitted: Submitted
    clock: Callable[[], datetime]

    def __call__(self) -> int:
        """How many letters were sent. Raises MailFailed while the mail server is of no use, and then leaves it alone."""
        rest = self.ledger.entry(THE_SERVER)
        if rest and rest.rests(self.clock()):
            raise MailFailed(rest.why)
        try:
            sent = _Round(self)()
        except MailFailed as error:
            failures = (rest.failures if rest else 0) + 1
            until = self.clock() + SERVER[min(failures, len(SERVER)) - 1]
            self.ledger.write(THE_SERVER, Entry(until, failures, str(error)))
            raise
        self.ledger.write(THE_SERVER, None)
        return sent


class _Line(contextlib.ExitStack):
    """The connection: opened for the first letter, and then for all of the round."""

    def __init__(self, carrier: Carrier) -> None:
        super().__init__()
        self._carrier = carrier
        self._sender: Sender | None = None

    def sender(self) -> Sender:
        self._sender = self._sender or self.enter_context(self._carrier.open())
        return self._sender


@dataclass(frozen=True)
class _Round:
    postman: Postman

    def __call__(self) -> int:
        postman, now = self.postman, self.postman.clock()
        groups = self._groups()
        marks = {postman.ledger.mark(to) for to, _orders in groups}
        postman.ledger.forget(now, {THE_SERVER, *marks})
        postman.orders.forget(stamp(now - TOLD))
        with _Line(postman.carrier) as line:
            return sum(self._letter(to, orders, line) for to, orders in groups)

    def _groups(self) -> list[tuple[Address, list[Order]]]:
        """Orders by address, the longest waiting first. What is no address is given up."""
        groups: dict[str, tuple[Address, list[Order]]] = {}
        for order in self.postman.orders.waiting():
            to = Address.parse(order.address)
            if to is None:
                self._give_up([order], Outcome.UNWRITABLE)
            else:
                groups.setdefault(to.same, (to, []))[1].append(order)
        return list(groups.values())

    def _letter(self, to: Address, orders: list[Order], line: _Line) -> bool:
        """True if one was sent."""
        ledger, mark = self.postman.ledger, self.postman.ledger.mark(to)
        before = ledger.entry(mark)
        failures = before.failures if before else 0
        if before and before.rests(self.postman.clock()):
            return False
        items = self._items(to, orders)
        if not items or failures == len(ADDRESS):
            self._give_up(orders, Outcome.LATER)
            ledger.write(mark, None)
            return False
        sender, now = line.sender(), self.postman.clock()
        letter = self.postman.writer.letter(to, orders, items, now)
        pause = ADDRESS[failures]
        ledger.write(mark, Entry(now + max(HOUR, pause), failures + 1))
        try:
            outcome = sender.send(letter)
        except CannotGoOn:
            ledger.write(mark, before)
            raise
        if outcome is Outcome.UNKNOWN:
            raise MailFailed(BROKE)
        if outcome is Outcome.LATER:
            ledger.write(mark, Entry(now + pause, failures + 1))
        else:
            self._settle(orders, outcome)
            ledger.write(mark, Entry(now + HOUR))
        return outcome is Outcome.SENT

    def _settle(self, orders: Sequence[Order], outcome: Outcome) -> None:
        if outcome is not Outcome.SENT:
            self._give_up(orders, outcome)
        for order in orders:
            self.postman.orders.done(order)

    def _give_up(self, orders: Sequence[Order], outcome: Outcome) -> None:
        for order in orders:
            self.postman.orders.give_up(order, stamp(self.postman.clock()), outcome.value)

    def _items(self, to: Address, orders: Sequence[Order]) -> list[Item]:
        """Each reference once, the latest first."""
        found = [order.item for order in reversed(orders) if order.item]
        if any(order.item is None for order in orders):
            found += [Item.of(filed) for filed in self._belonging.get(to.same, [])]
        return list({item.reference: item for item in reversed(found)}.values())[::-1]

    @cached_property
    def _belonging(self) -> dict[str, list[Filed]]:
        """What belongs to every address, the latest first; looked up once a round, and only if somebody asks."""
        found: dict[str, list[Filed]] = {}
        for filed in self.postman.submitted.current():
            address = Address.parse(filed.address)
            if address:
                found.setdefault(address.same, []).append(filed)
        return found
