"""What is to be mailed: small files in var/mail, durable before a server's answer and gone once they are done with.

waiting/<name>.json   orders
done/<name>           the names of receipts that were sent or given up, so that nothing is ordered twice
given-up/<name>.json  receipts that cannot be delivered, without the address
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from pipeline.durable import names, write, write_new
from pipeline.email_address import Address
from pipeline.forms import topics
from pipeline.receiving.lookup import Filed
from pipeline.submissions.inbox import Delivery


@dataclass(frozen=True)
class Item:
    """One reference that a letter speaks of; nothing in it was typed by anybody."""

    reference: str
    kind: str
    about: str
    times: bool  # preferred times were given

    @property
    def apart(self) -> bool:
        """Another role than the Intake Manager hears of it (D10)."""
        return self.about in topics.COMPLAINTS

    @classmethod
    def of(cls, filed: Filed) -> Item:
        return cls(filed.reference, filed.kind, filed.about, bool(filed.times))


@dataclass(frozen=True)
class Order:
    """`item` is None where somebody asks for all references of the address. `address` is as it was typed; `at` in UTC."""

    name: str
    address: str
    language: str
    at: str
    item: Item | None

    @classmethod
    def of(cls, delivery: Delivery) -> Order:
        """The receipt of a delivery."""
        filed = Filed(delivery.reference, delivery.received_at, delivery.content)
        return cls(delivery.name, filed.address, str(filed.content.get("language", "")), filed.at, Item.of(filed))


@dataclass(frozen=True)
class GivenUp:
    """`why` is in words; `at` in UTC."""

    item: Item
    at: str
    why: str


@dataclass(frozen=True)
class Orders:
    root: Path

    def receipt(self, delivery: Delivery) -> None:
        """Once for a delivery, however often it is sent. Raises StoreFailed."""
        if (self.root / "done" / delivery.name).exists():
            return
        self._put(Order.of(delivery))

    def lost(self, mark: str, address: Address, language: str, at: str) -> None:
        """Once for an address (`mark` stands for it) until it has been answered. Raises StoreFailed."""
        self._put(Order(f"lost-{mark}.json", str(address), language, at, None))

    def _put(self, order: Order) -> None:
        write_new(self.root / "waiting" / order.name, json.dumps(asdict(order), ensure_ascii=False).encode())

    def waiting(self) -> Iterator[Order]:
        """In the order in which they came. What is done with and still lies there was left by a round that was killed."""
        there = names(self.root / "waiting")
        for name in there:
            if (self.root / "done" / name).exists():
                (self.root / "waiting" / name).unlink(missing_ok=True)
        found = [_order(self.root / "waiting" / name) for name in names(self.root / "waiting")]
        return iter(sorted(found, key=lambda order: (order.at, order.name)))

    def done(self, order: Order) -> None:
        """First the name, then the order: killed in between, it is done with at the next look."""
        if order.item:
            write_new(self.root / "done" / order.name, b"")
        (self.root / "waiting" / order.name).unlink(missing_ok=True)

    def give_up(self, order: Order, at: str, why: str) -> None:
        """An order for lost references is only dropped: what becomes of it must not show whether anything was found."""
        if order.item:
            record = {"item": asdict(order.item), "at": at, "why": why}
            write(self.root / "given-up" / order.name, json.dumps(record).encode())
        self.done(order)

    def given_up(self) -> list[GivenUp]:
        """The latest first."""
        folder = self.root / "given-up"
        records = [json.loads((folder / name).read_bytes()) for name in names(folder)]
        found = [GivenUp(Item(**record["item"]), record["at"], record["why"]) for record in records]
        return sorted(found, key=lambda entry: entry.at, reverse=True)

    def forget(self, before: str) -> None:
        """What was given up earlier than this is not told any more."""
        folder = self.root / "given-up"
        for name in names(folder):
            if json.loads((folder / name).read_bytes())["at"] < before:
                os.unlink(folder / name)


def _order(path: Path) -> Order:
    value = json.loads(path.read_bytes())
    item = Item(**value.pop("item")) if value["item"] else value.pop("item")
    return Order(**value, item=item)
