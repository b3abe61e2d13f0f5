"""How often one address, and all together, may send. In memory only: no address is ever written down."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

HOUR = 3600.0  # seconds
ADDRESSES = 10_000  # remembered at most; the longest unseen goes first


@dataclass
class Bucket:
    """Holds `size` tokens, and gets them back evenly over an hour."""

    size: int
    tokens: float
    at: float

    def wait(self, now: float) -> float:
        """Seconds until a token is there; 0 if there is one."""
        self.tokens = min(self.size, self.tokens + (now - self.at) * self.size / HOUR)
        self.at = now
        return 0.0 if self.tokens >= 1 else (1 - self.tokens) * HOUR / self.size


@dataclass
class Limits:
    """`an_address` and `overall`: posts an hour."""

    an_address: int = 60
    overall: int = 1200
    clock: Callable[[], float] = time.monotonic
    _addresses: OrderedDict[str, Bucket] = field(default_factory=OrderedDict)
    _all: Bucket | None = None

    def take(self, address: str) -> int:
        """0 if the post may go on, else whole seconds to wait (Retry-After)."""
        mine, everybodys, wait = self._look(address)
        if wait:
            return int(wait) + 1
        mine.tokens -= 1
        everybodys.tokens -= 1
        return 0

    def wait(self, address: str) -> int:
        """The same, and nothing is taken: for what counts only when it fails."""
        wait = self._look(address)[2]
        return int(wait) + 1 if wait else 0

    def _look(self, address: str) -> tuple[Bucket, Bucket, float]:
        now = self.clock()
        self._all = self._all or Bucket(self.overall, self.overall, now)
        mine = self._addresses.setdefault(address, Bucket(self.an_address, self.an_address, now))
        self._addresses.move_to_end(address)
        if len(self._addresses) > ADDRESSES:
            self._addresses.popitem(last=False)
        return mine, self._all, max(mine.wait(now), self._all.wait(now))
