"""Which folder is whose: the records or an outbox, the quarantine, the complaints, the key of the status links."""

from __future__ import annotations

from pathlib import Path

from pipeline.cases.git_store import GitStore
from pipeline.cases.store import Store
from pipeline.receiving.receive import Desk
from pipeline.submissions.inbox import Inbox
from pipeline.submissions.sequence import Sequence
from pipeline.submissions.status_secrets import Receipts
from pipeline.submissions.validation import Judge


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
