"""Which folder is whose: the records or an outbox, the quarantine, the complaints, the key of the status links."""

from __future__ import annotations

from pathlib import Path

from pipeline.accept.accept import Desk
from pipeline.accept.check import Judge
from pipeline.accept.inbox import Inbox
from pipeline.accept.receipts import Receipts
from pipeline.accept.sequence import Sequence
from pipeline.cases.gitstore import GitStore
from pipeline.cases.store import Store


def store(records: Path) -> Store:
    """A folder, or the checkout of a records repository."""
    return GitStore.at(records) if (records / ".git").exists() else Store(records)


def desk(judge: Judge, var: Path, store: Store, inbox_root: Path) -> Desk:
    """`inbox_root` is the records' folder, or a relay's outbox."""
    prefix = judge.data.organization.reference_prefix

    return Desk(
        judge=judge,
        inbox=Inbox(inbox_root, prefix),
        quarantine=Inbox(var / "quarantine", prefix),
        complaints=Inbox(var / "complaints", prefix),
        receipts=Receipts.from_folder(var),
        sequence=Sequence(var / "sequence"),
        records=Inbox(store.root, prefix),
        case=lambda reference: store.case(store.onward(reference)),
        waits=lambda name: any((store.root / place / name).exists() for place in ("inbox", "rejected")),
    )
