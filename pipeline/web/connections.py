"""Connections: how long each phase may take, and who gives way when places run out.

uvicorn has no time limit for silent connections, headers or responses that nobody reads, and its limit of connections
turns new callers away while idle ones stay. Hypercorn and Granian limit headers alone, and neither chooses who gives way:
whole connections would be ours there too. So this keeps uvicorn and hands it a protocol class of its own (`http=` of its
Config), which is its h11 protocol with an alarm and a door. The body's limits are in request_body.py: only there is it known
what is being read.
"""

from __future__ import annotations

import asyncio
import ipaddress
import resource
from collections import Counter
from collections.abc import Sequence
from typing import Any

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from pipeline.web.rate_limit import caller, plain

HEADERS = (
    10.0  # seconds until a request's headers are complete: from the connection's beginning, or from their first byte
)
IDLE = 5  # seconds without a byte between two requests
SENDING = 60.0  # seconds for the next 48 KB of a response, or for its end: what is slower is not being read
MOST = 1000  # connections at once, and never more than half of the file descriptors
SHARE = 4  # one caller has at most the fourth part of all places

Proxies = Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]


class Connection(H11Protocol):
    """A place is given up by who has no complete request there: of the caller who holds most such places, the oldest."""

    places = MOST
    proxies: Proxies = ()
    headers_seconds, sending_seconds = HEADERS, SENDING

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.caller = ""
        self.since = self.loop.time()
        self._asking = True  # a request's headers have begun, or have to
        self._alarm: asyncio.TimerHandle | None = None

    @property
    def served(self) -> bool:
        """A complete request is being answered, and the answer is read."""
        cycle = self.cycle
        return bool(cycle and not cycle.response_complete and not cycle.more_body) and not self.flow.write_paused

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if self.client:
            self.client = plain(self.client[0]), self.client[1]
            self.caller = caller(self.client[0])
        self._set_alarm(self.headers_seconds)
        self._make_room()

    def _make_room(self) -> None:
        held = [one for one in self.connections if isinstance(one, Connection) and not one.transport.is_closing()]
        mine = [one for one in held if one.caller == self.caller]
        many = len(mine) > self.places // SHARE and not self._is_proxy
        if not many and len(held) <= self.places:
            return
        waiting = [one for one in (mine if many else held) if not one.served]
        by_caller = Counter(one.caller for one in waiting)
        loser = min(waiting, key=lambda one: (-by_caller[one.caller], one.since), default=self)
        loser.transport.abort()

    @property
    def _is_proxy(self) -> bool:
        """Its connections are everybody's."""
        address = ipaddress.ip_address(self.client[0]) if self.client else None
        return any(address in network for network in self.proxies)

    def data_received(self, data: bytes) -> None:
        before = self.cycle
        if not self._asking and self.conn.their_state is h11.IDLE and before.response_complete:
            self._asking = True
            self._set_alarm(self.headers_seconds)
        super().data_received(data)
        if self.cycle is not before and not self.cycle.response_complete:
            self._asked()

    def _asked(self) -> None:
        """The headers are complete. What is answered takes its time; a body has limits of its own."""
        self._asking = False
        self._set_alarm(None)

    def on_response_complete(self) -> None:
        self.since = self.loop.time()
        self._set_alarm(self.sending_seconds)
        before = self.cycle
        super().on_response_complete()  # a pipelined request may begin in it
        if self.cycle is not before:
            self._asked()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._set_alarm(self.sending_seconds)

    def resume_writing(self) -> None:
        super().resume_writing()
        done = self.cycle is None or self.cycle.response_complete
        self._set_alarm(self.sending_seconds if done else None)

    def send_400_response(self, msg: str) -> None:
        """Not into an answer that has begun; and who is answered so is not answered again."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            super().send_400_response(msg)
            self._set_alarm(self.sending_seconds)
        else:
            self.transport.abort()
        if self.cycle:
            self.cycle.disconnected = True
            self.cycle.message_event.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self._set_alarm(None)
        super().connection_lost(exc)

    def _set_alarm(self, seconds: float | None) -> None:
        if self._alarm:
            self._alarm.cancel()
        self._alarm = None if seconds is None else self.loop.call_later(seconds, self.transport.abort)


def room(descriptors: int) -> int:
    """How many connections there may be. Files need descriptors too, and connections just accepted or just closed."""
    return MOST if descriptors == resource.RLIM_INFINITY else min(MOST, descriptors // 2)


def server(app: ASGIApp, trusted: Proxies, connection: type[Connection] = Connection) -> uvicorn.Server:
    """For run(sockets=…). `trusted` are the proxies whose X-Forwarded-For and -Proto are believed."""
    most = room(resource.getrlimit(resource.RLIMIT_NOFILE)[0])

    class Here(connection):  # type: ignore[misc, valid-type]
        places = min(most, connection.places)
        proxies = trusted

    return uvicorn.Server(
        uvicorn.Config(
            app,
            http=Here,
            ws="none",
            backlog=max(1, most // 8),  # asyncio accepts so many before any of them can be told to go
            timeout_keep_alive=IDLE,
            timeout_graceful_shutdown=5,
            forwarded_allow_ips=[str(network) for network in trusted],
            access_log=False,
            log_config=None,
            log_level="error",
            server_header=False,
        )
    )
