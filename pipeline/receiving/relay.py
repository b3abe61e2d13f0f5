"""`serve --relay`: the durable outbox is committed to a clone of the records repository and pushed, many deliveries a commit."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from pipeline.cases.git_store import GitStore
from pipeline.durable import alone, remove, write
from pipeline.errors import GitFailed, PushRejected
from pipeline.submissions.inbox import Inbox

ATTEMPTS = 10  # how often somebody else may be faster before this round gives up; the next one goes on


def _nothing() -> None:
    pass


@dataclass(frozen=True)
class Relay:
    """`outbox` is kept until its content is pushed; then only its name remains in pushed/, so that nothing is sent twice.

    `ensure_private` is asked before every push (D5); it raises what then stands in the health.
    """

    outbox: Inbox
    records: GitStore
    ensure_private: Callable[[], None] = _nothing

    def __call__(self) -> int:
        """How many deliveries were pushed. Raises GitFailed, GitHubFailed; every delivery is still in the outbox then."""
        for _attempt in range(ATTEMPTS):
            with alone(self.outbox.root, self.records.root), suppress(PushRejected):
                return self._round()
        raise GitFailed("others pushed faster, again and again; the next round goes on")

    def _round(self) -> int:
        """What a killed round left in the clone goes first, for it may be forgotten since; what was pushed comes back at once."""
        sending = self.outbox.root / "sending"
        for name in sending.read_text("utf-8").split() if sending.is_file() else ():
            remove(self.records.root / "inbox" / name)
        self.records.refresh()
        remove(sending)
        names = self.outbox.names()
        if not names:
            return 0
        self.ensure_private()
        sent = {name: self.outbox.path(name).read_bytes() for name in names}
        write(sending, "\n".join(names).encode())
        for name, content in sent.items():
            write(self.records.root / "inbox" / name, content)
        self.records.publish(f"Deliver {len(sent)}")
        for name, content in sent.items():
            self._done(name, content)
        return len(sent)

    def _done(self, name: str, content: bytes) -> None:
        """First the marker: a relay killed in between sends again, and the intake sees that nothing is new."""
        write(self.outbox.marker(name), name.encode())
        self.outbox.done(name, lambda path: path.read_bytes() == content)

    @property
    def waiting(self) -> int:
        return len(self.outbox.names())
