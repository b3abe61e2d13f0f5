"""Mail that still lies on this machine, of somebody who is to be forgotten: letters in the outbox, and orders for letters."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

from pipeline.cases.name_matching import same_address
from pipeline.durable import names, remove
from pipeline.mail.orders import Orders

LETTERS = ("letters", "apart")


def forget(var: Path, references: Iterable[str], addresses: Collection[str] = ()) -> int:
    """How many files were removed. A letter that names several references goes with any of them. Raises StoreFailed.

    An order for lost references names an address alone.
    """
    marks = [reference.encode() for reference in references]
    folders = [var / "outbox-mail" / name for name in LETTERS]
    letters = (folder / name for folder in folders for name in names(folder, ".eml"))
    found = [path for path in letters if any(mark in path.read_bytes() for mark in marks)]
    orders = Orders(var / "mail")
    found += [
        orders.root / "waiting" / order.name
        for order in orders.waiting()
        if (order.item.reference.encode() in marks if order.item else _theirs(order.address, addresses))
    ]
    for path in found:
        remove(path)
    return len(found)


def _theirs(address: str, addresses: Collection[str]) -> bool:
    return any(same_address(address, one) for one in addresses if one)
