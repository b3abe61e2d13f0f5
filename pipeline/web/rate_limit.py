"""How often one caller, and all together, may send. In memory only: no address is ever written down."""

from __future__ import annotations

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.requests import Request

HOUR = 3600.0  # seconds
CALLERS = 10_000  # remembered at most; the longest unseen goes first


def plain(host: str) -> str:
    """An IPv4 address that IPv6 wraps (RFC 4291, 2.5.5.2) as itself; everything else as it is."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def caller(host: str) -> str:
    """Who counts as one: an IPv4 address, or an IPv6 network of /64, of which one line has at least one (RFC 6177)."""
    host = plain(host)
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return host
    return str(ipaddress.ip_network((int(address) >> 64 << 64, 64)))


def calling(request: Request) -> str:
    return caller(request.client.host) if request.client else ""


@dataclass
class Bucket:
    """Holds `size` tokens, and gets them back evenly over an hour."""

    size: int
    tokens: float
    at: float

    def wait(self, now: float) -> int:
        """0 if there is a token, else whole seconds until there is one (Retry-After)."""
        self.tokens = min(self.size, self.tokens + (now - self.at) * self.size / HOUR)
        self.at = now
        return 0 if self.tokens >= 1 else int((1 - self.tokens) * HOUR / self.size) + 1

    def take(self, now: float) -> int:
        """The same, and the token is taken."""
        wait = self.wait(now)
        self.tokens -= 0 if wait else 1
        return wait


@dataclass
class Limits:
    """`each` caller's posts an hour, whatever they are; and of all together those that were sound and are kept."""

    each: int = 60
    overall: int = 1200
    clock: Callable[[], float] = time.monotonic
    _callers: OrderedDict[str, Bucket] = field(default_factory=OrderedDict)
    _all: Bucket | None = None

    def take(self, caller: str) -> int:
        """0 if the post may go on, else whole seconds to wait."""
        now = self.clock()
        mine = self._callers.setdefault(caller, Bucket(self.each, self.each, now))
        self._callers.move_to_end(caller)
        if len(self._callers) > CALLERS:
            self._callers.popitem(last=False)
        return mine.take(now)

    def admit(self) -> int:
        """The same for what is about to be kept: it takes disk and people's time, whoever sent it."""
        now = self.clock()
        self._all = self._all or Bucket(self.overall, self.overall, now)
        return self._all.take(now)
