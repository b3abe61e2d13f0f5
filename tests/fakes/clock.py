"""Time that passes only when somebody sleeps: hours cost nothing, and who asks too early is seen."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime


@dataclass
class VirtualClock:
    """`now` is in seconds since 1970, like time.time()."""

    now: float = datetime(2027, 3, 14, 9, tzinfo=UTC).timestamp()
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        with self.lock:
            self.now += seconds

    def moment(self) -> datetime:
        return datetime.fromtimestamp(self.now, UTC)
