"""When an address was last written to, and how long the mail server is left alone. Durable, and no address in it."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Container
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pipeline.durable import names, write
from pipeline.email_address import Address

HOUR = timedelta(hours=1)  # an address gets one mail in it at most
MINUTE = timedelta(minutes=1)
# Pauses after the first failure, the second and so on. RFC 5321, 4.5.4.1: try for four days at least.
ADDRESS = (5 * MINUTE, 15 * MINUTE, HOUR, 8 * HOUR, 16 * HOUR, 24 * HOUR, 24 * HOUR, 24 * HOUR, 24 * HOUR)
SERVER = (MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE)
LONGEST = 25 * HOUR  # an entry further ahead was written under a clock that went wrong


@dataclass(frozen=True)
class Entry:
    """Nothing is sent before `until` (UTC). `failures` in a row; `why` in words, for the server alone."""

    until: datetime
    failures: int = 0
    why: str = ""

    def rests(self, now: datetime) -> bool:
        return now < self.until < now + LONGEST


@dataclass(frozen=True)
class Ledger:
    """`key` is the server's: without it nobody can tell whether an address is in here."""

    root: Path
    key: bytes

    def mark(self, address: Address) -> str:
        """The name under which a mailbox stands."""
        return self._hash(f"mailbox\0{address.mailbox}")

    def asked(self, address: Address) -> str:
        """A name for the very address, tag and all."""
        return self._hash(f"address\0{address.same}")

    def _hash(self, text: str) -> str:
        return hmac.new(self.key, text.encode(), hashlib.sha256).hexdigest()

    def entry(self, mark: str) -> Entry | None:
        path = self._path(mark)
        if not path.is_file():
            return None
        value = json.loads(path.read_bytes())
        return Entry(datetime.fromisoformat(value["until"]), value["failures"], value["why"])

    def write(self, mark: str, entry: Entry | None) -> None:
        """None takes it out. Raises StoreFailed."""
        if entry:
            content = json.dumps({**asdict(entry), "until": entry.until.isoformat()})
            write(self._path(mark), content.encode())
        else:
            self._path(mark).unlink(missing_ok=True)

    def forget(self, now: datetime, needed: Container[str]) -> None:
        """Entries whose time is over, but for those that something still waits for."""
        for name in names(self.root, ".json"):
            mark = name.removesuffix(".json")
            entry = self.entry(mark)
            if mark not in needed and entry and not entry.rests(now):
                os.unlink(self._path(mark))

    def _path(self, mark: str) -> Path:
        return self.root / f"{mark}.json"
